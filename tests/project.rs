//! The doctor looks where the project says: its own environment, or what its files ask for where nothing is installed yet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{gpucheck, run};

/// A folder with these files in it, below nothing that has an environment.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), files);
    folder
}

fn fill(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A virtual environment in a folder, with one distribution in it.
fn environment(folder: &Path, package: &str) {
    let site = "lib/python3.12/site-packages";
    let metadata = format!("Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n");
    fill(
        folder,
        &[
            ("pyvenv.cfg", "home = /usr/bin\nversion = 3.12.3\n"),
            (&format!("{site}/{package}-1.0.dist-info/METADATA"), &metadata),
            (&format!("{site}/{package}-1.0.dist-info/RECORD"), ""),
        ],
    );
}

/// A Python on PATH that has nothing to do with the project.
fn elsewhere(folder: &Path) -> PathBuf {
    environment(&folder.join("other"), "elsewhere");
    let bin = folder.join("other/bin");
    fill(&folder.join("other"), &[("bin/python3", "#!/bin/sh\n")]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(bin.join("python3"), fs::Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

const GPU: [&str; 5] = ["--gpu", "RTX 5090", "--driver", "580.95.05", "--no-driver"];

/// The doctor, with a Python on PATH that is not the project's.
fn doctor(path: &Path) -> Command {
    let mut command = gpucheck();
    command.args(GPU).args(["--platform", "linux-x86_64"]).env("PATH", path);
    command
}

const FILES: [(&str, &str, &str); 7] = [
    ("requirements.txt", "torch==2.7.1+cu126\n", "requirements.txt:1"),
    ("requirements-gpu.txt", "torch==2.7.1+cu126\n", "requirements-gpu.txt:1"),
    (
        "pyproject.toml",
        "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"torch==2.6.0\"]\n",
        "pyproject.toml:4",
    ),
    (
        "environment.yml",
        "name: a\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n    - torch==2.6.0\n",
        "environment.yml:6",
    ),
    (
        "pixi.toml",
        "[workspace]\nname = \"a\"\nchannels = [\"conda-forge\"]\nplatforms = [\"linux-64\"]\n[dependencies]\npython = \"3.12.*\"\n\
         [pypi-dependencies]\ntorch = \"==2.6.0\"\n",
        "pixi.toml:8",
    ),
    (
        "uv.lock",
        "version = 1\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\
         dependencies = [{ name = \"torch\" }]\n\n[[package]]\nname = \"torch\"\nversion = \"2.6.0\"\n\
         source = { registry = \"https://example.org/simple\" }\n",
        "uv.lock:",
    ),
    ("requirements.in", "torch==2.6.0\n", "requirements.in:1"),
];

#[test]
fn without_an_environment_the_files_of_the_project_are_judged() {
    let aside = tempfile::tempdir().unwrap();
    let path = elsewhere(aside.path());
    for (name, text, place) in FILES {
        let project = project(&[(name, text)]);
        let (code, out, err) = run(doctor(&path).current_dir(project.path()));
        assert!(out.contains("project-not-installed") && out.contains("Nothing is installed"), "{name}: {out}{err}");
        assert!(out.contains(place), "{name}: {out}");
        assert!(!out.contains("elsewhere") && !out.contains("other"), "another interpreter is judged: {name}: {out}");
        assert_eq!(code, 1, "torch that does not run on the GPU is asked for: {name}: {out}");
    }
}

#[test]
fn a_named_project_is_the_same_as_its_folder() {
    let aside = tempfile::tempdir().unwrap();
    let path = elsewhere(aside.path());
    let target = "[[target]]\ngpu = \"V100\"\ndriver = \"580.95.05\"\nos = \"linux\"\n";
    let venv = |folder: &Path| environment(&folder.join(".venv"), "pip");
    let cases: [(&[(&str, &str)], bool); 4] = [
        (&[("requirements.txt", "torch==2.7.1+cu126\n")], false),
        (&[("requirements.txt", "torch==2.7.1+cu126\n"), ("gpucheck.toml", target)], false),
        (&[("requirements.txt", "torch==2.7.1+cu126\n")], true),
        (&[("gpucheck.toml", target)], true),
    ];
    for (files, installed) in cases {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("x");
        fs::create_dir(&folder).unwrap();
        fill(&folder, files);
        if installed {
            venv(&folder);
        }
        for arguments in [&GPU[..], &["--os", "linux", "--no-driver"][..], &["--no-driver"][..]] {
            let ask = |command: &mut Command| {
                let (code, out, err) = run(command.args(arguments).env("PATH", &path));
                (code, out, err)
            };
            let inside = ask(gpucheck().current_dir(&folder));
            let outside = ask(gpucheck().arg("x").current_dir(above.path()));
            let absolute = ask(gpucheck().arg(&folder).current_dir(aside.path()));
            // A column is as wide as what it names.
            let plain = |text: &str, named: &str| {
                let text = text.replace(&format!("{named}/"), "").replace("./", "");
                text.lines()
                    .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n")
                    .collect::<String>()
            };
            assert_eq!(inside.0, outside.0, "{files:?} {arguments:?}");
            // The paths of files are as they were named.
            assert_eq!(plain(&inside.1, "x"), plain(&outside.1, "x"), "{files:?} {arguments:?}");
            assert_eq!((inside.2.as_str(), inside.0), (outside.2.as_str(), absolute.0), "{files:?} {arguments:?}");
        }
    }
}

#[test]
fn the_environments_of_a_project_are_found() {
    let aside = tempfile::tempdir().unwrap();
    let path = elsewhere(aside.path());
    let places = [".venv", "venv", "env", ".conda", ".pixi/envs/default", ".pixi/envs/cuda", "envs/gpu"];
    for place in places {
        let project =
            project(&[("pyproject.toml", "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"torch\"]\n")]);
        environment(&project.path().join(place), "numpy");
        for command in [doctor(&path).current_dir(project.path()), doctor(&path).arg(project.path())] {
            let (_, out, err) = run(command);
            let line = out.lines().find(|line| line.starts_with("Environment")).unwrap_or_default();
            assert!(line.contains(&format!("{place},")), "{place}: {out}{err}");
            assert!(!out.contains("project-not-installed"), "{out}");
        }
    }
    // uv's variable names another place of it.
    let project =
        project(&[("pyproject.toml", "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"torch\"]\n")]);
    environment(&project.path().join("made"), "numpy");
    let (_, out, _) = run(doctor(&path).current_dir(project.path()).env("UV_PROJECT_ENVIRONMENT", "made"));
    assert!(out.contains("/made,"), "{out}");
}

#[test]
fn what_is_active_or_named_counts_and_so_does_an_environment_above() {
    let aside = tempfile::tempdir().unwrap();
    let path = elsewhere(aside.path());
    environment(&aside.path().join("active"), "numpy");
    let project =
        project(&[("requirements.txt", "torch==2.7.1+cu126\n"), ("sub/requirements.txt", "torch==2.7.1+cu126\n")]);
    let active = aside.path().join("active");
    for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        let (_, out, _) = run(doctor(&path).current_dir(project.path()).env(variable, &active));
        assert!(out.contains("/active,") && !out.contains("project-not-installed"), "{out}");
    }
    let (_, out, _) = run(doctor(&path).current_dir(project.path()).arg("--python").arg(&active));
    assert!(out.contains("/active,") && !out.contains("project-not-installed"), "{out}");
    environment(&project.path().join(".venv"), "numpy");
    let (_, out, _) = run(doctor(&path).current_dir(project.path().join("sub")));
    assert!(out.contains("/.venv,") && !out.contains("project-not-installed"), "{out}");
}

#[test]
fn files_that_ask_for_nothing_leave_the_machine_to_be_judged() {
    let aside = tempfile::tempdir().unwrap();
    let path = elsewhere(aside.path());
    let project = project(&[("pyproject.toml", "[tool.ruff]\nline-length = 100\n")]);
    let (_, out, err) = run(doctor(&path).current_dir(project.path()));
    assert!(out.contains("System") && !out.contains("project-not-installed"), "{out}{err}");
}

#[test]
fn without_a_gpu_the_table_says_that_nothing_is_installed() {
    let aside = tempfile::tempdir().unwrap();
    let path = elsewhere(aside.path());
    let project = project(&[("requirements.txt", "torch==2.7.1+cu126\n")]);
    let (_, out, err) =
        run(gpucheck().current_dir(project.path()).args(["--no-driver", "--os", "linux"]).env("PATH", path));
    assert!(out.contains("in short") && err.contains("nothing is installed in"), "{out}{err}");
}

/// A machine without a GPU, a driver and torch, and no project: what to ask next, and no mark that promises something.
#[test]
fn a_machine_with_nothing_gets_its_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let root = tempfile::tempdir().unwrap();
    let (code, out, err) = run(gpucheck().current_dir(folder.path()).arg("--root").arg(root.path()));
    assert!(code == 0 && !out.contains('✓') && out.contains("--gpu"), "{out}{err}");
}
