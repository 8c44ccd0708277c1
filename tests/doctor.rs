//! End to end: `gpucheck doctor` on real environments from PyPI, with a named GPU and driver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::path::Path;

use common::{doctor, finding, fix_lines, slugs};
use serde_json::Value;

/// Runs doctor on an environment for these GPUs and this driver.
fn judged(environment: &Path, gpus: &[&str], driver: &str) -> (i32, Value) {
    judged_with(environment, gpus, driver, &[])
}

fn judged_with(environment: &Path, gpus: &[&str], driver: &str, more: &[&str]) -> (i32, Value) {
    let path = environment.to_str().unwrap();
    let mut arguments = vec![path, "--driver", driver];
    gpus.iter().for_each(|gpu| arguments.extend(["--gpu", gpu]));
    arguments.extend(more);
    doctor(&arguments)
}

#[test]
fn the_typical_patient() {
    let (code, report) = judged(&common::torch_2_7_1(), &["RTX 5090"], "580.95.05");
    assert_eq!(code, 1);
    assert_eq!(slugs(&report, "error"), ["gpu-too-new-for-wheel"], "one root cause");
    let cause = finding(&report, "gpu-too-new-for-wheel");
    assert_eq!(cause["subject"], "torch 2.7.1+cu126");
    let evidence = cause["evidence"].to_string();
    for part in [
        "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90",
        "no PTX",
        "libtorch_cuda.so, section .nv_fatbin",
        "compute capability 12.0",
    ] {
        assert!(evidence.contains(part), "{part} in {evidence}");
    }
    assert!(cause["summary"].as_str().unwrap().contains("sm_120"));
    assert!(cause["symptom"].as_str().unwrap().contains("no kernel image is available"));
    let lines = fix_lines(cause);
    let expected = "-m pip install torch==2.7.1+cu128 torchvision==0.22.1+cu128 torchaudio==2.7.1+cu128 \
                    --index-url https://download.pytorch.org/whl/cu128";
    assert!(lines[0].ends_with(expected), "{lines:?}");
    assert_eq!(cause["fixes"][0]["proof"], "knowledge");
    assert_eq!(cause["fixes"][0]["unproven"], Value::Array(vec![]));
    assert!(lines[1].ends_with("-m pip install torch==2.8.0 torchvision==0.23.0 torchaudio==2.8.0"), "{lines:?}");
    let pointer = cause["evidence"][0]["pointer"].as_str().unwrap();
    let library = report.pointer(pointer).unwrap_or_else(|| panic!("{pointer} points into the report"));
    assert_eq!(library["path"], "torch/lib/libtorch_cuda.so");
    assert_eq!(library["code"]["value"]["sass"]["sm_90"], library["code"]["value"]["fatbins"]);
}

#[test]
fn the_patients_build_serves_older_cards() {
    let environment = common::torch_2_7_1();
    for (gpu, driver) in
        [("RTX 4090", "535.183.01"), ("GTX 1080 Ti", "535.183.01"), ("H100", "550.54.14"), ("V100", "535.183.01")]
    {
        let (code, report) = judged(&environment, &[gpu], driver);
        assert_eq!((code, &report["verdict"]), (0, &Value::from("ok")), "{gpu} on {driver}: {}", report["findings"]);
    }
}

#[test]
fn builds_that_serve_everything() {
    let cards = ["RTX 5090", "RTX 4090", "A100", "B300", "H200", "RTX 2080 Ti"];
    for (environment, driver, b300) in
        [(common::torch_2_8_0(), "570.86.10", "580.82.07"), (common::torch_2_15_0(), "580.82.07", "580.82.07")]
    {
        for gpu in cards {
            let driver = if gpu == "B300" { b300 } else { driver };
            let (code, report) = judged(&environment, &[gpu], driver);
            assert_eq!(slugs(&report, "error"), [""; 0], "{gpu}: {}", report["findings"]);
            assert_eq!(code, 0);
        }
    }
    // The triton of 2.8.0 came before the B300; torch itself runs there.
    let (code, report) = judged(&common::torch_2_8_0(), &["B300"], "580.82.07");
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["triton-ptxas-too-old"]));
    let (_, report) = judged(&common::torch_2_8_0(), &["RTX 4090"], "570.86.10");
    assert_eq!(report["runs_on"][0]["how"], "sass sm_86", "sm_86 code serves 8.9");
    let (_, report) = judged(&common::torch_2_15_0(), &["B300"], "580.82.07");
    assert_eq!(report["runs_on"][0]["how"], "sass sm_100", "sm_100 code serves 10.3");
}

#[test]
fn a_driver_below_the_runtimes_floor() {
    for driver in ["570.86.10", "575.51.03"] {
        let (code, report) = judged(&common::torch_2_15_0(), &["RTX 5090"], driver);
        assert_eq!(
            (code, slugs(&report, "error")),
            (1, vec!["driver-too-old-for-cuda-runtime"]),
            "{}",
            report["findings"]
        );
        let fixes = &finding(&report, "driver-too-old-for-cuda-runtime")["fixes"];
        let text = fixes.to_string();
        assert!(text.contains("+cu12"), "a build that this driver runs: {text}");
        assert!(text.contains("update the NVIDIA driver to 580"), "or the driver: {text}");
    }
}

