//! Reports that gpucheck wrote with schema 0, kept as they were: `--replay` judges each of them, however facts and rules have grown since.
//! What it says (exit code, verdict, slugs) stands beside each report; `UPDATE_SNAPSHOTS=1` writes that, never the reports.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::{Value, json};

/// The kept reports, by name.
fn reports() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    paths
}

/// What a replay says, in a few lines.
fn said(report: &str) -> String {
    let mut child = common::gpucheck()
        .args(["doctor", "--replay", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(report.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let report = serde_json::from_slice(&output.stdout).expect("a replay writes a report");
    let report = common::moved_alike(report);
    let mut text = format!("exit {}\nverdict {}\n", output.status.code().unwrap(), report["verdict"].as_str().unwrap());
    for finding in report["findings"].as_array().unwrap() {
        writeln!(text, "{} {}", finding["severity"].as_str().unwrap(), finding["rule"].as_str().unwrap()).unwrap();
    }
    text
}

#[test]
fn each_report_is_judged_as_recorded() {
    let mut odd = String::new();
    for path in reports() {
        let said = said(&fs::read_to_string(&path).unwrap());
        let expected = path.with_extension("expected");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        let recorded = fs::read_to_string(&expected).unwrap_or_default();
        if said != recorded {
            writeln!(odd, "{}: recorded\n{recorded}now\n{said}", path.display()).unwrap();
        }
    }
    assert!(odd.is_empty(), "{odd}");
}

/// Keys whose objects are maps from names to values: a key more would be a name more.
const MAPS: &[&str] =
    &["env_vars", "system_libraries", "sass", "ptx", "relocatable", "other", "hidden", "bytes", "labels"];

/// Gives every object a key that no version knows.
fn grow(value: &mut Value, key: &str) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| grow(value, key)),
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(key, value)| grow(value, key));
            // Variants of an enum are told by their only key.
            if !MAPS.contains(&key) && key != "origin" {
                fields.insert("of_a_later_version".to_owned(), json!({"depth": [1]}));
            }
        }
        _ => {}
    }
}

#[test]
fn keys_of_a_later_version_are_ignored() {
    for path in reports() {
        let text = fs::read_to_string(&path).unwrap();
        let mut report: Value = serde_json::from_str(&text).unwrap();
        grow(&mut report, "");
        assert_eq!(said(&report.to_string()), said(&text), "{}", path.display());
    }
}

#[test]
fn the_reports_are_whole_small_and_of_no_person() {
    let reports = reports();
    assert!(reports.len() >= 20, "{} reports", reports.len());
    let mut commands = BTreeSet::new();
    for path in reports {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.len() < 100_000, "{} has {} bytes", path.display(), text.len());
        for place in ["/home/", "/Users/", "/root/", "/tmp/", r"C:\\Users"] {
            assert!(!text.contains(place), "{} names a folder in {place}", path.display());
        }
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["schema"], 0, "{}", path.display());
        assert!(report["findings"].is_array() && report["checks"].is_object(), "{}", path.display());
        commands.insert(report["command"].as_str().unwrap().to_owned());
    }
    assert_eq!(commands.into_iter().collect::<Vec<_>>(), ["doctor", "scan", "smoke"]);
}
