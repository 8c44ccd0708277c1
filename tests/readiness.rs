//! The eight lines of the patient who trains with QLoRA on Windows, and what each of its misfortunes changes in them. The facts are those
//! of a Windows environment with the real bitsandbytes 0.48.1 (win_amd64 from PyPI), saved by `--format json`; torch's code is the
//! knowledge base's claim, as no wheel with CUDA for Windows is on PyPI.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use common::{
    case::{Case, known, machine, saved},
    finding, fix_lines, gpucheck, run, slugs,
};
use serde_json::{Value, json};

const KEYS: [&str; 8] =
    ["pytorch", "cuda-available", "cuda-version", "gpu", "capability", "arch-supported", "bf16", "four-bit"];

fn patient() -> Case {
    saved("qlora-windows", &["RTX 5090"], "581.57")
}

fn lines(report: &Value) -> &Vec<Value> {
    let lines = report["readiness"][0]["lines"].as_array().unwrap();
    let keys: Vec<&str> = lines.iter().map(|line| line["key"].as_str().unwrap()).collect();
    assert_eq!(keys, KEYS);
    for line in lines {
        assert!(line["answer"] == "yes" || line["why"].is_string(), "{line}");
    }
    lines
}

fn line<'r>(report: &'r Value, key: &str) -> &'r Value {
    lines(report).iter().find(|line| line["key"] == key).unwrap()
}

/// The answers in the lines' order, by first letter.
fn answers(report: &Value) -> String {
    lines(report).iter().map(|line| line["answer"].as_str().unwrap().chars().next().unwrap()).collect()
}

#[test]
fn healthy_with_cu128() {
    let (code, report) = patient().judged();
    assert_eq!((code, answers(&report).as_str()), (0, "yyyyyyyy"), "{}", report["readiness"]);
    assert_eq!(report["findings"], json!([]));
    let value = |key| line(&report, key)["value"].as_str().unwrap().to_owned();
    assert_eq!((value("pytorch"), value("cuda-version")), ("2.8.0+cu128".to_owned(), "12.8".to_owned()));
    assert_eq!((value("gpu"), value("capability")), ("NVIDIA GeForce RTX 5090".to_owned(), "12.0".to_owned()));
    assert_eq!(
        (value("arch-supported"), value("four-bit")),
        ("sass sm_120".to_owned(), "bitsandbytes 0.48.1".to_owned())
    );
    assert_eq!(line(&report, "arch-supported")["label"], "sm_120 supported");
    let basis = |key| line(&report, key)["basis"].as_str().unwrap().to_owned();
    assert_eq!((basis("four-bit"), basis("arch-supported")), ("binary".to_owned(), "knowledge".to_owned()));
    assert_eq!((basis("pytorch"), basis("cuda-available")), ("observed".to_owned(), "assumed".to_owned()));
    assert!(line(&report, "four-bit")["source"].as_str().unwrap().contains("libbitsandbytes_cuda128.dll"));
}

#[test]
fn torch_without_cuda() {
    let (code, report) = patient().build("torch", "2.8.0+cpu", None).judged();
    assert_eq!((code, answers(&report).as_str()), (1, "ynnyynnn"), "{}", report["readiness"]);
    assert_eq!(line(&report, "cuda-available")["rule"], "cpu-only-torch");
    assert_eq!(line(&report, "four-bit")["rule"], "cpu-only-torch");
    let lines = fix_lines(finding(&report, "cpu-only-torch"));
    assert!(
        lines[0].contains("torch==2.8.0+cu1") && lines[0].contains("$HOME\\qlora\\.venv\\Scripts\\python.exe"),
        "{lines:?}"
    );
    assert_eq!(finding(&report, "cpu-only-torch")["fixes"][0]["commands"][0]["tool"], "powershell");
}

/// `torch.cuda.is_available()` says True there: the trap of this patient.
#[test]
fn torch_of_another_cuda() {
    let (code, report) = patient().build("torch", "2.8.0+cu126", Some("12.6")).judged();
    assert_eq!((code, answers(&report).as_str()), (1, "yyyyynnn"), "{}", report["readiness"]);
    assert_eq!(line(&report, "arch-supported")["rule"], "gpu-too-new-for-wheel");
    assert_eq!(line(&report, "bf16")["rule"], "gpu-too-new-for-wheel");
    let why = line(&report, "four-bit")["why"].as_str().unwrap();
    assert!(why.contains("libbitsandbytes_cuda126.dll") && why.contains("sm_120"), "{why}");
    assert!(fix_lines(finding(&report, "gpu-too-new-for-wheel"))[0].contains("torch==2.8.0+cu128"));
}

