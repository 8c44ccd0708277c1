//! `gpucheck check` on declarations: a folder of `tests/check` for each case, with the files and what must be said of them for each machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

/// `case.toml` of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What makes it hard.
    #[expect(dead_code, reason = "for people")]
    notes: String,
    /// The files that are checked, unless a target names a command.
    files: Vec<String>,
    targets: Vec<Target>,
}

/// A machine, and what must be said for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    gpu: String,
    driver: String,
    #[serde(default = "linux")]
    os: String,
    python: String,
    /// Words after `gpucheck check`.
    #[serde(default)]
    args: Vec<String>,
    /// A command to check in place of the files.
    #[serde(default)]
    how: Vec<String>,
    /// Slug of a finding; `healthy`; or `unknown: ` and words of what is needed.
    expected: String,
    /// Where it stands: `requirements.txt:4`.
    #[serde(default)]
    at: String,
    /// Slugs of further errors that are true.
    #[serde(default)]
    also: BTreeSet<String>,
    /// Slugs that would be wrong.
    #[serde(default)]
    must_not: BTreeSet<String>,
    /// What the first line to paste or the first changed line has to contain.
    #[serde(default)]
    fix: String,
}

fn linux() -> String {
    "linux".to_owned()
}

/// What is wrong with the answer; nothing if it is right.
fn fault(folder: &Path, case: &Case, target: &Target) -> Option<String> {
    let mut command = common::gpucheck();
    command.current_dir(folder).args(["check", "--format", "json", "--gpu", &target.gpu, "--driver", &target.driver]);
    command.args(["--os", &target.os, "--python-version", &target.python]).args(&target.args);
    match target.how.is_empty() {
        true => command.args(&case.files),
        false => command.arg("--").args(&target.how),
    };
    let run = command.output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    let Ok(report) = serde_json::from_slice::<Value>(&run.stdout) else {
        return Some(format!("no report, exit {:?}: {said}", run.status.code()));
    };
    let findings = report["findings"].as_array().unwrap();
    let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
    let errors: BTreeSet<String> = findings.iter().filter(|finding| finding["severity"] == "error").map(rule).collect();
    let all: BTreeSet<String> = findings.iter().map(rule).collect();
    let shown: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} ({}) at {}", rule(finding), finding["severity"], place(finding)))
        .collect();
    let wrong = |what: &str| Some(format!("{what}; verdict {}, found {shown:#?}", report["verdict"]));
    let allowed = |slug: &String| *slug == target.expected || target.also.contains(slug);
    if let Some(slug) = errors.iter().find(|slug| !allowed(slug)) {
        return wrong(&format!("a false alarm, {slug}"));
    }
    if let Some(slug) = target.must_not.iter().find(|slug| all.contains(*slug)) {
        return wrong(&format!("{slug} must not be found"));
    }
    match target.expected.split_once(": ") {
        None if target.expected == "healthy" => {
            if report["verdict"] == "unknown" {
                return wrong(&format!("undecided: {}", report["checks"]["unknown"]));
            }
        }
        Some(("unknown", words)) => {
            let needs = report["checks"]["unknown"].to_string();
            if report["verdict"] != "unknown" || !needs.contains(words) {
                return wrong(&format!("not undecided for the sake of '{words}', but of {needs}"));
            }
        }
        _ => {
            let found = findings.iter().filter(|finding| finding["rule"] == target.expected.as_str());
            let mut here =
                found.filter(|finding| target.at.is_empty() || place(finding).starts_with(&format!("{}:", target.at)));
            let Some(finding) = here.next() else { return wrong("it is not found there") };
            let fixes = finding["fixes"].to_string();
            if !fixes.contains(&target.fix) {
                return wrong(&format!("no fix has '{}': {fixes}", target.fix));
            }
        }
    }
    None
}

fn place(finding: &Value) -> String {
    let at = &finding["location"];
    format!("{}:{}:{}", at["path"].as_str().unwrap_or("-"), at["line"], at["column"])
}

