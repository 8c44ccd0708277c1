//! The shipped binary asks the fake driver: what it says of each scenario, and that no failure of a driver stops it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::{Duration, Instant};

use common::{
    fake::{self, CUDA, Installed, NVML},
    gpucheck, run,
};
use serde_json::Value;

/// The facts that `doctor` sees with this driver.
fn facts(driver: &Installed, arguments: &[&str]) -> Value {
    let mut command = gpucheck();
    let (_, stdout, stderr) = run(driver.apply(&mut command).args(["doctor", "--format", "json"]).args(arguments));
    let report: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}\n{stderr}"));
    report["facts"].clone()
}

/// How asking a library ended, in one line.
fn answer(facts: &Value, library: &str) -> String {
    let answer = &facts[library]["value"]["answer"];
    let fields = ["state", "call", "code", "name", "how", "what"].map(|field| &answer[field]);
    let words = fields.into_iter().filter(|field| !field.is_null());
    words.map(|field| field.as_str().map_or(field.to_string(), ToOwned::to_owned)).collect::<Vec<_>>().join(" ")
}

/// Each GPU: address, capability, visible (+, - or ?) and the code of its trouble.
fn gpus(facts: &Value) -> String {
    let none = Vec::new();
    let shown = facts["gpus"]["value"].as_array().unwrap_or(&none).iter().map(|gpu| {
        let value = |field: &str| gpu[field]["value"].clone();
        let visible = match value("visible").as_bool() {
            Some(true) => "+",
            Some(false) => "-",
            None => "?",
        };
        let address = value("pci_address").as_str().map_or("nowhere".to_owned(), |at| at[5..7].to_owned());
        let trouble = value("trouble")["code"].as_u64().map_or(String::new(), |code| format!(" lost {code}"));
        format!("{address} {}{visible}{trouble}", value("capability").as_str().unwrap_or_default())
    });
    shown.collect::<Vec<_>>().join(", ")
}

const READY: &str = "ready";