#[test]
fn a_python_that_torch_has_no_wheels_for() {
    let (code, report) = patient().with(&["--python-version", "3.14"]).judged();
    assert_eq!((code, answers(&report).as_str()), (1, "nyyyyyyy"), "{}", report["readiness"]);
    assert_eq!(line(&report, "pytorch")["rule"], "python-unsupported-by-torch");
    assert!(line(&report, "pytorch")["why"].as_str().unwrap().contains("3.14"));
    // Those that the patient lists are served.
    for python in ["3.9", "3.10", "3.11", "3.12", "3.13"] {
        let (code, report) = patient().with(&["--python-version", python]).judged();
        assert_eq!((code, answers(&report).as_str()), (0, "yyyyyyyy"), "{python}");
    }
    // Nothing can be installed there, so that only bitsandbytes is.
    let (_, report) = patient().without("torch").with(&["--python-version", "3.14"]).judged();
    assert_eq!(answers(&report), "nnnyynnn", "{}", report["readiness"]);
}

/// 0.45.2 has no library for 12.8 and later (bitsandbytes-0.45.2-py3-none-win_amd64.whl).
fn stale(mut case: Case) -> Case {
    let package = case.package("bitsandbytes");
    package["version"] = known("0.45.2");
    let newer = ["128", "129", "130"];
    let libraries = package["libraries"].as_array_mut().unwrap();
    libraries.retain(|library| !newer.iter().any(|digits| library["path"].as_str().unwrap().contains(digits)));
    case
}

#[test]
fn a_stale_bitsandbytes() {
    let (code, report) = stale(patient()).judged();
    assert_eq!((code, answers(&report).as_str()), (1, "yyyyyyyn"), "{}", report["readiness"]);
    assert_eq!(line(&report, "four-bit")["rule"], "bitsandbytes-binary-missing");
    let lines = fix_lines(finding(&report, "bitsandbytes-binary-missing")).join("\n");
    assert!(lines.contains("python.exe") && lines.contains("pip install"), "for PowerShell: {lines}");
    let why = line(&report, "four-bit")["why"].as_str().unwrap();
    assert!(why.contains("libbitsandbytes_cuda128.dll, which is not included") && why.contains("118"), "{why}");
}

#[test]
fn the_library_is_chosen_as_bitsandbytes_chooses() {
    let four_bit = |case: Case| line(&case.judged().1, "four-bit").clone();
    // From 0.50 on the nearest of the same major serves; before, and across majors, none does.
    let newer = |version: &str, digits: &'static str| {
        let mut case = patient().build("torch", "2.15.0+cu132", Some("13.2"));
        case.package("bitsandbytes")["version"] = known(version);
        let libraries = case.package("bitsandbytes")["libraries"].as_array_mut().unwrap();
        libraries.retain(|library| library["path"].as_str().unwrap().contains(digits));
        four_bit(case)
    };
    let nearest = newer("0.50.2", "cuda130");
    assert_eq!((&nearest["answer"], &nearest["basis"]), (&json!("yes"), &json!("binary")), "{nearest}");
    assert!(nearest["why"].as_str().unwrap().contains("libbitsandbytes_cuda130.dll"));
    assert_eq!(newer("0.49.2", "cuda130")["answer"], "no");
    assert_eq!(newer("0.50.2", "cuda12")["answer"], "no");
    // The variable decides before torch does.
    let forced = four_bit(patient().variable("BNB_CUDA_VERSION", "126"));
    assert!(forced["answer"] == "no" && forced["why"].as_str().unwrap().contains("cuda126"), "{forced}");
    assert!(
        four_bit(patient().variable("BNB_CUDA_VERSION", "999"))["why"].as_str().unwrap().contains("BNB_CUDA_VERSION")
    );
    // An older release than all that are there: the oldest newer one.
    let oldest = |digits: &'static str| {
        let mut case = patient().build("torch", "2.1.2+cu120", Some("12.0"));
        case.package("bitsandbytes")["version"] = known("0.50.2");
        let libraries = case.package("bitsandbytes")["libraries"].as_array_mut().unwrap();
        libraries.retain(|library| library["path"].as_str().unwrap().contains(digits));
        four_bit(case.with(&["--gpu", "RTX 4090"]))
    };
    let why = oldest("cuda128")["why"].clone();
    assert!(why.as_str().unwrap().contains("libbitsandbytes_cuda128.dll, the nearest"), "{why}");
    // Where no file could be looked at, the row of the version says what it holds; without one, nothing is claimed.
    let unread = |version: &str| {
        let mut case = patient();
        case.package("bitsandbytes")["libraries"] = json!([]);
        case.package("bitsandbytes")["version"] = known(version);
        four_bit(case)
    };
    assert_eq!((&unread("0.48.1")["answer"], &unread("0.48.1")["basis"]), (&json!("yes"), &json!("knowledge")));
    assert_eq!(
        (&unread("0.45.2")["answer"], &unread("0.45.2")["rule"]),
        (&json!("no"), &json!("bitsandbytes-binary-missing"))
    );
    assert_eq!(unread("99.1")["answer"], "unknown");
}

