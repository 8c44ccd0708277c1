//! What scripts and people rely on: exit codes, a report that is written whole, silence about names and secrets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, io::Read, process::Stdio};

use common::{case::healthy, gpucheck, run};

const PATIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/patient-5090.json");

#[test]
fn fail_on_moves_the_bar() {
    let warning = || healthy().variable("TORCH_CUDA_ARCH_LIST", "7.5");
    for (level, code) in [("error", 0), ("warning", 1), ("unknown", 1), ("never", 0)] {
        assert_eq!(warning().with(&["--fail-on", level]).judged().0, code, "{level}");
    }
    // A driver that nobody named leaves the verdict unknown, which fails only where it is asked to.
    let unknown = || {
        let mut case = healthy();
        case.arguments = vec!["--gpu".to_owned(), "RTX 4090".to_owned()];
        case.report["facts"]["driver"] = serde_json::json!({"state": "unknown", "why": "test"});
        case
    };
    let (code, report) = unknown().judged();
    assert_eq!((code, report["verdict"].as_str()), (0, Some("unknown")));
    assert!(report["checks"]["unknown"][0]["needs"][0].as_str().unwrap().contains("--driver"));
    assert_eq!(unknown().with(&["--fail-on", "unknown"]).judged().0, 1);
}

#[test]
fn a_report_goes_to_a_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let (code, out, err) =
        run(gpucheck().args(["doctor", "--replay", PATIENT, "--format", "json", "--output"]).arg(&path));
    assert_eq!((code, out.as_str(), err.as_str()), (1, "", ""));
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(report["schema"], 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let (code, _, err) = run(gpucheck().args(["doctor", "--replay", PATIENT, "--output", "/no/such/folder/report"]));
    assert_eq!(code, 2);
    assert!(err.contains("/no/such/folder/report"), "{err}");
}

/// What the types say is in the schema by itself (xtask holds the file), and all that is written by scripts/validate-reports.py; this is
/// the part of it that needs nothing.
#[test]
fn the_schema_has_the_keys_of_a_report() {
    let schema: serde_json::Value =
        serde_json::from_str(&fs::read_to_string("docs/report.schema.json").unwrap()).unwrap();
    let known = |value: &serde_json::Value, kind: &str| {
        let (own, described) = (value.as_object().unwrap(), &schema["definitions"][kind]);
        for key in own.keys() {
            assert!(described["properties"][key].is_object(), "{kind} has no {key}");
        }
        for key in described["required"].as_array().unwrap() {
            assert!(own.contains_key(key.as_str().unwrap()), "{kind} says {key}");
        }
    };
    let (_, out, _) = run(gpucheck().args(["doctor", "--replay", PATIENT, "--format", "json"]));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["schema"], schema["definitions"]["Report"]["properties"]["schema"]["const"]);
    known(&report, "Report");
    known(&report["facts"], "Facts");
    for finding in report["findings"].as_array().unwrap() {
        known(finding, "Finding");
        finding["fixes"].as_array().unwrap().iter().for_each(|fix| known(fix, "Fix"));
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_fault() {
    let mut child = gpucheck()
        .args(["doctor", "--replay", PATIENT, "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(1), ""));
}

#[test]
fn saved_reports_that_are_none_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    for text in ["", "{}", "[1]", "{\"facts\": {}}", "not json \u{0}"] {
        fs::write(&path, text).unwrap();
        let (code, out, err) = run(gpucheck().args(["doctor", "--replay"]).arg(&path));
        assert_eq!((code, out.as_str()), (2, ""), "{text}");
        assert!(err.contains("x.json is not a JSON report of gpucheck"), "{err}");
    }
}

/// Names of people and machines and the values of secrets stay out of every format.
#[test]
fn names_and_secrets_stay_out() {
    let machine = tempfile::tempdir().unwrap();
    let home = machine.path().join("home/planted-name");
    let packages = home.join("project/.venv/lib/python3.12/site-packages");
    for (file, text) in [
        ("torch-2.7.1.dist-info/METADATA", "Name: torch\nVersion: 2.7.1\nRequires-Dist: numpy\n"),
        ("torch-2.7.1.dist-info/RECORD", "torch/version.py,,\n"),
        ("torch/version.py", "__version__ = '2.7.1+cu126'\ncuda = '12.6'\n"),
    ] {
        let path = packages.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(home.join("project/.venv/pyvenv.cfg"), "home = /home/planted-name/.pyenv\nversion = 3.12.1\n").unwrap();
    for format in ["human", "json"] {
        let (code, out, err) = run(gpucheck()
            .current_dir(home.join("project"))
            .env("HOME", &home)
            .env("USER", "planted-name")
            .env("HF_TOKEN", "planted-token")
            .env("PIP_INDEX_URL", "https://user:planted-token@example.org/simple")
            .env("LD_LIBRARY_PATH", home.join("lib"))
            .env("CUDA_HOME", home.join("cuda"))
            .env("PYTORCH_CUDA_ALLOC_CONF", "https://user:planted-token@example.org/?key=planted-token")
            .args(["doctor", "-v", "--gpu", "RTX 5090", "--driver", "580.95.05", "--format", format]));
        assert_eq!(code, 1, "{out}{err}");
        assert!(out.contains("~/project/.venv"), "{out}");
        for planted in ["planted-name", "planted-token"] {
            assert!(!out.contains(planted) && !err.contains(planted), "{format}: {out}");
        }
    }
}
