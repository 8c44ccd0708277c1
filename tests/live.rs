//! End to end with a driver: the shipped binary and its real libraries' bindings, on a fake libnvidia-ml and libcuda (see
//! tests/fake-driver). What a fake cannot show (a real driver's own behaviour) is listed in docs/probing.md.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    process::Command,
    time::{Duration, Instant},
};

use common::{
    fake::{self, CUDA, Installed, NVML},
    finding, fix_lines, gpucheck, run, slugs,
};
use serde_json::Value;

/// The doctor with this driver, in an empty folder: without any Python unless one is named.
fn command(driver: &Installed, arguments: &[&str]) -> Command {
    let mut command = gpucheck();
    command.args(["doctor", "--format", "json"]).args(arguments).current_dir(driver.folder());
    driver.apply(&mut command);
    command
}

fn doctor(driver: &Installed, arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(&mut command(driver, arguments));
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
    (code, common::moved_alike(report))
}

/// Asserts that the one error on this driver is this rule.
#[track_caller]
fn error(driver: &Installed, rule: &str) -> Value {
    let (code, report) = doctor(driver, &["--probe-timeout", "20"]);
    assert_eq!((code, slugs(&report, "error")), (1, vec![rule]), "{}", report["findings"]);
    report
}

/// Asserts that nothing is wrong with this driver and environment.
#[track_caller]
fn healthy(driver: &Installed, arguments: &[&str]) -> Value {
    let (code, report) = doctor(driver, arguments);
    let wrong = [slugs(&report, "error"), slugs(&report, "warning")].concat();
    assert_eq!(
        (code, wrong, &report["verdict"]),
        (0, vec![], &Value::from("ok")),
        "{} {}",
        report["findings"],
        report["checks"]
    );
    report
}

fn gpus(report: &Value) -> &Vec<Value> {
    report["facts"]["gpus"]["value"].as_array().unwrap()
}

#[test]
fn the_typical_patient_without_naming_anything() {
    let environment = common::torch_2_7_1();
    let path = environment.to_str().unwrap();
    let (code, live) = doctor(&fake::driver("rtx5090-580"), &[path]);
    assert_eq!((code, slugs(&live, "error")), (1, vec!["gpu-too-new-for-wheel"]), "{}", live["findings"]);
    let (_, named) = common::doctor(&[path, "--gpu", "RTX 5090", "--driver", "580.95.05"]);
    let (live, named) = (finding(&live, "gpu-too-new-for-wheel"), finding(&named, "gpu-too-new-for-wheel"));
    assert_eq!(live["summary"], named["summary"]);
    assert_eq!(fix_lines(live), fix_lines(named));
    assert_eq!(live["fingerprint"], named["fingerprint"]);
    assert!(live["evidence"].to_string().contains("compute capability 12.0"), "{live}");
}

#[test]
fn every_card_is_seen_as_it_is() {
    for (scenario, driver, cards) in [
        ("rtx5090-570", "570", vec![("NVIDIA GeForce RTX 5090", "12.0")]),
        ("rtx5090-575", "575", vec![("NVIDIA GeForce RTX 5090", "12.0")]),
        ("rtx4090-535", "535", vec![("NVIDIA GeForce RTX 4090", "8.9")]),
        ("rtx3090", "", vec![("NVIDIA GeForce RTX 3090", "8.6")]),
        ("v100", "", vec![("Tesla V100", "7.0")]),
        ("gtx1080ti", "", vec![("NVIDIA GeForce GTX 1080 Ti", "6.1")]),
        ("gb10", "", vec![("NVIDIA GB10", "12.1")]),
        ("h200x8", "", vec![("NVIDIA H200", "9.0"); 8]),
        ("v100-rtx5090", "", vec![("Tesla V100", "7.0"), ("NVIDIA GeForce RTX 5090", "12.0")]),
    ] {
        let (_, report) = doctor(&fake::driver(scenario), &[]);
        let seen: Vec<(&str, &str)> = gpus(&report)
            .iter()
            .map(|gpu| (gpu["name"]["value"].as_str().unwrap(), gpu["capability"]["value"].as_str().unwrap()))
            .collect();
        assert_eq!(seen.len(), cards.len(), "{scenario}: {seen:?}");
        for ((name, capability), (wanted, number)) in seen.iter().zip(&cards) {
            assert!(name.starts_with(wanted) && capability == number, "{scenario}: {name} {capability}");
        }
        assert!(gpus(&report).iter().all(|gpu| gpu["visible"]["value"] == true), "{scenario}");
        let version = report["facts"]["driver"]["value"]["version"].as_str().unwrap();
        assert!(version.starts_with(driver), "{scenario}: {version}");
    }
}

