//! `gpucheck check --diff`: what `git apply` and `patch` make of it, and what is said of the files then; comments that ignore; standard
//! input; the table where no GPU is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

const MACHINE: [&str; 8] = ["--gpu", "RTX 5090", "--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"];

fn check(folder: &Path, words: &[&str]) -> Output {
    let mut command = common::gpucheck();
    command.current_dir(folder).arg("check").args(words).args(MACHINE).output().unwrap()
}

fn with_input(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn report(folder: &Path, words: &[&str]) -> Value {
    let run = check(folder, &[words, &["--format", "json"]].concat());
    let said = || String::from_utf8_lossy(&run.stderr).into_owned();
    common::moved_alike(serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", said())))
}

fn errors(report: &Value) -> Vec<&str> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["severity"] == "error").map(|finding| finding["rule"].as_str().unwrap()).collect()
}

/// Texts with a fault, and what they have to become.
const FAULTY: [(&str, &str, &str); 6] = [
    (
        "requirements.txt",
        "# pinned\r\nnumpy\r\n--extra-index-url https://download.pytorch.org/whl/cu124\r\ntorch==2.5.1  # keep\r\n",
        "# pinned\r\nnumpy\r\n--extra-index-url https://download.pytorch.org/whl/cu128\r\ntorch==2.7.1+cu128  # keep\r\n",
    ),
    (
        "requirements.txt",
        "torch==2.5.1",
        "--extra-index-url https://download.pytorch.org/whl/cu128\ntorch==2.7.1+cu128",
    ),
    (
        "requirements.txt",
        "torchvision==0.20.1\n",
        "--extra-index-url https://download.pytorch.org/whl/cu128\ntorch==2.7.1+cu128\ntorchvision==0.22.1+cu128\n",
    ),
    (
        "Dockerfile",
        "FROM python:3.12\nARG TORCH=2.5.1\nRUN pip install --no-cache-dir \\\n    torch==${TORCH} --index-url https://download.pytorch.org/whl/cu124\n",
        "FROM python:3.12\nARG TORCH=2.7.1+cu128\nRUN pip install --no-cache-dir \\\n    torch==${TORCH} --index-url https://download.pytorch.org/whl/cu128\n",
    ),
    (
        "Dockerfile",
        "FROM docker.io/pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime AS base\nRUN pip install numpy\n",
        "FROM docker.io/pytorch/pytorch:2.7.1-cuda12.8-cudnn9-runtime AS base\nRUN pip install numpy\n",
    ),
    (
        "environment.yml",
        "name: a\ndependencies:\n  - python=3.12\n  - pip:\n      - torch==2.5.1 # keep\n",
        "name: a\ndependencies:\n  - python=3.12\n  - pip:\n      - --extra-index-url https://download.pytorch.org/whl/cu128\n      - torch==2.7.1+cu128 # keep\n",
    ),
];

#[test]
fn a_diff_mends_the_file_and_nothing_else() {
    for (name, old, new) in FAULTY {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join(name), old).unwrap();
        let found = report(path, &[name]);
        assert_eq!(errors(&found), ["gpu-too-new-for-wheel"], "{old}");
        assert!(found["findings"][0]["excerpt"]["text"].is_string(), "{old}: {}", found["findings"][0]);
        let run = check(path, &[name, "--diff"]);
        assert_eq!(run.status.code(), Some(1), "the exit code is that without it");
        assert!(run.stderr.is_empty(), "{}", String::from_utf8_lossy(&run.stderr));
        assert_eq!(fs::read_to_string(path.join(name)).unwrap(), old, "nothing is written");
        for tool in [["git", "apply", "-"].as_slice(), &["patch", "-p1", "--binary", "-s"]] {
            fs::write(path.join(name), old).unwrap();
            let mut command = Command::new(tool[0]);
            command.args(&tool[1..]).current_dir(path).env("GIT_CEILING_DIRECTORIES", path);
            let applied = with_input(command, &run.stdout);
            assert!(applied.status.success(), "{tool:?}: {}", String::from_utf8_lossy(&applied.stderr));
            assert_eq!(fs::read_to_string(path.join(name)).unwrap(), new, "{tool:?}");
        }
        let run = check(path, &[name, "--diff"]);
        assert_eq!((run.status.code(), run.stdout.as_slice()), (Some(0), b"".as_slice()), "{new}");
    }
}

#[test]
fn files_that_are_not_plain_text_are_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("requirements.txt"), b"\xef\xbb\xbftorch==2.5.1\n").unwrap();
    let run = check(folder.path(), &["requirements.txt", "--diff"]);
    assert_eq!((run.status.code(), run.stdout.len()), (Some(1), 0));
    let found = report(folder.path(), &["requirements.txt"]);
    let fix = &found["findings"][0]["fixes"][0];
    assert!(fix["no_line"].as_str().unwrap().contains("UTF-8"), "{fix}");
}

