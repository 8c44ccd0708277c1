//! `gpucheck smoke`, end to end through the shipped binary, on a fake driver that reads the images and computes the kernels on the host
//! (tests/fake-driver), and lets them fail. What it cannot show: that a real GPU computes right (scripts/on-a-gpu.sh).
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::{
    fake::{self, Installed},
    gpucheck, run,
};
use serde_json::{Value, json};

/// The text of a scenario file.
fn scenario(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(name).with_extension("toml");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Its driver with more lines at the end: those of its last device, or tables. The way from the host to a device that shares its memory
/// is not judged: here that is the host's own speed, whatever else it does.
fn driver(name: &str, more: &str) -> Installed {
    let text = scenario(name);
    let integrated = if text.contains("integrated") { "" } else { "integrated = true" };
    fake::driver_of(&format!("{text}\n{integrated}\n{more}\n"))
}

/// An RTX 5090 with more lines.
fn rtx5090(more: &str) -> Installed {
    driver("rtx5090-580", more)
}

/// An RTX 5090 whose driver does this: a line of the scenario itself.
fn that(does: &str) -> Installed {
    fake::driver_of(&format!("{does}\n{}\nintegrated = true\n", scenario("rtx5090-580")))
}

/// Asserts that these are the findings, worst first, with this exit code.
#[track_caller]
fn found(answer: &(i32, Value), code: i32, expected: &[(&str, &str)]) {
    let (is, report) = answer;
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let findings: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|f| (text(f, "severity"), text(f, "rule"))).collect();
    let expected: Vec<_> =
        expected.iter().map(|(severity, rule)| ((*severity).to_owned(), (*rule).to_owned())).collect();
    assert_eq!((*is, findings), (code, expected), "{}", report["findings"]);
}

fn smoke_with(driver: &Installed, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, Value) {
    let mut command = gpucheck();
    command.args(["smoke", "--format", "json", "--seed", "7"]).args(arguments).envs(variables.iter().copied());
    let (code, out, err) = run(driver.apply(&mut command));
    assert_eq!(processes_left(driver), [""; 0], "no process is left behind");
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
    (code, common::moved_alike(report))
}

fn smoke(driver: &Installed, arguments: &[&str]) -> (i32, Value) {
    smoke_with(driver, arguments, &[])
}

/// Processes of ours that were started with this driver.
fn processes_left(driver: &Installed) -> Vec<String> {
    let place = driver.folder().to_str().unwrap().as_bytes().to_vec();
    let mut left = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let asks = String::from_utf8_lossy(&read("cmdline")).contains("gpucheck");
        if asks && read("environ").windows(place.len()).any(|window| window == place) {
            left.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    left
}

fn first(report: &Value) -> &Value {
    &report["facts"]["smoke"]["value"][0]
}

fn kernel<'r>(report: &'r Value, name: &str) -> &'r Value {
    let kernels = first(report)["kernels"].as_array().unwrap();
    kernels.iter().find(|kernel| kernel["kernel"] == name).unwrap_or_else(|| panic!("no {name} in {kernels:?}"))
}

/// `copy: right` for each kernel.
fn states(report: &Value) -> Vec<String> {
    let kernels = first(report)["kernels"].as_array().unwrap().iter();
    kernels
        .map(|run| format!("{}: {}", run["kernel"].as_str().unwrap(), run["outcome"]["state"].as_str().unwrap()))
        .collect()
}

const RIGHT: [&str; 6] = [
    "copy: right",
    "sum_f32: right",
    "matmul_f32: right",
    "lstm_step: right",
    "matmul_f16: right",
    "matmul_bf16: right",
];

#[test]
fn a_healthy_gpu_computes() {
    let answer = smoke(&rtx5090(""), &[]);
    found(&answer, 0, &[]);
    let report = answer.1;
    assert_eq!(states(&report), RIGHT);
    let run = first(&report);
    assert_eq!((&run["gpu"], &run["answer"]["state"], &run["seed"]), (&json!("gpu0"), &json!("ready"), &json!(7)));
    for load in run["images"].as_array().unwrap() {
        assert_eq!((&load["answer"]["state"], &load["binary"]), (&json!("ready"), &json!("12.0")), "{load}");
        assert_eq!(load["used"] == true, load["image"] == "sm_120", "machine code comes first: {load}");
    }
}