#[test]
fn cards_that_the_newest_build_dropped() {
    for gpu in ["GTX 1080 Ti", "V100"] {
        let (code, report) = judged(&common::torch_2_15_0(), &[gpu], "580.82.07");
        assert_eq!((code, slugs(&report, "error")), (1, vec!["gpu-too-old-for-wheel"]), "{}", report["findings"]);
        let lines = fix_lines(finding(&report, "gpu-too-old-for-wheel"));
        let expected = "pip install torch==2.14.1+cu126 --index-url https://download.pytorch.org/whl/cu126";
        assert!(lines[0].ends_with(expected), "{lines:?}");
    }
}

#[test]
fn two_cards_in_one_machine() {
    let (code, report) = judged(&common::torch_2_15_0(), &["V100", "RTX 4090"], "580.82.07");
    let lines = fix_lines(finding(&report, "gpu-too-old-for-wheel"));
    assert_eq!(code, 1);
    assert!(lines[0].contains("torch==2.14.1+cu126"), "one wheel serves both: {lines:?}");

    let (code, report) = judged(&common::torch_2_15_0(), &["V100", "RTX 5090"], "580.82.07");
    assert_eq!((code, slugs(&report, "error").len()), (1, 2), "{}", report["findings"]);
    assert!(finding(&report, "no-kernel-module-for-all-gpus")["summary"].as_str().unwrap().contains("open"));
    let fix = &finding(&report, "gpu-too-old-for-wheel")["fixes"][0];
    let lines = fix["commands"].to_string();
    assert!(["2.8.0", "2.9.0", "2.9.1", "2.10.0"].iter().any(|v| lines.contains(&format!("torch=={v}"))), "{lines}");
    assert!(fix["result"].as_str().unwrap().ends_with("+cu128"), "{fix}");
    assert!(
        fix["remains"].to_string().contains("no-kernel-module-for-all-gpus"),
        "the layer that still fails is named: {fix}"
    );

    let (code, report) = judged(&common::torch_2_15_0(), &["GTX 1080 Ti", "RTX 5090"], "580.82.07");
    assert_eq!(code, 1);
    let fixes = &finding(&report, "gpu-too-old-for-wheel")["fixes"];
    assert!(fixes[0]["summary"].as_str().unwrap().contains("1080 Ti alone"), "{fixes}");
    assert!(fixes[0]["commands"].to_string().contains("2.14.1+cu126"), "{fixes}");
    assert!(fixes[1]["summary"].as_str().unwrap().contains("5090 alone: the installed version works"), "{fixes}");
    finding(&report, "no-kernel-module-for-all-gpus");
}

#[test]
fn the_same_two_cards_on_windows() {
    let (code, report) =
        judged_with(&common::torch_2_15_0(), &["GTX 1080 Ti", "RTX 5090"], "581.57", &["--os", "windows"]);
    assert_eq!(code, 1);
    let fix = &finding(&report, "gpu-too-old-for-wheel")["fixes"][0];
    let line = fix["commands"].to_string();
    assert!(["2.7.0+cu128", "2.7.1+cu128", "2.8.0+cu128"].iter().any(|build| line.contains(build)), "{fix}");
    assert_eq!(fix["commands"][0]["tool"], "powershell");
    assert!(!slugs(&report, "error").contains(&"no-kernel-module-for-all-gpus"));
}

/// A fresh environment from PyPI alone, the line that the doctor gives for it, executed as it is.
#[test]
fn a_fix_that_is_really_executed() {
    let (folder, _lock) = common::copied_environment(&common::torch_2_7_1(), "executed-fix");
    let (code, before) = judged(&folder, &["RTX 5090"], "580.95.05");
    assert_eq!(code, 1);
    let cause = finding(&before, "gpu-too-new-for-wheel");
    let line = fix_lines(cause).into_iter().find(|line| !line.contains("--index-url")).expect("a fix from PyPI alone");
    let promised = cause["fixes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|fix| fix["commands"][0]["line"] == line.as_str())
        .and_then(|fix| fix["result"].as_str())
        .unwrap();
    // A second copy of the wheels, in pip's cache, is three gigabytes that nobody asks for.
    common::succeed(std::process::Command::new("sh").args(["-c", &line]).env("PIP_NO_CACHE_DIR", "1"));
    let (code, after) = judged(&folder, &["RTX 5090"], "580.95.05");
    assert_eq!((code, &after["verdict"]), (0, &Value::from("ok")), "{}", after["findings"]);
    let packages = after["facts"]["environments"][0]["packages"].as_array().unwrap();
    let installed = |name: &str| {
        let package = packages.iter().find(|package| package["name"] == name).unwrap();
        format!("{name} {}", package["build"]["value"]["version"].as_str().unwrap())
    };
    let torch = installed("torch");
    let there = [&*torch, &installed("torchvision"), &installed("torchaudio")].join(", ");
    assert_eq!(promised, there, "what was promised is what is there");
    assert_ne!(torch, "torch 2.7.1+cu126");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Saved facts are judged again elsewhere, with the same result.
#[test]
fn a_report_can_be_judged_again() {
    let (code, report) = judged(&common::torch_2_7_1(), &["RTX 5090"], "580.95.05");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, report.to_string()).unwrap();
    let (again, replayed) = doctor(&["--replay", path.to_str().unwrap()]);
    assert_eq!((again, &replayed["facts"], &replayed["findings"]), (code, &report["facts"], &report["findings"]));
    // The same facts under another question.
    let (code, other) = doctor(&["--replay", path.to_str().unwrap(), "--gpu", "RTX 4090"]);
    assert_eq!((code, &other["verdict"]), (0, &Value::from("ok")), "{}", other["findings"]);
}
