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

/// Without any one row about what goes together, some wish is answered otherwise.
#[test]
fn every_row_about_stacks_is_missed_by_a_wish() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Case> = fs::read_dir(root.join("tests/wishes"))
        .unwrap()
        .map(|entry| toml::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let overlay = folder.path().join("packages/poorer.toml");
    fs::create_dir(folder.path().join("packages")).unwrap();
    for entry in fs::read_dir(NEWEST_TORCH).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let poorer = folder.path().to_str().unwrap();
    let answer = |case: &Case, knowledge: &str| {
        let machine = MACHINE.iter().filter(|[option, _]| !case.arguments.iter().any(|other| other == option));
        let machine =
            machine.map(|[option, value]| [*option, if *option == "--knowledge" { knowledge } else { value }]);
        let machine = machine.collect::<Vec<_>>().concat();
        run(gpucheck().args(["recommend", "--format", "json"]).args(machine).args(&case.arguments)).1
    };
    let fixes = |out: &str| serde_json::from_str::<Value>(out).unwrap()["findings"][0]["fixes"].clone();
    let mut unmissed = Vec::new();
    for name in ["cudf-cu12", "deepspeed", "faster-whisper", "jax", "sglang", "tensorrt-llm"] {
        let text = fs::read_to_string(root.join(format!("knowledge/packages/{name}.toml"))).unwrap();
        let blocks: Vec<&str> = text.split("\n[[").collect();
        let sources: Vec<&str> = blocks[0].lines().filter_map(|line| Some(line.split_once(" = \"")?.0)).collect();
        let sources: Vec<&&str> = sources.iter().filter(|key| **key != "name" && **key != "verified").collect();
        let filler = format!(
            "unpublished]]\nversions = \"==0.0.dev0\"\nthere = \"nothing\"\nsource = {sources:?}\nverified = \"2026-11-26\"\n"
        );
        let names = if name == "cudf-cu12" { &["cudf", "cuml"][..] } else { &[name] };
        let asks = |case: &&Case| case.arguments.iter().any(|word| names.iter().any(|name| word.contains(name)));
        let own: Vec<&Case> = cases.iter().filter(asks).collect();
        let whole: Vec<Value> = own.iter().map(|case| fixes(&answer(case, NEWEST_TORCH))).collect();
        for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.starts_with("build]]")) {
            let mut without = blocks.clone();
            without.remove(index);
            without.push(&filler);
            fs::write(&overlay, without.join("\n[[")).unwrap();
            if own.iter().zip(&whole).all(|(case, before)| fixes(&answer(case, poorer)) == *before) {
                unmissed.push(format!("{name}: {}", block.lines().skip(1).take(4).collect::<Vec<_>>().join(", ")));
            }
        }
    }
    assert!(unmissed.is_empty(), "no case in tests/wishes would miss these rows: {unmissed:#?}");
}

#[test]
fn what_is_printed() {
    for (name, arguments) in [
        ("torch", &["--gpu", "RTX 5090", "--torch", "2.7.1"][..]),
        ("with", &["--gpu", "RTX 4090", "--with", "vllm,xformers", "--with", "lmdeploy"]),
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
        ["--with", "vllm[audio"],
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