#[test]
fn declarations_are_judged_for_each_machine() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut folders: Vec<_> = fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut wrong = Vec::new();
    let mut targets = 0;
    for folder in folders.iter().filter(|folder| folder.join("case.toml").exists()) {
        let text = fs::read_to_string(folder.join("case.toml")).unwrap();
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for target in &case.targets {
            targets += 1;
            if let Some(why) = fault(folder, &case, target) {
                let name = folder.file_name().unwrap().to_string_lossy();
                wrong.push(format!(
                    "{name}, {} {} {:?}: wanted {}: {why}",
                    target.gpu, target.os, target.how, target.expected
                ));
            }
        }
    }
    assert!(targets > 0);
    assert!(wrong.is_empty(), "{} of {targets} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The report of a requirements file for a machine with an RTX 5090.
fn of_requirements(text: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("requirements.txt"), text).unwrap();
    let mut command = common::gpucheck();
    command.current_dir(&folder).args(["check", "requirements.txt", "--format", "json", "--gpu", "RTX 5090"]);
    command.args(["--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"]);
    common::moved_alike(serde_json::from_slice(&command.output().unwrap().stdout).unwrap())
}

/// Severities and places of the findings of a rule.
fn found(report: &Value, rule: &str) -> Vec<(String, String)> {
    let of_rule = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    of_rule.map(|finding| (finding["severity"].as_str().unwrap().to_owned(), place(finding))).collect()
}

#[test]
fn declaration_unclear() {
    let found = |text: &str| found(&of_requirements(text), "declaration-unclear");
    let at = |severity: &str, line: u32| vec![(severity.to_owned(), format!("requirements.txt:{line}:1"))];
    assert_eq!(found("torch\n-r missing.txt\n"), at("warning", 2));
    assert_eq!(found("torch\n\ntorch===any\n"), at("info", 3));
    // What pip refuses is the finding of another rule.
    assert_eq!(found("torch\ntorch torchvision\n"), []);
    assert_eq!(found("torch # the newest\n"), []);
    // The answer hangs on a variable.
    let report = of_requirements("torch==${TORCH_VERSION}\n");
    assert_eq!(report["verdict"], "unknown", "{}", report["findings"]);
    assert!(report["checks"]["unknown"].to_string().contains("TORCH_VERSION"), "{}", report["checks"]);
}

/// Nobody says what an image holds that no row knows: its line must not say that there is no torch.
#[test]
fn an_image_that_no_row_knows() {
    let service = "services:\n  web:\n    runtime: nvidia\n    image: ghcr.io/someone/unknown:1.2\n";
    let report = of_folder(&[("compose.yaml", service)]);
    assert_eq!(report["verdict"], "unknown", "{}", report["findings"]);
    let gaps = &report["facts"]["environments"][0]["gaps"];
    assert_eq!(gaps[0]["what"], "what ghcr.io/someone/unknown:1.2 contains", "{gaps}");
    let subjects = report["subjects"].to_string();
    assert!(subjects.contains("torch unknown without what ghcr.io") && !subjects.contains("no torch"), "{subjects}");
}

