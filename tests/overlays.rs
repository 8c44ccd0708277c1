//! `--knowledge DIR` with rows of every kind: one with the key of a built-in row takes its place, any other is added, and `kb list` shows
//! both. The rows are those of `knowledge/`, one at a time, with a day of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use common::{gpucheck, run};
use gpucheck::knowledge::Knowledge;
use serde_json::Value;

/// File, table, what `kb list` calls its rows, and what gives the first of them another key.
const KINDS: &[(&str, &str, &str, (&str, &str))] = &[
    ("gpus", "gpu", "gpus", ("NVIDIA R200", "NVIDIA Lab Card")),
    ("architectures", "architecture", "architectures", ("\"2.0\"", "\"1.3\"")),
    ("architectures", "family", "families", ("\"10.0\"", "\"11.9\"")),
    ("architectures", "sass_exclusion", "exceptions to binary compatibility", ("[\"5.3\"]", "[\"5.4\"]")),
    ("architectures", "same_chip", "chips with two names", ("\"11.0\"", "\"11.9\"")),
    ("cuda", "runtime", "CUDA majors", ("major = 13", "major = 99")),
    ("cuda", "toolkit", "CUDA toolkits", ("10.2.89", "10.1.105")),
    ("cuda", "ptx", "PTX ISAs", ("isa = \"6.0\"", "isa = \"5.9\"")),
    ("cuda", "driver", "drivers' CUDA", ("branch = 440", "branch = 439")),
    ("cuda", "branch", "driver branches", ("branch = 440", "branch = 439")),
    ("cuda", "compression", "compression", ("zstd", "brotli")),
    ("jetson", "jetpack", "JetPack releases", ("36.2.0", "36.1.9")),
    ("jetson", "torch", "torch for Jetson", ("summary = \"", "summary = \"in the lab, ")),
    ("torch", "release", "torch releases", ("version = \"1.7.1\"", "version = \"1.12.9\"")),
    ("torch", "nightly", "torch nightlies", (">=2.9,<2.11", ">=1.9,<1.11")),
    ("torch", "conda", "conda's builds of torch", ("channel = \"pytorch\"", "channel = \"lab\"")),
    ("dependents", "dependent", "packages that bring others", ("name = \"", "name = \"lab-")),
    ("arch_list", "parser", "arch list parsers", (">=2.1,<2.2", ">=1.1,<1.2")),
    ("variables", "variable", "variables", ("CUDA_VISIBLE_DEVICES", "LAB_DEVICES")),
    ("variables", "unread", "variables nothing reads", ("\"CUDA_VISIBLE_DEVICE\"", "\"LAB_DEVICE\"")),
    ("failures", "failure", "driver failures", ("name = \"", "name = \"lab-")),
    ("errors", "error", "error texts", ("id = \"", "id = \"lab-")),
    ("advice", "advice", "advice", ("summary = \"", "summary = \"in the lab, ")),
    ("tools", "note", "notes on tools", ("note = \"", "note = \"in the lab, ")),
    ("libraries", "library", "libraries' owners", ("distribution = \"", "distribution = \"lab-")),
    ("libraries", "collection", "requirements that bring libraries", ("distribution = \"", "distribution = \"lab-")),
    ("libraries", "carrier", "carriers of libraries", ("distribution = \"", "distribution = \"lab-")),
    ("libraries", "common", "libraries of systems", ("names = [", "names = [\"liblab.so\", ")),
    ("images", "image", "images", ("repository = \"", "repository = \"lab/")),
];

/// Later than every built-in row.
const DAY: &str = "2031-01-02";

/// The first row of a table in a file of `knowledge/`, with the sources that it names, checked on [`DAY`].
fn first_row(file: &str, table: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("knowledge/{file}.toml"));
    let text = fs::read_to_string(path).unwrap();
    let head = format!("[[{table}]]");
    let from = text.find(&format!("\n{head}\n")).unwrap() + 1;
    let length = text[from + head.len()..].find("\n[[").map_or(text.len() - from, |end| head.len() + end);
    let row = &text[from..from + length];
    let lists = row.split("source = [").skip(1).map(|list| list.split(']').next().unwrap());
    let used: BTreeSet<&str> = lists.flat_map(|list| list.split(", ")).map(|key| key.trim_matches('"')).collect();
    let sources = used.iter().map(|key| format!("\"{key}\" = \"the lab's own\"\n")).collect::<String>();
    let (before, behind) = row.split_once("\nverified = \"").unwrap();
    format!("[sources]\n{sources}\n{before}\nverified = \"{DAY}{}", &behind[DAY.len()..])
}

/// What `kb list` says of each kind: how many rows, and the newest day.
fn kinds(folder: Option<&Path>) -> BTreeMap<String, (u64, String)> {
    let mut command = gpucheck();
    command.args(["kb", "list", "--format", "json"]);
    folder.map(|folder| command.arg("--knowledge").arg(folder));
    let (code, out, err) = run(&mut command);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let list: Value = serde_json::from_str(&out).unwrap();
    if folder.is_some() {
        assert_eq!(list["knowledge"]["date"], DAY, "{}", list["knowledge"]);
    }
    let kind = |kind: &Value| {
        let text = |field: &str| kind[field].as_str().unwrap().to_owned();
        (text("kind"), (kind["rows"].as_u64().unwrap(), text("newest")))
    };
    list["kinds"].as_array().unwrap().iter().map(kind).collect()
}

