//! Reports of the field whose fix was wrong: the right one comes first, and nothing that does not work is offered. A case is one file in
//! `tests/fixes`: its facts, and for each of them (as they are, and changed) what must be said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{collections::BTreeMap, fs, io::Write, path::Path, process::Stdio};

use common::facts::Words;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The public thread.
    #[expect(dead_code, reason = "for people")]
    source: String,
    /// What is right, in a sentence.
    #[expect(dead_code, reason = "for people")]
    right: String,
    facts: Words,
    /// Names of the GPUs, in order; nothing: made up.
    #[serde(default)]
    names: Vec<String>,
    /// What must be said of the facts, with these changes.
    expect: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// What is changed.
    #[serde(default)]
    with: Words,
    #[serde(default)]
    names: Vec<String>,
    /// Slugs of the findings that are errors or warnings, in any order; nothing: not looked at.
    findings: Option<Vec<String>>,
    /// By slug, what the first fix says (summary, lines, result, what remains); each part must be there.
    #[serde(default)]
    first: BTreeMap<String, Vec<String>>,
    /// By slug, what some fix says.
    #[serde(default)]
    some: BTreeMap<String, Vec<String>>,
    /// By slug, what no fix may say.
    #[serde(default)]
    never: BTreeMap<String, Vec<String>>,
    /// By slug, how the first fix was verified.
    #[serde(default)]
    proof: BTreeMap<String, String>,
}

fn judged(words: &Words, names: &[String]) -> Value {
    let mut report = words.report();
    if let Some(gpus) = report["facts"]["gpus"]["value"].as_array_mut() {
        gpus.iter_mut().zip(names).for_each(|(gpu, name)| gpu["name"] = common::case::known(name.as_str()));
    }
    let mut child = common::gpucheck()
        .args(["doctor", "--replay", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(report.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

/// Everything that a fix says, a line each.
fn told(fix: &Value) -> String {
    let text = |field: &str| fix[field].as_str().unwrap_or_default().to_owned();
    let list = |field: &str| fix[field].as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned());
    let lines = fix["commands"].as_array().unwrap().iter().map(|command| command["line"].as_str().unwrap().to_owned());
    let all = [text("summary"), text("result")].into_iter().chain(lines).chain(list("unproven"));
    all.chain(list("remains")).collect::<Vec<_>>().join("\n")
}

fn faults(name: &str, report: &Value, expected: &Expected) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(wanted) = &expected.findings {
        let mut found: Vec<&str> = [common::slugs(report, "error"), common::slugs(report, "warning")].concat();
        let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        found.sort_unstable();
        wanted.sort_unstable();
        if found != wanted {
            faults.push(format!("{name}: found {found:?}"));
        }
    }
    let fixes = |slug: &str| -> Vec<Value> {
        let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == slug);
        findings.flat_map(|finding| finding["fixes"].as_array().unwrap().clone()).collect()
    };
    for (slug, parts) in &expected.first {
        let first = fixes(slug).first().map(told).unwrap_or_default();
        for part in parts.iter().filter(|part| !first.contains(part.as_str())) {
            faults.push(format!("{name}: the first fix of {slug} does not say {part:?}:\n{first}"));
        }
    }
    for (slug, parts) in &expected.some {
        let all: Vec<String> = fixes(slug).iter().map(told).collect();
        for part in parts.iter().filter(|part| !all.iter().any(|told| told.contains(part.as_str()))) {
            faults.push(format!("{name}: no fix of {slug} says {part:?}:\n{}", all.join("\n\n")));
        }
    }
    for (slug, parts) in &expected.never {
        let all: Vec<String> = fixes(slug).iter().map(told).collect();
        for part in parts.iter().filter(|part| all.iter().any(|told| told.contains(part.as_str()))) {
            faults.push(format!("{name}: a fix of {slug} says {part:?}:\n{}", all.join("\n\n")));
        }
    }
    for (slug, proof) in &expected.proof {
        let first = fixes(slug).first().map(|fix| fix["proof"].clone());
        if first.as_ref().and_then(Value::as_str) != Some(proof) {
            faults.push(format!("{name}: {slug} is verified as {first:?}"));
        }
    }
    faults
}

#[test]
fn the_right_fix_comes_first() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixes");
    let mut faulty = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Case =
            toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        for (index, expected) in case.expect.iter().enumerate() {
            let names = if expected.names.is_empty() { &case.names } else { &expected.names };
            let report = judged(&case.facts.with(&expected.with), names);
            let name = format!("{}, number {index}", path.file_stem().unwrap().to_string_lossy());
            faulty.extend(faults(&name, &report, expected));
        }
        seen += 1;
    }
    assert!(faulty.is_empty(), "{}", faulty.join("\n\n"));
    assert!(seen >= 9, "{seen} cases");
}

#[test]
fn each_of_two_cards_gets_its_own_line() {
    let arguments = ["--driver", "580.95.05", "--os", "linux", "--python-version", "3.12", "--no-driver"];
    let (code, stdout, _) = common::run(
        common::gpucheck().args(["recommend", "--gpu", "RTX 5090", "--gpu", "GTX 1080 Ti"]).args(arguments),
    );
    assert_eq!(code, 1, "no driver serves both in one machine");
    for part in [
        "install       for NVIDIA GeForce RTX 5090 alone: torch ",
        "install       for NVIDIA GeForce GTX 1080 Ti alone: torch ",
    ] {
        assert!(stdout.contains(part), "{stdout}");
    }
    assert!(stdout.contains("whl/cu126") && !stdout.contains("installed version works"), "{stdout}");
}
