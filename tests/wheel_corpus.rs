//! Differential test: wheels read without unpacking hold what NVIDIA's cuobjdump found in their members
//! (tests/corpus/fatbin/oracle.json), and damaged ones are told in one line.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use gpucheck::{
    binary::{self, Archive, ArchiveOptions, Skipped},
    facts::Library,
};
use serde_json::Value;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin")
}

fn read(name: &str) -> Result<Archive, binary::Error> {
    binary::read_archive(&corpus().join(name), &ArchiveOptions::default())
}

/// Multiset of code targets.
type Counts = BTreeMap<String, u32>;

fn expected(entries: &Value) -> Counts {
    let mut counts = Counts::new();
    for entry in entries.as_array().into_iter().flatten() {
        let prefix = if entry["kind"] == "elf" { "sm_" } else { "compute_" };
        *counts.entry(format!("{prefix}{}{}", entry["arch"], entry["suffix"].as_str().unwrap())).or_default() += 1;
    }
    counts
}

fn found(library: &Library) -> Counts {
    let code = library.code.value().into_iter();
    let counts = code.flat_map(|code| code.sass.iter().chain(&code.ptx).chain(&code.relocatable).chain(&code.other));
    counts.map(|(target, count)| (target.to_string(), *count)).collect()
}

/// A member without what only a search of the whole file says.
fn in_sections(mut library: Library) -> Library {
    if let Some(code) = library.code.value_mut() {
        code.hidden.clear();
        code.extent = Default::default();
    }
    library
}

/// One member of the corpus is a library of Windows under a name of Linux, which no system would load.
fn is_disguised(skipped: &Skipped) -> bool {
    skipped.path.ends_with("libdemo_cpu.so") && skipped.why.to_string() == "it is a library for Windows"
}

#[test]
fn every_member_holds_what_cuobjdump_says_and_what_the_unpacked_file_does() {
    let oracle: Value = serde_json::from_slice(&fs::read(corpus().join("oracle.json")).unwrap()).unwrap();
    let mut compared = 0;
    for (name, verdict) in oracle["files"].as_object().unwrap() {
        if !name.starts_with("wheel/") {
            continue;
        }
        let archive = read(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(archive.skipped.iter().all(is_disguised), "{name}: {:?}", archive.skipped);
        assert_eq!(archive.version.as_deref(), Some("1.0"), "{name}");
        assert!(archive.name.is_some() && archive.tags.is_some(), "{name}: {archive:?}");
        for (member, verdict) in verdict["members"].as_object().unwrap() {
            if archive.skipped.iter().any(|skipped| skipped.path == *member) {
                continue;
            }
            let library = archive.libraries.iter().find(|library| library.path == *member);
            let library = library.unwrap_or_else(|| panic!("{name}: no {member}")).clone();
            if !verdict["entries"].as_array().unwrap().is_empty() {
                assert_eq!(found(&library), expected(&verdict["entries"]), "{name}: {member}");
            }
            if let Some(same) = verdict["same_as"].as_str() {
                assert_eq!(in_sections(library), binary::read_library(&corpus().join(same), member).unwrap());
                compared += 1;
            }
        }
    }
    assert!(compared >= 9, "only {compared} members were compared");
}

#[test]
fn damage_is_one_clear_line_and_hides_no_other_member() {
    for (name, member, why) in [
        ("wheel-200MB-zeros", "libbomb.so", "decompression bomb: it expands to far more than real libraries do"),
        ("wheel-deflate-corrupt", "libdemo_cuda.so", "damaged"),
        ("wheel-lho-oob", "libdemo_cuda.so", "no member at offset 0xfffffff0, where the central directory places it"),
        ("wheel-usize-huge", "libdemo_cuda.so", "it is smaller than the central directory says"),
    ] {
        let archive = read(&format!("bad/{name}.whl")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let damaged: Vec<_> = archive.skipped.iter().filter(|skipped| !is_disguised(skipped)).collect();
        let [Skipped { path, why: reason }] = damaged.as_slice() else { panic!("{name}: {:?}", archive.skipped) };
        assert!(path.ends_with(member) && reason.to_string().contains(why), "{name}: {path}: {reason}");
        assert!(archive.inflated_bytes < 70 << 20);
        let others = archive.skipped.len() - damaged.len();
        assert_eq!(archive.libraries.len() + others, usize::from(!name.contains("zeros")), "{name}");
    }
    let error = read("bad/wheel-trunc.whl").unwrap_err().to_string();
    assert!(error.starts_with("no end-of-central-directory record (truncated, or not a zip file)"), "{error}");
    let archive = read("bad/wheel-prefix-junk.whl").unwrap();
    assert!(archive.skipped.iter().all(is_disguised));
    assert_eq!(archive.libraries.len() + archive.skipped.len(), 2, "bytes in front of an archive do no harm");
}
