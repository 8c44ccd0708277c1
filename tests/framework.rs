//! `--framework`, end to end: with the real torch on a machine without a GPU, and with a stand-in torch that fails as it is told, so that
//! every way to fail is seen through the shipped binary.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path, process::Command, time::Duration};

use common::{
    case::{known, machine},
    fake, finding, gpucheck, run, slugs, succeed,
};
use gpucheck::{
    facts::{Fact, StepOutcome},
    probe::{self, Options, framework},
    system::Surroundings,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A torch that has what the steps touch first, and then does what `TORCH_DOES` says.
const STAND_IN: &str = r#"
import os, signal, time
from types import SimpleNamespace as Space
does, _, text = os.environ.get("TORCH_DOES", "").partition(":")
def misbehave(*_):
    if does == "raise": raise RuntimeError(text)
    if does == "segv": os.kill(os.getpid(), signal.SIGSEGV)
    if does == "hang": time.sleep(600)
    if does == "spoil": state.spoilt = True; raise RuntimeError(text)
    raise RuntimeError("told nothing")
state = Space(spoilt=False)
def synchronize():
    if state.spoilt: raise RuntimeError(text)
if does == "import": raise ImportError(text)
if does == "no-gpu": zeros = lambda *a, **k: (_ for _ in ()).throw(RuntimeError(text))
else: zeros = lambda *a, **k: None
__version__ = "2.7.1+cu126"
version = Space(cuda="12.6", hip=None)
backends = Space(cudnn=Space(version=lambda: 90501))
cuda = Space(is_available=lambda: True, device_count=lambda: 1, synchronize=synchronize,
             get_device_name=lambda _: "NVIDIA GeForce RTX 5090", get_device_capability=lambda _: (12, 0))
float16 = float32 = float64 = bfloat16 = None
nn = Space(functional=Space(scaled_dot_product_attention=None))
manual_seed = misbehave
class Generator:
    manual_seed = misbehave
"#;

/// A small real library of CUDA 12.4, with code for the GPUs that torch 2.7.1+cu126 serves.
const LIBRARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c12.4/so.so");

/// A virtual environment with the stand-in.
fn environment() -> TempDir {
    let folder = TempDir::new().unwrap();
    succeed(Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(folder.path()));
    let site = common::site_packages(folder.path());
    for (file, text) in [
        ("torch/__init__.py", STAND_IN),
        ("torch/version.py", "__version__ = '2.7.1+cu126'\ncuda = '12.6'\n"),
        ("torch-2.7.1.dist-info/METADATA", "Name: torch\nVersion: 2.7.1\n"),
        ("torch-2.7.1.dist-info/RECORD", "torch/version.py,,\ntorch/lib/libtorch_cuda.so,,\n"),
    ] {
        fs::create_dir_all(site.join(file).parent().unwrap()).unwrap();
        fs::write(site.join(file), text).unwrap();
    }
    fs::create_dir(site.join("torch/lib")).unwrap();
    fs::copy(LIBRARY, site.join("torch/lib/libtorch_cuda.so")).unwrap();
    folder
}

/// The doctor on this environment, on a machine with the driver of a scenario.
fn doctor(place: &Path, scenario: &str, does: &str, arguments: &[&str]) -> (i32, Value) {
    let driver = fake::driver(scenario);
    let mut command = gpucheck();
    command.args(["doctor", "--format", "json", "--framework"]).arg(place).args(arguments).env("TORCH_DOES", does);
    let (code, out, err) = run(driver.apply(&mut command));
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
    (code, common::moved_alike(report))
}

/// `name: state` of each step, without those that were not run.
fn states(report: &Value) -> Vec<String> {
    let steps = report["facts"]["framework"]["value"]["steps"].as_array().unwrap().iter();
    let shown =
        steps.map(|step| format!("{}: {}", step["name"].as_str().unwrap(), step["outcome"]["state"].as_str().unwrap()));
    shown.filter(|text| !text.ends_with("not-run")).collect()
}

#[test]
fn framework_step_failed() {
    let place = environment();
    let text = "raise:CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might …";
    let (code, report) = doctor(place.path(), "rtx5090-580", text, &[]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["gpu-too-new-for-wheel"]), "{}", report["findings"]);
    assert_eq!(finding(&report, "gpu-too-new-for-wheel")["consequences"], json!(["framework-step-failed"]));
    assert_eq!(
        states(&report)[..4],
        ["import: passed", "device: passed", "matmul-fp32: failed", "matmul-fp16: failed"]
    );
    let error = &report["facts"]["framework"]["value"]["steps"][2]["outcome"]["error"];
    assert_eq!(error["class"], "RuntimeError");
    assert!(error["trace"][0].as_str().unwrap().contains("torch/__init__.py:"), "{error}");
    // On a card that the build serves, the same error is a finding of its own: the files did not show it.
    let (code, report) = doctor(place.path(), "rtx4090-535", text, &[]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["framework-step-failed"]), "{}", report["findings"]);
    let found = finding(&report, "framework-step-failed");
    assert!(found["summary"].as_str().unwrap().contains("fails at matmul-fp32, matmul-fp16 and "), "{found}");
    assert!(found["evidence"].to_string().contains("errors.toml, no-kernel-image"), "{found}");
    assert_eq!(found["evidence"][0]["pointer"], "/facts/framework/value/steps/2");
}

