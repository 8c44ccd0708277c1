//! A virtual environment made of a few files, with a torch that is whole until a test breaks it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use super::{gpucheck, run};

/// A small real library with code for sm_120 alone.
pub const LIBRARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c13.5/so-sm_120.so");
pub const MAIN: &str = "torch/lib/libtorch_cuda.so";
/// The module that torch begins with.
pub const ROOT: &str = "torch/_C.cpython-312-x86_64-linux-gnu.so";

/// A virtual environment for x86_64 Linux with torch 2.7.1+cu128, of which the libraries are the small one.
pub struct Place {
    pub folder: TempDir,
    pub site: PathBuf,
    pub variables: Vec<(String, String)>,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join(".venv/lib/python3.12/site-packages");
        let place = Self { folder, site, variables: Vec::new() };
        write(&place.at(".venv/pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n");
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header.resize(64, 0);
        header[18] = 62;
        fs::create_dir_all(place.at(".venv/bin")).unwrap();
        fs::write(place.at(".venv/bin/python"), header).unwrap();
        place.torch(&place.site, "2.7.1", "2.7.1+cu128", &[MAIN, ROOT]);
        place
    }

    /// Metadata, `version.py` and libraries in a folder of packages.
    pub fn torch(&self, site: &Path, metadata: &str, build: &str, libraries: &[&str]) {
        let info = site.join(format!("torch-{metadata}.dist-info"));
        write(&info.join("METADATA"), &format!("Metadata-Version: 2.1\nName: torch\nVersion: {metadata}\n"));
        let record: String = libraries.iter().map(|path| format!("{path},,\n")).collect();
        write(&info.join("RECORD"), &format!("torch/__init__.py,,\ntorch/version.py,,\n{record}"));
        write(&site.join("torch/__init__.py"), "");
        let cuda = build.split_once("+cu").map(|(_, digits)| format!("{}.{}", &digits[..2], &digits[2..]));
        let cuda = cuda.map_or("None".to_owned(), |cuda| format!("'{cuda}'"));
        write(&site.join("torch/version.py"), &format!("__version__ = '{build}'\ncuda = {cuda}\nhip = None\n"));
        for path in libraries {
            let path = site.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(LIBRARY, path).unwrap();
        }
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn main(&self) -> PathBuf {
        self.site.join(MAIN)
    }

    pub fn command(&self) -> Command {
        let mut command = gpucheck();
        command.arg("doctor").arg(self.folder.path()).args(["--gpu", "RTX 5090", "--driver", "580.95.05"]);
        command.envs(self.variables.iter().cloned());
        command
    }

    pub fn judged(&self) -> (i32, Value) {
        let (code, out, err) = run(self.command().args(["--format", "json"]));
        let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        (code, super::moved_alike(report))
    }

    /// Asserts that nothing is called good, and gives the report.
    #[track_caller]
    pub fn refused(&self) -> Value {
        let (code, report) = self.judged();
        let shown = || format!("{}\n{}", report["findings"], report["checks"]["unknown"]);
        assert_eq!((code, report["verdict"].as_str()), (1, Some("error")), "{}", shown());
        for runs in report["runs_on"].as_array().unwrap() {
            assert!(["no", "unknown"].contains(&runs["how"].as_str().unwrap()), "{runs}");
        }
        for lines in report["readiness"].as_array().unwrap() {
            for line in lines["lines"].as_array().unwrap() {
                let key = line["key"].as_str().unwrap();
                let good = ["pytorch", "cuda-available", "arch-supported", "bf16", "four-bit"].contains(&key);
                assert!(!good || line["answer"] != "yes", "{line}");
            }
        }
        let (code, text, _) = run(&mut self.command());
        assert!(code == 1 && !text.contains("✓ runs torch") && !text.contains("✓ no problems"), "{text}");
        report
    }
}

pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
