//! Pages in every format: whatever was read, a terminal, a Markdown viewer and a reader of JSON see text, and only the lines that are ours.

use std::{fs, path::Path, time::Instant};

use gpucheck::{
    facts::Facts,
    judge::{Grid, judge},
    knowledge::Knowledge,
    report::{Body, CommandName, Matrix, Report},
    rules::Judged,
    text,
};

use super::{
    alphabet::{self, Dice},
    holds::{self, FORGED, every_format, harmless},
    poison::Saved,
};
use crate::common::{gpucheck, pack::Zip, run};

/// The reports of every command that judges facts; the page of each is another.
fn judged(facts: &Facts, knowledge: &Knowledge) -> Vec<Report> {
    let of = |command| judge(command, facts.clone(), knowledge, Judged::All, Instant::now());
    let mut reports: Vec<Report> =
        [CommandName::Doctor, CommandName::Smoke, CommandName::Recommend].into_iter().map(of).collect();
    let platform = "linux-x86_64".parse().unwrap();
    let releases = knowledge.torch_releases().filter(|release| release.version.starts_with("2.7.")).collect();
    let grid = Grid { releases, cuda: Vec::new(), python: None };
    let mut matrix = of(CommandName::Matrix);
    matrix.body = Body::Matrix { matrix: Matrix::new(facts, knowledge, platform, &grid) };
    matrix.labels = [("a\nFORGED".to_owned(), "b\x1b[2J".to_owned())].into();
    reports.push(matrix);
    reports
}

#[test]
fn generated_facts_say_nothing_by_themselves() {
    let knowledge = Knowledge::builtin().unwrap();
    for seed in 0..30 {
        let mut dice = Dice::new(seed);
        let environments = (0..5).map(|_| {
            let (id, python) = (dice.text(), dice.text());
            alphabet::environment(id, python, &mut dice)
        });
        let facts = alphabet::facts(environments.collect(), &mut Dice::new(seed + 1000));
        judged(&facts, &knowledge).iter().for_each(every_format);
    }
}

#[test]
fn no_field_of_saved_facts_forges_a_line() {
    let knowledge = Knowledge::builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts");
    for file in fs::read_dir(folder).unwrap() {
        let saved = Saved::of_report(&fs::read_to_string(file.unwrap().path()).unwrap());
        let poison = format!("\n{FORGED}\r\n{FORGED}\u{2028}```\n{FORGED}\x1b[2J\u{9b}5n\u{202e}");
        let facts = saved.with(|_, text| format!("{text}{poison}"));
        judged(&facts, &knowledge).iter().for_each(every_format);
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
        for format in ["human", "markdown", "json", "github", "sarif", "junit", "gitlab"] {
            for color in ["always", "never"] {
                let options = ["--format", format, "--color", color, "--gpu", "5090", "--require", "sm_120", "-v"];
                let (_, out, err) = run(gpucheck().arg("scan").arg(target).args(options));
                harmless(&out, color == "always");
                harmless(&err, false);
                let pages = ["human", "markdown", "json"];
                assert!(out.contains("sm_90a") || !pages.contains(&format), "{out}{err}");
                assert!(out.contains("sm_120"), "{out}{err}");
                match format {
                    "github" => holds::workflow_commands(&out),
                    "junit" => holds::tags_hold(&out),
                    _ => {}
                }
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

/// Rows that somebody else wrote, hostile wherever they may be.
const ROWS: &str = r##"
[sources]
s = "src\nFORGED source \u202E <img src=x> [l](http://e)"
[package]
name = "evilpkg"
main = []
source = ["s"]
verified = "2026-11-21"
[[problem]]
id = "evil-problem"
title = "title\nFORGED title\u001B[2J"
severity = "warning"
when = { variables = [{ name = "CUDA_VISIBLE_DEVICES" }] }
cause = "{package}\nFORGED cause `a` ~~~"
symptoms = ["symptom\nFORGED symptom ```\n~~~"]
fixes = [
  { summary = "~~~\nFORGED summary", set = { "EVIL;id" = "1" } },
  { summary = "- x\n# FORGED heading", uninstall = ["evilpkg;id", "-r/x"] },
  { summary = "1. x", install = ["evilpkg==1+cu9"], index = "../../evil.example/$(id)" },
  { summary = "=== x", requirements = ["foo @ file:///x", "foo>=1;id"] },
  { summary = "line", commands = [{ tool = "sh", line = "echo hi\nFORGED line" }] },
  { summary = "ticks", commands = [{ tool = "sh", line = "echo ``` hi" }] },
]
confidence = "measured"
source = ["s"]
verified = "2026-11-26"
"##;

#[test]
fn rows_of_an_overlay_forge_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("packages")).unwrap();
    fs::write(folder.path().join("packages/evilpkg.toml"), ROWS).unwrap();
    let place = folder.path().to_str().unwrap();
    for arguments in
        [vec!["rule"], vec!["rule", "evil-problem"], vec!["kb", "show", "package", "evilpkg"], vec!["kb", "list"]]
    {
        let (code, out, err) = run(gpucheck().args(&arguments).args(["--knowledge", place]));
        assert_eq!(code, 0, "{arguments:?}: {err}");
        harmless(&out, false);
    }
    let (_, page, _) = run(gpucheck().args(["rule", "evil-problem", "--knowledge", place]));
    assert!(page.contains("title\\nFORGED title\\x1b[2J") && !page.contains("`pip uninstall evilpkg;id`"), "{page}");
    // The row is about a package that is there.
    let site = folder.path().join("venv/lib/python3.12/site-packages/evilpkg-1.0.dist-info");
    fs::create_dir_all(&site).unwrap();
    fs::write(site.join("METADATA"), "Metadata-Version: 2.1\nName: evilpkg\nVersion: 1.0\n").unwrap();
    for format in ["human", "markdown", "json", "github", "sarif", "junit", "gitlab"] {
        let options = ["--gpu", "5090", "--driver", "580.95.05", "--format", format, "--knowledge", place];
        let mut command = gpucheck();
        command.arg("doctor").arg(site.parent().unwrap()).args(options).env("CUDA_VISIBLE_DEVICES", "0");
        let (_, out, err) = run(&mut command);
        assert!(out.contains("evil-problem") || out.contains("evil\\-problem"), "{out}{err}");
        harmless(&out, false);
    }
}

#[test]
fn help_does_not_say_what_variables_hold() {
    let odd = "x\x1b[2J\nFORGED https://u:secretpw@h/";
    for command in
        [vec!["--help"], vec!["-h"], vec!["scan", "--help"], vec!["matrix", "-h"], vec!["kb", "list", "--help"]]
    {
        let mut help = gpucheck();
        help.args(&command);
        for name in ["ROOT", "GPU", "PYTHON", "KNOWLEDGE", "OUTPUT", "LABEL", "EXPECT", "TORCH"] {
            help.env(format!("GPUCHECK_{name}"), odd);
        }
        let (code, out, err) = run(&mut help);
        assert_eq!(code, 0, "{err}");
        harmless(&out, false);
        assert!(!out.contains("secretpw"), "{out}");
    }
}
