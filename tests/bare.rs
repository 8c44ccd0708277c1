//! End to end without anything: no GPU, no driver, no Python, no HOME; and `recommend`, which needs none of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use common::{NEWEST_TORCH, gpucheck, run};

#[test]
fn an_empty_machine_gets_a_calm_report() {
    let root = tempfile::tempdir().unwrap();
    let (code, out, err) = run(gpucheck().current_dir(root.path()).args(["--root", root.path().to_str().unwrap()]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("no Python found"), "{out}");
    assert!(!out.contains('✗'), "{out}");
}

#[test]
fn this_machine_without_home_and_path() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(gpucheck().current_dir(folder.path()));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
}

fn recommend(arguments: &[&str]) -> (i32, String, String) {
    run(gpucheck().arg("recommend").args(arguments))
}

#[test]
fn the_line_and_the_build_for_a_5090() {
    let asked = ["--gpu", "RTX 5090", "--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"];
    let (code, out, err) = recommend(&[&asked[..], &["--knowledge", NEWEST_TORCH]].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("torch 99.0.0+cu132"), "the build is named though the line needs no index: {out}");
    assert!(out.contains("pip install torch==99.0.0 torchvision==99.1.0 torchaudio==99.0.0\n"), "{out}");
}

#[test]
fn the_driver_and_python_bound_what_is_recommended() {
    let line = |arguments: &[&str]| {
        let (code, out, _) = recommend(arguments);
        assert_eq!(code, 0, "{arguments:?}: {out}");
        out
    };
    let old = line(&["--gpu", "RTX 5090", "--driver", "570.86.10", "--os", "linux", "--python-version", "3.12"]);
    assert!(old.contains("+cu128") || old.contains("+cu129"), "driver 570 has no CUDA 13: {old}");
    let volta = line(&["--gpu", "V100", "--driver", "580.82.07", "--os", "linux", "--python-version", "3.12"]);
    assert!(volta.contains("torch==2.14.1+cu126"), "{volta}");
    let windows = line(&["--gpu", "RTX 5090", "--driver", "581.57", "--os", "windows", "--python-version", "3.12"]);
    assert!(
        windows.contains("--index-url https://download.pytorch.org/whl/cu1"),
        "PyPI has only CPU builds there: {windows}"
    );
    let python = line(&["--gpu", "RTX 4090", "--driver", "580.95.05", "--os", "linux", "--python-version", "3.9"]);
    assert!(python.contains("torch==2.8.0"), "the last with wheels for 3.9: {python}");
}

#[test]
fn an_impossible_wish_says_why() {
    for (arguments, reason) in [
        (
            ["--gpu", "sm_35", "--driver", "470.256.02", "--os", "linux", "--python-version", "3.12"],
            "no official build",
        ),
        (["--gpu", "RTX 5090", "--driver", "580.95.05", "--os", "linux", "--python-version", "3.7"], "Python"),
    ] {
        let (code, out, err) = recommend(&arguments);
        assert_eq!((code, err.as_str()), (1, ""), "{out}");
        assert!(out.contains(reason), "{out}");
    }
}

#[test]
fn wrong_usage_is_told_in_a_line() {
    let (code, _, err) = recommend(&["--gpu", "RTX 5O90"]);
    assert_eq!(code, 2);
    assert!(err.contains("RTX 5090"), "the nearest name is offered: {err}");
    let (code, _, err) = recommend(&["--gpu", "RTX 6000"]);
    assert_eq!(code, 2);
    assert!(err.contains("matches several GPUs"), "{err}");
    let (code, _, err) = run(gpucheck().args(["doctor", "/no/such/place"]));
    assert_eq!(code, 2);
    assert!(err.contains("/no/such/place"), "{err}");
}
