//! End to end: what CI systems get. The formats for them, whatever files are named and contain; and the action, the hooks and the job that
//! the project offers, their steps run as they stand on a repository with a finding, without one, and with a file that cannot be read.
//!
//! `scripts/validate-ci.sh` holds the same outputs and files against the schemas of their publishers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::Path,
    process::Command,
};

use common::{gpucheck, run};
use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

const MACHINE: [&str; 6] = ["--gpu", "RTX 5090", "--driver", "580.95.05", "--python-version", "3.12"];
const WRONG: &str = "# pinned\ntorch==2.7.1+cu126\n--extra-index-url https://download.pytorch.org/whl/cu126\n";
const RIGHT: &str = "torch==2.7.1+cu128\n--extra-index-url https://download.pytorch.org/whl/cu128\n";
const RULE: &str = "gpu-too-new-for-wheel";

/// A folder with these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// `gpucheck check` in this folder for the machine.
fn check(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(gpucheck().current_dir(folder).arg("check").args(MACHINE).args(arguments))
}

fn sarif(folder: &Path, arguments: &[&str]) -> Value {
    let (_, out, err) = check(folder, &[&["--format", "sarif"], arguments].concat());
    let log: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    assert_eq!((log["version"].as_str(), log["runs"].as_array().map(Vec::len)), (Some("2.1.0"), Some(1)));
    let run = log["runs"][0].clone();
    for result in run["results"].as_array().unwrap() {
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(
            rule["help"]["markdown"].as_str().unwrap().starts_with(&format!("# {}\n", rule["id"].as_str().unwrap()))
        );
        assert!(rule["shortDescription"]["text"].as_str().unwrap().len() > 10, "{rule}");
    }
    run
}

