//! `--knowledge DIR`: rows laid over the built-in ones, and faults told with file, line and column.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::fs;

use common::{gpucheck, run};
use gpucheck::knowledge::Knowledge;

const GPU: &str = r#"[sources]
lab = "the lab's inventory"

[[gpu]]
name = "NVIDIA Lab Card"
capability = "12.0"
source = ["lab"]
verified = "2026-11-25"
"#;

fn recommend(folder: &std::path::Path, gpu: &str) -> (i32, String, String) {
    run(gpucheck()
        .args(["recommend", "--os", "linux", "--driver", "580.95.05", "--python-version", "3.12", "--gpu", gpu])
        .arg("--knowledge")
        .arg(folder))
}

#[test]
fn an_overlay_adds_and_replaces_rows() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gpus.toml"), GPU).unwrap();
    let (code, out, err) = recommend(folder.path(), "Lab Card");
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("NVIDIA Lab Card, compute capability 12.0"), "{out}");
    // The same name again replaces the row.
    fs::write(folder.path().join("gpus.toml"), GPU.replace("Lab Card", "GeForce RTX 4090")).unwrap();
    let (_, out, _) = recommend(folder.path(), "RTX 4090");
    assert!(out.contains("compute capability 12.0"), "{out}");
}

#[test]
fn faults_are_told_with_their_place() {
    for (from, to, expected) in [
        ("capability = \"12.0\"", "capability = \"12\"", "gpus.toml:6:"),
        ("name =", "nane =", "unknown field `nane`"),
        ("source = [\"lab\"]", "source = [\"lap\"]", "gpus.toml:7:10: source 'lap' is not in [sources]"),
        ("[sources]", "[sources]\nhearsay = \"?\"", "gpus.toml:2:1: no row uses the source 'hearsay'"),
        ("verified = \"2026-11-25\"", "verified = \"last week\"", "gpus.toml:8:12: 'last week' is not a date"),
        ("verified = \"2026-11-25\"", "verified = \"2026-11-25\"\nverified = \"2026-11-25\"", "duplicate key"),
        ("[[gpu]]", "[[gpu]", "gpus.toml:4:"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gpus.toml"), GPU.replacen(from, to, 1)).unwrap();
        let (code, out, err) = recommend(folder.path(), "RTX 4090");
        assert_eq!((code, out.as_str()), (2, ""), "{to}");
        assert!(err.contains(expected), "{expected} in {err}");
    }
    let (code, _, err) = recommend(std::path::Path::new("/no/such/folder"), "RTX 4090");
    assert_eq!(code, 2);
    assert!(err.contains("/no/such/folder"), "{err}");
}

/// One row of `torch.toml`, as strict as it gets.
const TORCH: &str = r#"[sources]
lab = "the lab's own builds"

[[release]]
version = "2.99.0"
released = "2026-11-20"
python = ["3.12", "3.13", "3.14t"]
requires_python = ">=3.12"
manylinux = "manylinux_2_28"
source = ["lab"]
verified = "2026-11-25"
builds = [
  { variant = "cu132", platform = "linux-x86_64", sass = ["90", "120"], ptx = ["120"], toolkit = "13.2.2", index = "whl/cu132", published = "url", basis = "reported", source = ["lab"] },
]

[[nightly]]
variant = "cu136"
platform = "linux-x86_64"
versions = ">=2.99,<3"
sass = ["120"]
ptx = []
index = "whl/nightly/cu136"
source = ["lab"]
verified = "2026-11-25"
"#;

const CUDA: &str = r#"[sources]
lab = "release notes"

[[driver]]
branch = 700
cuda = "14.0"
source = ["lab"]
verified = "2026-11-25"

[[branch]]
branch = 700
kind = "Production"
eol = "2029-01"
newest = "700.10"
source = ["lab"]
verified = "2026-11-25"

[[toolkit]]
version = "14.0.0"
released = "2026-11-20"
min_driver_linux = "700.10"
ptx_isa = "10.0"
targets = ["90", "90a", "120"]
unknown = { min_driver_windows = "not seen" }
source = ["lab"]
verified = "2026-11-25"
"#;

const ARCHITECTURES: &str = r#"[sources]
lab = "read in the source"
modules = "the installation guide"

[[architecture]]
capability = "13.0"
generation = "lab"
first_toolkit = "14.0"
driver_first_linux = "700.10"
open_kernel_modules = "required"
by = { driver_first = "lab", open_kernel_modules = "modules" }
source = ["lab", "modules"]
verified = "2026-11-25"
"#;

const VARIABLES: &str = r#"[sources]
lab = "read in the source"

[[variable]]
name = "LAB_GPU"
read_by = "torch"
versions = ">=2.9"
values = ["0", "1"]
effect = "something"
source = ["lab"]
verified = "2026-11-25"

[[unread]]
name = "LAB_GPU"
of = "torch"
versions = "<2.9"
note = "not yet"
source = ["lab"]
verified = "2026-11-25"
"#;

/// Lays one file over the built-in rows and gives what is said on standard error.
fn laid(name: &str, text: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    let (code, _, err) = run(gpucheck().args(["kb", "list", "--knowledge"]).arg(folder.path()));
    (code, err)
}

#[test]
fn rows_that_cannot_be_right_are_refused_with_their_place() {
    for (name, text) in [
        ("torch.toml", TORCH),
        ("cuda.toml", CUDA),
        ("architectures.toml", ARCHITECTURES),
        ("variables.toml", VARIABLES),
    ] {
        assert_eq!(laid(name, text), (0, String::new()), "{name}");
    }
    for (name, text, from, to, expected) in [
        (
            "torch.toml",
            TORCH,
            "python = [\"3.12\", \"3.13\", \"3.14t\"]",
            "python = [\"3.13\", \"3.12\"]",
            "7:10: Python versions must be unique",
        ),
        (
            "torch.toml",
            TORCH,
            "version = \"2.99.0\"",
            "version = \"2.99.0+cu132\"",
            "5:11: '2.99.0+cu132' is not a release",
        ),
        (
            "torch.toml",
            TORCH,
            "released = \"2026-11-20\"",
            "released = \"2026-11-31\"",
            "6:12: '2026-11-31' is not a date",
        ),
        (
            "torch.toml",
            TORCH,
            "released = \"2026-11-20\"",
            "released = \"2026-12-20\"",
            "the row was verified before the release date",
        ),
        (
            "torch.toml",
            TORCH,
            "index = \"whl/cu132\"",
            "index = \"whl/cu131\"",
            "13:116: build cu132 on linux-x86_64: its index must be whl/cu132",
        ),
        (
            "torch.toml",
            TORCH,
            "sass = [\"90\", \"120\"]",
            "sass = [\"120\", \"90\"]",
            "13:58: build cu132 on linux-x86_64: targets must be unique",
        ),
        ("torch.toml", TORCH, "ptx = [\"120\"], ", "", "its code or PTX is not listed: explain why under `unknown`"),
        (
            "torch.toml",
            TORCH,
            "basis = \"reported\"",
            "basis = \"none\"",
            "code must be listed if there is a basis for it",
        ),
        (
            "torch.toml",
            TORCH,
            "published = \"url\"",
            "pypi_default = true, published = \"url\"",
            "the default build must be published on PyPI",
        ),
        (
            "torch.toml",
            TORCH,
            "ptx = [\"120\"], ",
            "ptx = [\"120\"], partial = [\"90a\"], ",
            "it can only be known from reading the wheel",
        ),
        ("torch.toml", TORCH, "source = [\"lab\"] },", "source = [] },", "it needs a source"),
        (
            "torch.toml",
            TORCH,
            "index = \"whl/nightly/cu136\"",
            "index = \"whl/cu136\"",
            "22:9: the index of cu136 must be whl/nightly/cu136",
        ),
        ("torch.toml", TORCH, ">=2.99,<3", ">=3,<2.99", "19:12: the range '>=3,<2.99' is empty"),
        (
            "cuda.toml",
            CUDA,
            "unknown = { min_driver_windows = \"not seen\" }\n",
            "",
            "min_driver_windows is missing: give it, or explain under `unknown`",
        ),
        ("cuda.toml", CUDA, "{ min_driver_windows", "{ ptx_isa", "ptx_isa is given, but listed under `unknown`"),
        ("cuda.toml", CUDA, "{ min_driver_windows", "{ colour", "'colour' is not a toolkit field"),
        ("cuda.toml", CUDA, "newest = \"700.10\"", "newest = \"690.10\"", "it is not a version of branch 700"),
        ("cuda.toml", CUDA, "eol = \"2029-01\"", "eol = \"2029-13\"", "a month must be written as 2026-11"),
        (
            "architectures.toml",
            ARCHITECTURES,
            ", open_kernel_modules = \"modules\"",
            "",
            "10:23: `by` does not say which source gives open_kernel_modules",
        ),
        (
            "architectures.toml",
            ARCHITECTURES,
            "driver_first = \"lab\"",
            "driver_first = \"elsewhere\"",
            "'elsewhere' is not among the row's sources",
        ),
        (
            "variables.toml",
            VARIABLES,
            "versions = \"<2.9\"",
            "versions = \"<2.10\"",
            "16:12: a [[variable]] row says that torch reads it",
        ),
        (
            "variables.toml",
            VARIABLES,
            "values = [\"0\", \"1\"]",
            "values = []",
            "either `values` to choose from or a `format`",
        ),
        (
            "variables.toml",
            VARIABLES,
            "name = \"LAB_GPU\"",
            "name = \"lab gpu\"",
            "'lab gpu' is not the name of a variable",
        ),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let (code, err) = laid(name, &changed);
        assert!(code == 2 && err.contains(expected) && err.contains(&format!("{name}:")), "{to}: {expected} in {err}");
    }
}

#[test]
fn rows_that_contradict_those_that_stay_are_refused() {
    let gpu = GPU.replacen("capability = \"12.0\"", "pci = [\"2684\"]\ncapability = \"12.0\"", 1);
    let (code, err) = laid("gpus.toml", &gpu);
    assert!(code == 2 && err.contains("gpus.toml:6:7: PCI id 2684 has capability 8.9 in another row"), "{err}");
    let gpu = gpu.replacen("NVIDIA Lab Card", "NVIDIA GeForce RTX 4090", 1);
    assert_eq!(laid("gpus.toml", &gpu).0, 0, "the row of the same name is replaced");
    let nightly = TORCH.replacen("cu136", "cu126", 2).replacen(">=2.99,<3", ">=2.10,<3", 1);
    let (code, err) = laid("torch.toml", &nightly);
    assert!(code == 2 && err.contains("torch.toml:19:12: '>=2.10,<3' overlaps the row '>=2.9,<2.11'"), "{err}");
    let parser = "[sources]\nlab = \"x\"\n[[parser]]\nversions = \">=2.7\"\nvalues = [\"12.0\"]\nnames = []\nsource = [\"lab\"]\nverified = \"2026-11-25\"\n";
    let (code, err) = laid("arch_list.toml", parser);
    assert!(code == 2 && err.contains("arch_list.toml:4:12: '>=2.7' overlaps the row"), "{err}");
}

#[test]
fn a_release_that_is_laid_over_stands_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let older = TORCH.replacen("2.99.0", "2.7.2", 1).replacen(
        "toolkit = \"13.2.2\"",
        "toolkit = \"13.2.2\", pypi_default = false",
        1,
    );
    fs::write(folder.path().join("torch.toml"), older).unwrap();
    let newest = |knowledge: &Knowledge| knowledge.newest_torch().unwrap().version.clone();
    let laid = Knowledge::with_overlay(folder.path()).unwrap();
    assert!(laid.torch_release("2.7.2").is_some());
    assert_eq!(newest(&laid), newest(&Knowledge::builtin().unwrap()), "the newest release is still the newest");
    let (code, out, _) = recommend(folder.path(), "RTX 5090");
    assert!(code == 0 && out.contains("torch==") && !out.contains("torch==2.7.2"), "{out}");
}

/// Reports call a file of `packages/` by its package: whoever looks the source up must find it there.
#[test]
fn files_about_packages_are_called_after_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/knowledge/packages");
    let knowledge = Knowledge::builtin().unwrap();
    let mut files: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let mut called: Vec<String> = knowledge.package_files().map(|file| knowledge.file_of(&file.package.name)).collect();
    called.sort();
    assert_eq!(files, called);
}
