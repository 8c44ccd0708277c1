//! The rules about the driver, the kernel and containers, on facts that trigger each and on the nearest that must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use common::{
    case::{Case, error, known, machine, nothing},
    finding, fix_lines, slugs,
};
use serde_json::{Value, json};

const RTX_4090: (&str, &str, &str) = ("NVIDIA GeForce RTX 4090", "8.9", "2684");
const RTX_5090: (&str, &str, &str) = ("NVIDIA GeForce RTX 5090", "12.0", "2b85");
const V100: (&str, &str, &str) = ("Tesla V100-PCIE-16GB", "7.0", "1db4");
const H100: (&str, &str, &str) = ("NVIDIA H100 80GB HBM3", "9.0", "2330");

fn workstation() -> Case {
    machine(&[RTX_4090])
}

/// The same card on Windows, where nothing but the driver's libraries tells of it.
fn windows() -> Case {
    workstation().change(|facts| {
        facts["host"]["platform"] = known("windows-x86_64");
        facts["host"]["distribution"] =
            json!({"state": "unknown", "why": "only Linux names its distribution in a text file"});
        facts["kernel"] = json!({});
        facts["driver_files"] = json!({"state": "unknown", "why": "only searched for on Linux"});
        facts["driver"]["value"]["version"] = json!("581.57");
        facts["driver_libraries"] = json!({"state": "unknown", "why": "only searched for on Linux"});
        for (library, file) in [("nvml", "nvml.dll"), ("cuda", "nvcuda.dll")] {
            let path = format!("C:/Windows/System32/{file}");
            let version = json!({"state": "unknown", "why": "test"});
            facts[library]["value"]["library"] = known(json!({"path": path, "version": version, "kind": "driver"}));
        }
    })
}

/// What only Linux has is not spoken of on Windows, whatever the libraries say.
#[test]
fn windows_has_no_modules() {
    let answers: [(&str, u32, &str); 10] = [
        ("nvml", 4, "driver-no-permission"),
        ("nvml", 9, "driver-not-loaded"),
        ("nvml", 18, "driver-library-version-mismatch"),
        ("nvml", 999, "nvml-init-failed"),
        ("cuda", 34, "driver-stub-library"),
        ("cuda", 802, "cuda-init-failed"),
        ("cuda", 803, "compat-lib-shadows-driver"),
        ("cuda", 804, "cuda-init-failed"),
        ("cuda", 999, "cuda-init-failed"),
        ("cuda", 46, "cuda-init-failed"),
    ];
    for (library, code, rule) in answers {
        let found = error(windows().fails(library, code), rule);
        for word in ["module", "/dev", "libcuda", "sudo", "modprobe", ".so"] {
            assert!(!found.to_string().contains(word), "{library} {code}: {word} in {found}");
        }
    }
}

/// The driver is not loaded, as every source shows it.
fn unloaded(case: Case) -> Case {
    case.fails("nvml", 9).fails("cuda", 100).change(|facts| {
        let none = json!({"state": "absent", "via": {"how": "file", "at": "/proc/modules"}});
        facts["kernel"]["version"] = none.clone();
        facts["kernel"]["flavour"] = none.clone();
        facts["driver"] = none;
        facts["kernel"]["loaded"] = known(json!([]));
    })
}

#[test]
fn driver_not_loaded() {
    let found = error(unloaded(workstation()), "driver-not-loaded");
    assert!(found["summary"].as_str().unwrap().contains("580.95.05 is built for this kernel"), "{found}");
    assert_eq!(fix_lines(&found)[0], "sudo modprobe nvidia");
    nothing(workstation());
    // Libraries without any GPU on the bus are no defect.
    let none = unloaded(workstation()).change(|facts| {
        facts["gpus"] = json!({"state": "absent", "via": {"how": "pci", "at": "/sys/bus/pci/devices"}});
    });
    let (code, report) = none.judged();
    assert_eq!((code, slugs(&report, "info")), (0, vec!["driver-not-loaded"]), "{}", report["findings"]);
}