#[test]
fn errors_that_nobody_knows_are_told_as_they_are() {
    let place = environment();
    let (code, report) = doctor(place.path(), "rtx4090-535", "raise:the flux capacitor is empty", &[]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["framework-step-failed"]));
    let found = finding(&report, "framework-step-failed");
    assert!(found["summary"].as_str().unwrap().contains("RuntimeError: the flux capacitor is empty"), "{found}");
}

#[test]
fn a_full_or_busy_gpu_is_no_defect() {
    let place = environment();
    for text in [
        "CUDA out of memory. Tried to allocate 20.00 MiB",
        "CUDA error: CUDA-capable device(s) is/are busy or unavailable",
    ] {
        let (code, report) = doctor(place.path(), "rtx4090-535", &format!("raise:{text}"), &[]);
        // That the stand-in's library is not that of the release is information.
        assert_eq!((code, slugs(&report, "error"), slugs(&report, "warning")), (1, vec![], vec![]));
        assert_eq!(report["verdict"], "unknown", "a gate that could not look");
        assert!(states(&report).contains(&"conv2d: failed".to_owned()), "but it is told");
    }
}

#[test]
fn framework_step_died() {
    let place = environment();
    let (code, report) = doctor(place.path(), "rtx4090-535", "segv", &[]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["framework-step-died"]), "{}", report["findings"]);
    let found = finding(&report, "framework-step-died");
    assert!(found["summary"].as_str().unwrap().contains("signal 11 (SIGSEGV)"), "{found}");
    let states = states(&report);
    assert!(
        states.contains(&"matmul-fp32: died".to_owned()) && states.contains(&"cuda-graph: died".to_owned()),
        "{states:?}"
    );
    assert!(states.contains(&"4-bit: skipped".to_owned()), "the last step was reached: {states:?}");
    let trace = report["facts"]["framework"]["value"]["steps"][2]["outcome"]["trace"].to_string();
    assert!(trace.contains("Segmentation fault"), "{trace}");
}

#[test]
fn framework_hangs() {
    let place = environment();
    let (code, report) = doctor(place.path(), "rtx4090-535", "hang", &["--framework-timeout", "2"]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["framework-hangs"]), "{}", report["findings"]);
    assert_eq!(states(&report)[2..], ["matmul-fp32: timed-out", "matmul-fp16: timed-out"]);
    let mark = place.path().to_str().unwrap();
    let left = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(mark)
    });
    assert_eq!(left.count(), 0, "the processes are gone");
}

