//! `gpucheck kb`, and what every row of `knowledge/` must have.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use common::{gpucheck, run};
use gpucheck::{knowledge::Knowledge, rules};
use serde_json::Value;
use toml::Table;

/// Every TOML file of `knowledge/`.
fn files() -> Vec<(PathBuf, Table)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let names = |folder: &Path| -> Vec<PathBuf> { fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect() };
    let all = names(&folder).into_iter().chain(names(&folder.join("packages")));
    let mut files: Vec<_> = all.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap().parse().unwrap())).collect()
}

/// How many rows a table of a file has.
fn table(file: &str, table: &str) -> usize {
    let (_, content) = files().into_iter().find(|(path, _)| path.ends_with(Path::new("knowledge").join(file))).unwrap();
    content[table].as_array().unwrap().len()
}

fn is_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00"
}

/// The faults of one row: no source, a source that is not told, no date.
fn faults(row: &Table, sources: &Table, dated: bool) -> Vec<String> {
    let keys = row.get("source").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let mut faults = Vec::new();
    if keys.is_empty() {
        faults.push("no source".to_owned());
    }
    for key in keys.iter().map(|key| key.as_str().unwrap()) {
        match sources.get(key).and_then(toml::Value::as_str) {
            Some(text) if text.len() > 5 => {}
            _ => faults.push(format!("source '{key}' is not told")),
        }
    }
    if dated && !row.get("verified").and_then(toml::Value::as_str).is_some_and(is_date) {
        faults.push("no date".to_owned());
    }
    faults
}

/// The rows of a file, whatever their kind, with a name for each. The builds of a release have its date.
fn rows(file: &Table) -> Vec<(String, &Table, bool)> {
    let mut rows = Vec::new();
    for (table, value) in file.iter().filter(|(table, _)| *table != "sources") {
        match value {
            toml::Value::Array(list) => {
                for (index, row) in list.iter().enumerate() {
                    let row = row.as_table().unwrap_or_else(|| panic!("{table} is no table of rows"));
                    rows.push((format!("{table} {}", index + 1), row, true));
                    for (inner, build) in
                        row.get("builds").and_then(toml::Value::as_array).into_iter().flatten().enumerate()
                    {
                        rows.push((
                            format!("{table} {} build {}", index + 1, inner + 1),
                            build.as_table().unwrap(),
                            false,
                        ));
                    }
                }
            }
            toml::Value::Table(row) => rows.push((table.clone(), row, true)),
            other => panic!("{table} = {other:?} stands outside a row"),
        }
    }
    rows
}