#[test]
fn every_failure_has_its_name() {
    for (scenario, rule) in [
        ("mismatch", "driver-library-version-mismatch"),
        ("cuinit-802", "fabric-manager-not-running"),
        ("cuinit-803", "compat-lib-shadows-driver"),
        ("cuinit-804", "forward-compat-unsupported-gpu"),
        ("cuinit-999", "uvm-not-ready"),
        ("cuinit-100", "cuda-init-failed"),
        ("cuinit-31337", "cuda-init-failed"),
        ("stub", "driver-stub-library"),
        ("mig-no-instances", "mig-without-instances"),
        ("insufficient-permissions", "driver-no-permission"),
        ("abort-cuda", "driver-crashes"),
        ("crash-nvml", "driver-crashes"),
        ("garbage-cuda", "driver-answers-nonsense"),
    ] {
        let (code, report) = doctor(&fake::driver(scenario), &[]);
        assert!(slugs(&report, "error").contains(&rule), "{scenario}: {}", report["findings"]);
        assert_eq!(code, 1, "{scenario}");
        assert!(!finding(&report, rule)["evidence"].as_array().unwrap().is_empty(), "{scenario}");
    }
}

#[test]
fn unknown_error_depends_on_the_container() {
    let (_, report) = doctor(&fake::driver("unknown-error-container"), &[]);
    let contained = report["facts"]["host"]["container"]["state"] == "known";
    let rule = if contained { "container-cgroup-lost-gpu" } else { "nvml-init-failed" };
    assert!(slugs(&report, "error").contains(&rule), "{}", report["findings"]);
}

#[test]
fn a_driver_without_any_gpu_is_an_answer() {
    for scenario in ["no-gpu", "not-loaded"] {
        let (code, report) = doctor(&fake::driver(scenario), &[]);
        assert_eq!((code, slugs(&report, "error")), (0, vec![]), "{scenario}: {}", report["findings"]);
    }
}

