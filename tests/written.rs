//! Facts that somebody wrote: where they stand in a file, and what an image sets for programs inside of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use serde_json::{Value, json};

/// The patient's report.
fn patient() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/patient-5090.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What a replay of the report answers.
fn replayed(report: &Value, format: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    fs::write(&path, report.to_string()).unwrap();
    let arguments = ["doctor", "--replay", path.to_str().unwrap(), "--format", format];
    common::run(common::gpucheck().args(arguments)).1
}

fn judged(report: &Value) -> Value {
    serde_json::from_str(&replayed(report, "json")).unwrap()
}

/// The place of torch among the patient's packages.
fn torch_of(report: &Value) -> usize {
    let packages = report["facts"]["environments"][0]["packages"].as_array().unwrap();
    packages.iter().position(|package| package["name"] == "torch").unwrap()
}

#[test]
fn a_finding_stands_where_its_fact_was_written() {
    let mut report = patient();
    assert_eq!(common::finding(&judged(&report), "gpu-too-new-for-wheel")["location"], Value::Null);
    let torch = torch_of(&report);
    let place = json!({"path": "requirements/gpu\u{1b}[31m.txt", "line": 7, "column": 3});
    report["facts"]["written"] = json!({
        "/environments/0": {"path": "Dockerfile", "line": 1, "column": 1},
        format!("/environments/0/packages/{torch}"): place,
        // Another package, whose pointer begins alike.
        format!("/environments/0/packages/{torch}9"): {"path": "no", "line": 1, "column": 1},
    });
    let said = judged(&report);
    assert_eq!(common::finding(&said, "gpu-too-new-for-wheel")["location"], place);
    assert_eq!(said["facts"]["written"], report["facts"]["written"], "facts are kept as they are");
    for format in ["human", "markdown"] {
        let page = replayed(&report, format);
        let line = page.lines().find(|line| line.contains(".txt:7:3")).unwrap_or_else(|| panic!("{page}"));
        assert!(line.contains("gpu"), "{line}");
        assert!(!page.contains('\u{1b}'), "{page:?}");
    }
    // What is about the environment as a whole stands where that does.
    report["facts"]["written"].as_object_mut().unwrap().retain(|pointer, _| pointer == "/environments/0");
    let said = judged(&report);
    assert_eq!(common::finding(&said, "gpu-too-new-for-wheel")["location"]["path"], "Dockerfile");
}

#[test]
fn programs_in_an_image_see_the_variables_of_the_image() {
    const LIST: &str = "TORCH_CUDA_ARCH_LIST";
    let lacking = |report: &Value| {
        let said = judged(report);
        let findings = said["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["rule"] == "arch-list-lacks-gpu");
        found.map(|finding| finding["evidence"][0]["pointer"].as_str().unwrap().to_owned())
    };
    let mut report = patient();
    assert_eq!(lacking(&report), None);
    report["facts"]["env_vars"] = json!({LIST: "8.0;9.0"});
    assert_eq!(lacking(&report).as_deref(), Some("/facts/env_vars/TORCH_CUDA_ARCH_LIST"));
    report["facts"]["environments"][0]["image"] = json!({"env_vars": {}});
    assert_eq!(lacking(&report), None, "the machine's variable is not the image's");
    report["facts"]["env_vars"] = json!({});
    report["facts"]["environments"][0]["image"] = json!({"env_vars": {LIST: "8.0;9.0"}});
    assert_eq!(lacking(&report).as_deref(), Some("/facts/environments/0/image/env_vars/TORCH_CUDA_ARCH_LIST"));
    // What mends it is tried where it is set.
    let said = judged(&report);
    let fixes = common::finding(&said, "arch-list-lacks-gpu")["fixes"].as_array().unwrap();
    assert!(fixes.iter().any(|fix| fix["commands"].to_string().contains("12.0")), "{fixes:?}");
}

#[test]
fn a_build_in_an_image_uses_the_toolkit_of_the_image() {
    let known = |value: &str| json!({"state": "known", "value": value, "via": {"how": "file", "at": "test"}});
    let toolkit = |version: &str| json!([{"path": "/usr/local/cuda", "version": known(version), "nvcc": true, "found_by": ["CUDA_HOME"]}]);
    let too_old = |report: &Value| {
        let said = judged(report);
        let findings = said["findings"].as_array().unwrap();
        findings.iter().any(|finding| finding["rule"] == "nvcc-too-old-for-arch")
    };
    let mut report = patient();
    report["facts"]["environments"][0]["image"] = json!({"env_vars": {"TORCH_CUDA_ARCH_LIST": "12.0", "CUDA_HOME": "/usr/local/cuda"}, "toolkits": toolkit("12.8")});
    report["facts"]["toolkits"] = toolkit("12.1");
    assert!(!too_old(&report));
    report["facts"]["environments"][0]["image"]["toolkits"] = toolkit("12.1");
    report["facts"]["toolkits"] = toolkit("12.8");
    assert!(too_old(&report));
}