#[test]
fn secure_boot_blocks_module() {
    let signed = |on: bool| unloaded(workstation()).change(move |facts| facts["kernel"]["secure_boot"] = known(on));
    let found = error(signed(true), "secure-boot-blocks-module");
    assert_eq!(found["consequences"], json!(["driver-not-loaded", "cuda-init-failed"]));
    assert!(fix_lines(&found)[0].starts_with("sudo mokutil --import"), "{found}");
    error(signed(false), "driver-not-loaded");
}

#[test]
fn nouveau_conflict() {
    let bound = |driver: &'static str| unloaded(workstation()).gpu(0, move |gpu| gpu["bound"] = known(driver));
    let found = error(bound("nouveau"), "nouveau-conflict");
    assert!(found["consequences"].to_string().contains("driver-not-loaded"), "one cause: {found}");
    assert!(fix_lines(&found)[0].contains("blacklist nouveau"), "{found}");
    error(bound("nvidia"), "driver-not-loaded");
}

#[test]
fn gpu_passed_through() {
    let given = machine(&[RTX_4090, RTX_4090]).gpu(1, |gpu| {
        gpu["bound"] = known("vfio-pci");
        gpu["seen_by"] = json!(["pci"]);
        gpu["visible"] = known(false);
    });
    let (code, report) = given.judged();
    assert_eq!(
        (code, slugs(&report, "info"), report["findings"].as_array().unwrap().len()),
        (0, vec!["gpu-passed-through"], 1)
    );
}

#[test]
fn driver_library_version_mismatch() {
    let found = error(workstation().fails("nvml", 18).fails("cuda", 803), "driver-library-version-mismatch");
    assert_eq!(found["consequences"], json!(["compat-lib-shadows-driver"]));
    assert_eq!(fix_lines(&found)[0], "sudo reboot");
    // The files alone tell it, before any library is asked.
    let files = workstation().change(|facts| facts["kernel"]["version"] = known("575.64.03"));
    let found = error(files, "driver-library-version-mismatch");
    assert!(found["summary"].as_str().unwrap().contains("575.64.03"), "{found}");
    nothing(workstation());
    // Each library counts, and one that is needed only now and then is a warning.
    let other = |part: &'static str| {
        with_files(move |files| {
            for file in files.iter_mut().filter(|file| file["part"] == part) {
                file["version"] = known("570.86.10");
            }
        })
    };
    let found = error(other("nvml"), "driver-library-version-mismatch");
    assert!(found["evidence"].to_string().contains("libnvidia-ml.so.1 is version 570.86.10"), "{found}");
    let (code, report) = other("ptx-jit").judged();
    assert_eq!(
        (code, slugs(&report, "warning")),
        (0, vec!["driver-library-version-mismatch"]),
        "{}",
        report["findings"]
    );
}

#[test]
fn open_kernel_modules_required() {
    let with = |gpu, flavour: &'static str| {
        machine(&[gpu])
            .build("torch", "2.7.1+cu128", Some("12.8"))
            .change(move |facts| facts["kernel"]["flavour"] = known(flavour))
            .gpu(0, |gpu| gpu["seen_by"] = json!(["pci"]))
            .fails("cuda", 100)
    };
    let found = error(with(RTX_5090, "proprietary"), "open-kernel-modules-required");
    assert_eq!(fix_lines(&found)[0], "sudo apt install nvidia-driver-580-open && sudo reboot");
    // A Turing to Ada card works with both.
    nothing(machine(&[RTX_4090]).change(|facts| facts["kernel"]["flavour"] = known("proprietary")));
}

#[test]
fn open_kernel_modules_unsupported() {
    let with =
        |flavour: &'static str| machine(&[V100]).change(move |facts| facts["kernel"]["flavour"] = known(flavour));
    let found = error(with("open"), "open-kernel-modules-unsupported");
    assert_eq!(fix_lines(&found)[0], "sudo apt install nvidia-driver-580 && sudo reboot");
    nothing(with("proprietary"));
}

