//! `gpucheck matrix`, end to end: the version table of the whisperx patient corrected, and what it depends on.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use serde_json::Value;

fn matrix(arguments: &[&str]) -> Value {
    let (code, stdout, stderr) =
        common::run(common::gpucheck().args(["matrix", "--os", "linux", "--format", "json"]).args(arguments));
    assert_eq!((code, stderr.as_str()), (0, ""));
    serde_json::from_str::<Value>(&stdout).unwrap()["matrix"].clone()
}

fn cell<'m>(matrix: &'m Value, torch: &str, cuda: &str) -> &'m Value {
    let cells = matrix["gpus"][0]["cells"].as_array().unwrap();
    cells.iter().find(|cell| cell["torch"] == torch && cell["cuda"] == cuda).unwrap_or_else(|| panic!("{torch} {cuda}"))
}

/// Rows and columns that must be there without being asked for. `+` runs, `-` does not, `.` no wheel, a space is not asserted.
const RTX_5090: [(&str, &str); 11] = [
    //         12.1 12.4 12.6 12.8 12.9 13.0 13.1 13.2
    ("2.15.0", ".  .  .  .  .  +  .  +"),
    ("2.14.1", ".  .  -  .  .  +  .  +"),
    ("2.13.0", ".  .  -  .  +  +  .  +"),
    ("2.12.1", ".  .  -  .     +  .  +"),
    ("2.11.0", ".  .  -  +  +  +  .  ."),
    ("2.10.0", ".  .  -  +  +  +  .  ."),
    ("2.9.1", ".  .  -  +  +  +  .  ."),
    ("2.8.0", ".  .  -  +  +  .  .  ."),
    ("2.7.1", ".  .  -  +  .  .  .  ."),
    ("2.6.0", ".  -  -  .  .  .  .  ."),
    ("2.5.1", "-  -  .  .  .  .  .  ."),
];
const CUDA: [&str; 8] = ["12.1", "12.4", "12.6", "12.8", "12.9", "13.0", "13.1", "13.2"];

#[test]
fn the_version_table_of_the_whisperx_patient() {
    let matrix = matrix(&["--gpu", "RTX 5090"]);
    for (torch, row) in RTX_5090 {
        for (cuda, expected) in CUDA.iter().zip(row.chars().step_by(3)) {
            let cell = cell(&matrix, torch, cuda);
            let status = match expected {
                '+' => "works",
                '-' => "fails",
                '.' => "no-wheel",
                _ => continue,
            };
            assert_eq!(cell["status"], status, "torch {torch}, CUDA {cuda}: {cell}");
            assert_ne!(cell["reason"], "", "torch {torch}, CUDA {cuda}");
            assert_eq!(cell["rule"] == "gpu-too-new-for-wheel", status == "fails", "{cell}");
            // A cell names what it rests on: the row of its build, not that of the GPU that was asked about.
            let source = cell["source"].as_str().unwrap_or_default();
            assert_eq!(source.contains(&format!("torch.toml, {torch}+cu")), status != "no-wheel", "{cell}");
            assert_eq!(cell["commands"].as_array().unwrap().is_empty(), status != "works", "{cell}");
        }
        assert!(cell(&matrix, torch, "13.1")["reason"].as_str().unwrap().contains("never built a cu131 wheel"));
    }
    assert!(matrix["never_built"].as_array().unwrap().contains(&"13.1".into()));
    assert!(!matrix["never_built"].as_array().unwrap().contains(&"13.2".into()));
    let line = cell(&matrix, "2.7.1", "12.8")["commands"][0]["line"].as_str().unwrap();
    assert!(line.contains("torch==2.7.1+cu128") && line.contains("whl/cu128"), "{line}");
}

#[test]
fn the_driver_and_the_gpu_decide_not_the_table() {
    let old = ["--gpu", "RTX 4090", "--driver", "525.60.13", "--torch", "2.11.0"];
    let old = matrix(&old);
    assert_eq!(cell(&old, "2.11.0", "12.8")["status"], "works");
    assert_eq!(cell(&old, "2.11.0", "13.0")["rule"], "driver-too-old-for-cuda-runtime");
    let pascal = matrix(&["--gpu", "GTX 1080 Ti", "--torch", ">=2.7,<2.9", "--cuda", "12.6,12.8"]);
    assert_eq!(pascal["torch"], serde_json::json!(["2.8.0", "2.7.1", "2.7.0"]));
    assert_eq!(cell(&pascal, "2.8.0", "12.6")["status"], "works");
    assert_eq!(cell(&pascal, "2.8.0", "12.8")["rule"], "gpu-too-old-for-wheel");
    let python = matrix(&["--gpu", "RTX 4090", "--torch", "2.5.1", "--python-version", "3.14"]);
    assert_eq!(cell(&python, "2.5.1", "12.4")["rule"], "python-unsupported-by-torch");
}

#[test]
fn for_people_and_for_pages() {
    let arguments = ["matrix", "--gpu", "5090,4090", "--os", "linux", "--torch", ">=2.6,<2.9"];
    let (code, human, _) = common::run(common::gpucheck().args(arguments));
    assert_eq!(code, 0);
    common::snapshot("matrix.txt", &human);
    let (_, markdown, _) = common::run(common::gpucheck().args(arguments).args(["--format", "markdown"]));
    common::snapshot("matrix.md", &markdown);
}

#[test]
fn a_wish_that_cannot_be_tabulated_is_told_in_one_line() {
    for (arguments, text) in [
        (&["--torch", "banana"][..], "neither a version"),
        (&["--torch", "9.9"], "no such release"),
        (&["--torch", ">=9"], "no release"),
        (&["--cuda", "x"], "CUDA version"),
    ] {
        let (code, stdout, stderr) = common::run(common::gpucheck().args(["matrix", "--gpu", "5090"]).args(arguments));
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(text), "{arguments:?}: {stderr}");
    }
}