/// Ubuntu 20.04 has Python 3.8, for which there is no torch 2.6; what counts is the Python that the environment is made with.
#[test]
fn the_python_that_an_image_uses() {
    let judged = |lines: &str| {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("FROM nvidia/cuda:12.1.0-runtime-ubuntu20.04\n{lines}RUN pip install torch==2.6.0\n");
        fs::write(folder.path().join("Dockerfile"), text).unwrap();
        let mut command = common::gpucheck();
        command.current_dir(&folder).args(["check", "Dockerfile", "--format", "json", "--gpu", "RTX 4090"]);
        command.args(["--driver", "550.54.14", "--os", "linux"]);
        let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        let python = report["facts"]["environments"][0]["python"]["value"].clone();
        (report["verdict"].as_str().unwrap().to_owned(), python)
    };
    let is = |verdict: &str, python: Value| (verdict.to_owned(), python);
    assert_eq!(judged("RUN apt-get install -y python3-pip\n"), is("error", Value::Null));
    let uv =
        "ARG PYTHON_VERSION=3.10\nENV VIRTUAL_ENV=/opt/venv\nRUN uv venv --python ${PYTHON_VERSION} ${VIRTUAL_ENV}\n";
    assert_eq!(judged(uv), is("ok", "3.10".into()));
    assert_eq!(judged("ENV UV_PYTHON=3.11\nRUN uv venv\n"), is("ok", "3.11".into()));
    let installed = "RUN apt-get install -y python3.11 python3.11-venv && python3.11 -m venv /venv\n";
    assert_eq!(judged(installed), is("ok", "3.11".into()));
    // It is another one, and nobody says which.
    let open = "ARG PYTHON_VERSION\nRUN uv venv --python ${PYTHON_VERSION} --seed /opt/venv\n";
    assert_eq!(judged(open), is("ok", Value::Null));
}

/// What a program calls its part about Dockerfiles is none.
#[test]
fn a_program_is_no_dockerfile() {
    let program = ("src/dockerfile.rs", "//! FROM here on, Dockerfiles are read.\n");
    let report = of_folder(&[program, ("docker/dockerfile.gpu", "FROM ubuntu:24.04\nRUN pip install torch==2.7.1\n")]);
    let ids: Vec<&Value> = report["facts"]["environments"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["docker/dockerfile.gpu"]);
}

#[test]
fn installers_differ() {
    let found = |text: &str| found(&of_requirements(text), "installers-differ");
    let extra = "--extra-index-url https://download.pytorch.org/whl/cu126\n";
    // pip takes the newest of both indexes, uv what the additional one has.
    assert_eq!(found(&format!("{extra}torch\n")).len(), 1);
    assert_eq!(found(&format!("{extra}torch==2.7.1+cu126\n")), [], "a pinned build is the same for both");
    assert_eq!(found("torch\n"), []);
}

