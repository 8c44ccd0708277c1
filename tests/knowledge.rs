//! `--knowledge DIR`: rows laid over the built-in ones, and faults told with file, line and column.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::fs;

use common::{gpucheck, run};

const GPU: &str = r#"[sources]
lab = "the lab's inventory"

[[gpu]]
name = "NVIDIA Lab Card"
capability = "12.0"
source = ["lab"]
verified = "2026-11-25"
"#;

fn recommend(folder: &std::path::Path, gpu: &str) -> (i32, String, String) {
    run(gpucheck()
        .args(["recommend", "--os", "linux", "--driver", "580.95.05", "--python-version", "3.12", "--gpu", gpu])
        .arg("--knowledge")
        .arg(folder))
}

#[test]
fn an_overlay_adds_and_replaces_rows() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gpus.toml"), GPU).unwrap();
    let (code, out, err) = recommend(folder.path(), "Lab Card");
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("NVIDIA Lab Card, compute capability 12.0"), "{out}");
    // The same name again replaces the row.
    fs::write(folder.path().join("gpus.toml"), GPU.replace("Lab Card", "GeForce RTX 4090")).unwrap();
    let (_, out, _) = recommend(folder.path(), "RTX 4090");
    assert!(out.contains("compute capability 12.0"), "{out}");
}

#[test]
fn faults_are_told_with_their_place() {
    for (from, to, expected) in [
        ("capability = \"12.0\"", "capability = \"12\"", "gpus.toml:6:"),
        ("name =", "nane =", "unknown field `nane`"),
        ("source = [\"lab\"]", "source = [\"lap\"]", "gpus.toml:7:10: source 'lap' is not in [sources]"),
        ("verified = \"2026-11-25\"", "verified = \"last week\"", "gpus.toml:8:12: 'last week' is not a date"),
        ("verified = \"2026-11-25\"", "verified = \"2026-11-25\"\nverified = \"2026-11-25\"", "duplicate key"),
        ("[[gpu]]", "[[gpu]", "gpus.toml:4:"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gpus.toml"), GPU.replacen(from, to, 1)).unwrap();
        let (code, out, err) = recommend(folder.path(), "RTX 4090");
        assert_eq!((code, out.as_str()), (2, ""), "{to}");
        assert!(err.contains(expected), "{expected} in {err}");
    }
    let (code, _, err) = recommend(std::path::Path::new("/no/such/folder"), "RTX 4090");
    assert_eq!(code, 2);
    assert!(err.contains("/no/such/folder"), "{err}");
}