#[test]
fn uvm_not_ready() {
    let broken = workstation()
        .fails("cuda", 999)
        .change(|facts| facts["kernel"]["nodes"] = known(json!(["/dev/nvidia0", "/dev/nvidiactl"])));
    let found = error(broken, "uvm-not-ready");
    assert!(found["evidence"].to_string().contains("/dev/nvidia-uvm does not exist"), "{found}");
    assert!(fix_lines(&found)[0].contains("modprobe nvidia_uvm"), "{found}");
}

#[test]
fn fabric_manager_not_running() {
    let node = machine(&[H100; 8]).fails("cuda", 802).change(|facts| facts["kernel"]["nvswitches"] = known(4));
    let found = error(node, "fabric-manager-not-running");
    assert!(found["evidence"].to_string().contains("4 NVSwitch bridges"), "{found}");
    assert_eq!(fix_lines(&found)[0], "sudo systemctl enable --now nvidia-fabricmanager");
}

#[test]
fn compat_lib_shadows_driver() {
    let compat = workstation().contained().fails("cuda", 803).change(|facts| {
        facts["cuda"]["value"]["library"] = known(json!({"path": "/usr/local/cuda-12.8/compat/libcuda.so.570.86.15", "version": known("570.86.15"), "kind": "compat"}));
    });
    let found = error(compat, "compat-lib-shadows-driver");
    assert!(found["evidence"].to_string().contains("/usr/local/cuda-12.8/compat/libcuda.so.570.86.15"), "{found}");
    // A compatibility library that works is what it is for.
    nothing(workstation().contained().change(|facts| {
        facts["cuda"]["value"]["library"] = known(json!({"path": "/usr/local/cuda-13.1/compat/libcuda.so.590.44.01", "version": known("590.44.01"), "kind": "compat"}));
    }));
}

#[test]
fn forward_compat_unsupported_gpu() {
    error(workstation().fails("cuda", 804), "forward-compat-unsupported-gpu");
}

#[test]
fn driver_stub_library() {
    let found = error(
        workstation().fails("cuda", 34).variable("LD_LIBRARY_PATH", "/usr/local/cuda/lib64/stubs"),
        "driver-stub-library",
    );
    assert!(found["evidence"].to_string().contains("/usr/local/cuda/lib64/stubs"), "{found}");
}

fn troubled(code: u32) -> Case {
    workstation()
        .gpu(0, |gpu| gpu["trouble"] = known(json!({"call": "nvmlDeviceGetHandleByIndex", "code": code, "name": null})))
}

#[test]
fn gpu_lost() {
    let found = error(troubled(15), "gpu-lost");
    assert!(found["fixes"][0]["summary"].as_str().unwrap().contains("power cables"), "{found}");
}

#[test]
fn gpu_needs_reset() {
    let found = error(troubled(16), "gpu-needs-reset");
    assert_eq!(fix_lines(&found)[0], "sudo nvidia-smi --gpu-reset");
}

#[test]
fn mig_without_instances() {
    let mig = |instances: u32| {
        machine(&[H100]).gpu(0, move |gpu| {
            gpu["mig"] = known(json!({"current": true, "pending": true, "instances": instances}));
            if instances == 0 {
                gpu["seen_by"] = json!(["pci", "nvml"]);
                gpu["visible"] = known(false);
            }
        })
    };
    let found = error(mig(0).fails("cuda", 100), "mig-without-instances");
    assert_eq!(found["consequences"], json!(["cuda-init-failed"]));
    nothing(mig(3));
}

#[test]
fn driver_no_permission() {
    let found = error(workstation().contained().fails("nvml", 4).fails("cuda", 100), "driver-no-permission");
    assert!(fix_lines(&found)[0].contains("label=disable"), "{found}");
}

#[test]
fn driver_hangs() {
    let found = error(
        workstation().answers("cuda", json!({"state": "timed-out", "after_ms": 15000, "left_running": 4711})),
        "driver-hangs",
    );
    assert!(found["evidence"].to_string().contains("process 4711 cannot be killed"), "{found}");
}