#[test]
fn no_row_is_without_a_source_and_a_date() {
    let mut checked = 0;
    for (path, file) in files() {
        let sources = file["sources"].as_table().unwrap();
        for (name, row, dated) in rows(&file) {
            assert_eq!(faults(row, sources, dated), [""; 0], "{}: {name}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 1000, "{checked} rows");
}

#[test]
fn the_check_of_sources_and_dates_finds_what_is_missing() {
    let sources: Table = "lab = \"the lab's inventory\"".parse().unwrap();
    for (text, fault) in [
        ("verified = \"2026-11-25\"", "no source"),
        ("source = []\nverified = \"2026-11-25\"", "no source"),
        ("source = [\"lap\"]\nverified = \"2026-11-25\"", "source 'lap' is not told"),
        ("source = [\"lab\"]", "no date"),
        ("source = [\"lab\"]\nverified = \"yesterday\"", "no date"),
    ] {
        assert_eq!(faults(&text.parse().unwrap(), &sources, true), [fault], "{text}");
    }
}

#[test]
fn every_source_is_used() {
    for (path, file) in files() {
        let used: BTreeSet<&str> = rows(&file)
            .iter()
            .flat_map(|(_, row, _)| row["source"].as_array().unwrap())
            .map(|key| key.as_str().unwrap())
            .collect();
        for key in file["sources"].as_table().unwrap().keys() {
            assert!(used.contains(key.as_str()), "{}: no row names source '{key}'", path.display());
        }
    }
}

#[test]
fn rows_of_different_files_fit_together() {
    let knowledge = Knowledge::builtin().unwrap();
    for gpu in knowledge.gpus() {
        assert!(knowledge.architecture(gpu.capability).is_some(), "{}", gpu.name);
    }
    let toolkits: BTreeSet<&str> = knowledge.toolkit_rows().iter().map(|row| row.version.as_str()).collect();
    for release in knowledge.torch_releases() {
        for build in &release.builds {
            let name = format!("{} on {}", build.full_version(release), build.platform);
            if let Some(toolkit) = &build.toolkit {
                assert!(toolkits.contains(toolkit.as_str()), "{name}: toolkit {toolkit}");
                let cuda = build.cuda().unwrap().to_string();
                assert!(toolkit.starts_with(&format!("{cuda}.")), "{name}: toolkit {toolkit}");
            }
            for target in build.sass.iter().chain(&build.ptx).chain(&build.partial).flatten() {
                assert!(knowledge.architecture(target.capability).is_some(), "{name}: {target}");
            }
            // What the toolkit cannot generate, the wheel cannot hold.
            let row = knowledge.toolkit_rows().iter().find(|row| Some(&row.version) == build.toolkit.as_ref());
            for target in build.sass.iter().chain(&build.partial).flatten() {
                assert!(row.is_none_or(|row| row.targets.contains(target)), "{name}: {target}");
            }
        }
    }
    for row in knowledge.toolkit_rows() {
        let isa = row.ptx_isa.unwrap();
        let cuda = row.version.parse().unwrap();
        assert!(knowledge.ptx_cuda(isa).is_some_and(|first| first <= cuda), "toolkit {}: ISA {isa}", row.version);
    }
    let read: BTreeSet<&str> = knowledge.variables().iter().map(|row| row.name.as_str()).collect();
    for row in knowledge.unread_variables() {
        assert!(row.instead.as_deref().is_none_or(|name| read.contains(name)), "{}: {:?}", row.name, row.instead);
    }
    for row in knowledge.failures().iter().filter_map(|row| row.rule.as_deref()) {
        assert!(rules::find(row).is_some(), "there is no rule {row}");
    }
}

fn kb(arguments: &[&str]) -> (i32, String, String) {
    run(gpucheck().arg("kb").args(arguments))
}

#[test]
fn the_list_counts_rows_and_names_their_days() {
    let (code, out, err) = kb(&["list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let gpus = table("gpus.toml", "gpu");
    let counted = [format!("{gpus}  gpus "), format!("{}  torch releases", table("torch.toml", "release"))];
    let said = ["rows, newest 20", "no overlay"].map(str::to_owned);
    for expected in counted.iter().chain(&said) {
        assert!(out.contains(expected), "{expected} in {out}");
    }
    let (_, out, _) = kb(&["list", "--format", "json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    let kinds = list["kinds"].as_array().unwrap();
    let names: BTreeSet<&str> = kinds.iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert_eq!(names.len(), kinds.len(), "each kind is listed once");
    assert!(kinds.iter().all(|kind| kind["rows"].as_u64() > Some(0) && is_date(kind["oldest"].as_str().unwrap())));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gpus.toml"), "[sources]\nlab = \"inventory\"\n[[gpu]]\nname = \"NVIDIA Lab Card\"\ncapability = \"12.0\"\nsource = [\"lab\"]\nverified = \"2020-01-01\"\n").unwrap();
    let (_, out, _) = run(gpucheck().args(["kb", "list", "--knowledge"]).arg(folder.path()));
    assert!(
        out.contains(&format!("{}  gpus ", gpus + 1)) && out.contains("oldest 2020-01-01") && out.contains("overlay: "),
        "{out}"
    );
    let (code, out, _) = run(gpucheck().args(["kb", "path", "--knowledge"]).arg(folder.path()));
    assert!(code == 0 && out.contains(&folder.path().display().to_string()), "{out}");
}

#[test]
fn a_row_is_shown_with_its_source() {
    for (arguments, expected) in [
        (&["torch", "2.7.1+cu128"][..], "75 80 86 90 100 120"),
        (&["torch", "2.5.1"], "cu124 on linux-x86_64: 50 60 70 75 80 86 90, the default on PyPI"),
        (&["torch", "2.10.0.dev20251201+cu128"], "whl/nightly/cu128"),
        (&["gpu", "RTX", "5090"], "10de:2b85"),
        (&["cuda", "12.8"], "driver 525.60.13 (Linux)"),
        (&["cuda", "13.5.0"], "min driver linux: the toolkit includes no driver"),
        (&["driver", "581.57"], "(branch R580)"),
        (&["driver", "R580"], "5.0 5.2 6.0 6.1 7.0"),
        (&["arch", "sm_120"], "open only"),
        (&["variable", "no_cuda_graph"], "moshi"),
        (&["variable", "CUDA_VISIBLE_DEVICE"], "instead      CUDA_VISIBLE_DEVICES"),
        (&["package", "bitsandbytes", "0.48.1"], "sm_120"),
        (&["package", "Faster_Whisper==1.0.3"], "gpucheck rule faster-whisper-leaves-ctranslate2-open"),
        (&["package", "silero-vad", "4.0.2"], "is not on the index"),
        (&["package", "onnxruntime-gpu", "1.26.0"], "compute_90"),
        (&["package", "bitsandbytes", "99.0"], "no row covers this version"),
        (&["library", "libcudnn.so.9"], "nvidia-cudnn-cu12"),
        (&["library", "libcuda.so.1"], "NVIDIA's driver"),
        (&["error", "no kernel image"], "gpu-too-new-for-wheel"),
        (&["failure", "803"], "compat-lib-shadows-driver"),
        (&["failure", "GPU has fallen off the bus"], "gpu-lost"),
    ] {
        let (code, out, err) = kb(&[&["show"], arguments].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        assert!(out.contains(expected) && out.contains("source") && out.contains("checked"), "{arguments:?}: {out}");
        let (_, out, _) = kb(&[&["show", "--format", "json"], arguments].concat());
        let shown: Value = serde_json::from_str(&out).unwrap();
        assert!(!shown["shown"][0]["row"].is_null() && shown["shown"][0]["sources"][0].is_string(), "{out}");
    }
}

#[test]
fn what_no_row_has_is_told_with_what_is_near() {
    let knowledge = Knowledge::builtin().unwrap();
    let newest = &knowledge.newest_torch().unwrap().version;
    let newest = format!("the newest known release is {newest}; an installed torch is judged by its own binaries");
    for (arguments, expected) in [
        (["torch", "2.7.3"], "did you mean 2.7.0, 2.7.1"),
        (["torch", "100.0.0"], newest.as_str()),
        (["torch", "2.7.1+cu131"], "has no cu131 build; known builds: cpu, cu118, cu126, cu128"),
        (["gpu", "RTX 5099"], "RTX 5090"),
        (["gpu", "RTX 6000"], "capability:\n  NVIDIA RTX"),
        (["cuda", "12.7"], "unknown CUDA toolkit '12.7'"),
        (["driver", "999"], "unknown driver '999'"),
        (["driver", "new"], "'new' is not a driver version"),
        (["arch", "sm_99"], "unknown architecture 'sm_99'"),
        (["variable", "CUDA_VISIBLE_DEVCES"], "CUDA_VISIBLE_DEVICES"),
        (["package", "bitsandbites"], "did you mean bitsandbytes"),
        (["package", "left-pad"], "judged by their own binaries alone"),
        (["library", "libcublas"], "did you mean libcublas.so.11"),
        (["error", "zzzz"], "give a line or some words of the message"),
        (["failure", "4711"], "unknown failure '4711'"),
    ] {
        let (code, out, err) = kb(&[&["show"], &arguments[..]].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    }
}
