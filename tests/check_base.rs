//! `gpucheck check --base`: what a change does, between revisions of real git repositories and between files; refs and repositories that mean
//! harm; the exit code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, and say why"
)]

mod common;

use std::{fs, path::Path, process::Command};

use common::run;
use serde_json::Value;

const MACHINE: [&str; 8] = ["--gpu", "RTX 5090", "--driver", "570.86.10", "--os", "linux", "--python-version", "3.12"];

/// A repository in a temporary folder; nothing where there is no git.
struct Repository(tempfile::TempDir);

impl Repository {
    /// Without git, says that nothing is tested.
    fn new() -> Option<Self> {
        let one = Self(tempfile::tempdir().unwrap());
        let begun = Command::new("git").args(["init", "-q", "-b", "main"]).current_dir(one.path()).status();
        let is_there = begun.is_ok_and(|status| status.success());
        if !is_there {
            eprintln!("skipped: there is no git here");
        }
        is_there.then_some(one)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn git(&self, words: &[&str]) -> &Self {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false"]).args(words);
        command.current_dir(self.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(command.output().unwrap().status.success(), "{words:?}");
        self
    }

    fn commit(&self) -> &Self {
        self.git(&["add", "-A"]).git(&["commit", "-q", "-m", "x", "--allow-empty"])
    }

    /// `gpucheck check` with these words.
    fn check(&self, words: &[&str]) -> Command {
        let mut command = common::gpucheck();
        command.current_dir(self.path()).arg("check").args(words);
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command
    }

    fn json(&self, words: &[&str]) -> (i32, Value) {
        let (code, out, err) = run(self.check(words).args(MACHINE).args(["--format", "json"]));
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}")))
    }
}

/// What moved in the environment of a name: `torch: 2.7.1+cu126 → 2.9.0+cu128`.
fn moved(report: &Value, name: &str) -> Vec<String> {
    let all = report["change"]["environments"].as_array().unwrap();
    let Some(one) = all.iter().find(|one| one["name"] == name) else { panic!("{}", report["change"]) };
    let said = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |one: &Value| format!("{}: {} → {}", said(&one["what"]), said(&one["before"]), said(&one["after"]));
    one["moved"].as_array().unwrap().iter().map(line).collect()
}

fn rules(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect()
}

#[test]
fn a_change_is_told_and_what_stays_is_not() {
    let Some(repository) = Repository::new() else { return };
    let text = |torch: &str| {
        format!(
            "numpy\n--extra-index-url https://download.pytorch.org/whl/cu128\ntorch=={torch}\ntorchvision==0.20.0\n"
        )
    };
    repository.write("requirements.txt", &text("2.7.1+cu128")).commit();
    let (code, same) = repository.json(&["requirements.txt", "--base", "main"]);
    assert_eq!((code, &same["change"]["environments"], &same["verdict"]), (0, &serde_json::json!([]), &"ok".into()));
    assert!(same["change"]["remain"].as_u64().unwrap() > 0, "torchvision does not fit and did not before");
    // CUDA 13 needs driver 580.
    repository.write("requirements.txt", &text("2.9.0+cu130").replace("whl/cu128", "whl/cu130"));
    let (code, broken) = repository.json(&["requirements.txt", "--base", "main"]);
    assert_eq!(code, 1);
    let change = &broken["change"];
    assert_eq!((&change["worse"], &broken["verdict"]), (&"error".into(), &"error".into()));
    let moved = moved(&broken, "requirements.txt");
    assert!(moved.contains(&"torch: 2.7.1+cu128 → 2.9.0+cu130".to_owned()), "{moved:?}");
    assert!(moved.contains(&"cuda-major: 12.8 → 13.0".to_owned()), "{moved:?}");
    assert!(moved.iter().any(|line| line.starts_with("driver: 570") && line.contains("→ 580")), "{moved:?}");
    let new = &broken["targets"][0]["report"]["findings"];
    assert_eq!(rules(new), ["driver-too-old-for-cuda-runtime"]);
    assert_eq!(new[0]["location"]["line"], 3);
    // What was broken is mended.
    repository.commit().write("requirements.txt", &text("2.7.1+cu128"));
    let (code, mended) = repository.json(&["requirements.txt", "--base", "HEAD"]);
    assert_eq!((code, &mended["change"]["worse"]), (0, &Value::Null));
    assert_eq!(rules(&mended["change"]["mended"]), ["driver-too-old-for-cuda-runtime"]);
}

/// An image that nobody knows in place of another one: no green mark says that all is well.
#[test]
fn what_is_not_known_any_more_is_not_in_order() {
    let Some(repository) = Repository::new() else { return };
    repository.write("Dockerfile", "FROM someone/else:1\nRUN pip install accelerate\n").commit();
    repository.write("Dockerfile", "FROM someone/of-their-own:1\nRUN pip install accelerate\n");
    for format in ["human", "markdown", "reason"] {
        let words = ["Dockerfile", "--base", "main", "--gpu", "RTX 5090", "--driver", "580.95.05", "--format", format];
        let (_, page, _) = run(&mut repository.check(&words));
        assert!(!page.contains('✓') && page.contains("not everything is known"), "{format}: {page}");
    }
}

#[test]
fn the_page_is_short() {
    let Some(repository) = Repository::new() else { return };
    repository.write("requirements.txt", "torch==2.7.1\n").commit().write("requirements.txt", "torch==2.9.0\n");
    let words = ["requirements.txt", "--base", "main", "--os", "linux", "--python-version", "3.12"];
    let (code, page, _) = run(repository.check(&words).env("GPUCHECK_NO_DRIVER", "1"));
    assert_eq!(code, 1, "the generations that cu126 served are lost");
    assert!(page.contains("torch         2.7.1+cu126 → 2.9.0+cu128"), "{page}");
    assert!(page.contains("✗ no longer runs on GTX 1080 Ti\n") && page.contains("✓ now runs on "), "{page}");
    assert!(page.lines().count() < 14, "{page}");
    let (_, markdown, _) = run(repository.check(&words).env("GPUCHECK_NO_DRIVER", "1").args(["--format", "markdown"]));
    assert!(markdown.contains("- torch: 2.7.1+cu126 → 2.9.0+cu128"), "{markdown}");
    let (_, reason, _) = run(repository.check(&words).env("GPUCHECK_NO_DRIVER", "1").args(["--format", "reason"]));
    assert!(reason.starts_with("gpucheck: new since main: gpu-too-old-for-wheel") && reason.len() <= 200, "{reason}");
}

#[test]
fn several_targets_are_told_apart() {
    let Some(repository) = Repository::new() else { return };
    repository.write("requirements.txt", "torch==2.7.1\n").commit().write("requirements.txt", "torch==2.9.0\n");
    let targets = ["--target", "GTX 1080,driver=570.86.10,os=linux", "--target", "RTX 4090,driver=570.86.10,os=linux"];
    let (code, out, err) =
        run(repository.check(&["requirements.txt", "--base", "main", "--format", "json"]).args(targets));
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
    let one = &report["change"]["environments"][0]["targets"];
    assert_eq!((code, one.as_array().unwrap().len(), &one[0]["before"]), (1, 1, &"works".into()), "{one}");
    assert_eq!((&one[0]["after"], &one[0]["rule"]), (&"fails".into(), &"gpu-too-old-for-wheel".into()));
    let verdicts: Vec<&Value> =
        report["targets"].as_array().unwrap().iter().map(|one| &one["report"]["verdict"]).collect();
    assert_eq!(verdicts, ["error", "ok"]);
    let (code, page, _) =
        run(repository.check(&["requirements.txt", "--base", "main", "--fail-on", "never"]).args(targets));
    assert!(code == 0 && page.contains("✗ no longer runs on GTX 1080"), "{page}");
}

#[test]
fn what_files_include_comes_from_the_revision_too() {
    let Some(repository) = Repository::new() else { return };
    repository.write("requirements.txt", "-r parts/gpu.txt\nnumpy\n").write("parts/gpu.txt", "torch==2.5.1\n").commit();
    repository.write("parts/gpu.txt", "torch==2.7.1\n");
    let (_, report) = repository.json(&["requirements.txt", "--base", "main"]);
    assert_eq!(moved(&report, "requirements.txt").first().unwrap(), "torch: 2.5.1+cu124 → 2.7.1+cu126");
    // A link, and the folder as a whole.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("parts/gpu.txt", repository.path().join("linked.txt")).unwrap();
        repository.commit().write("parts/gpu.txt", "torch==2.8.0\n");
        let (_, report) = repository.json(&["linked.txt", "--base", "HEAD"]);
        assert_eq!(moved(&report, "linked.txt").first().unwrap(), "torch: 2.7.1+cu126 → 2.8.0+cu128");
    }
    let (_, report) = repository.json(&[".", "--base", "HEAD~0"]);
    assert!(report["change"]["environments"].as_array().is_some_and(|all| !all.is_empty()), "{}", report["change"]);
}