#[test]
fn driver_crashes() {
    let found = error(
        workstation().answers("nvml", json!({"state": "crashed", "how": "signal 11 (SIGSEGV)"})),
        "driver-crashes",
    );
    assert!(found["evidence"].to_string().contains("SIGSEGV"), "{found}");
}

#[test]
fn driver_eats_memory() {
    let eaten = json!({"state": "too-much-memory", "limit": 4u64 << 30});
    let found = error(workstation().answers("cuda", eaten), "driver-eats-memory");
    assert!(found["evidence"].to_string().contains("more than 4 GiB"), "{found}");
}

#[test]
fn driver_clean_up_fails() {
    let after = |aftermath: Value| workstation().change(move |facts| facts["nvml"]["value"]["aftermath"] = aftermath);
    for (aftermath, says) in [(json!({"hung_ms": 2000}), "2000 ms"), (json!({"died": "signal 6 (SIGABRT)"}), "SIGABRT")]
    {
        let (code, report) = after(aftermath).judged();
        assert_eq!((code, slugs(&report, "warning")), (0, vec!["driver-clean-up-fails"]), "{}", report["findings"]);
        assert!(report["findings"].to_string().contains(says), "{}", report["findings"]);
    }
    nothing(after(json!({})));
}

#[test]
fn process_left_running() {
    let left = workstation().change(|facts| facts["cuda"]["value"]["aftermath"] = json!({"left_running": [4711, 12]}));
    let (code, report) = left.judged();
    assert_eq!((code, slugs(&report, "info")), (0, vec!["process-left-running"]), "{}", report["findings"]);
    assert!(report["findings"][0]["summary"].as_str().unwrap().contains("processes 4711, 12 are still running"));
}

/// The files of a driver's user space, whole; `change` alters them.
fn with_files(change: impl FnOnce(&mut Vec<Value>)) -> Case {
    let file = |(part, name): (&str, &str)| {
        let path = format!("/usr/lib/x86_64-linux-gnu/{name}.so.580.95.05");
        json!({"part": part, "path": path, "version": known("580.95.05"), "kind": "driver"})
    };
    let parts = [("cuda", "libcuda"), ("nvml", "libnvidia-ml"), ("ptx-jit", "libnvidia-ptxjitcompiler")];
    let mut files: Vec<Value> = parts.into_iter().map(file).collect();
    change(&mut files);
    workstation().change(|facts| facts["driver_files"] = known(files))
}

#[test]
fn driver_library_missing() {
    nothing(with_files(|_| {}));
    let without = |part: &'static str| with_files(move |files| files.retain(|file| file["part"] != part));
    // Nobody loads the compiler until it is needed: its file is all there is to see.
    let (code, report) = without("ptx-jit").judged();
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["driver-library-missing"]), "{}", report["findings"]);
    // What the loader has found is there, wherever that is.
    nothing(without("cuda").change(|facts| {
        facts["driver_files"]["value"].as_array_mut().unwrap().retain(|file| file["part"] == "nvml");
    }));
    let lost = error(without("cuda").lacks("cuda"), "driver-library-missing");
    assert!(lost["summary"].as_str().unwrap().starts_with("libcuda.so.1 is missing"), "{lost}");
    // In a container the same has a rule of its own, and in WSL Windows brings the driver.
    error(without("cuda").lacks("cuda").contained(), "container-capability-missing");
    // Without a driver there is nothing to miss.
    let none = with_files(Vec::clear).lacks("cuda").lacks("nvml").change(|facts| {
        let none = json!({"state": "absent", "via": {"how": "file", "at": "/proc/modules"}});
        for fact in ["version", "flavour", "installed"] {
            facts["kernel"][fact] = none.clone();
        }
        facts["kernel"]["loaded"] = known(json!([]));
        facts["driver"] = none.clone();
        facts["gpus"] = json!({"state": "absent", "via": {"how": "pci", "at": "/sys/bus/pci/devices"}});
    });
    let (code, report) = none.judged();
    assert_eq!((code, &report["findings"]), (0, &json!([])));
    // On Windows nothing but the loader tells.
    nothing(windows());
    let lost = error(windows().lacks("cuda"), "driver-library-missing");
    assert!(lost["summary"].as_str().unwrap().starts_with("nvcuda.dll is missing: no program"), "{lost}");
    let (code, report) = windows().lacks("nvml").judged();
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["driver-library-missing"]), "{}", report["findings"]);
    let (code, report) = windows().lacks("nvml").lacks("cuda").judged();
    assert_eq!((code, slugs(&report, "error")), (0, vec![]), "{}", report["findings"]);
    let broken = windows().change(|facts| {
        facts["nvml"]["value"]["answer"] = json!({"state": "unloadable", "why": "LoadLibraryExW failed: 193"});
    });
    let found = finding(&broken.judged().1, "driver-library-broken").clone();
    assert!(found["summary"].as_str().unwrap().starts_with("NVML (nvml.dll) cannot be loaded"), "{found}");
}

