//! What a library of the driver may do to the process that asks it, and what the doctor makes of it: a whole answer counts, and what is
//! left behind is named.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use common::{
    fake::{self, Installed},
    finding, gpucheck, run, slugs,
};
use serde_json::Value;

/// An RTX 5090 whose driver does this.
fn driver(does: &str) -> Installed {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/rtx5090-580.toml");
    fake::driver_of(&format!("{does}\n{}", fs::read_to_string(path).unwrap()))
}

fn judged(command: &mut Command) -> (i32, Value) {
    let (code, out, err) = run(command.args(["--format", "json"]));
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
    (code, common::moved_alike(report))
}

fn doctor(driver: &Installed) -> (i32, Value, Duration) {
    let start = Instant::now();
    // With a deadline that nobody waits for.
    let (code, report) = judged(driver.apply(gpucheck().args(["doctor", "--probe-timeout", "30"])));
    (code, report, start.elapsed())
}

fn names_the_gpu(report: &Value) -> bool {
    report["subjects"].to_string().contains("RTX 5090")
        && report["facts"]["cuda"]["value"]["answer"]["state"] == "ready"
}

#[test]
fn a_clean_up_that_hangs_takes_nothing_from_the_answer() {
    for function in ["cuInit", "nvmlInit_v2"] {
        let (code, report, time) = doctor(&driver(&format!("hang_at_exit = [\"{function}\"]")));
        assert_eq!((code, slugs(&report, "error")), (0, vec![]), "{}", report["findings"]);
        assert_eq!(slugs(&report, "warning"), ["driver-clean-up-fails"], "{}", report["findings"]);
        assert!(names_the_gpu(&report) && time < Duration::from_secs(20), "{time:?} {}", report["facts"]["cuda"]);
    }
}

#[test]
fn a_clean_up_that_crashes_takes_nothing_from_the_answer() {
    let (code, report, _) = doctor(&driver("abort_at_exit = [\"cuInit\"]"));
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["driver-clean-up-fails"]), "{}", report["findings"]);
    assert!(finding(&report, "driver-clean-up-fails")["evidence"].to_string().contains("SIGABRT"));
    assert!(names_the_gpu(&report));
}

#[test]
fn what_a_library_prints_is_not_its_answer() {
    for function in ["cuInit", "nvmlInit_v2"] {
        let (_, report, _) = doctor(&driver(&format!("forge = [\"{function}\"]")));
        assert!(names_the_gpu(&report), "{}", report["facts"]["cuda"]);
        assert_eq!(report["facts"]["nvml"]["value"]["answer"]["state"], "ready", "{}", report["facts"]["nvml"]);
    }
}

#[test]
fn a_daemon_that_keeps_the_pipe_is_named() {
    let (code, report, time) = doctor(&driver("daemon = [\"cuInit\"]"));
    assert_eq!(
        (code, slugs(&report, "error"), slugs(&report, "warning")),
        (0, vec![], vec![]),
        "{}",
        report["findings"]
    );
    assert!(names_the_gpu(&report) && time < Duration::from_secs(20), "{time:?}");
    let left = report["facts"]["cuda"]["value"]["aftermath"]["left_running"][0].as_u64().unwrap();
    assert!(fs::read_to_string(format!("/proc/{left}/cmdline")).unwrap().starts_with("sleep"), "{left}");
    let found = finding(&report, "process-left-running")["summary"].as_str().unwrap();
    assert!(found.contains(&left.to_string()), "{found}");
    assert!(Command::new("kill").arg(left.to_string()).status().unwrap().success());
}

#[test]
fn computing_counts_too_whatever_comes_after_it() {
    let (code, report) = judged(driver("hang_at_exit = [\"cuLaunchKernel\"]").apply(gpucheck().args([
        "smoke",
        "--seed",
        "7",
        "--smoke-timeout",
        "300",
    ])));
    assert_eq!((code, slugs(&report, "error")), (0, vec![]), "{}", report["findings"]);
    assert!(slugs(&report, "warning").contains(&"driver-clean-up-fails"), "{}", report["findings"]);
}

/// What the doctor was started with stays with it, and a library of the current folder is nobody's driver.
#[test]
fn a_child_inherits_neither_descriptors_nor_the_current_folder() {
    let driver = driver("hang = [\"cuInit\"]");
    let here = tempfile::tempdir().unwrap();
    fs::copy(driver.file(fake::CUDA), here.path().join(fake::CUDA)).unwrap();
    let program = gpucheck();
    let mut command = Command::new("/bin/sh");
    let line =
        format!("exec 9</etc/passwd; exec {} doctor --probe-timeout 3 --format json", program.get_program().display());
    driver.apply(command.args(["-c", &line]).current_dir(here.path()));
    let mut running = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let place = driver.folder().to_str().unwrap().as_bytes().to_vec();
    let child = || {
        fs::read_dir("/proc").unwrap().flatten().find(|entry| {
            let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&read("cmdline")).contains("__probe\0cuda")
                && read("environ").windows(place.len()).any(|window| window == place)
        })
    };
    let until = Instant::now() + Duration::from_secs(10);
    let mut seen = Vec::new();
    let mut folder = None;
    while Instant::now() < until {
        let Some(child) = child() else { continue };
        // The library is mapped: it is inside cuInit, or about to be.
        if !fs::read_to_string(child.path().join("maps")).unwrap_or_default().contains("libcuda") {
            continue;
        }
        let open = fs::read_dir(child.path().join("fd")).into_iter().flatten().flatten();
        seen = open.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        folder = fs::read_link(child.path().join("cwd")).ok();
        break;
    }
    running.wait().unwrap();
    assert_eq!(folder.as_deref(), Some(Path::new("/")));
    assert!(!seen.is_empty() && !seen.iter().any(|file| file == Path::new("/etc/passwd")), "{seen:?}");
}

#[test]
fn a_relative_entry_of_the_loaders_path_loads_nothing() {
    let driver = driver("abort = [\"cuInit\"]");
    for entries in ["", ":", ".", "usr/lib/x86_64-linux-gnu", ":/nowhere:./"] {
        let mut command = gpucheck();
        driver.apply(&mut command);
        command.arg("doctor").current_dir(driver.folder()).env("LD_LIBRARY_PATH", entries);
        let (_, report) = judged(&mut command);
        assert_ne!(report["facts"]["cuda"]["value"]["answer"]["state"], "crashed", "{entries:?}");
    }
}