#[test]
fn what_is_accepted_decides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let above = "# gpucheck: ignore[gpu-too-new-for-wheel] only built here\ntorch==2.5.1\n";
    let beside = "torch==2.5.1 # gpucheck: ignore[gpu-too-new-for-wheel] only built here\n";
    for text in [above, beside] {
        fs::write(path.join("requirements.txt"), text).unwrap();
        let found = report(path, &["requirements.txt"]);
        assert_eq!(found["verdict"], "ok", "{found}");
        let suppressed = &found["checks"]["suppressed"][0];
        assert_eq!(
            (&suppressed["rule"], &suppressed["reason"]),
            (&"gpu-too-new-for-wheel".into(), &"only built here".into())
        );
        assert_eq!(check(path, &["requirements.txt"]).status.code(), Some(0));
    }
    // Elsewhere it accepts nothing, and says so.
    fs::write(path.join("requirements.txt"), format!("{above}torchvision\n").replace("\ntorch=", "\n\ntorch="))
        .unwrap();
    let found = report(path, &["requirements.txt"]);
    assert_eq!(errors(&found), ["gpu-too-new-for-wheel"]);
    assert_eq!(found["checks"]["unmatched"][0]["rule"], "gpu-too-new-for-wheel");
    // The file of the project.
    fs::write(path.join("requirements.txt"), "torch==2.5.1\n").unwrap();
    let own = |text: &str| {
        fs::write(path.join("gpucheck.toml"), text).unwrap();
        check(path, &["requirements.txt"]).status.code()
    };
    assert_eq!(own("ignore = [{ rule = \"gpu-too-new-for-wheel\", reason = \"r\" }]\n"), Some(0));
    assert_eq!(own("ignore = [{ rule = \"gpu-too-new-for-wheel\" }]\n"), Some(2));
    assert_eq!(own("ignore = [{ rule = \"gpu-too-new-for-wheel\", reason = \" \" }]\n"), Some(2));
    assert_eq!(own("ignore = [{ rule = \"gpu-too-new\", reason = \"r\" }]\n"), Some(2));
}

#[test]
fn ignore_unclear() {
    let folder = tempfile::tempdir().unwrap();
    let found = |text: &str| {
        fs::write(folder.path().join("requirements.txt"), text).unwrap();
        let report = report(folder.path(), &["requirements.txt"]);
        let of_rule =
            report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "ignore-unclear");
        of_rule.map(|finding| (finding["severity"].clone(), finding["location"]["line"].clone())).collect::<Vec<_>>()
    };
    let warning = |line: u32| vec![("warning".into(), line.into())];
    assert_eq!(found("torch\n# gpucheck: ignore[torch-shadowed]\nnumpy\n"), warning(2));
    assert_eq!(found("torch # gpucheck: ignore[torch-shadow] reason\n"), warning(1));
    assert_eq!(found("torch # gpucheck: ignore[torch-shadowed] reason\n"), []);
}

#[test]
fn standard_input_is_a_file_by_its_content_or_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str], text: &str| {
        let mut command = common::gpucheck();
        command.current_dir(&folder).args(["check", "-", "--format", "json"]).args(words).args(MACHINE);
        let run = with_input(command, text.as_bytes());
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        let at = report["findings"][0]["location"].clone();
        format!("{}:{} {:?}", at["path"].as_str().unwrap(), at["line"], errors(&report))
    };
    let wrong = r#"["gpu-too-new-for-wheel"]"#;
    assert_eq!(run(&[], "numpy\ntorch==2.5.1\n"), format!("-:2 {wrong}"));
    assert_eq!(run(&[], "FROM python:3.12\nRUN pip install torch==2.5.1\n"), format!("-:2 {wrong}"));
    assert_eq!(run(&["--as", "requirements-gpu.txt"], "torch==2.5.1\n"), format!("-:1 {wrong}"));
}

#[test]
fn without_a_gpu_the_generations_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let said = |text: &str| {
        fs::write(folder.path().join("requirements.txt"), text).unwrap();
        let mut command = common::gpucheck();
        command.current_dir(&folder).env("GPUCHECK_NO_DRIVER", "1");
        command.args(["check", "requirements.txt", "--os", "linux", "--python-version", "3.12", "--format", "json"]);
        let run = command.output().unwrap();
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        (report["serves_all"]["text"].as_str().unwrap_or_default().to_owned(), run.status.code())
    };
    let (text, code) = said("--index-url https://download.pytorch.org/whl/cu124\ntorch==2.5.1\n");
    assert!(text.contains("runs on") && text.contains("RTX 4090") && text.contains("not on"), "{text}");
    let (_, not) = text.split_once("not on").unwrap();
    assert!(not.contains("RTX 5090") && !not.contains("RTX 4090"), "{text}");
    assert_eq!(code, Some(0), "nobody named a GPU that has to work");
}
