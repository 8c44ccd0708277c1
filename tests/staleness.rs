//! A torch that is newer than the knowledge base: judged by its own binaries, said so, and still given a fix. The environment is made up; the
//! device code in it is real (tests/corpus, from NVIDIA's compiler).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::{NEWEST_TORCH, doctor, finding, fix_lines, slugs};
use serde_json::Value;
use tempfile::TempDir;

/// An environment with this version of torch, whose main library is this file of the corpus.
fn environment(version: &str, cuda: &str, library: Option<&str>) -> TempDir {
    let place = TempDir::new().unwrap();
    let packages = place.path().join("lib/python3.12/site-packages");
    let info = packages.join(format!("torch-{}.dist-info", version.split('+').next().unwrap()));
    for folder in [&packages.join("torch/lib"), &info, &place.path().join("bin")] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(place.path().join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
    let public = version.split('+').next().unwrap();
    fs::write(info.join("METADATA"), format!("Metadata-Version: 2.1\nName: torch\nVersion: {public}\n")).unwrap();
    fs::write(info.join("INSTALLER"), "pip\n").unwrap();
    fs::write(packages.join("torch/version.py"), format!("__version__ = '{version}'\ncuda = '{cuda}'\n")).unwrap();
    let mut record = "torch/version.py,,\n".to_owned();
    if let Some(library) = library {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin/c13.5").join(library);
        fs::copy(from, packages.join("torch/lib/libtorch_cuda.so")).unwrap();
        record += "torch/lib/libtorch_cuda.so,,\n";
    }
    fs::write(info.join("RECORD"), record).unwrap();
    place
}

fn judged(place: &TempDir, gpu: &str) -> (i32, Value) {
    let path = place.path().display().to_string();
    doctor(&[&path, "--gpu", gpu, "--driver", "580.95.05", "--os", "linux", "--knowledge", NEWEST_TORCH])
}

#[test]
fn it_is_judged_by_its_binaries_and_that_is_said() {
    let place = environment("100.0.0+cu130", "13.0", Some("so-torchlike.so"));
    let (code, report) = judged(&place, "RTX 5090");
    assert_eq!((code, slugs(&report, "error").len(), slugs(&report, "warning").len()), (0, 0, 0), "{report:#}");
    let said = finding(&report, "newer-than-knowledge");
    assert!(said["summary"].as_str().unwrap().contains("checked by what its own libraries contain"), "{said:#}");
    assert_eq!(report["runs_on"][0]["how"], "sass sm_120", "{:#}", report["runs_on"]);
    // A card that the binaries do not serve fails, whatever no row says.
    let (code, report) = judged(&place, "GTX 1080");
    assert_eq!((code, report["runs_on"][0]["how"].as_str()), (1, Some("no")), "{:#}", report["runs_on"]);
    finding(&report, "gpu-too-old-for-wheel");
}

#[test]
fn it_still_gets_a_fix() {
    let place = environment("100.0.0+cu130", "13.0", Some("so-sass-only-sm_90.so"));
    let (code, report) = judged(&place, "RTX 5090");
    assert_eq!(code, 1);
    let found = finding(&report, "gpu-too-new-for-wheel");
    let evidence = found["evidence"][0].to_string();
    assert!(evidence.contains("sm_90") && evidence.contains(".nv_fatbin"), "{evidence}");
    let lines = fix_lines(found);
    assert!(lines.iter().any(|line| line.contains("install torch==99.0.0")), "{lines:?}");
    assert_ne!(found["fixes"][0]["proof"], "none");
    finding(&report, "newer-than-knowledge");
}

#[test]
fn what_cannot_be_read_stays_unknown() {
    let place = environment("100.0.0+cu130", "13.0", None);
    let (_, report) = judged(&place, "RTX 5090");
    let said = finding(&report, "newer-than-knowledge");
    assert!(said["summary"].as_str().unwrap().contains("which GPUs it supports is unknown"), "{said:#}");
    assert_ne!(report["verdict"], "ok", "no library of it was read and no row speaks of it");
}

#[test]
fn a_release_with_a_row_is_not_called_newer() {
    let place = environment("2.15.0+cu132", "13.2", Some("so-torchlike.so"));
    let (_, report) = judged(&place, "RTX 5090");
    assert!(!slugs(&report, "info").contains(&"newer-than-knowledge"), "{report:#}");
    // Its code is not that of the official wheel, and that is said instead.
    finding(&report, "knowledge-conflict");
}
