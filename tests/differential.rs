//! Real wheels held against NVIDIA's cuobjdump, entry by entry. The same over sixty wheels, hidden code among them, is
//! scripts/differential; docs/evidence/differential.md keeps what came of it.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic")]

mod common;

use std::{collections::BTreeMap, fs, process::Command};

use common::nvidia;
use gpucheck::{
    binary::{self, ArchiveOptions},
    facts::{Container, Library},
};

/// Machine code and PTX by target, without the `f` of machine code.
fn counts(library: &Library) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    let code = library.code.value().into_iter();
    for (target, count) in code.flat_map(|code| code.sass.iter().chain(&code.ptx).chain(&code.relocatable)) {
        let target = target.to_string();
        let listed = match target.strip_suffix('f') {
            Some(plain) if plain.starts_with("sm_") => plain.to_owned(),
            _ => target,
        };
        *counts.entry(listed).or_default() += count;
    }
    counts
}

#[test]
fn wheels_hold_what_cuobjdump_lists() {
    let cuobjdump = match nvidia::cuobjdump() {
        Ok(cuobjdump) => cuobjdump,
        // NVIDIA makes the tool for Linux on two processors.
        Err(why) => return eprintln!("skipped: no cuobjdump for this machine: {why}"),
    };
    let (mut equal, mut refused, mut entries) = (0, Vec::new(), 0);
    for (requirement, platform) in [
        ("bitsandbytes==0.50.2", "manylinux_2_24_x86_64"),
        ("bitsandbytes==0.50.2", "win_amd64"),
        ("torchaudio==2.7.1", "manylinux_2_28_x86_64"),
    ] {
        let folder = common::wheel(requirement, platform);
        let wheel = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let wheel = wheel.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "whl")).unwrap();
        let unpacked = tempfile::tempdir().unwrap();
        common::succeed(Command::new("python3").args(["-m", "zipfile", "-e"]).args([&wheel, unpacked.path()]));
        for library in binary::read_archive(&wheel, &ArchiveOptions::default()).unwrap().libraries {
            let mut file = unpacked.path().join(&library.path);
            if library.container == Container::Pe {
                let dll = fs::read(&file).unwrap();
                let fatbins = nvidia::fatbins_of_dll(&dll);
                file = unpacked.path().join("sections.o");
                fs::write(&file, nvidia::object_of(&fatbins)).unwrap();
            }
            let ours = counts(&library);
            match nvidia::list(&cuobjdump, &file) {
                Ok(listed) => {
                    assert_eq!(ours, listed, "{platform}: {}", library.path);
                    equal += 1;
                    entries += listed.values().sum::<u32>();
                }
                // 13.5 stops at cubins of CUDA 12.0 and 12.1, and in an object without a fatbin.
                Err(why) => {
                    assert!(why.contains("Invalid ELF") || ours.is_empty(), "{}: {why}", library.path);
                    refused.extend((!ours.is_empty()).then_some(library.path));
                }
            }
        }
    }
    assert_eq!(refused, ["bitsandbytes/libbitsandbytes_cuda121.so", "bitsandbytes/libbitsandbytes_cuda121.dll"]);
    assert!(equal > 20 && entries > 600, "{equal} files, {entries} entries");
}