/// Lays one file over the built-in rows.
fn laid(name: &str, text: &str) -> (tempfile::TempDir, BTreeMap<String, (u64, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    let kinds = kinds(Some(folder.path()));
    (folder, kinds)
}

#[test]
fn a_row_of_every_kind_is_replaced_or_added() {
    let base = kinds(None);
    let mut tried = BTreeSet::new();
    for (file, table, kind, (from, to)) in KINDS {
        let name = format!("{file}.toml");
        let row = first_row(file, table);
        let (rows, _) = base[*kind];
        let (_folder, after) = laid(&name, &row);
        assert_eq!(after[*kind], (rows, DAY.to_owned()), "{kind}: replaced");
        let other = row.replace(from, to);
        assert_ne!(other, row, "{kind}: {from}");
        let (_folder, after) = laid(&name, &other);
        assert_eq!(after[*kind], (rows + 1, DAY.to_owned()), "{kind}: added");
        let changed = |name: &&String| after[*name] != base[*name] && *name != "torch builds";
        assert_eq!(after.keys().filter(changed).collect::<Vec<_>>(), [kind], "nothing else is touched");
        tried.insert((*kind).to_owned());
    }
    let of_packages = ["package", "assemblers", "C++", "versions that", "known problems"];
    let left = base.keys().filter(|kind| !tried.contains(*kind) && !of_packages.iter().any(|of| kind.starts_with(of)));
    assert_eq!(left.collect::<Vec<_>>(), ["torch builds"], "every kind has its case");
}

#[test]
fn a_file_about_a_package_is_replaced_as_a_whole_or_added() {
    let base = kinds(None);
    let text = |name: &str| {
        format!(
            "[sources]\nlab = \"the lab's own\"\n\n[package]\nname = \"{name}\"\nmain = []\nsource = [\"lab\"]\nverified = \"{DAY}\"\n"
        )
    };
    let (_folder, after) = laid("packages/lab.toml", &text("lab-package"));
    assert_eq!(after["packages"], (base["packages"].0 + 1, DAY.to_owned()));
    assert_eq!(after["package builds"], base["package builds"]);
    let (_folder, after) = laid("packages/bitsandbytes.toml", &text("bitsandbytes"));
    assert_eq!(after["packages"], (base["packages"].0, DAY.to_owned()));
    assert!(after["package builds"].0 < base["package builds"].0, "its rows went with it");
}

/// Questions take the first or the last row, or those up to one.
#[test]
fn rows_that_are_added_stand_in_their_order() {
    let with = |file: &str, table: &str, from: &str, to: &str| {
        let (folder, _) = laid(&format!("{file}.toml"), &first_row(file, table).replace(from, to));
        Knowledge::with_overlay(folder.path()).unwrap()
    };
    let knowledge = with("cuda", "toolkit", "10.2.89", "12.8.77");
    let versions: Vec<&str> = knowledge.toolkit_rows().iter().map(|row| row.version.as_str()).collect();
    let place = versions.iter().position(|version| *version == "12.8.77").unwrap();
    assert!(versions[place - 1].starts_with("12.8.") && versions[place + 1].starts_with("12.9."), "{versions:?}");
    let knowledge = with("architectures", "architecture", "\"2.0\"", "\"9.9\"");
    let rows = knowledge.architecture_rows();
    assert!(rows.is_sorted_by_key(|row| row.capability) && rows.iter().any(|row| row.capability.to_string() == "9.9"));
    let knowledge = with("torch", "release", "version = \"1.7.1\"", "version = \"2.0.9\"");
    assert_ne!(knowledge.newest_torch().unwrap().version, "2.0.9");
}

/// A folder that says what the built-in rows say changes nothing: every key tells a row from the others, and the built-in rows stand in the
/// order in which rows that are added are put.
#[test]
fn the_built_in_files_laid_over_themselves_change_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let (base, mut same) = (Knowledge::builtin().unwrap(), Knowledge::with_overlay(&folder).unwrap());
    assert_eq!(base.kinds(), same.kinds());
    same.overlays.clear();
    let differs = |(before, after): &(String, String)| before != after;
    let told = |knowledge: &Knowledge| -> Vec<String> {
        let gpus = knowledge.gpus().map(|row| format!("{row:?}"));
        let releases = knowledge.torch_releases().map(|row| format!("{row:?}"));
        let packages = knowledge.package_files().map(|file| format!("{file:?}"));
        let architectures = knowledge.architecture_rows().iter().map(|row| format!("{row:?}"));
        let toolkits = knowledge.toolkit_rows().iter().map(|row| format!("{row:?}"));
        gpus.chain(releases).chain(packages).chain(architectures).chain(toolkits).collect()
    };
    assert_eq!(told(&base).into_iter().zip(told(&same)).find(differs), None);
    assert_eq!((base.branches(), base.errors()), (same.branches(), same.errors()));
    assert_eq!((base.variables(), base.failures()), (same.variables(), same.failures()));
}