/// The report of a folder with these files, for the same machine.
fn of_folder(files: &[(&str, &str)]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = common::gpucheck();
    command.current_dir(&folder).args(["check", ".", "--format", "json", "--gpu", "RTX 5090"]);
    command.args(["--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"]);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

#[test]
fn lock_stale() {
    let project = |torch: &str| {
        format!(
            "[project]\nname = \"a\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\n  \"torch{torch}\",\n]\n"
        )
    };
    let lock = "version = 1\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\
                dependencies = [{ name = \"torch\" }]\n\n[[package]]\nname = \"torch\"\nversion = \"2.7.1\"\n\
                source = { registry = \"https://mirror.example/simple\" }\n";
    let found = |torch: &str| {
        let report = common::moved_alike(of_folder(&[("pyproject.toml", &project(torch)), ("uv.lock", lock)]));
        (found(&report, "lock-stale"), report)
    };
    let (stale, report) = found(">=2.8");
    assert_eq!(stale, [("warning".to_owned(), "pyproject.toml:6:3".to_owned())], "{}", report["findings"]);
    assert!(
        report["findings"].to_string().contains("torch 2.7.1 (uv.lock:11) for 'torch>=2.8'"),
        "{}",
        report["findings"]
    );
    assert_eq!(found(">=2.7").0, []);
    assert_eq!(found("").0, []);
}

#[test]
fn files_disagree() {
    // It hangs on the names of files, so that it does not come with the facts to another place.
    let found = |files: &[(&str, &str)]| found(&of_folder(files), "files-disagree");
    let conda = "dependencies:\n  - python=3.12\n  - pip:\n    - torch==2.8.0\n";
    let two = found(&[("environment.yml", conda), ("requirements.txt", "numpy\ntorch==2.7.1\n")]);
    assert_eq!(two, [("info".to_owned(), "requirements.txt:2:1".to_owned())]);
    assert_eq!(found(&[("environment.yml", conda), ("requirements.txt", "torch>=2.7\n")]), []);
    assert_eq!(
        found(&[("environment.yml", conda), ("requirements-cu118.txt", "torch==2.7.1\n")]),
        [],
        "an alternative"
    );
    assert_eq!(found(&[("environment.yml", conda), ("docs/requirements.txt", "torch==2.7.1\n")]), [], "another folder");
    let image = "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n";
    assert_eq!(found(&[("Dockerfile", image), ("requirements.txt", "torch==2.7.1\n")]), [], "one and the same");
    let image = "FROM python:3.12\nRUN pip install torch==2.9.0\n";
    assert_eq!(found(&[("Dockerfile", image), ("requirements.txt", "torch==2.7.1\n")]).len(), 1);
}

#[test]
fn installer_refuses() {
    let report = |text: &str| of_requirements(text);
    let at = |line: u32| vec![("error".to_owned(), format!("requirements.txt:{line}:1"))];
    let found = |text: &str| found(&report(text), "installer-refuses");
    assert_eq!(found("torch==2.7.1\nnumpy==1.26.4 scipy\n"), at(2));
    assert_eq!(found("torch==2.7.1 --no-such-option\n"), at(1));
    assert_eq!(found("--no-deps\ntorch==2.7.1\n"), at(1));
    assert_eq!(found("torch==2.7.1\nnumpy==1.26.4\n"), []);
    // A wheel for another Python, and one for another system.
    let wheel = |tags: &str| format!("https://wheels.example/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-{tags}.whl\n");
    assert_eq!(found(&wheel("cp310-cp310-linux_x86_64")), at(1));
    assert_eq!(found(&wheel("cp312-cp312-win_amd64")), at(1));
    assert_eq!(found(&wheel("cp312-cp312-linux_x86_64")), []);
}

/// The report of a page.
fn of_page(text: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("README.md"), text).unwrap();
    let mut command = common::gpucheck();
    command.current_dir(&folder).args(["check", "README.md", "--format", "json", "--gpu", "RTX 5090"]);
    command.args(["--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"]);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

#[test]
fn page_out_of_date() {
    let report = of_page(
        "# Setup for the RTX 5090\n\nIt is sm_120, which PyTorch does not support yet.\n\n- Driver 525+ is required for CUDA 13.0\n\
         - The RTX 5090 needs CUDA 12.8\n- Install a PyTorch nightly build\n- `TORCH_CUDA_ARCH_LIST=8.9`\n",
    );
    let found = found(&report, "page-out-of-date");
    let has = |severity: &str, line: u32| {
        found.iter().any(|(how, place)| how == severity && place.starts_with(&format!("README.md:{line}:")))
    };
    assert!(has("info", 3) && has("info", 7) && has("warning", 5) && has("warning", 8), "{found:?}");
    assert!(!has("info", 6) && !has("warning", 6), "{found:?}");
    let right = report["statements"].as_array().unwrap().iter().filter(|one| one["standing"] == "right");
    assert!(right.clone().any(|one| one["location"]["line"] == 6), "{}", report["statements"]);
    let quiet = of_page(
        "# Tool\n\nWorks with PyTorch 2.1 and CUDA 12.1 on an A100. Nightly builds of the docs are here.\n\n`pip install torch==2.7.1`\n",
    );
    assert_eq!(quiet["statements"].as_array().map(Vec::len), Some(1), "{}", quiet["statements"]);
    assert_eq!(self::found(&quiet, "page-out-of-date"), []);
}

/// A folder that is a virtual environment, with these packages; what is in torch is not there.
fn virtual_environment(folder: &Path, packages: &[(&str, &str, &[&str])]) {
    let site = folder.join("lib/python3.12/site-packages");
    fs::create_dir_all(site.join("torch")).unwrap();
    fs::create_dir_all(folder.join("bin")).unwrap();
    fs::write(folder.join("bin/python"), "").unwrap();
    fs::write(folder.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.3\n").unwrap();
    for (name, version, requires) in packages {
        let info = site.join(format!("{name}-{version}.dist-info"));
        fs::create_dir_all(&info).unwrap();
        let requires: String = requires.iter().map(|one| format!("Requires-Dist: {one}\n")).collect();
        fs::write(
            info.join("METADATA"),
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}"),
        )
        .unwrap();
    }
}

/// What a command, or files, make of an environment with torch 2.10.0+cu130.
#[cfg(unix)]
fn changed(args: &[&str]) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let packages = [
        ("torch", "2.10.0+cu130", &[][..]),
        ("torchvision", "0.25.0", &["torch==2.10.0"][..]),
        ("numpy", "2.1.0", &[][..]),
    ];
    virtual_environment(&folder.path().join("venv"), &packages);
    fs::write(folder.path().join("requirements.txt"), "numpy\nxformers==0.0.29.post3\n").unwrap();
    let mut command = common::gpucheck();
    command.current_dir(&folder).args(["check", "--python", "venv", "--format", "json", "--gpu", "RTX 5090"]);
    let run = command.args(["--driver", "580.95.05"]).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    (run.status.code(), serde_json::from_slice(&run.stdout).unwrap_or_else(|error| panic!("{error}: {said}")))
}