#[test]
fn driver_answers_nonsense() {
    error(workstation().answers("cuda", json!({"state": "garbled", "what": "not JSON"})), "driver-answers-nonsense");
}

#[test]
fn driver_library_broken() {
    error(
        workstation().answers("cuda", json!({"state": "unloadable", "why": "file too short"})),
        "driver-library-broken",
    );
}

#[test]
fn driver_library_too_old() {
    error(
        workstation().answers("cuda", json!({"state": "missing-function", "name": "cuDeviceGetUuid"})),
        "driver-library-too-old",
    );
}

#[test]
fn nvml_init_failed() {
    error(workstation().fails("nvml", 31), "nvml-init-failed");
}

#[test]
fn cuda_init_failed() {
    let found = error(workstation().fails("cuda", 31337), "cuda-init-failed");
    assert!(found["evidence"].to_string().contains("an unknown code"), "{found}");
    error(workstation().fails("cuda", 100), "cuda-init-failed");
}

#[test]
fn cuda_visible_devices_hides_gpu() {
    for hiding in ["", "-1", "7", "-1,0"] {
        let hidden = workstation()
            .variable("CUDA_VISIBLE_DEVICES", hiding)
            .fails("cuda", 100)
            .gpu(0, |gpu| gpu["visible"] = known(false));
        let found = error(hidden, "cuda-visible-devices-hides-gpu");
        assert_eq!(fix_lines(&found)[0], "unset CUDA_VISIBLE_DEVICES", "{found}");
    }
    let second = machine(&[RTX_4090, RTX_4090]).variable("CUDA_VISIBLE_DEVICES", "1").gpu(0, |gpu| {
        gpu["visible"] = known(false);
        gpu["seen_by"] = json!(["pci", "nvml"]);
    });
    nothing(second);
}

#[test]
fn device_ordinal_out_of_range() {
    let (code, report) = machine(&[RTX_4090, RTX_4090]).variable("CUDA_VISIBLE_DEVICES", "1,2,0").judged();
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["device-ordinal-out-of-range"]), "{}", report["findings"]);
    assert_eq!(fix_lines(finding(&report, "device-ordinal-out-of-range"))[0], "export CUDA_VISIBLE_DEVICES=1");
    // The UUID of a GPU is of one machine, what is wrong is not.
    let behind = |uuid: &str| {
        let list = format!("{uuid},7");
        let (_, report) = machine(&[RTX_4090, RTX_4090]).variable("CUDA_VISIBLE_DEVICES", &list).judged();
        finding(&report, "device-ordinal-out-of-range")["fingerprint"].clone()
    };
    assert_eq!(behind("GPU-0b1c2d3e"), behind("GPU-9a8b7c6d"));
    nothing(machine(&[RTX_4090, RTX_4090]).variable("CUDA_VISIBLE_DEVICES", "1,0"));
    nothing(machine(&[RTX_4090]).variable("CUDA_VISIBLE_DEVICES", "GPU-0b1c2d3e"));
}

#[test]
fn nvml_cuda_disagree() {
    let unlisted = machine(&[RTX_4090, RTX_4090]).gpu(1, |gpu| {
        gpu["seen_by"] = json!(["pci", "nvml"]);
        gpu["visible"] = known(false);
    });
    let (code, report) = unlisted.judged();
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["nvml-cuda-disagree"]), "{}", report["findings"]);
}

