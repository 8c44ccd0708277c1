//! The rules about what GPUs computed, on saved runs: each on one that triggers it, and on the nearest that must not. The runs themselves are
//! made on a fake driver in tests/smoke.rs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use common::{
    case::{Case, known, machine},
    finding, slugs,
};
use serde_json::{Value, json};

const RTX_4090: (&str, &str, &str) = ("NVIDIA GeForce RTX 4090", "8.9", "2684");
const GT_1030: (&str, &str, &str) = ("NVIDIA GeForce GT 1030", "6.1", "1d01");

/// A healthy run, with the speeds of a card that reaches half of its peaks: 82.6 TFLOP/s and 1008 GB/s.
fn run() -> Value {
    let load = |module: &str, image: &str, used: bool| json!({"module": module, "image": image, "answer": {"state": "ready"}, "micros": 900, "binary": "8.9", "used": used});
    let kernel = |name: &str, operations: u64, bytes: u64| {
        json!({"kernel": name, "image": "sm_89", "outcome": {"state": "right", "worst_permille": 4},
            "speed": {"nanos": 1_000_000, "operations": operations, "bytes": bytes}})
    };
    json!({
        "gpu": "gpu0", "seed": 4711, "answer": {"state": "ready"}, "context_micros": 120_000,
        "device": {"name": "NVIDIA GeForce RTX 4090", "capability": "8.9", "multiprocessors": 128, "clock_khz": 2_520_000,
            "memory_clock_khz": 10_501_000, "memory_bus_bits": 384, "compute_mode": 0},
        "images": [load("general", "sm_89", true), load("general", "compute_50", false), load("tensor", "sm_89", true), load("tensor", "compute_80", false)],
        "kernels": [kernel("copy", 0, 500_000_000), kernel("matmul_f32", 41_000_000_000, 0), kernel("matmul_f16", 160_000_000_000, 0)],
        "transfer": {"bytes": 16_000_000, "to_device_nanos": 2_000_000, "to_host_nanos": 2_000_000}, "micros": 900_000,
    })
}

/// A machine whose one GPU made this run.
fn with(change: impl FnOnce(&mut Value)) -> Case {
    let mut run = run();
    change(&mut run);
    machine(&[RTX_4090]).change(|facts| facts["smoke"] = known(json!([run])))
}

/// Asserts that the one finding of this severity is this rule, and gives it.
#[track_caller]
fn only(case: Case, severity: &str, rule: &str) -> Value {
    let (code, report) = case.judged();
    assert_eq!(slugs(&report, severity), [rule], "{}", report["findings"]);
    assert_eq!((report["findings"].as_array().unwrap().len(), code), (1, i32::from(severity == "error")));
    finding(&report, rule).clone()
}

#[track_caller]
fn nothing(case: Case) {
    let (code, report) = case.judged();
    assert_eq!((code, &report["verdict"], &report["findings"]), (0, &json!("ok"), &json!([])));
}

fn failed(call: &str, code: u32, name: &str) -> Value {
    json!({"state": "failed", "call": call, "code": code, "name": name})
}

#[test]
fn a_healthy_run_has_no_finding() {
    nothing(with(|_| {}));
    // One that nobody asked for says nothing.
    nothing(machine(&[RTX_4090]));
}

#[test]
fn smoke_no_device() {
    for smoke in [known(json!([])), json!({"state": "absent", "via": {"how": "cuda", "at": "cuInit"}})] {
        let (code, report) = machine(&[RTX_4090]).change(|facts| facts["smoke"] = smoke).judged();
        assert_eq!((code, &report["verdict"], &report["findings"]), (0, &json!("unknown"), &json!([])));
        assert_eq!(report["checks"]["unknown"][0]["rule"], "smoke-no-device");
    }
    // A run in which no kernel ran, and one that belongs to no GPU of the report, are no look either.
    for case in [with(|run| run["kernels"] = json!([])), with(|run| run["gpu"] = json!("gpu9"))] {
        let (_, report) = case.judged();
        assert!(report["checks"]["unknown"].to_string().contains("smoke-no-device"), "{}", report["checks"]);
    }
}