#[test]
fn other_gpus_have_their_own_lines() {
    let on = |gpu: &str| saved("qlora-windows", &[gpu], "581.57").judged();
    let (_, report) = on("RTX 4090");
    assert_eq!(
        (answers(&report).as_str(), &line(&report, "arch-supported")["label"]),
        ("yyyyyyyy", &json!("sm_89 supported"))
    );
    let (code, report) = on("T4");
    assert_eq!((code, answers(&report).as_str()), (0, "yyyyyyny"), "{}", report["readiness"]);
    assert_eq!(line(&report, "bf16")["value"], "emulated");
    let (code, report) = on("GTX 1080 Ti");
    // torch for Windows still serves it, the library that bitsandbytes loads does not.
    assert_eq!((code, answers(&report).as_str()), (1, "yyyyyynn"), "{}", report["readiness"]);
    assert_eq!(line(&report, "four-bit")["rule"], "extension-arch-missing");
    let (code, report) = on("GTX 980");
    assert_eq!((code, line(&report, "arch-supported")["rule"].as_str()), (1, Some("gpu-too-old-for-wheel")));
    // A set has the lines of each.
    let (_, report) = saved("qlora-windows", &["RTX 5090", "GTX 1080 Ti"], "581.57").judged();
    let gpus: Vec<&str> =
        report["readiness"].as_array().unwrap().iter().map(|one| one["gpu"].as_str().unwrap()).collect();
    assert_eq!(gpus, ["gpu0", "gpu1"]);
}

#[test]
fn a_driver_decides_whether_cuda_is_available() {
    let available = |case: Case| line(&case.judged().1, "cuda-available").clone();
    // By what it says when it is asked.
    let here = || machine(&[("NVIDIA GeForce RTX 4090", "8.9", "2684")]);
    assert_eq!((&available(here())["answer"], &available(here())["basis"]), (&json!("yes"), &json!("observed")));
    let failed = available(here().fails("cuda", 999));
    assert_eq!((&failed["answer"], failed["rule"].is_string()), (&json!("no"), true), "{failed}");
    // By the floors of the knowledge base when only its version is known.
    let old = available(saved("qlora-windows", &["RTX 4090"], "511.23"));
    assert_eq!((&old["answer"], &old["rule"]), (&json!("no"), &json!("driver-too-old-for-cuda-runtime")), "{old}");
    let mut unknown = patient();
    unknown.arguments = vec!["--gpu".to_owned(), "RTX 5090".to_owned()];
    unknown.report["facts"]["driver"] = json!({"state": "unknown", "why": "test"});
    assert_eq!(available(unknown)["answer"], "unknown");
}

/// Without torch and bitsandbytes, or without a GPU, nobody waits for these lines.
#[test]
fn it_stays_out_of_the_way() {
    let (_, report) = patient().without("torch").without("bitsandbytes").judged();
    assert!(report["readiness"].is_null());
    let mut none = patient();
    none.arguments.clear();
    none.report["facts"]["gpus"] = json!({"state": "absent", "via": {"how": "pci", "at": "/sys/bus/pci/devices"}});
    let (_, report) = none.judged();
    assert!(report["readiness"].is_null(), "{}", slugs(&report, "error").join(" "));
}

#[test]
fn people_see_one_line_where_all_is_well_and_eight_where_not() {
    let show = |arguments: &[&str]| {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/qlora-windows.json");
        run(gpucheck().args(["doctor", "--replay", file, "--driver", "581.57"]).args(arguments)).1
    };
    let healthy = show(&["--gpu", "RTX 5090"]);
    assert!(
        healthy.contains("Ready         CUDA 12.8 available, sm_120 supported, BF16, 4-bit (bitsandbytes 0.48.1)\n"),
        "{healthy}"
    );
    assert!(!healthy.contains("Readiness"), "{healthy}");
    assert_eq!(show(&["--gpu", "RTX 5090", "-v"]).matches(" ✓ ").count(), 9, "eight lines and what the GPU runs");
    assert!(!show(&["--gpu", "RTX 5090", "-q"]).contains("Ready"));
    let ill = show(&["--gpu", "GTX 980"]);
    assert!(ill.contains("Readiness     ✓ PyTorch           2.8.0+cu128\n"), "{ill}");
    assert!(ill.contains("              ✗ sm_52 supported   no: "), "{ill}");
}
