//! Real wheels, read without unpacking and unpacked by Python: both must say the same. Not part of a usual run, as wheels are large:
//! `pip download --no-deps -d DIR torch==2.7.1`, then `GPUCHECK_WHEELS=DIR cargo test --release --test wheel_real -- --ignored`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{env, fs, path::Path, process::Command};

use gpucheck::{
    binary::{self, ArchiveOptions},
    facts::Extent,
};

#[test]
#[ignore = "needs a folder of wheels in GPUCHECK_WHEELS"]
fn a_wheel_holds_what_its_unpacked_files_do() {
    let folder = env::var_os("GPUCHECK_WHEELS").unwrap();
    let mut compared = 0;
    for entry in fs::read_dir(Path::new(&folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "whl") {
            continue;
        }
        let unpacked = tempfile::tempdir_in(&folder).unwrap();
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
        for (member, why) in &archive.skipped {
            let error = binary::read_library(&unpacked.path().join(member), member).unwrap_err();
            assert_eq!(error.to_string(), *why, "{}: {member}", path.display());
        }
        // What is more is METADATA: no member was read twice.
        assert!(archive.inflated_bytes < inflated + (2 << 20), "{}", path.display());
    }
    assert!(compared > 0);
}