#[test]
fn each_card_gets_the_image_for_it() {
    for (scenario, image, bf16) in [
        ("rtx4090-535", "sm_89", "right"),
        ("rtx3090", "sm_86", "right"),
        ("gb10", "sm_121", "right"),
        ("v100", "sm_70", "not-run"),
        ("gtx1080ti", "sm_60", "not-run"),
    ] {
        let (code, report) = smoke(&driver(scenario, ""), &[]);
        assert_eq!(code, 0, "{scenario}: {}", report["findings"]);
        let used = first(&report)["images"].as_array().unwrap().iter().find(|load| load["used"] == true).unwrap();
        assert_eq!((used["image"].as_str(), used["module"].as_str()), (Some(image), Some("general")), "{scenario}");
        assert_eq!(kernel(&report, "matmul_f32")["outcome"]["state"], "right", "{scenario}");
        assert_eq!(kernel(&report, "matmul_bf16")["outcome"]["state"], bf16, "{scenario}");
    }
}

/// What the driver answers to the images when one is asked for: `(module, code)` of those that are refused.
fn refused(answer: &(i32, Value)) -> Vec<(String, u64)> {
    let loads = first(&answer.1)["images"].as_array().unwrap().iter();
    loads.filter_map(|load| Some((load["module"].as_str()?.to_owned(), load["answer"]["code"].as_u64()?))).collect()
}

#[test]
fn driver_refuses_image() {
    let both = |code| vec![("general".to_owned(), code), ("tensor".to_owned(), code)];
    // Another architecture, and a later minor of the same; an earlier minor is taken.
    for image in ["sm_90", "sm_121"] {
        let answer = smoke(&rtx5090(""), &["--image", image]);
        assert_eq!(refused(&answer), both(209), "{image}");
        found(&answer, 1, &[("error", "driver-refuses-image")]);
        let evidence = common::finding(&answer.1, "driver-refuses-image")["evidence"].to_string();
        assert!(evidence.contains("209 (CUDA_ERROR_NO_BINARY_FOR_GPU)"), "{evidence}");
    }
    let answer = smoke(&driver("rtx4090-535", ""), &["--image", "sm_86"]);
    assert_eq!(refused(&answer), []);
    found(&answer, 0, &[]);
    // PTX that is newer than the driver: ISA 6.5 came with CUDA 10.2.
    let old = scenario("rtx3090");
    let lines = old.lines().map(|line| match line.split_once(" = ") {
        Some(("cuda_version", _)) => "cuda_version = 10010",
        Some(("cc", _)) => "cc = [7, 5]",
        _ => line,
    });
    let turing = fake::driver_of(&lines.chain(["integrated = true"]).collect::<Vec<_>>().join("\n"));
    let answer = smoke(&turing, &["--image", "compute_75"]);
    assert_eq!(refused(&answer), [("tensor".to_owned(), 222)]);
    found(&answer, 1, &[("error", "driver-refuses-image")]);
    let evidence = common::finding(&answer.1, "driver-refuses-image")["evidence"].to_string();
    assert!(evidence.contains("Unsupported .version"), "the compiler's own words: {evidence}");
    // A compiler that is switched off.
    let answer = smoke_with(&rtx5090(""), &["--image", "compute_80"], &[("CUDA_DISABLE_PTX_JIT", "1")]);
    assert_eq!(refused(&answer), [("tensor".to_owned(), 223)]);
    found(&answer, 1, &[("error", "driver-refuses-image")]);
}

#[test]
fn ptx_jit_only() {
    let answer = smoke(&rtx5090(""), &["--image", "ptx"]);
    found(&answer, 0, &[("info", "ptx-jit-only")]);
    assert_eq!(states(&answer.1), RIGHT);
    for load in first(&answer.1)["images"].as_array().unwrap() {
        let ptx = load["image"].as_str().unwrap().starts_with("compute_");
        assert_eq!(
            (ptx, &load["used"], &load["binary"]),
            (true, &json!(true), &json!("12.0")),
            "compiled for the device: {load}"
        );
    }
}

#[test]
fn driver_rules_disagree() {
    // The driver refuses what by the rules it takes, and compiles the PTX instead.
    let answer = smoke(&rtx5090("[errors]\ncuModuleLoadData = 209"), &[]);
    found(&answer, 0, &[("warning", "driver-rules-disagree"), ("warning", "ptx-jit-only")]);
    // Its compiler fails, which is not needed.
    let answer = smoke(&rtx5090("[errors]\ncuModuleLoadDataEx = 218"), &[]);
    found(&answer, 0, &[("warning", "driver-rules-disagree")]);
    assert_eq!(states(&answer.1), RIGHT);
    // PTX that is forced is a matter of fatbins: the kernels are given as cubins, which the driver takes, as the rules say.
    let answer = smoke_with(&rtx5090(""), &[], &[("CUDA_FORCE_PTX_JIT", "1")]);
    found(&answer, 0, &[]);
    assert_eq!(states(&answer.1), RIGHT);
}

