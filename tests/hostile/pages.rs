//! Pages in every format: whatever was read, a terminal, a Markdown viewer and a reader of JSON see text, and only the lines that are ours.

use std::{fs, path::Path, time::Instant};

use gpucheck::{
    facts::Facts,
    judge::judge,
    knowledge::Knowledge,
    report::{Format, Report, Screen, render},
    rules::Judged,
    text,
};
use serde_json::Value;

use super::alphabet::{self, Dice};
use crate::common::{gpucheck, pack::Zip, run};

/// What a field would show at the start of a line if it could begin one.
const FORGED: &str = "FORGED";

fn screens() -> Vec<Screen> {
    let screen = Screen { width: None, color: false, verbose: 1, quiet: false };
    vec![screen, Screen { color: true, width: Some(60), ..screen }, Screen { quiet: true, ..screen }]
}

/// No character that acts or is not seen; of colours none but ours.
fn harmless(page: &str, format: Format, color: bool) {
    let mut rest = page.replace(['\n', '\t'], " ");
    if color {
        for sequence in ["\x1b[1;31m", "\x1b[1;33m", "\x1b[32m", "\x1b[2m", "\x1b[1m", "\x1b[36m", "\x1b[0m"] {
            rest = rest.replace(sequence, "");
        }
    }
    if let Some(at) = rest.find(text::is_hidden) {
        panic!("{format:?}: {:?}", rest[at..].chars().take(60).collect::<String>());
    }
    for line in page.lines().map(|line| line.trim_start_matches([' ', '-', '>', '#'])) {
        assert!(!line.starts_with(FORGED), "{format:?}: {line}");
    }
}

/// The report in every format, on every screen.
fn all_formats(report: &Report) {
    for screen in screens() {
        for format in [Format::Human, Format::Markdown, Format::Json] {
            let page = render(report.clone(), format, &screen).unwrap();
            harmless(&page, format, screen.color && format == Format::Human);
            if format == Format::Json {
                assert!(serde_json::from_str::<Value>(&page).is_ok());
            }
            if format == Format::Markdown {
                fences_hold(&page);
            }
        }
    }
}

/// Every block that is opened is closed by a fence of its own length, and holds none in between.
fn fences_hold(page: &str) {
    let mut open: Option<&str> = None;
    for line in page.lines() {
        let ticks = line.trim_start_matches(' ').split(|c| c != '`').next().unwrap_or_default();
        match open {
            None if ticks.len() >= 3 => open = Some(ticks),
            Some(fence) if line.trim() == fence => open = None,
            Some(fence) => assert!(ticks.len() < fence.len(), "{line}"),
            None => {}
        }
    }
    assert!(open.is_none(), "a block without end");
}

fn judged(facts: Facts, knowledge: &Knowledge) -> Report {
    judge("doctor", facts, knowledge, Judged::All, Instant::now())
}

#[test]
fn generated_facts_say_nothing_by_themselves() {
    let knowledge = Knowledge::builtin().unwrap();
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let environments = (0..5).map(|_| {
            let (id, python) = (dice.text(), dice.text());
            alphabet::environment(id, python, &mut dice)
        });
        let facts = alphabet::facts(environments.collect(), &mut Dice::new(seed + 1000));
        all_formats(&judged(facts, &knowledge));
    }
}

/// Appends to every text of the facts that may hold any text.
fn poisoned(saved: &Value) -> Facts {
    let mut paths = Vec::new();
    leaves(saved, String::new(), &mut paths);
    let mut value = saved.clone();
    for path in paths {
        let leaf = value.pointer_mut(&path).unwrap();
        let Value::String(before) = leaf.take() else { unreachable!("a leaf is text") };
        *value.pointer_mut(&path).unwrap() =
            Value::String(format!("{before}\n{FORGED}\r\n{FORGED}\u{2028}```\n{FORGED}\x1b[2J\u{9b}5n\u{202e}"));
        if serde_json::from_value::<Facts>(value.clone()).is_err() {
            *value.pointer_mut(&path).unwrap() = Value::String(before);
        }
    }
    serde_json::from_value(value).unwrap()
}

fn leaves(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::String(_) if !path.ends_with("/state") && !path.ends_with("/how") => found.push(path),
        Value::Array(list) => {
            list.iter().take(4).enumerate().for_each(|(index, value)| leaves(value, format!("{path}/{index}"), found));
        }
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, format!("{path}/{key}"), found)),
        _ => {}
    }
}

#[test]
fn no_field_of_saved_facts_forges_a_line() {
    let knowledge = Knowledge::builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts");
    for file in fs::read_dir(folder).unwrap() {
        let report: Value = serde_json::from_str(&fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
        all_formats(&judged(poisoned(&report["facts"]), &knowledge));
    }
}

const NAME: &str = "a\n```\nFORGED <img src=x>\n✓ is built for sm_120\x1b[2J\u{9b}31m\u{202e}.so";

#[cfg(unix)]
#[test]
fn no_file_name_forges_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let library = alphabet::library();
    fs::write(folder.path().join(NAME), &library).unwrap();
    fs::write(folder.path().join("needs\x1b[2Jescapes.so"), &library[..40]).unwrap();
    let wheel = folder.path().join("demo-1.0-py3-none-any.whl");
    fs::write(&wheel, Zip::default().deflated(&format!("demo/{NAME}"), &library).finish()).unwrap();
    for target in [folder.path(), &wheel] {
        for format in ["human", "markdown", "json"] {
            for color in ["always", "never"] {
                let options = ["--format", format, "--color", color, "--gpu", "5090", "--require", "sm_120", "-v"];
                let (_, out, err) = run(gpucheck().arg("scan").arg(target).args(options));
                let format = if format == "json" { Format::Json } else { Format::Human };
                harmless(&out, format, color == "always");
                harmless(&err, Format::Human, false);
                assert!(out.contains("sm_90a"), "{out}{err}");
            }
        }
    }
}

#[test]
fn complaints_are_one_line_of_text() {
    let odd = "no\x1b[2J\n✓ FORGED\u{202e}\u{9b}file";
    for arguments in [
        vec!["scan", odd],
        vec!["doctor", odd],
        vec!["doctor", "--gpu", odd],
        vec!["doctor", "--root", odd],
        vec!["--replay", odd],
        vec!["--knowledge", odd],
        vec!["rule", odd],
        vec!["kb", "show", "package", odd],
        vec!["kb", "verify", odd],
        vec!["matrix", "--gpu", "5090", "--torch", odd],
        vec!["--output", odd, "--gpu", "5090", "/nowhere"],
    ] {
        let (code, out, err) = run(gpucheck().args(&arguments));
        assert!(code == 2 && out.is_empty(), "{arguments:?}: {code} {out}");
        harmless(&err, Format::Human, false);
        assert_eq!(err.lines().count(), 1, "{arguments:?}: {err}");
    }
    for arguments in [vec![odd], vec!["--format", odd], vec!["--driver", odd], vec!["scan", "--require", odd, "x"]] {
        let (code, out, err) = run(gpucheck().args(&arguments).env("CLICOLOR_FORCE", "1"));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(!err.replace('\n', "").contains(text::is_hidden), "{err:?}");
    }
}
