//! What people read, kept as files under `tests/snapshots/`: run with `UPDATE_SNAPSHOTS=1` to write them, then read the difference.
//!
//! The facts are those of a real environment (torch 2.7.1 with its companions from PyPI), saved by `--format json` and shortened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, time::Instant};

use gpucheck::{
    facts::Facts,
    judge::judge,
    knowledge::Knowledge,
    render::{Format, Screen, render},
    report::{CommandName, Report},
    rules::Judged,
};

const PATIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/patient-5090.json");

fn facts() -> Facts {
    let saved: serde_json::Value = serde_json::from_str(&fs::read_to_string(PATIENT).unwrap()).unwrap();
    serde_json::from_value(saved["facts"].clone()).unwrap()
}

fn report() -> Report {
    judge(CommandName::Doctor, facts(), &Knowledge::builtin().unwrap(), Judged::Selected, Instant::now())
}

fn shown(screen: Screen) -> String {
    render(report(), Format::Human, &screen).unwrap()
}

const PIPED: Screen = Screen { width: None, color: false, verbose: 0, quiet: false };

#[test]
fn the_patient_in_a_pipe() {
    common::snapshot("patient-piped.txt", &shown(PIPED));
}

#[test]
fn the_patient_at_80_and_140_columns() {
    for width in [80, 140] {
        let text = shown(Screen { width: Some(width), ..PIPED });
        let commands = |line: &&str| !line.contains("pip install");
        let widest = text.lines().filter(commands).map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{widest} of {width}");
        common::snapshot(&format!("patient-{width}.txt"), &text);
    }
}

#[test]
fn the_patient_in_colour_says_the_same() {
    let colour = shown(Screen { width: Some(80), color: true, ..PIPED });
    let plain = shown(Screen { width: Some(80), ..PIPED });
    let mut stripped = String::new();
    let mut rest = colour.as_str();
    while let Some((before, behind)) = rest.split_once("\x1b[") {
        stripped += before;
        rest = behind.split_once('m').unwrap().1;
    }
    assert_eq!(stripped + rest, plain);
    assert!(colour.contains("\x1b[1m\x1b[31m"), "an error is red");
}

#[test]
fn quiet_and_verbose() {
    let quiet = shown(Screen { quiet: true, ..PIPED });
    assert!(quiet.starts_with("✗ gpu-too-new-for-wheel"), "{quiet}");
    let verbose = shown(Screen { verbose: 1, ..PIPED });
    assert!(
        verbose.contains("gpucheck rule gpu-too-new-for-wheel") && verbose.contains("chosen by .venv"),
        "{verbose}"
    );
}

#[test]
fn a_recommendation() {
    let (code, out, err) = common::run(common::gpucheck().args([
        "recommend",
        "--gpu",
        "5090",
        "--gpu",
        "4090",
        "--driver",
        "581.57",
        "--os",
        "windows",
        "--python-version",
        "3.12",
        "--knowledge",
        common::NEWEST_TORCH,
    ]));
    assert_eq!((code, err.as_str()), (0, ""));
    common::snapshot("recommend-windows.txt", &out);
}

#[test]
fn a_recommendation_for_each_tool() {
    for tool in ["pip", "uv", "uv-project", "conda", "pixi", "poetry", "docker"] {
        let (code, out, err) = common::run(common::gpucheck().args([
            "recommend",
            "--gpu",
            "GTX 1080 Ti",
            "--driver",
            "580.95.05",
            "--os",
            "linux",
            "--python-version",
            "3.12",
            "--tool",
            tool,
        ]));
        assert_eq!((code, err.as_str()), (0, ""), "{tool}");
        // The first line is about the machine that the test runs on.
        let (_, shown) = out.split_once('\n').unwrap();
        common::snapshot(&format!("recommend-{tool}.txt"), shown);
    }
}
