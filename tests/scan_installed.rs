//! What `scan` reads of installed packages is what the doctor reads of them: names, versions, builds, requirements, who installed them and
//! what could not be read, however they were installed, and whichever folder of the environment is named.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use common::{
    cache, doctor, gpucheck,
    place::{LIBRARY, write},
    run,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const SITE: &str = "lib/python3.11/site-packages";
const BUILD: &str = "__version__ = '2.7.1+cu128'\ncuda = '12.8'\nhip = None\n";
const METADATA: &str = "Metadata-Version: 2.1\nName: torch\nVersion: 2.7.1+cu128\nRequires-Dist: filelock\n\
                        Requires-Dist: own @ https://sam:hunter2@host/own.whl\nRequires-Dist: x; extra == 'opt'\n\nRequires-Dist: no\n";

/// An environment, made up, in which packages are installed in one way or another.
struct Made {
    folder: TempDir,
}

impl Made {
    fn venv() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        made.write("pyvenv.cfg", "home = /usr/bin\nversion = 3.11.7\n");
        made.python()
    }

    fn conda(meta: &[(&str, &str)]) -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        made.write("conda-meta/python-3.11.9-h1_0_cpython.json", "{}");
        for (file, text) in meta {
            made.write(&format!("conda-meta/{file}"), text);
        }
        made.python()
    }

    fn python(self) -> Self {
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header.resize(64, 0);
        header[18] = 62;
        fs::create_dir_all(self.at("bin")).unwrap();
        fs::create_dir_all(self.at(SITE)).unwrap();
        fs::write(self.at("bin/python3.11"), header).unwrap();
        std::os::unix::fs::symlink("python3.11", self.at("bin/python")).unwrap();
        self
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.at(path), text);
    }

    fn library(&self, path: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(LIBRARY, path).unwrap();
    }

    /// The module of torch, with its libraries.
    fn torch(&self, libraries: &[&str]) {
        self.write(&format!("{SITE}/torch/__init__.py"), "");
        self.write(&format!("{SITE}/torch/version.py"), BUILD);
        for library in libraries {
            self.library(&format!("{SITE}/{library}"));
        }
    }
}

/// What is compared of a package.
fn told(package: &Value) -> Value {
    let names = |key: &str| package.get(key).cloned().unwrap_or(Value::Null);
    let value = |key: &str| package[key].get("value").cloned().unwrap_or(Value::Null);
    let unread = package["unread"].as_array().into_iter().flatten();
    // Paths are shown from the folder that was named.
    let unread: Vec<Value> = unread
        .map(|one| json!([Path::new(one["path"].as_str().unwrap()).file_name().unwrap().to_str(), one["why"]]))
        .collect();
    json!([value("version"), value("build"), names("requires"), names("installer"), unread])
}

fn packages<'r>(environments: impl IntoIterator<Item = &'r Value>) -> BTreeMap<String, Value> {
    let packages = environments.into_iter().flat_map(|one| one["packages"].as_array().unwrap());
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), told(package))).collect()
}

