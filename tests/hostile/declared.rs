//! `gpucheck check` of files that are made to hang it, to fill its memory or to lead it astray. A test that does not end is a test that fails;
//! scripts/check-hostile.py measures time and memory of more of them.

use std::{fs, path::Path};

use crate::common::{gpucheck, run};
use serde_json::Value;

const TORCH: &str = "torch==2.5.1\n";

/// What is said of a file, beside which others may be.
fn check(folder: &Path, name: &str) -> Result<Value, String> {
    let mut command = gpucheck();
    command.current_dir(folder).args(["check", "--format", "json", "--gpu", "RTX 5090", "--driver", "580.95.05"]);
    let (code, out, err) = run(command.args(["--os", "linux", "--python-version", "3.12"]).arg(name));
    assert!(matches!(code, 0..=2), "{name}: {code}: {err}");
    serde_json::from_str(&out).map_err(|_| err)
}

fn of(name: &str, text: impl AsRef<[u8]>) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    check(folder.path(), name)
}

/// Slugs of the errors, and the verdict.
fn said(report: &Value) -> (Vec<&str>, &str) {
    let findings = report["findings"].as_array().unwrap().iter();
    let errors = findings.filter(|finding| finding["severity"] == "error").map(|one| one["rule"].as_str().unwrap());
    (errors.collect(), report["verdict"].as_str().unwrap())
}

const WRONG: &str = "gpu-too-new-for-wheel";

#[test]
fn files_that_include_each_other_are_read_to_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("a.txt", "-r b.txt\ntorch==2.5.1\n");
    write("b.txt", "-r a.txt\n-r b.txt\n");
    let report = check(folder.path(), "a.txt").unwrap();
    assert_eq!(said(&report), (vec![WRONG], "error"), "the file that was named is judged");
    for number in 0..40 {
        let next = format!("-r r{}.txt\n", number + 1);
        write(&format!("r{number}.txt"), &format!("{}{TORCH}", next.repeat(8)));
    }
    let report = check(folder.path(), "r0.txt").unwrap();
    assert_eq!(said(&report).0, [WRONG]);
}

#[cfg(unix)]
#[test]
fn files_of_other_places_are_not_read() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    fs::create_dir(&project).unwrap();
    fs::write(folder.path().join("secret.txt"), "hidden-package==1\n").unwrap();
    symlink("../secret.txt", project.join("link.txt")).unwrap();
    symlink("loop1.txt", project.join("loop2.txt")).unwrap();
    symlink("loop2.txt", project.join("loop1.txt")).unwrap();
    let includes = "-r ../secret.txt\n-r link.txt\n-c ../../../../../../etc/passwd\n-r /etc/passwd\n-r loop1.txt\n";
    let build = "FROM python:3.12\nCOPY ../secret.txt link.txt /etc/passwd ./\nRUN pip install -r secret.txt -r link.txt -r passwd\n";
    let project_file =
        "[project]\nname = \"a\"\ndependencies = [\"torch==2.5.1\"]\n[tool.uv.sources]\nx = { path = \"../..\" }\n";
    for (name, text) in [
        ("requirements.txt", format!("{includes}{TORCH}")),
        ("Dockerfile", format!("{build}RUN pip install torch==2.5.1\n")),
        ("pyproject.toml", project_file.to_owned()),
    ] {
        fs::write(project.join(name), text).unwrap();
        let report = check(&project, name).unwrap();
        assert!(said(&report).0.contains(&WRONG), "{name}: {}", report["findings"]);
        let report = report.to_string();
        assert!(!report.contains("hidden-package") && !report.contains("root:"), "{name}: {report}");
    }
}

