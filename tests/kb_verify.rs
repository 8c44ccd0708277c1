//! `gpucheck kb verify`: rows held against real environments, and against wheels that say something else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path, process::Command};

use common::{gpucheck, run, succeed};
use serde_json::Value;
use tempfile::TempDir;

fn verify(path: &Path) -> (i32, Value) {
    let (code, out, err) = run(gpucheck().args(["kb", "verify", "--format", "json"]).arg(path));
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

/// The facts of the first package that came out so, with what the package says.
fn checks<'v>(report: &'v Value, outcome: &str) -> Vec<(&'v str, &'v str)> {
    let all = report["verified"][0]["checks"].as_array().unwrap();
    let chosen = all.iter().filter(|check| check["outcome"] == outcome);
    chosen.map(|check| (check["fact"].as_str().unwrap(), check["package"].as_str().unwrap())).collect()
}

#[test]
fn rows_agree_with_what_is_really_installed() {
    for (environment, sass) in [
        (common::torch_2_7_1(), "50 60 70 75 80 86 90"),
        (common::torch_2_8_0(), "70 75 80 86 90 100 120"),
        (common::torch_2_15_0(), "75 80 86 90 100 120"),
    ] {
        let (code, report) = verify(&environment);
        assert_eq!((code, report["disagree"].as_u64()), (0, Some(0)), "{report:#}");
        let agree = checks(&report, "agree");
        assert!(agree.contains(&("machine code", sass)) && agree.len() >= 11, "{agree:?}");
    }
}

/// A wheel of torch with this `version.py`, whose main library is real code of another list than any official build.
fn wheel(file: &str, version: &str, cuda: &str) -> (TempDir, std::path::PathBuf) {
    wheel_of(file, version, cuda, &[("libtorch_cuda.so", "c13.5/so-all.so")])
}

/// As [`wheel`], with these files of the corpus as its libraries.
fn wheel_of(file: &str, version: &str, cuda: &str, libraries: &[(&str, &str)]) -> (TempDir, std::path::PathBuf) {
    let place = TempDir::new().unwrap();
    let public = version.split('+').next().unwrap();
    let info = place.path().join(format!("torch-{public}.dist-info"));
    let library = place.path().join("torch/lib");
    fs::create_dir_all(&info).unwrap();
    fs::create_dir_all(&library).unwrap();
    let metadata = format!(
        "Metadata-Version: 2.1\nName: torch\nVersion: {public}\nRequires-Python: >=3.11\n\
         Requires-Dist: nvidia-cudnn-cu13==9.99.0; platform_system == \"Linux\"\nRequires-Dist: triton~=3.9.0\n"
    );
    fs::write(info.join("METADATA"), metadata).unwrap();
    fs::write(place.path().join("torch/version.py"), format!("__version__ = '{version}'\ncuda = '{cuda}'\n")).unwrap();
    for (name, from) in libraries {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin").join(from);
        fs::copy(from, library.join(name)).unwrap();
    }
    let path = place.path().join(file);
    succeed(Command::new("python3").args(["-m", "zipfile", "-c"]).arg(&path).arg(place.path().join("torch")).arg(info));
    (place, path)
}

#[test]
fn a_wheel_that_says_something_else_is_a_disagreement() {
    let (_place, path) = wheel("torch-2.15.0-cp310-cp310-manylinux_2_34_x86_64.whl", "2.15.0+cu130", "13.0");
    let (code, report) = verify(&path);
    assert_eq!(code, 1, "{report:#}");
    let different: Vec<&str> = checks(&report, "disagree").iter().map(|(fact, _)| *fact).collect();
    let expected = ["PyPI default", "machine code", "PTX", "Python", "manylinux"];
    assert_eq!(different, expected, "{report:#}");
    assert!(checks(&report, "agree").contains(&("CUDA", "13.0")), "{report:#}");
    let (code, out, _) = run(gpucheck().args(["kb", "verify"]).arg(&path));
    assert!(code == 1 && out.contains("DISAGREE  PyPI default") && out.contains("here: cu130"), "{out}");
    assert!(out.ends_with("agree, 5 disagree, 1 without a row\n"), "{out}");
}

/// torch 1.13 keeps its code beside a libtorch_cuda.so that holds none.
#[test]
fn the_library_that_holds_the_code_decides() {
    let libraries = [("libtorch_cuda.so", "hidden/magic-decoy.so"), ("libtorch_cuda_cu.so", "c11.8/so.so")];
    let (_place, path) = wheel_of("torch-1.13.1-cp311-cp311-manylinux1_x86_64.whl", "1.13.1+cu117", "11.7", &libraries);
    let (_, report) = verify(&path);
    assert!(checks(&report, "disagree").contains(&("machine code", "37 60 86 90")), "{report:#}");
}

#[test]
fn requirements_are_held_against_the_row_of_what_pypi_gives() {
    let (_place, path) = wheel("torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl", "2.15.0+cu132", "13.2");
    let (code, report) = verify(&path);
    let different = checks(&report, "disagree");
    assert_eq!(code, 1);
    assert!(
        different.contains(&("cuDNN", "9.99.0")) && different.contains(&("triton's Python", "none")),
        "{different:?}"
    );
    assert!(different.iter().any(|(fact, _)| *fact == "NVIDIA packages"), "{different:?}");
    assert!(checks(&report, "agree").contains(&("triton", "~=3.9.0")), "{report:#}");
}

#[test]
fn a_release_without_a_row_is_no_disagreement() {
    let (_place, path) = wheel("torch-100.0.0+cu136-cp312-cp312-manylinux_2_28_x86_64.whl", "100.0.0+cu136", "13.6");
    let (code, report) = verify(&path);
    assert_eq!((code, checks(&report, "no-row")), (0, vec![("release", "100.0.0")]));
}

#[test]
fn what_is_no_package_is_told() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("no.whl"), "no zip file").unwrap();
    for (name, expected) in
        [("no.whl", "no end-of-central-directory record"), ("missing.whl", "missing.whl"), ("", "Python environment")]
    {
        let (code, out, err) = run(gpucheck().args(["kb", "verify"]).arg(place.path().join(name)));
        assert_eq!((code, out.as_str()), (2, ""), "{name}");
        assert!(err.contains(expected), "{name}: {err}");
    }
}