/// Processes of ours that still ask a driver.
fn probes_left(driver: &Installed) -> Vec<String> {
    let place = driver.folder().to_str().unwrap().as_bytes().to_vec();
    let mut left = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
        let asks = String::from_utf8_lossy(&read("cmdline")).contains("__probe");
        if asks && read("environ").windows(place.len()).any(|window| window == place) {
            left.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    left
}

#[test]
fn a_probe_that_hangs_is_ended_at_its_deadline() {
    for (scenario, library) in [("hang-cuda", "cuda"), ("hang-nvml", "nvml")] {
        let driver = fake::driver(scenario);
        let start = Instant::now();
        let (code, report) = doctor(&driver, &["--probe-timeout", "1"]);
        assert!(start.elapsed() < Duration::from_secs(10), "{scenario}: {:?}", start.elapsed());
        assert_eq!(
            (code, report["facts"][library]["value"]["answer"]["state"].as_str()),
            (1, Some("timed-out")),
            "{scenario}"
        );
        assert!(slugs(&report, "error").contains(&"driver-hangs"), "{scenario}: {}", report["findings"]);
        assert_eq!(probes_left(&driver), [""; 0], "{scenario}: the child is gone");
    }
}

#[test]
fn what_died_is_told_exactly() {
    let (_, report) = doctor(&fake::driver("abort-cuda"), &[]);
    assert!(
        report["facts"]["cuda"]["value"]["answer"]["how"].as_str().unwrap().contains("SIGABRT"),
        "{}",
        report["facts"]["cuda"]
    );
    assert_eq!(report["facts"]["nvml"]["value"]["answer"]["state"], "ready", "the other library still answers");
    assert!(!gpus(&report).is_empty(), "and its GPUs are listed");
    let (_, report) = doctor(&fake::driver("crash-nvml"), &[]);
    assert!(
        report["facts"]["nvml"]["value"]["answer"]["how"].as_str().unwrap().contains("SIGSEGV"),
        "{}",
        report["facts"]["nvml"]
    );
}

#[test]
fn libraries_that_are_not_what_they_should_be() {
    let report = error(&fake::driver("rtx4090-535").missing_symbol("cuDeviceGetCount"), "driver-library-too-old");
    assert_eq!(report["facts"]["cuda"]["value"]["answer"]["name"], "cuDeviceGetCount");
    error(&fake::driver("rtx4090-535").broken(CUDA), "driver-library-broken");
    let shadowed = fake::driver("cuinit-803").shadowed_by("usr/local/cuda/compat", "575.57.08");
    let report = error(&shadowed, "compat-lib-shadows-driver");
    let library = &report["facts"]["cuda"]["value"]["library"]["value"];
    assert_eq!(
        (library["kind"].as_str(), library["version"]["value"].as_str()),
        (Some("compat"), Some("575.57.08")),
        "{library}"
    );
    error(&fake::driver("stub").shadowed_by("usr/local/cuda/lib64/stubs", ""), "driver-stub-library");
}

#[test]
fn half_a_driver_in_a_container() {
    let (code, report) = doctor(&fake::driver("rtx4090-535").without(CUDA), &[]);
    if report["facts"]["host"]["container"]["state"] == "known" {
        assert_eq!(
            (code, slugs(&report, "error")),
            (1, vec!["container-capability-missing"]),
            "{}",
            report["findings"]
        );
        let (code, report) = doctor(&fake::driver("rtx4090-535").without(NVML), &[]);
        assert_eq!(
            (code, slugs(&report, "warning")),
            (0, vec!["container-capability-missing"]),
            "{}",
            report["findings"]
        );
    }
}

#[test]
fn no_false_alarm() {
    let (a, b) = (common::torch_2_8_0(), common::torch_2_7_1());
    let (cu128, cu126) = (a.to_str().unwrap(), b.to_str().unwrap());
    // Minor-version compatibility: CUDA 12.8 on a driver of CUDA 12.2.
    healthy(&fake::driver("rtx4090-535"), &[cu128]);
    healthy(&fake::driver("h100x8-mig"), &[cu126]);
    // One of eight.
    let driver = fake::driver("h200x8");
    let mut one = command(&driver, &[cu126]);
    one.env("CUDA_VISIBLE_DEVICES", "1");
    let (code, out, _) = run(&mut one);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, report["findings"].as_array().unwrap().len()), (0, 0), "{}", report["findings"]);
    let visible: Vec<bool> = gpus(&report).iter().map(|gpu| gpu["visible"]["value"] == true).collect();
    assert_eq!(visible, [false, true, false, false, false, false, false, false]);
    // A display card that the build does not serve, beside one that it does: worth a warning, no failure.
    let (code, report) = doctor(&fake::driver("gt1030-rtx4090"), &[cu128]);
    assert_eq!((code, slugs(&report, "error"), slugs(&report, "warning")), (0, vec![], vec!["gpu-too-old-for-wheel"]));
    // The line that the doctor gives for it makes it silent.
    let driver = fake::driver("gt1030-rtx4090");
    let mut hidden = command(&driver, &[cu128]);
    hidden.env("CUDA_DEVICE_ORDER", "PCI_BUS_ID").env("CUDA_VISIBLE_DEVICES", "1");
    let (code, out, _) = run(&mut hidden);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, report["findings"].as_array().unwrap().len()), (0, 0), "{}", report["findings"]);
    // A lost card beside one that works, likewise.
    let (code, report) = doctor(&fake::driver("gpu-lost"), &[cu128]);
    assert_eq!((code, slugs(&report, "error"), slugs(&report, "warning")), (0, vec![], vec!["gpu-lost"]));
}