#[test]
fn smoke_wrong_results() {
    // One wrong number among thousands.
    let answer = smoke(&rtx5090("[launch]\nwrong = ['gpucheck_matmul_f16']"), &[]);
    found(&answer, 1, &[("error", "smoke-wrong-results")]);
    let wrong: Vec<String> = states(&answer.1).into_iter().filter(|state| !state.ends_with(": right")).collect();
    assert_eq!(wrong, ["matmul_f16: wrong"]);
    assert_eq!(kernel(&answer.1, "matmul_f16")["outcome"]["count"], 1);
    // In every kernel.
    let names = ["copy", "sum_f32", "matmul_f32", "lstm_step", "matmul_f16", "matmul_bf16"];
    let names = names.map(|name| format!("'gpucheck_{name}'")).join(", ");
    let answer = smoke(&rtx5090(&format!("[launch]\nwrong = [{names}]")), &[]);
    found(&answer, 1, &[("error", "smoke-wrong-results")]);
    assert!(states(&answer.1).iter().all(|state| state.ends_with(": wrong")), "{:?}", states(&answer.1));
    // A kernel that writes nothing at all.
    let answer = smoke(&rtx5090("[launch]\nsilent = ['gpucheck_matmul_f32']"), &[]);
    found(&answer, 1, &[("error", "smoke-wrong-results")]);
    assert_eq!(kernel(&answer.1, "matmul_f32")["outcome"]["got"], "nothing was written");
}

#[test]
fn smoke_kernel_failed() {
    for code in [700, 702, 719] {
        let answer = smoke(&rtx5090(&format!("[launch]\nfaults = {{ gpucheck_matmul_f32 = {code} }}")), &[]);
        found(&answer, 1, &[("error", "smoke-kernel-failed")]);
        let outcome = &kernel(&answer.1, "matmul_f32")["outcome"];
        assert_eq!((&outcome["state"], &outcome["code"]), (&json!("failed"), &json!(code)), "{outcome}");
        assert_eq!(states(&answer.1)[..2], ["copy: right", "sum_f32: right"]);
        for name in ["lstm_step", "matmul_f16"] {
            let outcome = &kernel(&answer.1, name)["outcome"];
            assert_eq!(outcome["state"], "not-run", "nothing more can be said in this context: {outcome}");
        }
    }
}

#[test]
fn smoke_hangs() {
    let answer = smoke(&rtx5090("[launch]\nhang = ['gpucheck_lstm_step']"), &["--smoke-timeout", "10"]);
    found(&answer, 1, &[("error", "smoke-hangs")]);
    let run = first(&answer.1);
    assert_eq!((&run["answer"]["state"], &run["step"]), (&json!("timed-out"), &json!("running lstm_step")), "{run}");
    assert_eq!(states(&answer.1), RIGHT[..3], "what was done before is kept");
    for call in ["cuDevicePrimaryCtxRetain", "cuLaunchKernel"] {
        let answer = smoke(&that(&format!("hang = ['{call}']")), &["--smoke-timeout", "2"]);
        found(&answer, 1, &[("error", "smoke-hangs")]);
    }
}

#[test]
fn smoke_dies() {
    let answer = smoke(&that("crash = ['cuModuleLoadData']"), &[]);
    found(&answer, 1, &[("error", "smoke-dies")]);
    let run = first(&answer.1);
    assert!(run["answer"]["how"].as_str().unwrap().contains("SIGSEGV"), "{run}");
    assert!(run["step"].as_str().unwrap().starts_with("loading the general kernels for sm_120"), "{run}");
}