#[test]
fn an_error_that_spoils_the_context_gets_a_new_process() {
    let place = environment();
    let text = "spoil:CUDA error: an illegal memory access was encountered";
    let (_, report) = doctor(place.path(), "rtx4090-535", text, &[]);
    let run = &report["facts"]["framework"]["value"];
    assert!(run["processes"].as_u64().unwrap() > 5, "{run}");
    assert!(states(&report).contains(&"conv2d: failed".to_owned()), "each step had its own try");
    assert_eq!(slugs(&report, "error"), ["framework-step-failed"]);
}

#[test]
fn framework_import_failed() {
    let place = environment();
    let text = "import:libcudnn.so.9: cannot open shared object file: No such file or directory";
    let (code, report) = doctor(place.path(), "rtx4090-535", text, &[]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["framework-import-failed"]), "{}", report["findings"]);
    assert_eq!(states(&report), ["import: failed"]);
    let found = finding(&report, "framework-import-failed");
    assert!(found["summary"].as_str().unwrap().contains("a part of cuDNN cannot be loaded"), "{found}");
    assert!(found["evidence"][0]["fact"].as_str().unwrap().contains("libcudnn.so.9"), "{found}");
}

#[test]
fn framework_wrong_numbers() {
    let judged = |state: Value| {
        let mut case = machine(&[("NVIDIA GeForce RTX 4090", "8.9", "2684")]);
        let environment = case.environment()["id"].clone();
        let steps = json!([{"name": "import", "outcome": {"state": "passed", "detail": null}}, {"name": "conv2d", "outcome": state}]);
        let run = json!({"environment": environment, "torch": null, "steps": steps, "processes": 1, "micros": 5});
        case.change(|facts| facts["framework"] = known(run)).judged()
    };
    let (code, report) = judged(json!({"state": "wrong", "what": "3 of 65536 numbers of the convolution are wrong"}));
    assert_eq!((code, slugs(&report, "error")), (1, vec!["framework-wrong-numbers"]), "{}", report["findings"]);
    let evidence = finding(&report, "framework-wrong-numbers")["evidence"].to_string();
    assert!(evidence.contains("conv2d: 3 of 65536"), "{evidence}");
    assert_eq!(judged(json!({"state": "passed", "detail": null})).0, 0);
}

/// Every row that names a rule names one that is there.
#[test]
fn errors_are_explained_by_rules_that_exist() {
    let knowledge = gpucheck::knowledge::Knowledge::builtin().unwrap();
    let mut taken = Vec::new();
    for row in knowledge.errors() {
        let of_row = |slug: &str| knowledge.problems().any(|(_, row)| row.rule.as_deref().unwrap_or(&row.id) == slug);
        let exists = |slug: &str| gpucheck::rules::find(slug).is_some() || of_row(slug);
        let unknown: Vec<&String> = row.rules.iter().filter(|slug| !exists(slug)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", row.id);
        // A text of its own is not taken by a row before it.
        for part in row.text.iter().filter(|part| !part.contains('*')) {
            let said = row.beside.first().map_or_else(|| part.clone(), |other| format!("{part} {other}"));
            let by = &knowledge.error(&said).unwrap().id;
            if *by != row.id {
                taken.push(format!("{part} of {} by {by}", row.id));
            }
        }
    }
    assert_eq!(taken, [""; 0], "texts that another row takes");
    let fits = |text: &str| knowledge.error(text).map(|row| row.id.as_str());
    assert_eq!(
        fits("Configured CUDA binary not found at /x/libbitsandbytes_cuda132.so"),
        Some("bitsandbytes-library-missing")
    );
    assert_eq!(
        fits(
            "CalledProcessError: Command '['/usr/bin/gcc', '/tmp/tmpx/main.c', '-O3']' returned non-zero exit status 1."
        ),
        Some("no-python-headers")
    );
    assert_eq!(fits("a sentence about nothing"), None);
}

/// Without a GPU there is nothing to judge, and a gate that had nothing to look at stays shut; a GPU that torch cannot see is an error.
#[test]
fn no_gpu_is_no_defect() {
    let place = environment();
    let text = "no-gpu:No CUDA GPUs are available";
    let (code, report) = doctor(place.path(), "no-gpu", text, &[]);
    assert_eq!((code, slugs(&report, "error")), (1, vec![]), "{}", report["findings"]);
    assert_eq!(report["verdict"], "unknown");
    let (code, report) = doctor(place.path(), "rtx4090-535", text, &[]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["framework-step-failed"]), "{}", report["findings"]);
    assert!(
        finding(&report, "framework-step-failed")["summary"]
            .as_str()
            .unwrap()
            .contains("no GPU is visible to this process")
    );
}

