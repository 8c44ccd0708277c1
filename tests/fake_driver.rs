//! The fake driver itself, through the C ABI: Python's ctypes loads it as any program loads a driver, and each scenario does
//! what its name says.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeSet,
    fs,
    os::unix::process::ExitStatusExt,
    process::{Command, Output, Stdio},
    thread,
};

use common::fake::{self, CUDA, Installed, NVML};

/// Starts a library and counts its devices: prints the two codes or numbers.
const ASK: &str = "
import ctypes, sys
library, start, count = sys.argv[1:]
library, number = ctypes.CDLL(library), ctypes.c_int(-1)
code = library[start](*([0] if start == 'cuInit' else []))
print(code, library[count](ctypes.byref(number)), number.value)
";

/// What became of asking one library: `code of the start, code of the count, count`, or how the process ended.
fn ask(driver: &Installed, library: &str, variables: &[(&str, &str)]) -> String {
    ask_for(60, driver, library, variables)
}

/// The same, with the process killed after so many seconds.
fn ask_for(seconds: u32, driver: &Installed, library: &str, variables: &[(&str, &str)]) -> String {
    let (start, count) =
        if library == NVML { ("nvmlInit_v2", "nvmlDeviceGetCount_v2") } else { ("cuInit", "cuDeviceGetCount") };
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", &seconds.to_string(), "python3", "-c", ASK, library, start, count]);
    command.env_remove("CUDA_VISIBLE_DEVICES").envs(variables.iter().copied()).stdin(Stdio::null());
    let Output { status, stdout, stderr } = driver.apply(&mut command).output().unwrap();
    match (status.code(), status.signal()) {
        (Some(0), _) if stdout.len() > 1000 => format!("{} bytes", stdout.len()),
        (Some(0), _) => String::from_utf8(stdout).unwrap().trim().to_owned(),
        (_, Some(signal)) => format!("signal {signal}"),
        _ => String::from_utf8(stderr).unwrap().lines().last().unwrap_or_default().to_owned(),
    }
}

/// Of a library that did not answer.
const KILLED: &str = "signal 9";

/// Scenario, NVML's outcome, CUDA's. `timeout` dies of the signal that ended its child.
const OUTCOMES: &[(&str, &str, &str)] = &[
    ("abort-cuda", "0 0 1", "signal 6"),
    ("crash-nvml", "signal 11", "0 0 1"),
    ("cuinit-100", "0 0 1", "100 3 -1"),
    ("cuinit-31337", "0 0 1", "31337 3 -1"),
    ("cuinit-802", "0 0 8", "802 3 -1"),
    ("cuinit-803", "0 0 1", "803 3 -1"),
    ("cuinit-804", "0 0 1", "804 3 -1"),
    ("cuinit-999", "0 0 1", "999 3 -1"),
    ("garbage-cuda", "0 0 1", "1048576 bytes"),
    ("gb10", "0 0 1", "0 0 1"),
    ("gpu-lost", "0 0 2", "0 0 1"),
    ("gt1030-rtx4090", "0 0 2", "0 0 2"),
    ("gtx1080ti", "0 0 1", "0 0 1"),
    ("h100x8-mig", "0 0 8", "0 0 7"),
    ("h200x8", "0 0 8", "0 0 8"),
    ("hang-cuda", "0 0 1", KILLED),
    ("hang-nvml", KILLED, "0 0 1"),
    ("insufficient-permissions", "4 1 -1", "100 3 -1"),
    ("mig-no-instances", "0 0 1", "100 3 -1"),
    ("mismatch", "18 1 -1", "803 3 -1"),
    ("no-gpu", "0 0 0", "100 3 -1"),
    ("not-loaded", "9 1 -1", "100 3 -1"),
    ("rtx3090", "0 0 1", "0 0 1"),
    ("rtx4090-535", "0 0 1", "0 0 1"),
    ("rtx5090-570", "0 0 1", "0 0 1"),
    ("rtx5090-575", "0 0 1", "0 0 1"),
    ("rtx5090-580", "0 0 1", "0 0 1"),
    ("rtx5090-581-windows", "0 0 1", "0 0 1"),
    ("stub", "0 0 1", "34 34 -1"),
    ("unknown-error-container", "999 1 -1", "100 3 -1"),
    ("v100", "0 0 1", "0 0 1"),
    ("v100-rtx5090", "0 0 2", "0 0 2"),
];

#[test]
fn each_scenario_does_what_its_name_says() {
    let check = |(scenario, nvml, cuda): &(&str, &str, &str)| {
        let driver = fake::driver(scenario);
        for (library, outcome) in [(NVML, *nvml), (CUDA, *cuda)] {
            let seconds = if outcome == KILLED { 2 } else { 60 };
            assert_eq!(ask_for(seconds, &driver, library, &[]), outcome, "{library} in {scenario}");
        }
    };
    thread::scope(|scope| {
        OUTCOMES.iter().for_each(|outcome| drop(scope.spawn(move || check(outcome))));
    });
}

#[test]
fn every_scenario_is_in_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let name = |entry: fs::DirEntry| entry.path().file_stem().unwrap().to_str().unwrap().to_owned();
    let files: BTreeSet<String> = fs::read_dir(folder).unwrap().map(|entry| name(entry.unwrap())).collect();
    assert_eq!(files, OUTCOMES.iter().map(|(scenario, ..)| (*scenario).to_owned()).collect());
}

#[test]
fn cuda_honours_the_list_of_visible_devices_and_nvml_does_not() {
    let driver = fake::driver("h200x8");
    let listed = [("CUDA_VISIBLE_DEVICES", "3,1,9,2")];
    assert_eq!(ask(&driver, CUDA, &listed), "0 0 2");
    assert_eq!(ask(&driver, NVML, &listed), "0 0 8");
    assert_eq!(ask(&driver, CUDA, &[("CUDA_VISIBLE_DEVICES", "")]), "100 3 -1");
}

#[test]
fn an_installation_can_lack_and_break_things() {
    let good = || fake::driver("rtx5090-580");
    assert!(good().file(CUDA).ends_with("libcuda.so.580.95.05"));
    let missing = good().missing_symbol("cuDeviceGetCount");
    assert!(ask(&missing, CUDA, &[]).contains("undefined symbol: cuDeviceGetCount"));
    assert_eq!(ask(&missing, NVML, &[]), "0 0 1");
    assert!(ask(&good().without(CUDA), CUDA, &[]).contains("cannot open shared object file"));
    assert!(ask(&good().broken(NVML), NVML, &[]).contains("file too short"));
    let shadowed = fake::driver("cuinit-804").shadowed_by("usr/local/cuda/compat", "575.57.08");
    assert_eq!(ask(&shadowed.missing_symbol("cuInit"), CUDA, &[]), "804 3 -1", "the other one is taken");
    let refused = fake::driver_of("driver_version = \"580.95.05\"\ncuda_version = 13000\ncolour = 1\n");
    assert_eq!(ask(&refused, CUDA, &[]), "signal 6");
}
