//! `recommend --torch`, `--with` and `--keep`, end to end: a release of torch and packages that go with it, what clashes, and the constraints
//! that hold the set. Each case is one file in `tests/wishes`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::{NEWEST_TORCH, gpucheck, run, snapshot};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The arguments, besides those of [`MACHINE`].
    arguments: Vec<String>,
    /// Exit code.
    code: i32,
    /// Proof of the first way.
    proof: String,
    /// Its lines.
    #[serde(default)]
    lines: Vec<String>,
    /// The lines of constraints.
    #[serde(default)]
    constraints: Vec<String>,
    /// Parts of what is said: summary, and what is not verified.
    #[serde(default)]
    said: Vec<String>,
}

/// Of which machine, where the arguments do not say otherwise. The newest torch is the 99.0.0 of `tests/newest-torch`, whatever is added to
/// `knowledge/`.
const MACHINE: [[&str; 2]; 4] =
    [["--driver", "580.95.05"], ["--os", "linux"], ["--python-version", "3.12"], ["--knowledge", NEWEST_TORCH]];

fn recommend(arguments: &[String]) -> (i32, Value) {
    let open = |[option, _]: &[&str; 2]| !arguments.iter().any(|argument| argument == option);
    let machine = MACHINE.into_iter().filter(open).flatten();
    let (code, out, err) = run(gpucheck().args(["recommend", "--format", "json"]).args(machine).args(arguments));
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}\n{err}")))
}

#[test]
fn every_wish_gives_its_lines_or_the_clash() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wishes");
    let mut tried = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Case = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let (code, report) = recommend(&case.arguments);
        let fix = &report["findings"][0]["fixes"][0];
        let name = path.display();
        let texts = |value: &Value, key: &str| -> Vec<String> {
            let all = value.as_array().into_iter().flatten();
            all.map(|one| one[key].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(code, case.code, "{name}: {fix:#}");
        assert_eq!(texts(&fix["commands"], "line"), case.lines, "{name}: {fix:#}");
        assert_eq!(fix["proof"], case.proof.as_str(), "{name}: {fix:#}");
        let constraints = texts(&fix["edits"], "text").join("\n");
        for line in &case.constraints {
            assert!(constraints.contains(line), "{name}: {line} in {constraints}");
        }
        for said in &case.said {
            assert!(fix.to_string().contains(said), "{name}: {said} in {fix:#}");
        }
        tried += 1;
    }
    assert!(tried >= 12, "{tried} cases");
}

#[test]
fn what_is_printed() {
    for (name, arguments) in [
        ("torch", &["--gpu", "RTX 5090", "--torch", "2.7.1"][..]),
        ("with", &["--gpu", "RTX 4090", "--with", "vllm,xformers", "--with", "sglang"]),
        ("keep", &["--gpu", "RTX 5090", "--torch", "2.7.1", "--with", "xformers", "--keep", "--tool", "uv-project"]),
    ] {
        let (code, out, err) = run(gpucheck().arg("recommend").args(MACHINE.concat()).args(arguments));
        assert_eq!((code, err.as_str()), (0, ""), "{name}");
        // The first line is about the machine that the test runs on.
        let (_, shown) = out.split_once('\n').unwrap();
        snapshot(&format!("recommend-{name}.txt"), shown);
    }
}

#[test]
fn what_is_no_wish_is_refused() {
    for arguments in [
        ["--torch", "new"],
        ["--torch", "==2; python_version > '3'"],
        ["--with", "$(reboot)"],
        ["--with", "vllm[audio]"],
        ["--with", "x @ https://example.org/x.whl"],
        ["--with", ","],
    ] {
        let (code, out, err) = run(gpucheck().args(["recommend", "--gpu", "4090"]).args(arguments));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
    }
}

#[test]
fn a_saved_report_is_judged_with_its_wishes() {
    let arguments = ["--gpu", "RTX 5090", "--torch", "2.7.1", "--keep"].map(str::to_owned);
    let (_, report) = recommend(&arguments);
    let wanted = &report["facts"]["environments"][0]["wanted"];
    assert_eq!(wanted, &serde_json::json!({ "requirements": ["torch==2.7.1"], "keep": true }));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), report.to_string()).unwrap();
    let (_, out, _) = run(gpucheck().args(["doctor", "--format", "json", "--replay"]).arg(file.path()));
    let again: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(again["findings"][0]["fixes"], report["findings"][0]["fixes"]);
}
