//! The lines of fixes that rows bring, for the user's own tool and shell. A case is one file in `tests/lines`: the facts of a finding, and for
//! each tool and shell the lines of its first fix that has some.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, io::Write, path::Path, process::Stdio, time::Instant};

use common::{case::known, facts::Words};
use gpucheck::{
    facts::{Fact, Facts, ShellKind, Source},
    judge::judge,
    knowledge::Knowledge,
    report::CommandName,
    rules::Judged,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The public thread, or what it is about.
    #[expect(dead_code, reason = "for people")]
    source: String,
    /// Slug of the finding.
    rule: String,
    facts: Words,
    expect: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The tool that manages the environment.
    manager: String,
    /// The file that says so.
    manager_at: Option<String>,
    /// The shell, where it was named.
    shell: Option<String>,
    /// The environment's interpreter, which is not active; nothing: it is active.
    interpreter: Option<String>,
    /// Its folder.
    id: Option<String>,
    /// What is changed in the facts.
    #[serde(default)]
    with: Words,
    /// The lines; an empty list: no fix has any.
    lines: Vec<String>,
    /// Parts of summaries that no fix has.
    #[serde(default)]
    never: Vec<String>,
}

fn judged(case: &Case, expected: &Expected) -> Value {
    let mut report = case.facts.with(&expected.with).report();
    let environment = &mut report["facts"]["environments"][0];
    environment["manager"] = known(expected.manager.as_str());
    environment["manager"]["via"]["at"] = json!(expected.manager_at.as_deref().unwrap_or("test"));
    if let Some(interpreter) = &expected.interpreter {
        environment["interpreter"] = known(interpreter.as_str());
        environment["active"] = json!(false);
    }
    if let Some(id) = &expected.id {
        environment["id"] = json!(id);
    }
    let mut command = common::gpucheck();
    command.args(["doctor", "--replay", "-", "--format", "json"]);
    if let Some(shell) = &expected.shell {
        command.args(["--shell", shell]);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(report.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn each_tool_and_shell_gets_its_own_lines() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lines");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Case =
            toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        for expected in &case.expect {
            let report = judged(&case, expected);
            let fixes = common::finding(&report, &case.rule)["fixes"].as_array().unwrap();
            let lines = |fix: &Value| -> Vec<String> {
                let commands = fix["commands"].as_array().unwrap();
                commands.iter().map(|command| command["line"].as_str().unwrap().to_owned()).collect()
            };
            let first = fixes.iter().map(lines).find(|lines| !lines.is_empty()).unwrap_or_default();
            assert_eq!(first, expected.lines, "{path:?}: {expected:?}");
            for part in &expected.never {
                let said = fixes.iter().any(|fix| fix["summary"].as_str().unwrap().contains(part));
                assert!(!said, "{path:?}: {part}: {fixes:?}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 15, "{seen} cases");
}

/// The facts of every case about packages.
fn packages() -> Vec<Words> {
    #[derive(Deserialize)]
    struct File {
        case: Vec<Yes>,
    }
    #[derive(Deserialize)]
    struct Yes {
        yes: Words,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages");
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    files.flat_map(|text| toml::from_str::<File>(&text).unwrap().case).map(|case| case.yes).collect()
}

/// Every line of a report on Windows is for the shell that was asked for, or for a program that is the same everywhere.
fn only_for(shell: &str, fixes: &[gpucheck::finding::Fix]) -> usize {
    for command in fixes.iter().flat_map(|fix| &fix.commands) {
        let line = command.line.as_str();
        assert!(command.tool == shell || command.tool == "docker", "{shell}: {}: {line}", command.tool);
        let unix = ["export ", "sudo ", "unset ", "&& ", "| "].iter().any(|part| line.contains(part));
        assert!(!unix, "{shell}: {line}");
        // `NAME=value program` sets nothing there.
        let first = line.split(' ').next().unwrap();
        assert!(!first.contains('='), "{shell}: {line}");
    }
    fixes.iter().map(|fix| fix.commands.len()).sum()
}

#[test]
fn no_line_of_a_unix_shell_is_shown_on_windows() {
    let knowledge = Knowledge::builtin().unwrap();
    let mut lines = 0;
    for (shell, kind) in [("powershell", ShellKind::PowerShell), ("cmd", ShellKind::Cmd)] {
        let mut all: Vec<Value> = packages()
            .into_iter()
            .map(|words| Words { platform: Some("windows-x86_64".to_owned()), ..words }.report())
            .collect();
        for code in [3, 46, 100, 101, 802, 803, 804, 999] {
            let machine = || common::case::machine(&[("NVIDIA GeForce RTX 5090", "12.0", "2b85")]);
            for case in [machine().fails("cuda", code), machine().fails("nvml", code), machine().lacks("cuda")] {
                let windows = case.change(|facts| facts["host"]["platform"] = known("windows-x86_64"));
                all.push(windows.place(|environment| environment["platform"] = known("windows-x86_64")).report);
            }
        }
        for report in all {
            let mut facts: Facts = serde_json::from_value(report["facts"].clone()).unwrap();
            facts.host.shell = Fact::known(kind, Source::option("--shell"));
            let report = judge(CommandName::Doctor, facts, &knowledge, Judged::All, Instant::now());
            for finding in &report.findings {
                lines += only_for(shell, &finding.fixes);
            }
        }
    }
    assert!(lines > 200, "{lines} lines");
}
