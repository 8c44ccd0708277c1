//! Differential test: what the reader finds in the corpus is what NVIDIA's cuobjdump found (tests/corpus/fatbin/oracle.json).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use gpucheck::{
    binary,
    facts::{CodeKind, Fact, Library},
};
use serde_json::Value;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin")
}

/// Multiset of code targets.
type Counts = BTreeMap<String, u32>;

/// What the oracle says, as this program names it.
fn expected(entries: &[Value]) -> Counts {
    let mut counts = Counts::new();
    for entry in entries {
        let prefix = match entry["kind"].as_str().unwrap() {
            "elf" => "sm_",
            "ptx" => "compute_",
            "nvvm" => "lto_",
            "tile ir" => "tile_",
            // Its parts are listed behind it.
            "concatenated entry" => continue,
            other => panic!("unexpected kind {other}"),
        };
        let name = format!("{prefix}{}{}", entry["arch"], entry["suffix"].as_str().unwrap());
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// What the reader says, general and relocatable parts together, as cuobjdump's `-all` does.
fn found(library: &Library) -> Counts {
    let mut counts = Counts::new();
    if let Fact::Known { value: code, .. } = &library.code {
        for (target, count) in code.sass.iter().chain(&code.ptx).chain(&code.relocatable).chain(&code.other) {
            *counts.entry(target.to_string()).or_default() += count;
        }
    }
    counts
}

/// The target in the name of a file that is one image: `raw-sm_90a.cubin`, without its suffix.
fn bare_image(name: &str) -> Option<String> {
    let path = Path::new(name);
    path.extension().filter(|extension| *extension == "cubin" || *extension == "ptx")?;
    let stem = path.file_stem()?.to_str()?;
    stem.strip_prefix("raw-").map(without_suffix)
}

fn without_suffix(target: &str) -> String {
    target.trim_end_matches(['a', 'f']).to_owned()
}

/// Formats that the reader does not open, with the reason.
fn not_read(name: &str) -> Option<&'static str> {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("a") => Some("static libraries"),
        Some("whl") => Some("wheels"),
        _ => None,
    }
}

#[test]
fn every_good_file_holds_what_cuobjdump_says() {
    let oracle: Value = serde_json::from_slice(&fs::read(corpus().join("oracle.json")).unwrap()).unwrap();
    let mut compared = 0;
    let mut differences = Vec::new();
    for (name, verdict) in oracle["files"].as_object().unwrap() {
        if name.starts_with("bad/") || not_read(name).is_some() {
            continue;
        }
        // Where cuobjdump is blind (PE, data sections), the sections were cut out and shown to it. Those in data sections are
        // not read here either: that takes a search of the whole file.
        let mut entries = verdict["entries"].as_array().unwrap().clone();
        for slice in verdict["by_slice"].as_array().into_iter().flatten() {
            if [".nv_fatb", "__nv_rel"].contains(&slice["where"].as_str().unwrap()) {
                entries.extend(slice["entries"].as_array().unwrap().iter().cloned());
            }
        }
        let library = match binary::read_library(&corpus().join(name), name) {
            Ok(library) => library,
            Err(error) => {
                differences.push(format!("{name}: {error}"));
                continue;
            }
        };
        compared += 1;
        let (mut expected, mut found) = (expected(&entries), found(&library));
        if let Some(target) = bare_image(name) {
            // cuobjdump lists no bare images; their names tell. A cubin's ELF header does not always have the suffix.
            expected = Counts::from([(target, 1)]);
            found = found.into_iter().map(|(target, count)| (without_suffix(&target), count)).collect();
        }
        if expected != found {
            differences.push(format!("{name}: cuobjdump {expected:?}, gpucheck {found:?}"));
        }
        if let Fact::Known { value: code, .. } = &library.code {
            assert!(code.damage.is_empty(), "{name}: {:?}", code.damage);
            let grouped: u32 = code.modules.iter().map(|group| group.count).sum();
            assert_eq!(grouped, code.fatbins, "{name}: the groups hold every fatbin");
            let images: usize = code.modules.iter().map(|group| group.images.len() * group.count as usize).sum();
            let counted: u32 = code.sass.values().chain(code.ptx.values()).sum();
            assert_eq!(images, counted as usize, "{name}: the groups hold every image");
        }
    }
    assert!(differences.is_empty(), "{} of {compared}:\n{}", differences.len(), differences.join("\n"));
    assert!(compared > 180, "only {compared} files were compared");
}

#[test]
fn no_bad_file_panics_and_what_came_before_the_fault_is_kept() {
    let mut read = 0;
    for entry in fs::read_dir(corpus().join("bad")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if not_read(&name).is_some() {
            continue;
        }
        read += 1;
        let result = binary::read_library(&path, &name);
        if ["elf-gap-nonzero.so", "fatsize-max.fatbin", "entry-kind-0xffff.fatbin"].contains(&name.as_str()) {
            let library = result.unwrap_or_else(|error| panic!("{name}: {error}"));
            let code = library.code.value().unwrap_or_else(|| panic!("{name}: no code"));
            assert!(!found(&library).is_empty(), "{name}: nothing was kept");
            assert!(name.starts_with("entry-kind") || !code.damage.is_empty(), "{name}: the damage is not told");
        }
    }
    assert!(read > 70, "only {read} files were read");
}

#[test]
fn kinds_that_are_not_known_are_walked_past() {
    let library = binary::read_library(&corpus().join("bad/entry-kind-0x200.fatbin"), "x").unwrap();
    let code = library.code.value().unwrap();
    assert!(code.other.keys().any(|code| code.kind == CodeKind::Other(0x200)), "{code:?}");
}