#[test]
fn files_that_come_and_go_are_told() {
    let Some(repository) = Repository::new() else { return };
    repository.write("old.txt", "torch==2.7.1\n").write("README", "x").commit();
    repository.write("new.txt", "torch==2.5.1\n");
    let (code, report) = repository.json(&["new.txt", "--base", "main"]);
    let one = &report["change"]["environments"][0];
    assert_eq!(
        (code, &one["presence"], rules(&report["targets"][0]["report"]["findings"])),
        (1, &"added".into(), vec!["gpu-too-new-for-wheel"])
    );
    fs::remove_file(repository.path().join("old.txt")).unwrap();
    let (code, report) = repository.json(&["old.txt", "--base", "main"]);
    assert_eq!((code, &report["change"]["environments"][0]["presence"]), (0, &"removed".into()));
    let (code, _, err) = run(repository.check(&["nowhere.txt", "--base", "main"]).args(MACHINE));
    assert!(code == 2 && err.contains("cannot read nowhere.txt"), "{err}");
}

#[test]
fn each_extra_and_each_stage_is_held_against_its_own() {
    let Some(repository) = Repository::new() else { return };
    let project = |version: &str| {
        format!(
            "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"numpy\"]\n[project.optional-dependencies]\nold = [\"torch==2.5.1\"]\nnew = [\"torch=={version}\"]\n"
        )
    };
    let image = |version: &str| {
        format!(
            "FROM python:3.12 AS base\nFROM base AS test\nRUN pip install torch=={version}\nFROM base AS final\nRUN pip install torch==2.7.1\n"
        )
    };
    repository.write("pyproject.toml", &project("2.7.1")).write("Dockerfile", &image("2.6.0")).commit();
    repository.write("pyproject.toml", &project("2.8.0")).write("Dockerfile", &image("2.7.0"));
    let (_, report) = repository.json(&["pyproject.toml", "Dockerfile", "--base", "main"]);
    let names: Vec<_> =
        report["change"]["environments"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["pyproject.toml [new]", "Dockerfile [test]"]);
    assert_eq!(moved(&report, "pyproject.toml [new]").first().unwrap(), "torch: 2.7.1+cu126 → 2.8.0+cu128");
    // Somebody chose.
    let (_, report) = repository.json(&["pyproject.toml", "--base", "main", "--extra", "old"]);
    assert_eq!(report["change"]["environments"], serde_json::json!([]));
}