#[test]
fn smoke_not_judged() {
    for (more, call, code) in [
        ("compute_mode = 2", "cuDevicePrimaryCtxRetain", 46),
        ("compute_mode = 3\nbusy = true", "cuDevicePrimaryCtxRetain", 46),
        ("[errors]\ncuDevicePrimaryCtxRetain = 2", "cuDevicePrimaryCtxRetain", 2),
    ] {
        let answer = smoke(&rtx5090(more), &[]);
        found(&answer, 1, &[("info", "smoke-not-judged")]);
        assert_eq!(answer.1["verdict"], "unknown", "{more}");
        let failed = &first(&answer.1)["answer"];
        assert_eq!((&failed["call"], &failed["code"]), (&json!(call), &json!(code)), "{more}: {failed}");
    }
    // Other programs have all of its memory.
    let answer = smoke(&rtx5090("used = 33669775360"), &[]);
    found(&answer, 1, &[("info", "smoke-not-judged")]);
    assert!(states(&answer.1).iter().all(|state| state.ends_with(": failed")), "{:?}", states(&answer.1));
    // Exclusive to a process, and free: it is ours for the moment.
    let answer = smoke(&rtx5090("compute_mode = 3"), &[]);
    found(&answer, 0, &[]);
    assert_eq!(states(&answer.1), RIGHT);
}

#[test]
fn smoke_not_started() {
    let answer = smoke(&rtx5090("[errors]\ncuDevicePrimaryCtxRetain = 801"), &[]);
    found(&answer, 1, &[("error", "smoke-not-started")]);
}

#[test]
fn smoke_slow() {
    let slow = fake::driver_of(&format!("{}\n[launch]\nslow = 20.0\n", scenario("rtx5090-580")));
    let (code, report) = smoke(&slow, &[]);
    assert_eq!((code, common::slugs(&report, "warning")), (0, vec!["smoke-slow"]), "{}", report["findings"]);
    let summary = common::finding(&report, "smoke-slow")["summary"].to_string();
    assert!(summary.contains("fp32 arithmetic, GPU memory"), "{summary}");
    assert_eq!(smoke(&slow, &["--fail-on", "warning"]).0, 1);
}

#[test]
fn smoke_no_device() {
    // Nothing to compute on is not known to be wrong, and not known to be right.
    let (code, report) = smoke(&fake::driver("no-gpu"), &[]);
    assert_eq!((code, &report["verdict"], &report["findings"]), (1, &json!("unknown"), &json!([])));
    assert!(report["checks"]["unknown"].to_string().contains("smoke-no-device"), "{}", report["checks"]);
    assert_eq!(smoke(&fake::driver("no-gpu"), &["--fail-on", "never"]).0, 0);
    // Nobody looked.
    let (code, report) = smoke(&rtx5090(""), &["--no-driver"]);
    assert_eq!((code, &report["verdict"]), (1, &json!("unknown")), "{}", report["checks"]);
}

#[test]
fn one_device_is_named_and_an_instance_by_its_uuid() {
    let mig = driver("h100x8-mig", "");
    let (code, report) = smoke(&mig, &["--device", "MIG-GPU-862c5991-e759-6ec4-242c-a751d387a50f/8/0"]);
    let runs = report["facts"]["smoke"]["value"].as_array().unwrap();
    assert_eq!((code, runs.len(), &runs[0]["gpu"]), (0, 1, &json!("gpu0")), "{}", report["findings"]);
    assert_eq!(runs[0]["device"]["name"], "NVIDIA H100 80GB HBM3 MIG 1g.10gb");
    for wrong in ["GPU-00000000-0000-0000-0000-000000000000", "8"] {
        let mut command = gpucheck();
        let (code, out, err) = run(mig.apply(command.args(["smoke", "--device", wrong])));
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(&format!("--device {wrong}: ")), "{err}");
    }
}

/// Real libraries, given to the fake driver as they are in the file: it reads fatbins with code of its own.
#[test]
fn the_driver_and_the_rules_say_the_same_of_real_libraries() {
    let torch = common::torch_2_7_1();
    let python = torch.to_str().unwrap();
    for (scenario, main) in [("rtx4090-535", "ready"), ("rtx5090-580", "failed")] {
        let (_, report) = smoke(&driver(scenario, ""), &["--load", "--python", python]);
        let loads = first(&report)["libraries"].as_array().unwrap();
        let of = |path: &str| loads.iter().find(|load| load["path"] == path).unwrap_or_else(|| panic!("no {path}"));
        assert_eq!(of("torch/lib/libtorch_cuda.so")["answer"]["state"], main, "{scenario}");
        assert_eq!(of("torchaudio/lib/libtorchaudio.so")["answer"]["state"], "ready", "{scenario}: it has PTX");
        let taken = loads.iter().filter(|load| load["answer"]["state"] == "ready").count();
        assert!(loads.len() > 30 && taken > 15, "{scenario}: {taken} of {}", loads.len());
        assert!(
            !report["findings"].to_string().contains("driver-rules-disagree"),
            "{scenario}: {}",
            report["findings"]
        );
    }
}