#[test]
fn sarif_has_places_that_hold_and_fixes_that_mend() {
    let folder = project(&[("requirements.txt", WRONG)]);
    let log = sarif(folder.path(), &["requirements.txt"]);
    let result = &log["results"][0];
    assert_eq!((result["ruleId"].as_str(), result["level"].as_str()), (Some(RULE), Some("error")));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "requirements.txt");
    assert_eq!(place["region"], serde_json::json!({"startLine": 2, "startColumn": 1, "endColumn": 19}));
    // Lines above move the place and not the fingerprint.
    fs::write(folder.path().join("requirements.txt"), format!("numpy\n\n{WRONG}")).unwrap();
    let moved = sarif(folder.path(), &["requirements.txt"]);
    assert_eq!(moved["results"][0]["partialFingerprints"], result["partialFingerprints"]);
    assert_eq!(moved["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
    // The first fix, applied as an editor would.
    fs::write(folder.path().join("requirements.txt"), mended(WRONG, &result["fixes"][0])).unwrap();
    let (code, out, _) = check(folder.path(), &["requirements.txt"]);
    assert_eq!(code, 0, "{out}");
}

/// A text of one file with the replacements of a fix.
fn mended(text: &str, fix: &Value) -> String {
    let changes = fix["artifactChanges"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    let mut text = text.to_owned();
    for replacement in changes[0]["replacements"].as_array().unwrap().iter().rev() {
        let region = &replacement["deletedRegion"];
        let number = |key: &str| region[key].as_u64().map(|number| usize::try_from(number).unwrap());
        let at = |line: usize, column: usize| {
            let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
            start + text[start..].chars().take(column - 1).map(char::len_utf8).sum::<usize>()
        };
        let (line, column) = (number("startLine").unwrap(), number("startColumn").unwrap());
        let range = at(line, column)..at(number("endLine").unwrap_or(line), number("endColumn").unwrap());
        text.replace_range(range, replacement["insertedContent"]["text"].as_str().unwrap_or_default());
    }
    text
}

#[test]
fn paths_start_at_the_root_of_the_repository() {
    let folder = project(&[(".git/HEAD", "ref: refs/heads/main\n"), ("services/a b/requirements.txt", WRONG)]);
    let inner = folder.path().join("services/a b");
    let log = sarif(&inner, &["requirements.txt"]);
    let uri = &log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "services/a%20b/requirements.txt");
    let (_, out, _) = check(&inner, &["requirements.txt", "--format", "github"]);
    assert!(out.starts_with("::error file=services/a b/requirements.txt,line=2,col=1,endColumn=19,title="), "{out}");
    let (_, out, _) = check(&inner, &["requirements.txt", "--format", "gitlab"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(list[0]["location"]["path"], "services/a b/requirements.txt");
    assert_eq!((list[0]["severity"].as_str(), &list[0]["location"]["lines"]["begin"]), (Some("critical"), &2.into()));
    // What a CI system calls the root counts before that.
    let mut command = gpucheck();
    command.current_dir(&inner).env("GITHUB_WORKSPACE", folder.path().join("services").canonicalize().unwrap());
    let (_, out, _) = run(command.args(["check", "requirements.txt", "--format", "github"]).args(MACHINE));
    assert!(out.starts_with("::error file=a b/requirements.txt,"), "{out}");
}

/// Names that would end a line, a property, a tag, a cell or an address.
const NAMES: [&str; 8] = [
    "a\n::error::forged/requirements.txt",
    "a::set-output name=x::y,line=9/requirements.txt",
    "100%0A::error::x%/requirements.txt",
    "]]></failure><system-out>&amp;\"'/requirements.txt",
    "##[set-output name=x]y/requirements.txt",
    "| a | `b` | <img src=x>/requirements.txt",
    "\x1b[2J\u{202e}\u{fffe}\u{7}/requirements.txt",
    "#?javascript:é \\../requirements.txt",
];

#[test]
fn names_of_files_end_nothing() {
    for name in NAMES {
        let folder = project(&[(name, WRONG)]);
        let of = |format: &str| {
            let (code, out, err) = check(folder.path(), &[name, "--format", format]);
            assert_eq!(code, 1, "{name:?} {format}: {err}");
            assert!(!out.replace(['\n', '\t'], "").contains(gpucheck::text::is_hidden), "{name:?} {format}: {out}");
            out
        };
        let github = of("github");
        let commands: Vec<&str> = github.lines().filter(|line| line.trim_start().starts_with("::")).collect();
        assert!(commands.iter().all(|line| line.starts_with("::error file=")) && commands.len() == 1, "{github}");
        assert_eq!(github.lines().count(), 2, "{github}");
        assert!(!github.lines().last().unwrap().contains("##["), "{github}");
        let file = github.split_once("file=").unwrap().1.split(',').next().unwrap();
        let unescape = |text: &str| {
            [("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]
                .iter()
                .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        assert_eq!(unescape(file), gpucheck::text::visible(name).replace("\\n", "\n"), "{github}");

        let log = sarif(folder.path(), &[name]);
        let uri = log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{uri}");
        assert_eq!(decoded(uri), name, "{uri}");

        let junit = of("junit");
        assert_eq!(junit.matches("<testcase ").count(), 1, "{junit}");
        assert_eq!(junit.matches("<failure ").count(), 1, "{junit}");
        assert_eq!(junit.matches("<system-out>").count(), 1, "{junit}");

        let list: Value = serde_json::from_str(&of("gitlab")).unwrap();
        assert_eq!(list.as_array().unwrap().len(), 1);

        for format in ["human", "markdown"] {
            let page = of(format);
            let forged = |line: &str| line.trim_start().starts_with("::");
            assert!(!page.lines().any(forged) && !page.contains("asks for no torch"), "{page}");
            assert!(format == "human" || !page.replace("\\<", "").contains("<img"), "{page}");
        }
    }
}

fn decoded(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&behind[..2]).unwrap(), 16).unwrap());
            rest = &behind[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_report_that_fails_the_command_has_failures() {
    // A warning is a case that was skipped, unless it fails the command.
    let warns = project(&[(
        "Dockerfile",
        "FROM nvidia/cuda:12.8.0-devel-ubuntu22.04\nRUN pip install torch==2.8.0\nENV TORCH_CUDA_ARCH_LIST=\"7.5 8.0\"\n",
    )]);
    let junit = |folder: &Path, more: &[&str]| {
        let (code, out, _) = check(folder, &[&["--format", "junit"], more].concat());
        let number = |name: &str| -> usize {
            out.split_once(&format!(" {name}=\"")).unwrap().1.split('"').next().unwrap().parse().unwrap()
        };
        assert_eq!(number("tests"), out.matches("<testcase ").count(), "{out}");
        assert_eq!(number("failures"), out.matches("<failure ").count(), "{out}");
        assert_eq!(number("skipped"), out.matches("<skipped ").count(), "{out}");
        assert_eq!(code == 1, number("failures") > 0, "{code}: {out}");
        (code, out)
    };
    let (code, out) = junit(warns.path(), &["Dockerfile"]);
    assert!(code == 0 && out.contains("<skipped message=\"warning: "), "{out}");
    assert_eq!(junit(warns.path(), &["Dockerfile", "--fail-on", "warning"]).0, 1);
    let wrong = project(&[("requirements.txt", WRONG), ("other/requirements.txt", RIGHT)]);
    let (code, out) = junit(wrong.path(), &["."]);
    assert!(code == 1 && out.contains("name=\"other/requirements.txt\" time=\"0\"/>"), "{out}");
    // Of several machines each has its suite.
    let targets =
        ["--target", "RTX 5090,driver=580.95.05", "--target", "RTX 4090,driver=580.95.05", "--format", "junit"];
    let (code, out, err) = run(gpucheck().current_dir(wrong.path()).args(["check", "requirements.txt"]).args(targets));
    assert_eq!((code, out.matches("<testsuite ").count()), (1, 2), "{err}");
    let (first, second) = out.split_at(out.rfind("<testsuite ").unwrap());
    assert!(first.contains(" failures=\"1\"") && second.contains(" failures=\"0\""), "{out}");
}

#[test]
fn without_a_gpu_nothing_is_an_error_that_runs_somewhere() {
    let folder = project(&[("requirements.txt", WRONG)]);
    let survey = |format: &str, text: &str| {
        fs::write(folder.path().join("requirements.txt"), text).unwrap();
        let arguments = ["check", "requirements.txt", "--no-driver", "--format", format];
        run(gpucheck().current_dir(folder.path()).args(arguments))
    };
    let (code, out, err) = survey("github", WRONG);
    assert_eq!(code, 0, "{out}{err}");
    assert!(!out.contains("::error") && out.contains("::notice file=requirements.txt,line=2"), "{out}");
    let (code, out, _) = survey("junit", WRONG);
    assert!(code == 0 && !out.contains("<failure"), "{out}");
}

#[test]
fn the_job_summary_is_added_to() {
    let folder = project(&[("requirements.txt", WRONG)]);
    let summary = folder.path().join("summary");
    fs::write(&summary, "before\n").unwrap();
    let with = |arguments: &[&str]| {
        let mut command = gpucheck();
        command.current_dir(folder.path()).env("GITHUB_STEP_SUMMARY", &summary);
        run(command.args(["check", "requirements.txt"]).args(MACHINE).args(arguments))
    };
    assert_eq!(with(&[]).0, 1);
    assert_eq!(fs::read_to_string(&summary).unwrap(), "before\n", "for the github format alone");
    assert_eq!(with(&["--format", "github"]).0, 1);
    assert_eq!(with(&["--output", "github=annotations", "--output", "sarif=log.sarif"]).0, 1);
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("before\n## gpucheck check\n"), "{text}");
    assert_eq!(text.matches("## gpucheck check\n").count(), 2, "{text}");
    assert!(fs::read_to_string(folder.path().join("annotations")).unwrap().starts_with("::error file="));
    let (code, out, err) = with(&["--format", "github", "--output", "github=-"]);
    assert_eq!((code, out.matches("::error ").count()), (1, 2), "{out}{err}");
    let mut command = gpucheck();
    command.current_dir(folder.path()).env("GITHUB_STEP_SUMMARY", "/no/such/folder/summary");
    let (code, _, err) = run(command.args(["check", "requirements.txt", "--format", "github"]).args(MACHINE));
    assert!(code == 3 && err.contains("job summary"), "{code} {err}");
}

#[test]
fn a_misspelt_format_is_no_file() {
    let folder = project(&[("requirements.txt", RIGHT)]);
    for (word, meant) in
        [("sariff=x", "did you mean sarif?"), ("gihub=x", "github"), ("nothing=x", "formats are human,")]
    {
        let (code, _, err) = check(folder.path(), &["requirements.txt", "--output", word]);
        assert!(code == 2 && err.contains(meant), "{err}");
    }
    let (code, _, err) = check(folder.path(), &["requirements.txt", "--format", "sariv"]);
    assert!(code == 2 && err.contains("'sarif'"), "{err}");
    let (code, out, _) = check(folder.path(), &["requirements.txt", "--output", "./nothing=x"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(folder.path().join("nothing=x").exists());
}

#[test]
fn a_file_that_cannot_be_read_fails_beside_others() {
    let folder = project(&[("requirements.txt", RIGHT)]);
    let (code, out, err) = check(folder.path(), &["requirements.txt", "gone.txt"]);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("requirements.txt") && err.contains("cannot read gone.txt"), "{out}{err}");
}

/// YAML as JSON; texts are all there is.
fn yaml(text: &str) -> Value {
    let mut open: Vec<(Value, Option<String>, usize)> = Vec::new();
    let mut anchors: BTreeMap<usize, Value> = BTreeMap::new();
    let mut whole = Value::Null;
    for event in Parser::new_from_str(text) {
        let (value, anchor) = match event.unwrap().0 {
            Event::Scalar(text, _, anchor, _) => (Value::String(text.into_owned()), anchor),
            Event::Alias(anchor) => (anchors[&anchor].clone(), 0),
            Event::SequenceStart(anchor, _) => {
                open.push((Value::Array(Vec::new()), None, anchor));
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push((Value::Object(Map::new()), None, anchor));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (value, _, anchor) = open.pop().unwrap();
                (value, anchor)
            }
            _ => continue,
        };
        anchors.insert(anchor, value.clone());
        match open.last_mut() {
            Some((Value::Array(list), ..)) => list.push(value),
            Some((Value::Object(map), key, _)) => match key.take() {
                Some(key) => drop(map.insert(key, value)),
                None => *key = Some(value.as_str().unwrap().to_owned()),
            },
            _ => whole = value,
        }
    }
    whole
}

fn of_project(file: &str) -> Value {
    yaml(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap())
}

/// Runs the steps of `action.yml` as a runner does, with these inputs; gives the exit code of the first that fails, the log and the summary.
fn action(repository: &Path, inputs: &[(&str, &str)]) -> (i32, String, String) {
    action_with(&std::env::var_os("PATH").unwrap(), repository, inputs)
}

fn action_with(path: &OsStr, repository: &Path, inputs: &[(&str, &str)]) -> (i32, String, String) {
    let action = of_project("action.yml");
    let runner = tempfile::tempdir().unwrap();
    let summary = runner.path().join("summary");
    let mut outputs: BTreeMap<String, String> = BTreeMap::new();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (name, input) in action["inputs"].as_object().unwrap() {
        values.insert(format!("inputs.{name}"), input["default"].as_str().unwrap().to_owned());
    }
    for (name, value) in inputs {
        assert!(values.insert(format!("inputs.{name}"), (*value).to_owned()).is_some(), "no input {name}");
    }
    let mut log = String::new();
    for step in action["runs"]["steps"].as_array().unwrap() {
        let filled = |value: &Value| {
            let text = value.as_str().unwrap();
            let Some(name) = text.strip_prefix("${{ ").and_then(|text| text.strip_suffix(" }}")) else {
                return text.to_owned();
            };
            values.get(name).or_else(|| outputs.get(name)).unwrap_or_else(|| panic!("{name}")).clone()
        };
        // No input may be part of a script.
        let script = step["run"].as_str().unwrap();
        assert!(!script.contains("${{") && step["shell"] == "bash");
        let file = runner.path().join("output");
        fs::write(&file, "").unwrap();
        let folder = step.get("working-directory").map_or(".".to_owned(), filled);
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(repository.join(folder));
        command.env_clear().env("PATH", path).env("GITHUB_WORKSPACE", repository);
        command.env("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR")).env("GITHUB_OUTPUT", &file);
        command.env("GITHUB_STEP_SUMMARY", &summary).env("RUNNER_TEMP", runner.path());
        for (name, value) in step["env"].as_object().unwrap() {
            command.env(name, filled(value));
        }
        let output = command.output().unwrap();
        log += &String::from_utf8(output.stdout).unwrap();
        log += &String::from_utf8(output.stderr).unwrap();
        let id = step["id"].as_str().unwrap();
        for line in fs::read_to_string(&file).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            outputs.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        if !output.status.success() {
            let code = output.status.code().unwrap();
            assert!(id != "check" || outputs["steps.check.outputs.exit-code"] == code.to_string());
            return (code, log, fs::read_to_string(&summary).unwrap_or_default());
        }
    }
    for output in action["outputs"].as_object().unwrap().values() {
        let name = output["value"].as_str().unwrap().trim_start_matches("${{ ").trim_end_matches(" }}");
        assert!(outputs.contains_key(name), "{name}: {outputs:?}");
    }
    (0, log, fs::read_to_string(&summary).unwrap_or_default())
}

/// The commands that a runner would obey in a log.
fn obeyed(log: &str) -> Vec<&str> {
    let mut stopped: Option<String> = None;
    let mut obeyed = Vec::new();
    for line in log.lines() {
        match &stopped {
            Some(token) if line.trim() == format!("::{token}::") => stopped = None,
            Some(_) => {}
            None => match line.trim_start().strip_prefix("::stop-commands::") {
                Some(token) => stopped = Some(token.to_owned()),
                None if line.trim_start().starts_with("::") || line.contains("##[") => obeyed.push(line),
                None => {}
            },
        }
    }
    assert!(stopped.is_none());
    obeyed
}

#[test]
fn the_action_runs_as_it_stands() {
    let program = env!("CARGO_BIN_EXE_gpucheck");
    let machine = ("target", "RTX 5090,driver=580.95.05,os=linux,python=3.12\n");
    // With a finding; one file has a name and a text that would be commands.
    let odd = "::error::x ##[error]y/requirements.txt";
    let wrong = format!("{WRONG}# ::warning::forged ##[warning]forged\n");
    let repository = project(&[("app/requirements.txt", &wrong), (odd, &wrong)]);
    let inputs = [("path", program), machine, ("sarif", "log.sarif"), ("junit", "junit.xml")];
    let (code, log, summary) = action(repository.path(), &inputs);
    assert_eq!(code, 1, "{log}");
    let commands = obeyed(&log);
    assert_eq!(commands.len(), 2, "{log}");
    assert!(commands.iter().any(|line| line.starts_with("::error file=app/requirements.txt,line=2,")), "{log}");
    assert!(summary.contains("gpu-too-new-for-wheel"), "{summary}");
    let sarif: Value = serde_json::from_str(&fs::read_to_string(repository.path().join("log.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 2);
    assert!(fs::read_to_string(repository.path().join("junit.xml")).unwrap().contains("<failure "));
    // Without one, in a folder of its own, the program's version held against what is wanted.
    let repository = project(&[("app/requirements.txt", RIGHT)]);
    let version = env!("CARGO_PKG_VERSION");
    let inputs = [("path", program), machine, ("working-directory", "app"), ("version", version)];
    let (code, log, summary) = action(repository.path(), &inputs);
    assert_eq!((code, obeyed(&log)), (0, vec![]), "{log}");
    assert!(summary.starts_with("## gpucheck check"), "{summary}");
    // Several files, one of which is gone; arguments one to a line.
    let inputs =
        [("path", program), machine, ("files", "app/requirements.txt\n-gone.txt\n"), ("arguments", "-q\n--set\nA=b c")];
    let (code, log, _) = action(repository.path(), &inputs);
    assert_eq!(code, 2, "{log}");
    let commands = obeyed(&log);
    assert!(commands.len() == 1 && commands[0].starts_with("::error title=gpucheck::gpucheck: cannot read "), "{log}");
    // A file that is broken is a warning at its place.
    let repository = project(&[("pyproject.toml", "[project\nname = 1\n")]);
    let (code, log, _) = action(repository.path(), &[("path", program), machine]);
    assert!(code != 1 && obeyed(&log).len() == 1 && log.contains("pyproject.toml"), "{code} {log}");
    // No such program, and another version.
    assert_eq!(action(repository.path(), &[("path", "/no/such/program")]).0, 2);
    let (code, log, _) = action(repository.path(), &[("path", program), ("version", "9.9.9$(id)")]);
    assert!(code == 2 && log.contains("not gpucheck 9.9.9??id?"), "{log}");
}

/// Without a program it is built from the action's own source: by a stand-in for cargo here, which is given the source and the place.
#[test]
fn the_action_builds_its_own_source() {
    let folder = tempfile::tempdir().unwrap();
    let cargo = format!(
        "#!/bin/sh\n[ \"$1 $2 $3 $4 $5\" = \"install --locked --quiet --path {}\" ] && [ \"$6\" = --root ] || exit 9\n\
         mkdir -p \"$7/bin\" \"$CARGO_TARGET_DIR\" && ln -s {} \"$7/bin/gpucheck\"\n",
        env!("CARGO_MANIFEST_DIR"),
        env!("CARGO_BIN_EXE_gpucheck")
    );
    // Written by another process, so that it is not busy when it is started.
    let script = "printf %s \"$1\" > \"$0\" && chmod +x \"$0\"";
    assert!(
        Command::new("sh").args(["-c", script]).arg(folder.path().join("cargo")).arg(cargo).status().unwrap().success()
    );
    let mut path = folder.path().as_os_str().to_owned();
    path.push(":/usr/bin:/bin");
    let repository = project(&[("requirements.txt", RIGHT)]);
    let (code, log, _) = action_with(&path, repository.path(), &[("gpu", "RTX 5090"), ("driver", "580.95.05")]);
    assert!(code == 0 && log.contains("Building gpucheck from "), "{code} {log}");
    // And where it cannot be built, that is said.
    if ["/usr/bin/cargo", "/bin/cargo"].iter().any(|cargo| Path::new(cargo).exists()) {
        return;
    }
    let (code, log, _) = action_with("/usr/bin:/bin".as_ref(), repository.path(), &[]);
    assert!(code == 2 && obeyed(&log).len() == 1 && log.contains("there is no cargo"), "{code} {log}");
}

/// A folder with the program under its name, for PATH.
fn on_path() -> (tempfile::TempDir, std::ffi::OsString) {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gpucheck"), folder.path().join("gpucheck")).unwrap();
    let mut path = folder.path().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    (folder, path)
}

#[test]
fn the_job_for_gitlab_runs_as_it_stands() {
    let job = of_project("contrib/gitlab-ci.yml")["gpucheck"].clone();
    let (_folder, path) = on_path();
    let run_job = |repository: &Path| {
        let lines = |key: &str| job[key].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned());
        let script: Vec<String> = lines("before_script").chain(lines("script")).collect();
        let mut command = Command::new("sh");
        command.args(["-ec", &script.join("\n")]).current_dir(repository).env_clear().env("PATH", &path);
        for (name, value) in job["variables"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        command.env("CI_PROJECT_DIR", repository).env("GPUCHECK_TARGET", "RTX 5090,driver=580.95.05,python=3.12");
        let output = command.output().unwrap();
        let log = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let quality = fs::read_to_string(repository.join(job["artifacts"]["reports"]["codequality"].as_str().unwrap()));
        let junit = fs::read_to_string(repository.join(job["artifacts"]["reports"]["junit"].as_str().unwrap()));
        (output.status.code().unwrap(), log, quality.unwrap_or_default(), junit.unwrap_or_default())
    };
    let (code, log, quality, junit) =
        run_job(project(&[("requirements.txt", WRONG), ("a/requirements.txt", WRONG)]).path());
    assert_eq!(code, 1, "{log}");
    assert!(junit.contains("<failure "), "{junit}");
    let list: Value = serde_json::from_str(&quality).unwrap();
    let prints: BTreeSet<&str> =
        list.as_array().unwrap().iter().map(|one| one["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), 2, "{quality}");
    let (code, log, quality, _) = run_job(project(&[("requirements.txt", RIGHT)]).path());
    assert_eq!((code, quality.as_str()), (0, "[]\n"), "{log}");
    let (code, log, quality, _) = run_job(project(&[("pyproject.toml", "[project\nname = 1\n")]).path());
    assert!(code != 1 && (quality + &log).contains("pyproject.toml"), "{log}");
}

/// Git in a repository, with nothing of the user's own.
fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(arguments);
    let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An environment with pre-commit and what validates.
fn tools() -> std::path::PathBuf {
    common::environment("ci-tools-1", &["pre-commit>=4,<5", "check-jsonschema>=0.39,<1", "xmlschema>=4,<5"])
}

/// The files that the project offers, by the schemas of their publishers; what gpucheck writes as well, where `GPUCHECK_TEST_SCHEMAS` names
/// the folder with the schemas of SARIF and JUnit, which are not the project's own.
#[test]
fn schemas_hold() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/validate-ci.sh");
    let mut path = tools().join("bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = Command::new("bash");
    command.arg(script).arg(env!("CARGO_BIN_EXE_gpucheck")).args(std::env::var_os("GPUCHECK_TEST_SCHEMAS"));
    let output = command.env("PATH", path).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && said.matches("ok -- validation done").count() >= 3, "{said}");
}

/// The hook for a program on PATH, run by pre-commit itself (from the package index that pip is configured with).
#[test]
fn the_hook_runs_as_it_stands() {
    let pre_commit = tools().join("bin/pre-commit");
    let (_folder, path) = on_path();
    let hooks = tempfile::tempdir().unwrap();
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml"),
        hooks.path().join(".pre-commit-hooks.yaml"),
    )
    .unwrap();
    git(hooks.path(), &["init", "-q"]);
    git(hooks.path(), &["add", "."]);
    git(hooks.path(), &["commit", "-q", "-m", "hooks"]);
    let machine = "[[target]]\ngpu = \"RTX 5090\"\ndriver = \"580.95.05\"\npython = \"3.12\"\n";
    let tried = |files: &[(&str, &str)]| {
        let repository = project(&[files, &[("gpucheck.toml", machine), ("notes.txt", "torch==1.0\n")]].concat());
        git(repository.path(), &["init", "-q"]);
        git(repository.path(), &["add", "."]);
        let mut command = Command::new(&pre_commit);
        command.current_dir(repository.path()).arg("try-repo").arg(hooks.path());
        command.args(["gpucheck-system", "--all-files", "--verbose"]).env_clear().env("PATH", &path);
        command.env("PRE_COMMIT_HOME", hooks.path().join("home")).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = command.output().unwrap();
        let log = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), log)
    };
    let (code, log) = tried(&[("requirements.txt", WRONG), ("requirements/dev.txt", "pytest\n")]);
    assert!(code == 1 && log.contains("requirements.txt:2:1 gpu-too-new-for-wheel"), "{log}");
    let (code, log) = tried(&[("requirements.txt", RIGHT), ("pyproject.toml", "[tool.ruff]\nline-length = 100\n")]);
    assert!(code == 0 && log.contains("Passed"), "{log}");
    let (code, log) = tried(&[("pyproject.toml", "[tool.ruff]\nline-length = 100\n")]);
    assert!(code == 0, "{log}");
    let (code, log) = tried(&[("pyproject.toml", "[project\nname = 1\n")]);
    assert!(log.contains("pyproject.toml"), "{code} {log}");
}