#[test]
fn a_file_is_a_base_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("before")).unwrap();
    fs::write(path.join("before/requirements.txt"), "-r more.txt\n").unwrap();
    fs::write(path.join("before/more.txt"), "torch==2.5.1\n").unwrap();
    fs::write(path.join("requirements.txt"), "torch==2.7.1\n").unwrap();
    fs::write(path.join("kept"), "torch==2.5.1\n").unwrap();
    for base in ["before/requirements.txt", "kept"] {
        let mut command = common::gpucheck();
        command.current_dir(path).args(["check", "requirements.txt", "--base", base, "--format", "json"]).args(MACHINE);
        let (_, out, err) = run(&mut command);
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
        assert_eq!(moved(&report, "requirements.txt").first().unwrap(), "torch: 2.5.1+cu124 → 2.7.1+cu126", "{base}");
        assert_eq!(report["change"]["commit"], Value::Null);
    }
    let mut command = common::gpucheck();
    let (code, _, err) =
        run(command.current_dir(path).args(["check", "requirements.txt", "--base", "main"]).args(MACHINE));
    assert!(code == 2 && (err.contains("not in a git repository") || err.contains("git knows no")), "{err}");
    let mut command = common::gpucheck();
    let (code, _, err) =
        run(command.current_dir(path).args(["check", "requirements.txt", "kept", "--base", "kept"]).args(MACHINE));
    assert!(code == 2 && err.contains("held against one file"), "{err}");
}