#[cfg(unix)]
#[test]
fn torch_replaced() {
    let moved = |report: &Value, name: &str| {
        let packages = report["installed"][0]["packages"].as_array().unwrap().clone();
        packages.into_iter().find(|one| one["name"] == name)
    };
    for args in [&["--", "pip", "install", "xformers==0.0.29.post3"][..], &["requirements.txt"]] {
        let (code, report) = changed(args);
        let torch = moved(&report, "torch").unwrap();
        assert_eq!(
            (code, &torch["before"], &torch["by"]),
            (Some(1), &"2.10.0+cu130".into(), &"xformers==0.0.29.post3".into())
        );
        assert!(torch["after"].as_str().unwrap().starts_with("2.6.0"), "{torch}");
        let found = found(&report, "torch-replaced");
        assert_eq!(found.len(), 1, "{}", report["findings"]);
        let summary =
            report["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "torch-replaced").unwrap();
        let text = summary["summary"].as_str().unwrap();
        assert!(text.starts_with("xformers==0.0.29.post3 replaces torch 2.10.0+cu130 with 2.6.0"), "{text}");
        let new = report["installed"][0]["new"].as_array().unwrap();
        assert!(new.contains(&summary["fingerprint"]), "{new:?}");
    }
    // What is there will do, and stays.
    let (_, report) =
        changed(&["--", "pip", "install", "torch", "--index-url", "https://download.pytorch.org/whl/cu128"]);
    assert_eq!(report["installed"][0]["packages"], serde_json::json!([]));
    assert_eq!(report["installed"][0]["satisfied"][0]["version"], "2.10.0+cu130");
    assert_eq!(report["installed"][0]["new"], serde_json::json!([]));
    // It is named: it is meant.
    let (_, report) =
        changed(&["--", "pip", "install", "torch==2.7.1", "--index-url", "https://download.pytorch.org/whl/cu128"]);
    assert!(moved(&report, "torch").is_some() && found(&report, "torch-replaced").is_empty());
    // The companion that stays does not go with it.
    assert!(!found(&report, "torch-companion-mismatch").is_empty(), "{}", report["findings"]);
    let (_, report) = changed(&["--", "pip", "uninstall", "-y", "torch"]);
    assert_eq!(moved(&report, "torch").unwrap()["gone"], true);
    // A folder of its own, and an image, are made anew.
    let (_, report) = changed(&["--", "pip", "install", "--target", "t", "xformers==0.0.29.post3"]);
    assert_eq!(report["installed"], Value::Null);
}