#[test]
fn smoke_not_judged() {
    for (call, code, name, says) in [
        ("cuDevicePrimaryCtxRetain", 2, "CUDA_ERROR_OUT_OF_MEMORY", "memory is full"),
        ("cuDevicePrimaryCtxRetain", 46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "busy"),
        ("cuDevicePrimaryCtxRetain", 807, "CUDA_ERROR_MPS_SERVER_NOT_READY", "MPS"),
    ] {
        let busy = with(|run| {
            run["answer"] = failed(call, code, name);
            run["device"]["compute_mode"] = json!(3);
            run["images"] = json!([]);
            run["kernels"] = json!([]);
        });
        let found = only(busy, "info", "smoke-not-judged");
        assert!(found["summary"].as_str().unwrap().contains(says), "{found}");
        assert!(found["evidence"].to_string().contains("one process at a time"), "{found}");
    }
    // Memory that runs out in a kernel, or in loading, is none of theirs.
    let full = with(|run| run["kernels"][1]["outcome"] = failed("cuMemAlloc", 2, "CUDA_ERROR_OUT_OF_MEMORY"));
    only(full, "info", "smoke-not-judged");
    let full = with(|run| {
        run["images"][0]["answer"] = failed("cuModuleLoadData", 2, "CUDA_ERROR_OUT_OF_MEMORY");
        run["images"][0]["used"] = json!(false);
    });
    only(full, "info", "smoke-not-judged");
}

#[test]
fn smoke_not_started() {
    let start = |code: u32, name: &'static str| {
        with(move |run| {
            run["answer"] = failed("cuDevicePrimaryCtxRetain", code, name);
            run["step"] = json!("creating a context");
            run["images"] = json!([]);
            run["kernels"] = json!([]);
        })
    };
    let found = only(start(999, "CUDA_ERROR_UNKNOWN"), "error", "smoke-not-started");
    assert!(
        found["summary"].as_str().unwrap().contains("(creating a context): the driver cannot be started"),
        "{found}"
    );
    let unknown = start(31337, "").change(|facts| facts["smoke"]["value"][0]["answer"]["name"] = Value::Null);
    let found = only(unknown, "error", "smoke-not-started");
    assert!(found["evidence"].to_string().contains("31337, an unknown code"), "{found}");
    // What the driver's own rule explains is folded under it.
    let (_, report) = start(803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH").fails("nvml", 18).fails("cuda", 803).judged();
    assert_eq!(slugs(&report, "error"), ["driver-library-version-mismatch"], "{}", report["findings"]);
}

fn ended(answer: Value, step: &str) -> Case {
    with(|run| {
        run["answer"] = answer;
        run["step"] = json!(step);
        run["kernels"].as_array_mut().unwrap().truncate(1);
    })
}

#[test]
fn smoke_hangs() {
    let hang = json!({"state": "timed-out", "after_ms": 60000, "left_running": 4711});
    let found = only(ended(hang.clone(), "running matmul_f32"), "error", "smoke-hangs");
    assert!(found["summary"].as_str().unwrap().contains("while running matmul_f32"), "{found}");
    assert!(found["evidence"].to_string().contains("process 4711 cannot be killed"), "{found}");
    assert!(found["evidence"].to_string().contains("--seed 4711"), "{found}");
    let found = only(with(|run| run["libraries"] = json!([library(&["sm_89"], hang)])), "error", "smoke-hangs");
    assert!(found["summary"].as_str().unwrap().contains("loading code of lib/libthing.so"), "{found}");
}

#[test]
fn smoke_dies() {
    let crash = json!({"state": "crashed", "how": "signal 11 (SIGSEGV)"});
    let found = only(ended(crash, "loading the general kernels for sm_89"), "error", "smoke-dies");
    assert!(found["evidence"].to_string().contains("SIGSEGV"), "{found}");
    only(
        ended(json!({"state": "garbled", "what": "it ended before it was done"}), "running copy"),
        "error",
        "smoke-dies",
    );
}