#[test]
fn gpu_not_in_driver() {
    let gone = |case: Case| {
        case.gpu(1, |gpu| {
            gpu["seen_by"] = json!(["pci"]);
            gpu["visible"] = known(false);
        })
    };
    let (code, report) = gone(machine(&[RTX_4090, RTX_4090])).judged();
    assert_eq!(
        (code, slugs(&report, "warning")),
        (0, vec!["gpu-not-in-driver"]),
        "another GPU works: {}",
        report["findings"]
    );
    // A container gets the GPUs that it was given.
    nothing(gone(machine(&[RTX_4090, RTX_4090]).contained()));
}

#[test]
fn expected_gpu_missing() {
    let found = error(machine(&[H100; 7]).with(&["--expect", "8x H100"]), "expected-gpu-missing");
    assert_eq!(found["summary"], "7 of 8 expected H100 are usable.");
    nothing(machine(&[H100; 8]).with(&["--expect", "8x H100"]));
    error(machine(&[RTX_4090]).with(&["--expect", "RTX 5090"]), "expected-gpu-missing");
    // What nobody has seen opens no gate: not asked, not said, assumed.
    let not_asked = |facts: &mut Value| {
        for library in ["nvml", "cuda"] {
            facts[library] = json!({"state": "unknown", "why": "the driver was not queried"});
        }
    };
    let unseen = |case: Case| {
        let (code, report) = case.with(&["--expect", "8x H100"]).judged();
        assert_eq!((code, &report["verdict"]), (1, &json!("unknown")), "{}", report["findings"]);
        assert_eq!(report["checks"]["unknown"][0]["rule"], "expected-gpu-missing");
    };
    unseen(machine(&[H100; 8]).change(not_asked));
    unseen(machine(&[H100; 8]).gpu(2, |gpu| gpu["visible"] = json!({"state": "unknown", "why": "x"})));
    unseen(machine(&[H100; 8]).gpu(2, |gpu| gpu["seen_by"] = json!([])));
    let (code, _) = machine(&[H100; 8]).change(not_asked).with(&["--expect", "8x H100", "--fail-on", "never"]).judged();
    assert_eq!(code, 0);
    let lost = machine(&[H100; 8])
        .gpu(3, |gpu| gpu["trouble"] = known(json!({"call": "x", "code": 15, "name": null})))
        .with(&["--expect", "8x H100"]);
    let (code, report) = lost.judged();
    assert!(code == 1 && slugs(&report, "error").contains(&"expected-gpu-missing"), "{}", report["findings"]);
}

#[test]
fn container_no_gpu_flag() {
    let without = |case: Case| case.contained().lacks("nvml").lacks("cuda");
    let found = error(without(workstation()), "container-no-gpu-flag");
    assert!(fix_lines(&found)[0].contains("docker run --gpus all"), "{found}");
    // A container on a machine without a GPU lacks nothing.
    let (code, report) = without(workstation())
        .change(|facts| facts["gpus"] = json!({"state": "absent", "via": {"how": "pci", "at": "/sys/bus/pci/devices"}}))
        .judged();
    assert_eq!((code, &report["findings"]), (0, &json!([])));
}

#[test]
fn container_toolkit_missing() {
    let (code, report) =
        workstation().change(|facts| facts["host"]["container_tools"] = known(json!(["docker"]))).judged();
    assert_eq!((code, slugs(&report, "info")), (0, vec!["container-toolkit-missing"]), "{}", report["findings"]);
    assert!(fix_lines(finding(&report, "container-toolkit-missing"))[0].contains("nvidia-ctk runtime configure"));
    nothing(workstation().change(|facts| facts["host"]["container_tools"] = known(json!([]))));
}

