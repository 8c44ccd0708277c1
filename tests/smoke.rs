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

/// Its driver with more lines at the end: those of its last device, or tables.
fn driver(name: &str, more: &str) -> Installed {
    fake::driver_of(&format!("{}\n{more}\n", scenario(name)))
}

/// An RTX 5090 whose driver does this: a line of the scenario itself.
fn that(does: &str) -> Installed {
    fake::driver_of(&format!("{does}\n{}", scenario("rtx5090-580")))
}

fn smoke_with(driver: &Installed, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, Value) {
    let mut command = gpucheck();
    command.args(["smoke", "--format", "json", "--seed", "7"]).args(arguments).envs(variables.iter().copied());
    let (code, out, err) = run(driver.apply(&mut command));
    assert_eq!(processes_left(driver), [""; 0], "no process is left behind");
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}")))
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
    let (code, report) = smoke(&driver("rtx5090-580", ""), &[]);
    assert_eq!((code, &report["verdict"]), (0, &json!("ok")), "{}", report["findings"]);
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
fn refused(driver: &Installed, image: &str, variables: &[(&str, &str)]) -> Vec<(String, u64)> {
    let (_, report) = smoke_with(driver, &["--image", image], variables);
    let loads = first(&report)["images"].as_array().unwrap().iter();
    loads.filter_map(|load| Some((load["module"].as_str()?.to_owned(), load["answer"]["code"].as_u64()?))).collect()
}

#[test]
fn images_that_the_driver_refuses_have_their_codes() {
    let both = |code| vec![("general".to_owned(), code), ("tensor".to_owned(), code)];
    assert_eq!(refused(&driver("rtx5090-580", ""), "sm_90", &[]), both(209), "another architecture");
    assert_eq!(refused(&driver("rtx5090-580", ""), "sm_121", &[]), both(209), "a later minor of the same");
    assert_eq!(refused(&driver("rtx4090-535", ""), "sm_86", &[]), [], "an earlier minor is taken");
    // PTX alone: compiled, unless the driver is older than its ISA (6.5 came with CUDA 10.2), or may not compile.
    let (_, report) = smoke(&driver("rtx5090-580", ""), &["--image", "ptx"]);
    let tensor = first(&report)["images"].as_array().unwrap().iter().find(|load| load["module"] == "tensor").unwrap();
    assert_eq!(
        (&tensor["image"], &tensor["used"], &tensor["binary"]),
        (&json!("compute_80"), &json!(true), &json!("12.0"))
    );
    let old = scenario("rtx3090");
    let lines = old.lines().map(|line| match line.split_once(" = ") {
        Some(("cuda_version", _)) => "cuda_version = 10010",
        Some(("cc", _)) => "cc = [7, 5]",
        _ => line,
    });
    let turing = fake::driver_of(&lines.collect::<Vec<_>>().join("\n"));
    assert_eq!(refused(&turing, "compute_75", &[]), [("tensor".to_owned(), 222)]);
    assert_eq!(
        refused(&driver("rtx5090-580", ""), "compute_80", &[("CUDA_DISABLE_PTX_JIT", "1")]),
        [("tensor".to_owned(), 223)]
    );
    let broken = driver("rtx5090-580", "[errors]\ncuModuleLoadDataEx = 218");
    assert_eq!(refused(&broken, "compute_80", &[]), [("tensor".to_owned(), 218)]);
}

#[test]
fn one_wrong_number_among_thousands_is_found() {
    let names = ["copy", "sum_f32", "matmul_f32", "lstm_step", "matmul_f16", "matmul_bf16"]
        .map(|name| format!("'gpucheck_{name}'"));
    let (_, report) = smoke(&driver("rtx5090-580", &format!("[launch]\nwrong = [{}]", names.join(", "))), &[]);
    assert!(states(&report).iter().all(|state| state.ends_with(": wrong")), "{:?}", states(&report));
    let (_, report) = smoke(&driver("rtx5090-580", "[launch]\nwrong = ['gpucheck_matmul_f16']"), &[]);
    let wrong: Vec<String> = states(&report).into_iter().filter(|state| !state.ends_with(": right")).collect();
    assert_eq!(wrong, ["matmul_f16: wrong"]);
    assert_eq!(kernel(&report, "matmul_f16")["outcome"]["count"], 1, "{report}");
    let (_, report) = smoke(&driver("rtx5090-580", "[launch]\nsilent = ['gpucheck_matmul_f32']"), &[]);
    let outcome = &kernel(&report, "matmul_f32")["outcome"];
    assert_eq!((&outcome["state"], &outcome["got"]), (&json!("wrong"), &json!("nothing was written")), "{outcome}");
}

#[test]
fn a_kernel_that_fails_takes_the_context_with_it() {
    for code in [700, 702, 719] {
        let (_, report) =
            smoke(&driver("rtx5090-580", &format!("[launch]\nfaults = {{ gpucheck_matmul_f32 = {code} }}")), &[]);
        let outcome = &kernel(&report, "matmul_f32")["outcome"];
        assert_eq!((&outcome["state"], &outcome["code"]), (&json!("failed"), &json!(code)), "{outcome}");
        assert_eq!(states(&report)[..2], ["copy: right", "sum_f32: right"]);
        assert_eq!(
            kernel(&report, "lstm_step")["outcome"]["state"],
            "not-run",
            "nothing more can be said in this context"
        );
    }
}

#[test]
fn one_that_hangs_or_crashes_is_told_with_its_step() {
    let hanging = driver("rtx5090-580", "[launch]\nhang = ['gpucheck_lstm_step']");
    let (_, report) = smoke(&hanging, &["--smoke-timeout", "8"]);
    let run = first(&report);
    assert_eq!((&run["answer"]["state"], &run["step"]), (&json!("timed-out"), &json!("running lstm_step")), "{run}");
    assert_eq!(states(&report), RIGHT[..3], "what was done before is kept");
    let (_, report) = smoke(&that("hang = ['cuLaunchKernel']"), &["--smoke-timeout", "3"]);
    assert_eq!(first(&report)["answer"]["state"], "timed-out");
    let (_, report) = smoke(&that("crash = ['cuModuleLoadData']"), &[]);
    let run = first(&report);
    assert!(run["answer"]["how"].as_str().unwrap().contains("SIGSEGV"), "{run}");
    assert!(run["step"].as_str().unwrap().starts_with("loading the general kernels for sm_120"), "{run}");
}

#[test]
fn a_busy_or_full_gpu_is_told_as_that() {
    for (more, call, code) in [
        ("compute_mode = 2", "cuDevicePrimaryCtxRetain", 46),
        ("compute_mode = 3\nbusy = true", "cuDevicePrimaryCtxRetain", 46),
        ("[errors]\ncuDevicePrimaryCtxRetain = 2", "cuDevicePrimaryCtxRetain", 2),
    ] {
        let (_, report) = smoke(&driver("rtx5090-580", more), &[]);
        let answer = &first(&report)["answer"];
        assert_eq!((&answer["call"], &answer["code"]), (&json!(call), &json!(code)), "{more}: {answer}");
    }
    let (_, report) = smoke(&driver("rtx5090-580", "used = 33669775360"), &[]);
    assert!(states(&report).iter().all(|state| state.ends_with(": failed")), "{:?}", states(&report));
    assert_eq!(kernel(&report, "matmul_f32")["outcome"]["code"], 2);
}
