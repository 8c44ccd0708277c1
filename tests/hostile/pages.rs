//! Pages in every format: whatever was read, a terminal, a Markdown viewer and a reader of JSON see text, and only the lines that are ours.

use std::{fs, path::Path, time::Instant};

use gpucheck::{facts::Facts, judge::judge, knowledge::Knowledge, report::Report, rules::Judged, text};

use super::{
    alphabet::{self, Dice},
    holds::{FORGED, every_format, harmless},
    poison::Saved,
};
use crate::common::{gpucheck, pack::Zip, run};

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
        every_format(&judged(facts, &knowledge));
    }
}

#[test]
fn no_field_of_saved_facts_forges_a_line() {
    let knowledge = Knowledge::builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts");
    for file in fs::read_dir(folder).unwrap() {
        let saved = Saved::of_report(&fs::read_to_string(file.unwrap().path()).unwrap());
        let poison = format!("\n{FORGED}\r\n{FORGED}\u{2028}```\n{FORGED}\x1b[2J\u{9b}5n\u{202e}");
        every_format(&judged(saved.with(|_, text| format!("{text}{poison}")), &knowledge));
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
                harmless(&out, color == "always");
                harmless(&err, false);
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
        harmless(&err, false);
        assert_eq!(err.lines().count(), 1, "{arguments:?}: {err}");
    }
    for arguments in [vec![odd], vec!["--format", odd], vec!["--driver", odd], vec!["scan", "--require", odd, "x"]] {
        let (code, out, err) = run(gpucheck().args(&arguments).env("CLICOLOR_FORCE", "1"));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(!err.replace('\n', "").contains(text::is_hidden), "{err:?}");
    }
}