#[test]
fn where_a_branch_began_is_a_base() {
    let Some(repository) = Repository::new() else { return };
    repository.write("requirements.txt", "torch==2.7.1\n").commit().git(&["checkout", "-q", "-b", "own"]);
    repository
        .git(&["checkout", "-q", "main"])
        .write("requirements.txt", "torch==2.9.0\n")
        .commit()
        .git(&["checkout", "-q", "own"]);
    let (_, report) = repository.json(&["requirements.txt", "--base", "main"]);
    assert_eq!(report["change"]["environments"].as_array().unwrap().len(), 1);
    let (_, report) = repository.json(&["requirements.txt", "--base", "main..."]);
    assert_eq!(report["change"]["environments"], serde_json::json!([]));
}

#[test]
fn refs_and_repositories_that_mean_harm_run_nothing() {
    let Some(repository) = Repository::new() else { return };
    repository.write("requirements.txt", "torch==2.7.1\n").commit().write("requirements.txt", "torch==2.8.0\n");
    let marker = repository.path().join("ran");
    for reference in [
        "--output=ran",
        "--help",
        "-h",
        "a..b",
        "main\n",
        "",
        "HEAD:requirements.txt",
        "nope",
        "$(touch ran)",
        "`touch ran`",
    ] {
        let base = format!("--base={reference}");
        let (code, _, err) = run(repository.check(&["requirements.txt", &base]).args(MACHINE));
        assert_eq!(code, 2, "{reference:?}: {err}");
        assert!(!marker.exists(), "{reference}");
    }
    // What the repository configures to be run.
    let script = repository.path().join("evil.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch '{}'\n", marker.display())).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let evil = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "pager.rev-parse",
        "diff.external",
        "diff.x.textconv",
        "filter.x.smudge",
        "core.sshCommand",
        "alias.rev-parse",
        "alias.ls-tree",
        "credential.helper",
    ] {
        repository.git(&["config", key, evil]);
    }
    repository.git(&["config", "core.hooksPath", repository.path().to_str().unwrap()]);
    repository.write(".gitattributes", "*.txt diff=x filter=x\n");
    let (_, report) = repository.json(&["requirements.txt", "--base", "main"]);
    assert_eq!(moved(&report, "requirements.txt").first().unwrap(), "torch: 2.7.1+cu126 → 2.8.0+cu128");
    assert!(!marker.exists(), "something that the repository configures was run");
    // Another repository by a variable, as hooks have it.
    let (code, out, err) =
        run(repository.check(&["requirements.txt", "--base", "main"]).args(MACHINE).env("GIT_DIR", "/nonexistent"));
    assert!(code == 0 && out.contains("2.7.1+cu126 → 2.8.0+cu128"), "{out}{err}");
}

#[test]
fn a_folder_that_only_looks_like_a_repository_is_none() {
    let Some(repository) = Repository::new() else { return };
    repository.write("inner/requirements.txt", "torch\n").commit();
    fs::create_dir(repository.path().join("inner/.git")).unwrap();
    let (code, _, err) = run(repository.check(&["inner/requirements.txt", "--base", "main"]).args(MACHINE));
    assert!(code == 2 && err.contains("git does not read the repository"), "{err}");
}