/// Scenario, NVML's answer, CUDA's, driver and its CUDA version, GPUs.
#[rustfmt::skip]
const SEEN: &[(&str, &str, &str, &str, &str)] = &[
    ("rtx5090-580", READY, READY, "580.95.05 13.0", "01 12.0+"),
    ("rtx5090-581-windows", READY, READY, "581.57 13.0", "01 12.0+"),
    ("v100-rtx5090", READY, READY, "580.95.05 13.0", "01 7.0+, 41 12.0+"),
    ("gb10", READY, READY, "580.126.09 13.0", "01 12.1+"),
    ("gpu-lost", READY, READY, "570.133.07 12.8", "01 12.0+, nowhere - lost 15"),
    ("cuinit-100", READY, "failed cuInit 100 CUDA_ERROR_NO_DEVICE", "550.163.01 12.4", "01 8.9?"),
    ("cuinit-31337", READY, "failed cuInit 31337", "580.95.05 13.0", "01 12.0?"),
    ("cuinit-999", READY, "failed cuInit 999 CUDA_ERROR_UNKNOWN", "550.163.01 12.4", "01 8.6?"),
    ("stub", READY, "failed cuInit 34 CUDA_ERROR_STUB_LIBRARY", "570.133.07 12.8", "01 8.9?"),
    ("mismatch", "failed nvmlInit 18 NVML_ERROR_LIB_RM_VERSION_MISMATCH",
        "failed cuInit 803 CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "", ""),
    ("not-loaded", "failed nvmlInit 9 NVML_ERROR_DRIVER_NOT_LOADED", "failed cuInit 100 CUDA_ERROR_NO_DEVICE", "", ""),
    ("no-gpu", READY, "failed cuInit 100 CUDA_ERROR_NO_DEVICE", "580.95.05 13.0", ""),
    ("abort-cuda", READY, "crashed signal 6 (SIGABRT)", "580.95.05 13.0", "01 12.0?"),
    ("crash-nvml", "crashed signal 11 (SIGSEGV)", READY, "580.95.05 13.0", "01 12.0+"),
    ("garbage-cuda", READY, "garbled empty output", "580.95.05 13.0", "01 12.0?"),
];

#[test]
fn each_scenario_is_seen() {
    for (scenario, nvml, cuda, driver, devices) in SEEN {
        let facts = facts(&fake::driver(scenario), &[]);
        assert_eq!((answer(&facts, "nvml").as_str(), answer(&facts, "cuda").as_str()), (*nvml, *cuda), "{scenario}");
        let found = &facts["driver"]["value"];
        // Where the kernel of the machine that runs the tests has a driver, its version takes an unknown one's place.
        if !driver.is_empty() {
            let shown = [&found["version"], &found["cuda"]["value"]].map(|it| it.as_str().unwrap_or_default());
            assert_eq!(shown.join(" "), *driver, "{scenario}");
        }
        assert_eq!(gpus(&facts), *devices, "{scenario}");
    }
}

#[test]
fn one_that_hangs_is_left_at_the_deadline() {
    for (scenario, library, other) in [("hang-nvml", "nvml", "cuda"), ("hang-cuda", "cuda", "nvml")] {
        let start = Instant::now();
        let facts = facts(&fake::driver(scenario), &["--probe-timeout", "1"]);
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        let answer_of = |library: &str| facts[library]["value"]["answer"].clone();
        assert_eq!(answer_of(library)["state"], "timed-out");
        assert_eq!(answer_of(library)["after_ms"], 1000);
        assert!(answer_of(library)["left_running"].is_null(), "{}", answer_of(library));
        assert_eq!(answer_of(other)["state"], READY);
        assert!(gpus(&facts).starts_with("01 12.0"));
    }
}

#[test]
fn mig_instances_belong_to_their_gpu() {
    let facts = facts(&fake::driver("h100x8-mig"), &[]);
    let gpus = facts["gpus"]["value"].as_array().unwrap();
    let instances = gpus.iter().map(|gpu| gpu["mig"]["value"]["instances"].as_u64().unwrap());
    assert_eq!(instances.collect::<Vec<_>>(), [3, 3, 0, 0, 0, 0, 0, 0]);
    // The whole GPU's memory, though CUDA sees an instance of it.
    assert_eq!(gpus[0]["memory"]["value"], 85_520_809_984u64);
}

#[test]
fn the_file_that_the_loader_took_is_named() {
    let file = |driver: &Installed, field: &str| facts(driver, &[])["cuda"]["value"]["library"]["value"][field].clone();
    let plain = fake::driver("rtx5090-580");
    assert_eq!(file(&plain, "path"), plain.file(CUDA).to_str().unwrap());
    assert_eq!((file(&plain, "kind"), file(&plain, "version")["value"].clone()), ("driver".into(), "580.95.05".into()));
    let compat = fake::driver("cuinit-804").shadowed_by("usr/local/cuda-12.9/compat", "575.57.08");
    assert_eq!(
        (file(&compat, "kind"), file(&compat, "version")["value"].clone()),
        ("compat".into(), "575.57.08".into())
    );
    let stub = fake::driver("stub").shadowed_by("usr/local/cuda/lib64/stubs", "");
    assert_eq!((file(&stub, "kind"), file(&stub, "version")["state"].clone()), ("stub".into(), "unknown".into()));
}

#[test]
fn an_older_or_broken_driver_tells_what_it_can() {
    let seen = |driver: &Installed| {
        let facts = facts(driver, &[]);
        (answer(&facts, "nvml"), answer(&facts, "cuda"), gpus(&facts))
    };
    let of = |nvml: &str, cuda: &str, gpus: &str| (nvml.to_owned(), cuda.to_owned(), gpus.to_owned());
    let driver = || fake::driver("rtx5090-580");
    assert_eq!(seen(&driver().without(NVML)), of("no-library", READY, "01 12.0+"));
    assert_eq!(seen(&driver().without(CUDA)), of(READY, "no-library", "01 12.0?"));
    assert_eq!(seen(&driver().broken(CUDA)), of(READY, "unloadable", "01 12.0?"));
    assert_eq!(seen(&driver().missing_symbol("cuInit")), of(READY, "missing-function cuInit", "01 12.0?"));
    assert_eq!(seen(&driver().missing_symbol("cuDeviceGetUuid_v2")), of(READY, READY, "01 12.0+"));
    assert_eq!(seen(&driver().missing_symbol("nvmlInit_v2")), of("missing-function nvmlInit_v2", READY, "01 12.0+"));
    assert_eq!(seen(&driver().missing_symbol("nvmlShutdown")), of(READY, READY, "01 12.0+"));
    let old = driver().missing_symbol("nvmlDeviceGetMemoryInfo_v2");
    assert_eq!(seen(&old), of(READY, READY, "01 12.0+"));
    let memory = &facts(&old, &[])["gpus"]["value"][0]["memory"];
    assert_eq!((&memory["value"], &memory["via"]["how"]), (&34_190_917_632u64.into(), &"nvml".into()));
}

#[test]
fn a_hidden_gpu_is_seen_and_not_visible() {
    let driver = fake::driver("v100-rtx5090");
    let mut command = gpucheck();
    driver.apply(&mut command).env("CUDA_VISIBLE_DEVICES", "1").args(["doctor", "--format", "json"]);
    let report: Value = serde_json::from_str(&run(&mut command).1).unwrap();
    assert_eq!(gpus(&report["facts"]).matches('+').count(), 1);
    assert_eq!(gpus(&report["facts"]).matches('-').count(), 1);
}

#[test]
fn uuids_come_only_when_asked_for() {
    let driver = fake::driver("rtx5090-580");
    assert!(!facts(&driver, &[]).to_string().contains("GPU-"));
    assert!(facts(&driver, &["--identify"])["gpus"]["value"][0]["uuid"].as_str().unwrap().starts_with("GPU-"));
}

#[test]
fn nobody_is_asked_who_does_not_matter() {
    // It would crash, or hang.
    let root = tempfile::tempdir().unwrap();
    for arguments in [
        vec!["--no-driver"],
        vec!["--root", root.path().to_str().unwrap()],
        vec!["--gpu", "RTX 4090", "--driver", "580.95.05"],
    ] {
        let facts = facts(&fake::driver("crash-nvml"), &arguments);
        assert_eq!((&facts["nvml"]["state"], &facts["cuda"]["state"]), (&"unknown".into(), &"unknown".into()));
    }
}
