//! Real wheels, read without unpacking and unpacked by Python: both must say the same, for Linux and for Windows.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{fs, path::Path, process::Command};

use gpucheck::{
    binary::{self, ArchiveOptions, Skipped},
    facts::Extent,
};

#[test]
fn a_wheel_holds_what_its_unpacked_files_do() {
    for platform in ["manylinux_2_24_x86_64", "win_amd64"] {
        let libraries = compare(&common::wheel("bitsandbytes==0.50.2", platform));
        assert!(libraries > 5, "{platform}: {libraries}");
    }
}

/// Compares every wheel of a folder and gives the number of libraries.
fn compare(folder: &Path) -> usize {
    let mut compared = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "whl") {
            continue;
        }
        let unpacked = tempfile::tempdir().unwrap();
        let mut python = Command::new("python3");
        assert!(python.args(["-m", "zipfile", "-e"]).args([&path, unpacked.path()]).status().unwrap().success());
        let archive = binary::read_archive(&path, &ArchiveOptions::default()).unwrap();
        let mut inflated = 0;
        for mut library in archive.libraries {
            if let Some(code) = library.code.value_mut() {
                code.hidden.clear();
                code.extent = Extent::Sections;
            }
            let file = unpacked.path().join(&library.path);
            inflated += fs::metadata(&file).unwrap().len();
            assert_eq!(library, binary::read_library(&file, &library.path).unwrap(), "{}", path.display());
            compared += 1;
        }
        for Skipped { path: member, why } in &archive.skipped {
            let error = binary::read_library(&unpacked.path().join(member), member).unwrap_err();
            assert_eq!(error.to_string(), why.to_string(), "{}: {member}", path.display());
        }
        // What is more is METADATA: no member was read twice.
        assert!(archive.inflated_bytes < inflated + (2 << 20), "{}", path.display());
    }
    compared
}