#[test]
fn driver_refuses_image() {
    let refused = |code: u32, name: &'static str, image: &'static str| {
        with(move |run| {
            run["asked"] = json!(image);
            run["images"] = json!([{"module": "general", "image": image, "answer": failed("cuModuleLoadData", code, name), "micros": 9, "used": false}]);
            run["kernels"] = json!([{"kernel": "copy", "outcome": {"state": "not-run", "why": "the driver rejected every image of it"}}]);
        })
    };
    let found = only(refused(209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "sm_120"), "error", "driver-refuses-image");
    assert!(found["summary"].as_str().unwrap().contains("no code for this GPU"), "{found}");
    // What should be taken and is not is both: refused, and not what the rules say.
    let (_, report) = refused(222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "compute_80").judged();
    assert_eq!(slugs(&report, "error"), ["driver-refuses-image"], "{}", report["findings"]);
    assert_eq!(slugs(&report, "warning"), ["driver-rules-disagree"], "{}", report["findings"]);
}

fn library(images: &[&str], answer: Value) -> Value {
    let images: Vec<Value> = images.iter().map(|image| json!({"code": image})).collect();
    json!({"environment": "env", "package": "torch", "path": "lib/libthing.so", "offset": 64, "bytes": 4096, "images": images,
        "like_it": 3, "answer": answer, "micros": 50})
}

#[test]
fn driver_rules_disagree() {
    let no_binary = || failed("cuModuleLoadData", 209, "CUDA_ERROR_NO_BINARY_FOR_GPU");
    let loads = |libraries: Value| with(|run| run["libraries"] = libraries);
    // The driver and the rules say the same: taken, and not taken.
    nothing(loads(json!([
        library(&["sm_80"], json!({"state": "ready"})),
        library(&["sm_120", "compute_120"], no_binary())
    ])));
    let found = only(loads(json!([library(&["sm_80", "sm_90"], no_binary())])), "warning", "driver-rules-disagree");
    assert!(
        found["evidence"]
            .to_string()
            .contains("lib/libthing.so (3 fatbins with sm_80, sm_90): by the rules it should run on this GPU"),
        "{found}"
    );
    let taken = loads(json!([library(&["sm_90a"], json!({"state": "ready"}))]));
    let found = only(taken, "warning", "driver-rules-disagree");
    assert!(found["evidence"].to_string().contains("by the rules it should not run on this GPU"), "{found}");
    // A full GPU says nothing about code.
    let full = loads(json!([library(&["sm_89"], failed("cuModuleLoadData", 2, "CUDA_ERROR_OUT_OF_MEMORY"))]));
    only(full, "info", "smoke-not-judged");
    // A driver that was told not to compile does what the rules say.
    let disabled = with(|run| {
        run["images"].as_array_mut().unwrap().retain(|load| load["image"] == "sm_89");
        let refused = failed("cuModuleLoadData", 223, "CUDA_ERROR_JIT_COMPILATION_DISABLED");
        run["libraries"] = json!([library(&["compute_80"], refused)]);
    });
    nothing(disabled.variable("CUDA_DISABLE_PTX_JIT", "1"));
}

#[test]
fn ptx_jit_only() {
    let compiled = |asked: bool| {
        with(move |run| {
            if asked {
                run["asked"] = json!("ptx");
            }
            run["images"] = json!([{"module": "general", "image": "compute_50", "answer": {"state": "ready"}, "micros": 85_300, "binary": "8.9", "used": true}]);
        })
    };
    let found = only(compiled(false), "warning", "ptx-jit-only");
    assert!(found["summary"].as_str().unwrap().ends_with("compiled from PTX, in 86 ms."), "{found}");
    only(compiled(true), "info", "ptx-jit-only");
}

#[test]
fn smoke_kernel_failed() {
    let fails = |code: u32, name: &'static str| {
        with(move |run| run["kernels"][1]["outcome"] = failed("cuCtxSynchronize", code, name))
    };
    for (code, name, says) in [
        (700, "CUDA_ERROR_ILLEGAL_ADDRESS", "memory that is not its own"),
        (702, "CUDA_ERROR_LAUNCH_TIMEOUT", "ran too long"),
        (715, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "does not have"),
        (716, "CUDA_ERROR_MISALIGNED_ADDRESS", "memory that is not its own"),
        (719, "CUDA_ERROR_LAUNCH_FAILED", "Xid"),
        (214, "CUDA_ERROR_ECC_UNCORRECTABLE", "cannot be corrected"),
    ] {
        let found = only(fails(code, name), "error", "smoke-kernel-failed");
        assert!(found["summary"].as_str().unwrap().contains(says), "{code}: {found}");
        assert!(found["evidence"].to_string().contains(&code.to_string()), "{found}");
    }
}