/// As an H200 with driver 580.159 answers: cuInit returns 100 where the variable leaves nothing. Unsetting it is all that is needed.
#[test]
fn what_cuda_answered_while_gpus_were_hidden_is_not_held_against_the_fix() {
    let driver = fake::driver("h200x8");
    for hiding in ["", "9"] {
        let (_, out, _) = run(command(&driver, &[]).env("CUDA_VISIBLE_DEVICES", hiding));
        let report: Value = serde_json::from_str(&out).unwrap();
        let found = finding(&report, "cuda-visible-devices-hides-gpu");
        assert_eq!(found["fixes"][0]["commands"][0]["line"], "unset CUDA_VISIBLE_DEVICES", "{found}");
        assert_eq!(found["fixes"][0]["unproven"], serde_json::json!([]), "{found}");
    }
}

#[test]
fn expectations_and_labels() {
    let driver = fake::driver("h200x8");
    let report = healthy(&driver, &["--expect", "8x H200", "--label", "node=gpu-17"]);
    assert_eq!(report["labels"]["node"], "gpu-17");
    let (code, report) = doctor(&driver, &["--expect", "9x H200"]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["expected-gpu-missing"]));
}

#[test]
fn uuids_are_kept_only_where_they_are_asked_for() {
    let driver = fake::driver("rtx5090-580");
    let uuid = "f7e1f42e-6125-9931-b9dc-9c59a1813065";
    let (_, out, _) = run(&mut command(&driver, &[]));
    assert!(!out.contains(uuid));
    let (_, out, _) = run(&mut command(&driver, &["--identify"]));
    assert!(out.contains(uuid));
}

#[test]
fn nobody_asks_a_driver_who_should_not() {
    let driver = fake::driver("abort-cuda");
    for arguments in [&["--no-driver"][..], &["--gpu", "RTX 4090", "--driver", "580.95.05"], &["--root", "/"]] {
        let (_, report) = doctor(&driver, arguments);
        assert_eq!(report["facts"]["cuda"]["state"], "unknown", "{arguments:?}");
    }
}

/// A whole machine below `--root`: the kernel's files alone tell what is wrong.
#[test]
fn the_files_of_a_machine_tell_it_too() {
    let release = "6.8.0-45-generic";
    let gpu = "/sys/bus/pci/devices/0000:01:00.0";
    let pci = |driver: &'static str| {
        let files = vec![
            (format!("{gpu}/vendor"), "0x10de\n".to_owned()),
            (format!("{gpu}/device"), "0x2b85\n".to_owned()),
            (format!("{gpu}/class"), "0x030000\n".to_owned()),
            (format!("/sys/bus/pci/drivers/{driver}/module"), String::new()),
            ("/proc/sys/kernel/osrelease".to_owned(), format!("{release}\n")),
            ("/etc/os-release".to_owned(), "PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\n".to_owned()),
        ];
        (files, (format!("{gpu}/driver"), format!("/sys/bus/pci/drivers/{driver}")))
    };
    let judge = |files: Vec<(String, String)>, link: Option<(String, String)>| {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let links: Vec<(&str, &str)> = link.iter().map(|(path, target)| (path.as_str(), target.as_str())).collect();
        let root = fake::root(&files, &links);
        common::doctor(&["--root", root.path().to_str().unwrap()])
    };
    // nouveau has it.
    let (mut files, link) = pci("nouveau");
    files.push(("/proc/modules".to_owned(), "nouveau 2854912 1 - Live 0x0\n".to_owned()));
    let (code, report) = judge(files, Some(link));
    assert_eq!((code, slugs(&report, "error")), (1, vec!["nouveau-conflict"]), "{}", report["findings"]);
    assert!(report["subjects"].to_string().contains("RTX 5090"), "named by its id: {}", report["subjects"]);
    // Nothing is loaded.
    let (mut files, _) = pci("none");
    files.push(("/proc/modules".to_owned(), "ext4 999424 1 - Live 0x0\n".to_owned()));
    let (code, report) = judge(files, None);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["driver-not-loaded"]), "{}", report["findings"]);
    // The proprietary module under a Blackwell card.
    let (mut files, link) = pci("nvidia");
    files.push(("/proc/modules".to_owned(), "nvidia 9752576 1 - Live 0x0 (POE)\n".to_owned()));
    files.push((
        "/proc/driver/nvidia/version".to_owned(),
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  Tue Sep 23 2025\n".to_owned(),
    ));
    let (code, report) = judge(files, Some(link));
    assert_eq!((code, slugs(&report, "error")), (1, vec!["open-kernel-modules-required"]), "{}", report["findings"]);
}
