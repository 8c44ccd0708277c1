//! The driver's user space judged by its files: a machine below `--root`, healthy and in each state of a broken one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use common::{
    fake::{self, CUDA, NVML, PTX_JIT},
    slugs,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const FOLDER: &str = "usr/lib/x86_64-linux-gnu";

/// A tree with a driver of this version, and the module of that one.
struct Machine(TempDir);

impl Machine {
    /// A system without any driver.
    fn bare() -> Self {
        let tree = Self(TempDir::new().unwrap());
        tree.write("etc/os-release", b"PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\n");
        // A program of this platform.
        fs::create_dir_all(tree.0.path().join("bin")).unwrap();
        fs::copy("/bin/sh", tree.0.path().join("bin/sh")).unwrap();
        fs::create_dir_all(tree.0.path().join(FOLDER)).unwrap();
        tree
    }

    fn with_module(version: &str) -> Self {
        let tree = Self::bare();
        let text = format!("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {version}  Release Build\n");
        tree.write("proc/driver/nvidia/version", text.as_bytes());
        tree
    }

    fn healthy() -> Self {
        Self::with_module("580.95.05").libraries(&[CUDA, NVML, PTX_JIT], "580.95.05")
    }

    fn path(&self, path: &str) -> PathBuf {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn write(&self, path: &str, content: &[u8]) {
        fs::write(self.path(path), content).unwrap();
    }

    /// Real shared libraries, with their links.
    fn libraries(self, names: &[&str], version: &str) -> Self {
        let whole = fs::read(fake::driver("rtx5090-580").file(CUDA)).unwrap();
        for name in names {
            let file = format!("{}.{version}", name.strip_suffix(".1").unwrap());
            self.write(&format!("{FOLDER}/{file}"), &whole);
            let link = self.path(&format!("{FOLDER}/{name}"));
            let _ = fs::remove_file(&link);
            symlink(file, link).unwrap();
        }
        self
    }

    /// The same with other content behind a link.
    fn spoilt(self, name: &str, content: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        let file = fs::canonicalize(self.path(&format!("{FOLDER}/{name}"))).unwrap();
        fs::write(&file, content(fs::read(&file).unwrap())).unwrap();
        self
    }

    fn without(self, name: &str) -> Self {
        fs::remove_file(self.path(&format!("{FOLDER}/{name}"))).unwrap();
        let start = name.strip_suffix(".1").unwrap();
        for entry in fs::read_dir(self.0.path().join(FOLDER)).unwrap().flatten() {
            if entry.file_name().to_str().unwrap().starts_with(start) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        self
    }

    fn judged(&self) -> (i32, Value) {
        common::doctor(&["--root", self.0.path().to_str().unwrap()])
    }

    /// Asserts that this is the one finding, with these paths or words.
    #[track_caller]
    fn is(&self, code: i32, severity: &str, rule: &str, says: &[&str]) {
        let (exit, report) = self.judged();
        let findings = report["findings"].as_array().unwrap();
        assert_eq!((exit, slugs(&report, severity), findings.len()), (code, vec![rule], 1), "{}", report["findings"]);
        for says in says {
            assert!(findings[0].to_string().contains(says), "{says}: {}", findings[0]);
        }
    }

    #[track_caller]
    fn is_healthy(&self) {
        let (code, report) = self.judged();
        // Where there is nothing at all, nothing was judged.
        let verdict = report["verdict"].as_str().unwrap();
        assert!(matches!(verdict, "ok" | "unknown"), "{verdict}");
        assert_eq!((code, &report["findings"]), (0, &json!([])));
    }
}

#[test]
fn a_whole_driver_has_no_finding() {
    Machine::healthy().is_healthy();
    Machine::bare().is_healthy();
    // NixOS, and the driver container of the GPU operator on a node.
    for folder in ["run/opengl-driver/lib", "run/nvidia/driver/usr/lib/x86_64-linux-gnu"] {
        let machine = Machine::healthy();
        let there = machine.path(folder);
        fs::rename(machine.0.path().join(FOLDER), there).unwrap();
        fs::create_dir_all(machine.0.path().join(FOLDER)).unwrap();
        machine.is_healthy();
    }
}

#[test]
fn an_empty_library_is_an_error_where_a_driver_is_used() {
    let place = "/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05";
    Machine::healthy().spoilt(CUDA, |_| Vec::new()).is(1, "error", "driver-library-broken", &["0 bytes", place]);
    // A whole NVML shows a driver, too.
    let without_module = Machine::bare().libraries(&[CUDA, NVML, PTX_JIT], "580.95.05");
    without_module.spoilt(CUDA, |_| Vec::new()).is(1, "error", "driver-library-broken", &[place]);
    Machine::healthy().spoilt(PTX_JIT, |_| Vec::new()).is(0, "warning", "driver-library-broken", &["ptxjitcompiler"]);
}

/// What a container runtime leaves behind in an image: it lays the real files over it.
#[test]
fn empty_files_in_an_image_are_worth_knowing() {
    let image = Machine::bare().libraries(&[CUDA, NVML, PTX_JIT], "580.95.05");
    let image = [CUDA, NVML, PTX_JIT].into_iter().fold(image, |image, name| image.spoilt(name, |_| Vec::new()));
    image.is(0, "info", "driver-library-broken", &["left the file behind"]);
}

#[test]
fn every_other_damage_is_told_with_its_path() {
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let damages: [(&str, Damage); 6] = [
        ("truncated", |whole| whole[..whole.len() / 2].to_vec()),
        ("truncated", |whole| whole[..40].to_vec()),
        ("is not a library", |whole| vec![0; whole.len()]),
        ("is not a library", |_| b"version https://git-lfs.github.com/spec/v1\n".to_vec()),
        ("another processor", |mut whole| {
            whole[18] = if whole[18] == 62 { 183 } else { 62 };
            whole
        }),
        ("another processor", |mut whole| {
            whole[4] = 1;
            whole
        }),
    ];
    for (says, damage) in damages {
        for (name, place) in [(CUDA, "/libcuda.so.580.95.05"), (NVML, "/libnvidia-ml.so.580.95.05")] {
            Machine::healthy().spoilt(name, damage).is(1, "error", "driver-library-broken", &[says, place]);
        }
    }
    let dangling = Machine::healthy();
    fs::remove_file(dangling.path(&format!("{FOLDER}/libcuda.so.580.95.05"))).unwrap();
    dangling.is(1, "error", "driver-library-broken", &["broken symbolic link", "/libcuda.so.1"]);
    let folder = Machine::healthy().without(CUDA);
    fs::create_dir(folder.path(&format!("{FOLDER}/{CUDA}"))).unwrap();
    folder.is(1, "error", "driver-library-broken", &["not a regular file"]);
    let unlinked = Machine::healthy();
    fs::remove_file(unlinked.path(&format!("{FOLDER}/{CUDA}"))).unwrap();
    unlinked.is(1, "error", "driver-library-broken", &["has no symbolic link"]);
}

#[test]
fn what_is_missing_is_named() {
    Machine::healthy().without(CUDA).is(1, "error", "driver-library-missing", &["libcuda.so.1 is missing"]);
    Machine::healthy().without(NVML).is(0, "warning", "driver-library-missing", &["libnvidia-ml.so.1 is missing"]);
    Machine::healthy().without(PTX_JIT).is(0, "warning", "driver-library-missing", &["ptxjitcompiler.so.1 is missing"]);
    Machine::with_module("580.95.05").is(1, "error", "driver-library-missing", &["libcuda.so.1, libnvidia-ml.so.1"]);
}

#[test]
fn libraries_of_another_version_than_the_module() {
    let rule = "driver-library-version-mismatch";
    let old = Machine::with_module("580.95.05").libraries(&[CUDA, NVML, PTX_JIT], "570.86.10");
    let place = "/usr/lib/x86_64-linux-gnu/libcuda.so.570.86.10";
    old.is(1, "error", rule, &["570.86.10", "580.95.05", place, "/proc/driver/nvidia/version"]);
    // Each for itself.
    Machine::healthy().libraries(&[NVML], "570.86.10").is(1, "error", rule, &["libnvidia-ml.so.570.86.10"]);
    Machine::healthy().libraries(&[PTX_JIT], "570.86.10").is(0, "warning", rule, &["ptxjitcompiler.so.570.86.10"]);
    // Without a module, against each other.
    let mixed = Machine::bare().libraries(&[CUDA, PTX_JIT], "580.95.05").libraries(&[NVML], "570.86.10");
    mixed.is(1, "error", rule, &["two versions"]);
}

/// A disk whose kernel does not run: the module that is built is the one that the libraries will meet.
#[test]
fn the_module_on_a_disk_counts() {
    let disk = |version: &str| {
        let machine = Machine::bare().libraries(&[CUDA, NVML, PTX_JIT], "580.95.05");
        for release in ["6.8.0-45-generic", "6.8.0-47-generic"] {
            machine.write(&format!("lib/modules/{release}/updates/dkms/nvidia.ko.zst"), b"compressed");
            fs::create_dir_all(machine.path(&format!("var/lib/dkms/nvidia/{version}/{release}/x86_64"))).unwrap();
        }
        machine
    };
    disk("580.95.05").is_healthy();
    disk("575.57.08").is(
        1,
        "error",
        "driver-library-version-mismatch",
        &["installed kernel module is version 575.57.08"],
    );
}

/// Gates that could not look, or had nothing to look at.
#[test]
fn a_gate_that_could_not_look_stays_shut() {
    let machine = Machine::healthy();
    let root = machine.0.path().to_str().unwrap();
    let gates: [&[&str]; 7] = [
        &["doctor", "--expect", "8x H100", "--root", root],
        &["doctor", "--expect", "8x H100", "--no-driver"],
        &["doctor", "--expect", "H100", "--gpu", "H100", "--driver", "580.95.05"],
        &["doctor", "--framework", root],
        &["smoke", "--no-driver"],
        &["smoke", "--no-driver", "--expect", "H100"],
        &["smoke", "--no-driver", "--framework"],
    ];
    for arguments in gates {
        let (code, out, err) = common::run(common::gpucheck().args(arguments).current_dir(machine.0.path()));
        // A folder without any Python may be refused outright, which is no success either.
        assert!(code == 1 && out.contains("\n? ") || code == 2 && !err.is_empty(), "{arguments:?}: {code}\n{out}{err}");
        assert!(!out.contains("✓ no problems"), "{arguments:?}: {out}");
    }
}