#[test]
fn container_requirement_unmet() {
    let image = |driver: &str, requirement: &str| {
        common::case::case(&["RTX 4090"], driver)
            .variable("NVIDIA_REQUIRE_CUDA", requirement)
            .change(|facts| facts["host"]["container"] = json!({"state": "unknown", "why": "test"}))
    };
    let (code, report) = image("535.183.01", "cuda>=12.6 brand=tesla,driver>=535,driver<536").judged();
    let found = finding(&report, "container-requirement-unmet");
    assert_eq!(code, 1, "{}", report["findings"]);
    assert!(found["summary"].as_str().unwrap().contains("requires cuda>=12.6"), "{found}");
    assert!(found["symptom"].as_str().unwrap().contains("unsatisfied condition: cuda>=12.6"), "{found}");
    for case in [
        image("560.35.03", "cuda>=12.6"),
        image("535.183.01", "cuda>=12.6 driver>=535,driver<536"),
        image("535.183.01", "cuda>=12.6").variable("NVIDIA_DISABLE_REQUIRE", "1"),
        image("535.183.01", "cuda>=12.6").contained(),
    ] {
        let (_, report) = case.judged();
        assert!(!report["findings"].to_string().contains("container-requirement-unmet"), "{}", report["findings"]);
    }
}

#[test]
fn container_requirement_differs() {
    let image = |requirement: &str| {
        common::case::case(&["RTX 4090"], "580.95.05")
            .variable("NVIDIA_REQUIRE_CUDA", requirement)
            .change(|facts| facts["lowest_driver"] = json!("525.60.13"))
    };
    for (requirement, severity, said) in [
        ("cuda>=11.4", "warning", "the image requires cuda>=11.4, which driver 470 meets"),
        ("driver>=525.60.12", "warning", "its software needs driver 525.60.13 or newer"),
        ("cuda>=12.8", "info", "is not started with driver 560, but its software runs from driver 525.60.13 on"),
    ] {
        let (code, report) = image(requirement).judged();
        let found = finding(&report, "container-requirement-differs");
        assert_eq!((code, found["severity"].as_str().unwrap()), (0, severity), "{requirement}: {found}");
        assert!(found["summary"].as_str().unwrap().contains(said), "{requirement}: {found}");
    }
    for case in [
        image("driver>=525.60.13"),
        // Which brand a card is of decides there, and nobody says it.
        image("driver>=525.60.13 brand=tesla,driver>=470,driver<471"),
        image("cuda>=12.8").variable("NVIDIA_DISABLE_REQUIRE", "1"),
        image(" "),
        image("cuda>=12.8").change(|facts| facts["lowest_driver"] = Value::Null),
    ] {
        let (_, report) = case.judged();
        assert!(!report["findings"].to_string().contains("container-requirement-differs"), "{}", report["findings"]);
    }
}

#[test]
fn container_cgroup_lost_gpu() {
    error(workstation().contained().fails("nvml", 999).fails("cuda", 100), "container-cgroup-lost-gpu");
}

#[test]
fn container_capability_missing() {
    let found = error(
        workstation().contained().lacks("cuda").variable("NVIDIA_DRIVER_CAPABILITIES", "utility"),
        "container-capability-missing",
    );
    assert!(found["evidence"].to_string().contains("NVIDIA_DRIVER_CAPABILITIES: utility"), "{found}");
    let (code, report) = workstation().contained().lacks("nvml").judged();
    assert_eq!(
        (code, slugs(&report, "warning")),
        (0, vec!["container-capability-missing"]),
        "CUDA works: {}",
        report["findings"]
    );
}

#[test]
fn no_false_alarm() {
    // Minor-version compatibility: a cu128 build on driver 535.
    let old = workstation().build("torch", "2.7.1+cu128", Some("12.8")).change(|facts| {
        facts["driver"] = known(json!({"version": "535.183.01", "cuda": known("12.2")}));
        facts["kernel"]["version"] = known("535.183.01");
        facts["driver_libraries"] = known(json!([]));
    });
    nothing(old);
    // A display card beside a compute card.
    let two = machine(&[("NVIDIA GeForce GT 1030", "6.1", "1d01"), RTX_4090])
        .change(|facts| facts["kernel"]["flavour"] = known("proprietary"));
    nothing(two);
}