#[test]
fn framework_not_run() {
    // A Python that does not start.
    let place = environment();
    let python = place.path().join("bin/python");
    fs::remove_file(&python).unwrap();
    fs::write(&python, "#!/bin/sh\nexit 3\n").unwrap();
    succeed(Command::new("chmod").arg("+x").arg(&python));
    let (code, report) = doctor(place.path(), "rtx4090-535", "", &[]);
    assert_eq!((code, &report["verdict"]), (1, &json!("unknown")), "{}", report["checks"]);
    assert!(report["checks"]["unknown"].to_string().contains("exit code 3"), "{}", report["checks"]);
    // No torch in it.
    for folder in ["torch", "torch-2.7.1.dist-info"] {
        fs::remove_dir_all(common::site_packages(place.path()).join(folder)).unwrap();
    }
    let (code, report) = doctor(place.path(), "rtx4090-535", "", &[]);
    assert_eq!((code, &report["verdict"]), (1, &json!("unknown")), "{}", report["checks"]);
    assert_eq!(report["checks"]["unknown"][0]["rule"], "framework-not-run");
}

#[test]
fn it_runs_only_here_and_only_when_asked() {
    let place = environment();
    let path = place.path().to_str().unwrap();
    for option in [["--gpu", "RTX 4090"], ["--root", "/"], ["--os", "windows"]] {
        let (code, _, err) = run(gpucheck().args(["doctor", "--framework"]).arg(place.path()).args(option));
        assert!(code == 2 && err.contains("--framework runs torch on this machine"), "{err}");
    }
    let (_, report) = common::doctor(&[path]);
    assert_eq!(report["facts"]["framework"]["state"], "unknown");
    let (_, out, _) = run(gpucheck().args(["doctor", path]));
    assert!(!out.contains("Framework"), "{out}");
}

/// The real torch on a machine without a GPU: what cannot be computed is no defect of the wheel.
#[test]
fn the_real_torch_without_a_gpu() {
    let place = common::torch_2_7_1();
    let driver = fake::driver("no-gpu");
    let mut command = gpucheck();
    let (code, out, err) = run(driver.apply(command.args(["doctor", "--framework"]).arg(&place)));
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("\n? "), "{out}");
    assert!(out.contains("✓ import"), "{out}");
    assert!(out.contains("14 more steps     not run: torch found no GPU that it can use"), "{out}");
    assert!(!out.contains('✗') && out.contains("no GPU: "), "{out}");
}

/// The steps themselves, computed by the real torch on the processor.
#[test]
fn the_real_steps_are_right() {
    let options = Options { python: vec![common::torch_2_7_1()], ..Options::default() };
    let facts = probe::facts(&options, &Surroundings::of_process()).unwrap();
    let home = Surroundings::of_process().home;
    let run = framework::run(&facts.environments[0], framework::Device::Cpu, Duration::from_secs(300), home.as_deref());
    let Fact::Known { value: run, .. } = run else { panic!("{run:?}") };
    assert_eq!(run.processes, 1, "{run:?}");
    for name in
        ["import", "matmul-fp32", "matmul-fp16", "matmul-bf16", "conv2d", "lstm", "sdpa", "torchvision", "torchaudio"]
    {
        assert!(matches!(run.step(name).unwrap().outcome, StepOutcome::Passed { .. }), "{name}: {:?}", run.step(name));
    }
    assert_eq!(run.torch.unwrap().version, "2.7.1+cu126");
    assert!(run.steps.iter().all(|step| !matches!(step.outcome, StepOutcome::NotRun { .. })));
}
