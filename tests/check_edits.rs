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
const FAULTY: [(&str, &str, &str); 12] = [
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
        "FROM python:3.12\nARG TORCH=2.7.1\nRUN pip install --no-cache-dir \\\n    torch==${TORCH} --index-url https://download.pytorch.org/whl/cu128\n",
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
    (
        "environment.yml",
        "name: a\nchannels: [pytorch, nvidia]\ndependencies:\n  - python=3.12 # keep\n  - pytorch=2.5.1\n  - pytorch-cuda=12.4\n  - numpy\n",
        "name: a\nchannels: [pytorch, nvidia]\ndependencies:\n  - python=3.12 # keep\n  - numpy\n  - pip\n  - pip:\n    - --extra-index-url https://download.pytorch.org/whl/cu128\n    - torch==2.7.1+cu128\n",
    ),
    (
        "environment.yml",
        "channels: [pytorch, nvidia]\r\ndependencies:\r\n- pip\r\n- pytorch=2.5.1\r\n- pytorch-cuda=12.4\r\n- pip:\r\n  - numpy\r\n",
        "channels: [pytorch, nvidia]\r\ndependencies:\r\n- pip\r\n- pip:\r\n  - --extra-index-url https://download.pytorch.org/whl/cu128\r\n  - torch==2.7.1+cu128\r\n  - numpy\r\n",
    ),
    (
        "pyproject.toml",
        "[tool.poetry.dependencies]\npython = \"3.12\"\ntorch = \"2.5.1\" # keep\n",
        "[tool.poetry.dependencies]\npython = \"3.12\"\ntorch = { version = \"2.7.1+cu128\", source = \"pytorch-cu128\" } # keep\n\n[[tool.poetry.source]]\nname = \"pytorch-cu128\"\nurl = \"https://download.pytorch.org/whl/cu128\"\npriority = \"explicit\"\n",
    ),
    (
        "Pipfile",
        "[packages]\ntorch = \"==2.5.1\"\n",
        "[packages]\ntorch = { version = \"==2.7.1+cu128\", index = \"pytorch-cu128\" }\n\n[[source]]\nname = \"pytorch-cu128\"\nurl = \"https://download.pytorch.org/whl/cu128\"\nverify_ssl = true\n",
    ),
    (
        "install.bat",
        "@echo off\r\nset TORCH=2.5.1\r\npip install torch==%TORCH% --index-url https://download.pytorch.org/whl/cu124\r\n",
        "@echo off\r\nset TORCH=2.7.1\r\npip install torch==%TORCH% --index-url https://download.pytorch.org/whl/cu128\r\n",
    ),
    (
        "install.sh",
        "TORCH=2.7.1 # keep\npip install \"torch==${TORCH}\" --index-url https://download.pytorch.org/whl/cu126\n",
        "TORCH=2.7.1 # keep\npip install \"torch==${TORCH}\" --index-url https://download.pytorch.org/whl/cu128\n",
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

/// Applies a diff to the files of a folder.
fn applied(folder: &Path, diff: &[u8]) {
    let mut command = Command::new("git");
    command.args(["apply", "-"]).current_dir(folder).env("GIT_CEILING_DIRECTORIES", folder);
    let run = with_input(command, diff);
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stderr), String::from_utf8_lossy(diff));
}

#[test]
fn a_command_that_reads_files_is_mended_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let project = "[project]\nname = \"a\"\ndependencies = [\"torch==2.5.1\"]\n[tool.uv.sources]\ntorch = { index = \"t\" }\n\
                   [[tool.uv.index]]\nname = \"t\"\nurl = \"https://download.pytorch.org/whl/cu124\"\n";
    fs::write(folder.path().join("pyproject.toml"), project).unwrap();
    fs::write(folder.path().join("gpu.txt"), "torch==2.5.1\n").unwrap();
    let run = |words: &[&str]| {
        let mut command = common::gpucheck();
        command.current_dir(&folder).arg("check").args(MACHINE).arg("--diff").arg("--").args(words);
        let run = command.output().unwrap();
        assert!(run.stderr.is_empty(), "{}", String::from_utf8_lossy(&run.stderr));
        (run.status.code(), run.stdout)
    };
    for command in [["uv", "sync"].as_slice(), &["pip", "install", "-r", "gpu.txt"]] {
        let (code, diff) = run(command);
        assert_eq!(code, Some(1));
        applied(folder.path(), &diff);
        assert_eq!(run(command), (Some(0), Vec::new()), "{command:?}");
    }
    let new = project.replace("2.5.1", "2.7.1").replace("cu124", "cu128");
    assert_eq!(fs::read_to_string(folder.path().join("pyproject.toml")).unwrap(), new);
    // What stands in the command is pasted again, and no file changes.
    let (code, diff) = run(&["pip", "install", "torch==2.5.1"]);
    assert_eq!((code, diff.len()), (Some(1), 0));
}

#[test]
fn a_variable_of_an_image_is_set_where_it_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let old = "FROM nvidia/cuda:12.8.1-devel-ubuntu24.04\nARG ARCHS=\"8.0;8.6\" # keep\nENV TORCH_CUDA_ARCH_LIST=$ARCHS\n\
               RUN pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu128\n\
               RUN git clone https://host.example/lab/kernels.git && cd kernels && python3 setup.py bdist_wheel\n";
    fs::write(folder.path().join("Dockerfile"), old).unwrap();
    let diff = check(folder.path(), &["Dockerfile", "--diff", "--fail-on", "warning"]).stdout;
    applied(folder.path(), &diff);
    let new = old.replace("\"8.0;8.6\"", "\"8.0;8.6;12.0\"");
    assert_eq!(fs::read_to_string(folder.path().join("Dockerfile")).unwrap(), new);
    assert_eq!(check(folder.path(), &["Dockerfile", "--fail-on", "warning"]).status.code(), Some(0));
}

#[test]
fn every_file_of_a_folder_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..30 {
        let of = folder.path().join(format!("part{number}"));
        fs::create_dir(&of).unwrap();
        fs::write(of.join("requirements.txt"), "torch==2.5.1\n").unwrap();
    }
    applied(folder.path(), &check(folder.path(), &[".", "--diff"]).stdout);
    let after = check(folder.path(), &["."]);
    assert_eq!(after.status.code(), Some(0), "{}", String::from_utf8_lossy(&after.stdout));
}

#[test]
fn a_lock_file_has_the_line_of_its_tool() {
    let folder = tempfile::tempdir().unwrap();
    let lock = "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { editable = \".\" }\ndependencies = [{ name = \"torch\" }]\n\
                [[package]]\nname = \"torch\"\nversion = \"2.5.1\"\nsource = { registry = \"https://download.pytorch.org/whl/cu124\" }\n";
    fs::write(folder.path().join("uv.lock"), lock).unwrap();
    let found = report(folder.path(), &["uv.lock"]);
    let line = found["findings"][0]["fixes"][0]["commands"][0]["line"].as_str().unwrap().to_owned();
    assert!(line.starts_with("uv add torch==2.7.1+cu128 ") && line.contains("whl/cu128"), "{line}");
    assert_eq!(check(folder.path(), &["uv.lock", "--diff"]).stdout, b"");
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
