//! Differential test: what the reader finds in the corpus is what NVIDIA's cuobjdump found (tests/corpus/fatbin/oracle.json).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
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

/// The target in the name of a file that is one image: `raw-sm_90a.cubin`.
fn bare_image(name: &str) -> Option<String> {
    let path = Path::new(name);
    path.extension().filter(|extension| *extension == "cubin" || *extension == "ptx")?;
    path.file_stem()?.to_str()?.strip_prefix("raw-").map(str::to_owned)
}

/// Whether the reader leaves this file to others: wheels are not its matter.
fn is_wheel(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "whl")
}

fn oracle() -> serde_json::Map<String, Value> {
    let mut oracle: Value = serde_json::from_slice(&fs::read(corpus().join("oracle.json")).unwrap()).unwrap();
    let Value::Object(mut files) = oracle["files"].take() else { panic!("no files") };
    files.retain(|name, _| !name.starts_with("bad/") && !is_wheel(name));
    // cuobjdump stops at a text member without a word. The same archive without that member it reads.
    files["c13.5/static.a"] = files["c13.5/static-plain.a"].clone();
    files
}

#[test]
fn every_good_file_holds_what_cuobjdump_says() {
    let mut compared = 0;
    let mut differences = Vec::new();
    for (name, verdict) in &oracle() {
        // Where cuobjdump is blind (PE, data sections), the sections were cut out and shown to it.
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
        let (mut expected, found) = (expected(&entries), found(&library));
        if let Some(target) = bare_image(name) {
            // cuobjdump lists no bare images; their names tell.
            expected = Counts::from([(target, 1)]);
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
fn hidden_code_is_found_by_the_deep_search_only_and_decoys_are_not_counted() {
    let mut searched = 0;
    for (name, verdict) in &oracle() {
        let path = corpus().join(name);
        let (shallow, deep) = (binary::read_library(&path, name).unwrap(), binary::read_deep(&path, name).unwrap());
        assert_eq!(found(&shallow), found(&deep), "{name}: the named sections");
        assert!(shallow.code.value().is_none_or(|code| code.hidden.is_empty()), "{name}");
        assert!(!deep.code.is_unknown(), "{name}: searched, and still unknown");
        // The named sections and what was cut out of the rest, together.
        let Some(slices) = verdict["by_slice"].as_array() else {
            assert!(deep.code.value().is_none_or(|code| code.hidden.is_empty()), "{name}: {:?}", deep.code);
            continue;
        };
        searched += 1;
        let mut expected =
            expected(&slices.iter().flat_map(|slice| slice["entries"].as_array().unwrap().clone()).collect::<Vec<_>>());
        for cubin in slices.iter().filter(|slice| slice["where"].as_str().unwrap().starts_with("cubin@")) {
            let target = cubin["list_elf_all"][0].as_str().unwrap().split('.').nth(1).unwrap();
            *expected.entry(target.to_owned()).or_default() += 1;
        }
        let mut all = found(&deep);
        for (target, count) in deep.code.value().map(|code| code.hidden.clone()).unwrap_or_default() {
            *all.entry(target.to_string()).or_default() += count;
        }
        assert_eq!(expected, all, "{name}");
    }
    assert!(searched > 10, "only {searched} files with slices");
    for name in ["hidden/magic-decoy.so", "pe/win-none.dll"] {
        assert!(binary::read_deep(&corpus().join(name), name).unwrap().code.is_absent(), "{name}");
    }
}

#[test]
fn no_bad_file_panics_and_what_came_before_the_fault_is_kept() {
    let mut read = 0;
    for entry in fs::read_dir(corpus().join("bad")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if is_wheel(&name) {
            continue;
        }
        read += 1;
        let begun = Instant::now();
        let (result, _) = (binary::read_library(&path, &name), binary::read_deep(&path, &name));
        assert!(begun.elapsed() < Duration::from_secs(5), "{name}: {:?}", begun.elapsed());
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

#[test]
fn a_relocatable_cubin_is_link_input() {
    let mut bytes = fs::read(corpus().join("c13.5/raw-sm_90a.cubin")).unwrap();
    bytes[16] = 1;
    let library = binary::read_source(&bytes.as_slice(), "x.cubin").unwrap();
    let code = library.code.value().unwrap();
    assert_eq!((code.fatbins, code.sass.len(), code.modules.len()), (0, 0, 0));
    assert_eq!(code.relocatable.keys().map(ToString::to_string).collect::<Vec<_>>(), ["sm_90a"]);
}