fn scan(target: &Path) -> Value {
    let mut command = gpucheck();
    let (_, out, err) = run(command.arg("scan").arg(target).args(["--gpu", "RTX 5090", "--format", "json"]));
    assert!(!out.contains("hunter2"), "{out}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}

/// Holds what `scan` says of these folders of an environment against what the doctor says, and gives the doctor's packages. The packages
/// with libraries must be these, and nothing may be left that belongs to none.
#[track_caller]
fn agree(environment: &Path, targets: &[(&str, &[&str])]) -> BTreeMap<String, Value> {
    let (_, report) = doctor(&[environment.to_str().unwrap(), "--gpu", "RTX 5090", "--driver", "580.95.05"]);
    assert!(!report.to_string().contains("hunter2"), "{report}");
    let expected = packages([&report["facts"]["environments"][0]]);
    for (target, names) in targets {
        let report = scan(&environment.join(target));
        let found = packages(report["facts"]["environments"].as_array().unwrap());
        assert_eq!(found.keys().collect::<Vec<_>>(), *names, "{target}: {}", report["scan"]);
        for (name, package) in &found {
            assert_eq!(Some(package), expected.get(name), "{target}: {name}");
        }
    }
    expected
}

/// What is known of that torch when nothing is wrong.
fn torch(installer: Value) -> Value {
    let build = json!({ "version": "2.7.1+cu128", "cuda": "12.8" });
    json!(["2.7.1+cu128", build, ["filelock", "own @ https://[redacted]@host/own.whl"], installer, []])
}

const TORCH: [(&str, &[&str]); 3] =
    [("", &["torch"]), (SITE, &["torch"]), ("lib/python3.11/site-packages/torch", &["torch"])];

#[test]
fn a_wheel_with_and_without_its_record() {
    let made = Made::venv();
    made.torch(&["torch/lib/libtorch_cuda.so"]);
    let info = format!("{SITE}/torch-2.7.1+cu128.dist-info");
    made.write(&format!("{info}/METADATA"), METADATA);
    made.write(&format!("{info}/INSTALLER"), "pip\n");
    let record = format!("{info}/RECORD");
    made.write(&record, "torch/__init__.py,,\ntorch/version.py,,\ntorch/lib/libtorch_cuda.so,,\n");
    assert_eq!(agree(made.folder.path(), &TORCH)["torch"], torch(json!("pip")));
    fs::remove_file(made.at(&record)).unwrap();
    assert_eq!(agree(made.folder.path(), &TORCH)["torch"], torch(json!("pip")), "without RECORD");
    made.write(&record, "");
    assert_eq!(agree(made.folder.path(), &TORCH)["torch"], torch(json!("pip")), "an empty RECORD");
    fs::remove_file(made.at(&record)).unwrap();
    fs::create_dir(made.at(&record)).unwrap();
    let found = &agree(made.folder.path(), &TORCH)["torch"];
    assert_eq!(found[4], json!([["RECORD", "not a regular file"]]));
    let report = scan(&made.at(SITE));
    assert!(report["gate"]["unknown"].to_string().contains("RECORD could not be read"), "{}", report["gate"]);
}

#[test]
fn eggs_as_folders_and_as_files() {
    let made = Made::venv();
    made.library(&format!("{SITE}/old_one/_C.so"));
    made.library(&format!("{SITE}/TTS/_C.so"));
    let egg = format!("{SITE}/Old.One-0.1-py3.11.egg-info");
    made.write(&format!("{egg}/PKG-INFO"), "Name: Old.One\nVersion: 0.1\n");
    made.write(&format!("{egg}/requires.txt"), "torch>=2\nb @ https://hunter2@host/b.whl\n\n[extra]\nx\n");
    made.write(&format!("{SITE}/TTS-0.22.egg-info"), "Name: TTS\nVersion: 0.22\nRequires-Dist: torch\n");
    let found = agree(made.folder.path(), &[("", &["old-one", "tts"]), (SITE, &["old-one", "tts"])]);
    let requires = json!(["torch>=2", "b @ https://[redacted]@host/b.whl"]);
    assert_eq!(found["old-one"], json!(["0.1", null, requires, null, []]));
    assert_eq!(found["tts"], json!(["0.22", null, ["torch"], null, []]));
    agree(made.folder.path(), &[("lib/python3.11/site-packages/TTS", &["tts"])]);
    fs::remove_file(made.at(&format!("{egg}/requires.txt"))).unwrap();
    fs::create_dir(made.at(&format!("{egg}/requires.txt"))).unwrap();
    let found = agree(made.folder.path(), &[(SITE, &["old-one", "tts"])]);
    assert_eq!(found["old-one"][4], json!([["requires.txt", "not a regular file"]]));
}

#[test]
fn a_torch_of_conda() {
    let meta = [("pytorch-2.7.1-cuda128_py311_0.json", "{\n  \"name\": \"pytorch\"\n}\n")];
    let made = Made::conda(&meta);
    made.torch(&["torch/_C.so"]);
    made.library("lib/libtorch_cuda.so");
    made.write(&format!("{SITE}/torch-2.7.1+cu128-py3.11.egg-info"), METADATA);
    assert_eq!(agree(made.folder.path(), &TORCH)["torch"], torch(json!("conda")));
    for (target, _) in TORCH {
        let report = scan(&made.at(target));
        let paths: Vec<_> = report["scan"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
        assert_eq!(paths, ["lib/libtorch_cuda.so", "torch/_C.so"], "{target}");
    }
    // What conda keeps of it is cut off, empty, or a folder.
    let file = format!("conda-meta/{}", meta[0].0);
    let cut = "its JSON is incomplete: the file is truncated";
    for (text, why) in [("{\n  \"depends\": [\n    \"a\",\n", cut), ("{\n  \"link\": {\n  }", cut), ("", "it is empty")]
    {
        made.write(&file, text);
        let found = &agree(made.folder.path(), &TORCH)["torch"];
        assert_eq!(found[4], json!([[meta[0].0, why]]));
    }
    let bare = "Name: torch\nVersion: 2.7.1+cu128\n";
    made.write(&format!("{SITE}/torch-2.7.1+cu128-py3.11.egg-info"), bare);
    assert_eq!(unknown(made.folder.path()), format!("the requirements of torch: {file}: it is empty"));
}

/// Why the doctor does not know whether what is required is there.
fn unknown(environment: &Path) -> String {
    let (_, report) = doctor(&[environment.to_str().unwrap(), "--gpu", "RTX 5090", "--driver", "580.95.05"]);
    let unknown = report["checks"]["unknown"].as_array().unwrap();
    let of_rule = unknown.iter().find(|one| one["rule"] == "environment-incomplete");
    of_rule.unwrap_or_else(|| panic!("{}", report["findings"]))["needs"][0].as_str().unwrap().to_owned()
}

#[test]
fn a_line_that_is_no_requirement_is_told() {
    let made = Made::venv();
    made.torch(&["torch/lib/libtorch_cuda.so"]);
    let info = format!("{SITE}/torch-2.7.1+cu128.dist-info");
    made.write(&format!("{info}/METADATA"), "Name: torch\nVersion: 2.7.1+cu128\nRequires-Dist: numpy >>> 1\n");
    assert_eq!(agree(made.folder.path(), &TORCH)["torch"][2], json!(["numpy >>> 1"]));
    assert_eq!(
        unknown(made.folder.path()),
        format!("the requirements of torch: invalid requirement numpy >>> 1: {info}")
    );
}

#[test]
fn modules_that_no_metadata_tells_of() {
    for made in [Made::venv(), Made::conda(&[("pytorch-2.7.1-cuda128_py311_0.json", "{}")])] {
        made.torch(&["torch/lib/libtorch_cuda.so"]);
        // Something else is installed there.
        made.write(&format!("{SITE}/six-1.16.0-py3.9.egg-info"), "Name: six\nVersion: 1.16.0\n");
        let found = agree(made.folder.path(), &TORCH);
        assert_eq!(found["torch"][0], "2.7.1+cu128");
        assert_eq!(found["six"][0], "1.16.0");
    }
}

#[test]
fn metadata_that_cannot_be_read() {
    let made = Made::venv();
    made.torch(&["torch/lib/libtorch_cuda.so"]);
    let info = format!("{SITE}/torch-2.7.1+cu128.dist-info");
    fs::create_dir_all(made.at(&format!("{info}/METADATA"))).unwrap();
    let found = &agree(made.folder.path(), &TORCH)["torch"];
    assert_eq!((&found[0], &found[4]), (&json!("2.7.1+cu128"), &json!([["METADATA", "not a regular file"]])));
    fs::remove_dir(made.at(&format!("{info}/METADATA"))).unwrap();
    made.write(&format!("{info}/METADATA"), "no fields\n");
    assert_eq!(agree(made.folder.path(), &TORCH)["torch"][4], json!([["METADATA", "it has no Name field"]]));
}

#[test]
fn of_two_of_one_name_both_take_the_one_that_the_module_is_of() {
    let made = Made::venv();
    made.torch(&["torch/lib/libtorch_cuda.so"]);
    for version in ["2.6.0", "2.7.1+cu128", "2.8.0"] {
        let info = format!("{SITE}/torch-{version}.dist-info");
        made.write(&format!("{info}/METADATA"), &format!("Name: torch\nVersion: {version}\n"));
        made.write(&format!("{info}/RECORD"), "torch/lib/libtorch_cuda.so,,\n");
    }
    assert_eq!(agree(made.folder.path(), &TORCH)["torch"][0], "2.7.1+cu128");
}

#[test]
fn real_environments() {
    for name in ["torch-2.7.1", "torch-2.15.0"] {
        let environment = cache().join(name);
        if !environment.join("complete").exists() {
            continue;
        }
        let (_, report) = doctor(&[environment.to_str().unwrap(), "--gpu", "RTX 5090", "--driver", "580.95.05"]);
        let expected = packages([&report["facts"]["environments"][0]]);
        let site =
            fs::read_dir(environment.join("lib")).unwrap().flatten().next().unwrap().path().join("site-packages");
        for target in [&environment, &site, &site.join("torch")] {
            let report = scan(target);
            let found = packages(report["facts"]["environments"].as_array().unwrap());
            assert!(found.contains_key("torch"));
            for (name, package) in found {
                assert_eq!(Some(&package), expected.get(&name), "{}: {name}", target.display());
            }
        }
    }
}