#[test]
fn aliases_that_multiply_are_not_followed() {
    let mut laughs = "a0: &a0 [x, x]\n".to_owned();
    for number in 1..60 {
        laughs += &format!("a{number}: &a{number} [*a{0}, *a{0}]\n", number - 1);
    }
    for (name, rest) in [
        ("environment.yml", "dependencies: *a59\n"),
        ("compose.yaml", "services: {s: {image: a, x: *a59}}\n"),
        ("cog.yaml", "build: {python_packages: *a59}\n"),
        (".gitlab-ci.yml", "a: {script: *a59}\n"),
    ] {
        for text in [format!("{laughs}{rest}"), format!("{}{rest}", "[".repeat(50_000)), "a: &a {b: *a}\n".repeat(2)] {
            // Nobody knows what it asks for, and nothing of that is called right.
            if let Ok(report) = of(name, text) {
                assert_eq!(said(&report).1, "unknown", "{name}");
            }
        }
    }
}

#[test]
fn depth_is_refused() {
    let lists = "[".repeat(50_000);
    for name in ["pyproject.toml", "uv.lock", "poetry.lock", "pylock.toml", "Pipfile", "pixi.toml"] {
        for text in [format!("[project]\na = {lists}"), format!("a = {}", "{a=".repeat(50_000))] {
            assert_eq!(said(&of(name, text).unwrap()).1, "unknown", "{name}");
        }
    }
    for (name, text) in [
        ("Pipfile.lock", format!("{{\"default\": {lists}")),
        ("setup.py", format!("setup(install_requires={lists}")),
        ("install.sh", format!("pip install torch=={}\n", "${A:-".repeat(50_000))),
        ("install.sh", format!("pip install torch=={}\n", "$(".repeat(50_000))),
    ] {
        assert_eq!(said(&of(name, text).unwrap()).1, "unknown", "{name}");
    }
    for (name, text) in [
        ("install.sh", "(".repeat(50_000)),
        ("install.bat", "if 1==1 (".repeat(50_000)),
        ("launch.py", format!("import os\nos.system({lists})\n")),
        ("requirements.txt", format!("torch ; {}", "(".repeat(50_000))),
        ("README.md", "> ".repeat(50_000)),
        ("requirements.txt", format!("torch @ {}\n", "a://".repeat(500_000))),
    ] {
        let _ = of(name, text);
    }
}

#[test]
fn what_is_not_read_to_its_end_is_not_called_right() {
    let mut stages = String::new();
    for number in 0..10_000 {
        stages += &format!("FROM python:3.12 AS s{number}\nRUN pip install numpy\n");
    }
    let report = of("Dockerfile", format!("{stages}RUN pip install torch==2.5.1\n")).unwrap();
    assert_eq!(said(&report).1, "unknown");
    assert!(report["checks"]["unknown"].to_string().contains("stages"), "{}", report["checks"]);
    let many: String = (0..200_000).map(|number| format!("p{number}\n")).collect();
    assert_eq!(said(&of("requirements.txt", format!("{many}{TORCH}")).unwrap()).1, "unknown");
    let lock = "[[package]]\nname = \"p\"\nversion = \"1\"\n".repeat(200_000);
    let report = of("uv.lock", lock).unwrap();
    assert!(report["checks"]["unknown"].to_string().contains("larger than the limit"), "{}", report["checks"]);
    let error = of("requirements.txt", vec![b'a'; 17 << 20]).unwrap_err();
    assert!(error.contains("larger than the limit"), "{error}");
}

#[test]
fn places_on_one_line_of_megabytes_are_found_in_time() {
    let lock: String = (0..100_000).map(|number| format!("\"p{number:06}\": {{\"version\": \"==1\"}},")).collect();
    of("Pipfile.lock", format!("{{\"default\": {{{lock}\"torch\": {{\"version\": \"==2.5.1\"}}}}}}")).unwrap();
    let packages: String = (0..50_000).map(|number| format!("p{number} = \"*\"\n")).collect();
    let project = "[project]\nname = \"a\"\nchannels = []\nplatforms = [\"linux-64\"]\n[dependencies]\n";
    of("pixi.toml", format!("{project}{packages}")).unwrap();
}
