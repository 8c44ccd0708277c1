//! Cases after public threads whose facts decide without their error text: the same rules find the labelled root cause. Why others are
//! not here: docs/packages.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, io::Write, path::Path, process::Stdio};

use common::{facts::Words, slugs};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    expected: String,
    facts: Words,
}

#[test]
fn each_case_has_its_root_cause() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Case =
            toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let mut child = common::gpucheck()
            .args(["doctor", "--replay", "-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(case.facts.report().to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let worst = [slugs(&report, "error"), slugs(&report, "warning")].concat();
        // `none-…`: nothing is wrong, and any other diagnosis is a false alarm.
        let expected = Some(case.expected.as_str()).filter(|label| !label.starts_with("none-"));
        assert_eq!(worst.first().copied(), expected, "{}: {}", case.id, report["findings"]);
        seen += 1;
    }
    assert!(seen >= 20, "{seen} cases");
}