#[test]
fn smoke_wrong_results() {
    let wrong = with(|run| {
        run["kernels"][1]["outcome"] = json!({"state": "wrong", "count": 3, "of": 31073, "at": "row 3, column 17 of 193 x 161",
            "got": "nothing was written", "expected": "1.500000", "tolerance": "7.5e-4"});
    });
    let found = only(wrong, "error", "smoke-wrong-results");
    assert!(found["summary"].as_str().unwrap().contains("matmul_f32"), "{found}");
    assert!(found["evidence"][0]["fact"].as_str().unwrap().contains("row 3, column 17"), "{found}");
    let beside = with(|run| run["kernels"][0]["outcome"] = json!({"state": "overrun", "buffer": "out", "bytes": 16}));
    let found = only(beside, "error", "smoke-wrong-results");
    assert!(found["evidence"][0]["fact"].as_str().unwrap().contains("16 bytes after its buffer out"), "{found}");
}

#[test]
fn smoke_slow() {
    let nanos = |kernel: usize, nanos: u64| with(move |run| run["kernels"][kernel]["speed"]["nanos"] = json!(nanos));
    // A tenth of what the healthy run needs is the bar for arithmetic, a fifth for memory: five and two and a half times slower.
    nothing(
        nanos(1, 4_500_000)
            .change(|facts| facts["smoke"]["value"][0]["kernels"][2]["speed"]["nanos"] = json!(4_500_000)),
    );
    let found = only(nanos(1, 10_000_000), "warning", "smoke-slow");
    assert!(found["evidence"][0]["fact"].as_str().unwrap().contains("4.10 of 82.6 TFLOP/s"), "{found}");
    nothing(nanos(0, 2_000_000));
    let found = only(nanos(0, 10_000_000), "warning", "smoke-slow");
    assert!(found["evidence"][0]["fact"].as_str().unwrap().contains("50.0 of 1008 GB/s"), "{found}");
    let found = only(nanos(2, 10_000_000), "warning", "smoke-slow");
    assert!(found["summary"].as_str().unwrap().contains("tensor cores"), "{found}");
    let one_lane = with(|run| {
        run["transfer"]["to_device_nanos"] = json!(20_000_000);
        run["conditions"] = json!({"power_limit": 150_000, "power_default": 450_000, "pcie_width": 1, "pcie_width_max": 16, "held_by": ["power cap"]});
    });
    let found = only(one_lane, "warning", "smoke-slow");
    for reason in ["150 W, default 450 W", "1 of 16 lanes", "clocks limited by: power cap"] {
        assert!(found["evidence"].to_string().contains(reason), "{reason}: {found}");
    }
    assert!(found["summary"].as_str().unwrap().contains("transfer to the GPU"), "{found}");
    // An instance's part of the memory is not known.
    nothing(with(|run| {
        run["device"]["name"] = json!("NVIDIA H100 80GB HBM3 MIG 1g.10gb");
        run["kernels"][0]["speed"]["nanos"] = json!(10_000_000);
    }));
}

#[test]
fn one_gpu_that_fails_beside_one_that_works_is_a_warning() {
    let mut broken = run();
    broken["gpu"] = json!("gpu1");
    broken["kernels"][0]["outcome"] = json!({"state": "overrun", "buffer": "out", "bytes": 16});
    let both = machine(&[RTX_4090, GT_1030]).change(|facts| facts["smoke"] = known(json!([run(), broken])));
    let (code, report) = both.judged();
    assert_eq!(code, 0, "{}", report["findings"]);
    assert_eq!(finding(&report, "smoke-wrong-results")["gpus"], json!(["gpu1"]));
}
