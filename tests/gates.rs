//! `scan --gpu` and `scan --require` as gates: nothing, what could not be read and what is only hidden open none of them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, io::Write, os::unix::fs::symlink, path::Path, process::Command};

use common::{gpucheck, pack::Zip, run, succeed};
use serde_json::Value;

/// Code for sm_120 alone.
const GOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c13.5/so-sm_120.so");
const MAIN: &str = "libtorch_cuda.so";

fn good() -> Vec<u8> {
    fs::read(GOOD).unwrap()
}

/// The library without its section headers, so that its code is found by searching only.
fn hidden() -> Vec<u8> {
    let mut bytes = good();
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
    bytes
}

/// Exit code and last lines with a gate of each kind; without a gate a scan is only an answer.
#[track_caller]
fn gate(target: &Path, gate: [&str; 2]) -> (i32, String, Value) {
    let (plain, ..) = run(gpucheck().arg("scan").arg(target));
    assert_eq!(plain, 0, "{}", target.display());
    let (code, text, err) = run(gpucheck().arg("scan").arg(target).args(gate));
    let (json_code, json, _) = run(gpucheck().arg("scan").arg(target).args(gate).args(["--format", "json"]));
    assert_eq!(code, json_code, "{err}");
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["gate"]["met"], code == 0, "{}", report["gate"]);
    (code, text, report)
}

#[track_caller]
fn closed(target: &Path, why: &str) {
    for question in [["--require", "sm_120"], ["--gpu", "RTX 5090"]] {
        let (code, text, report) = gate(target, question);
        let last = text.lines().last().unwrap_or_default();
        let verdict = report["verdict"].as_str();
        assert!(code == 1 && matches!(verdict, Some("error" | "unknown")), "{question:?} {verdict:?} {text}");
        assert!(!text.contains("✓ is built for") && !text.contains("✓ runs on"), "{text}");
        assert!(text.contains(why), "'{why}' is not in\n{text}");
        assert!(!last.starts_with('✓'), "{text}");
    }
}

#[test]
fn a_whole_library_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(GOOD, folder.path().join(MAIN)).unwrap();
    for question in [["--require", "sm_120"], ["--gpu", "RTX 5090"]] {
        let (code, text, _) = gate(folder.path(), question);
        assert_eq!(code, 0, "{text}");
    }
}

#[test]
fn nothing_opens_no_gate() {
    let folder = tempfile::tempdir().unwrap();
    closed(folder.path(), "no runnable device code found in");
    fs::write(folder.path().join("notes.txt"), "x").unwrap();
    closed(folder.path(), "no runnable device code found in");
    // What is there decides.
    let (code, text, _) = {
        fs::copy(GOOD.replace("so-sm_120", "so-sass-only-sm_90"), folder.path().join("x.so")).unwrap();
        gate(folder.path(), ["--require", "sm_120"])
    };
    assert!(code == 1 && text.contains("lacks sm_120"), "{text}");
}

#[test]
fn what_a_folder_has_and_could_not_be_read_counts() {
    let whole = good();
    let mut foreign = b"MZ".to_vec();
    foreign.resize(400, 0);
    let contents: [(&str, &[u8]); 7] = [
        ("empty", b""),
        ("truncated", &whole[..100]),
        ("truncated", &whole[..whole.len() - 1]),
        ("Git LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
        ("zero bytes", &[0; 50_000]),
        ("not a library", b"<html>503</html>"),
        ("Windows", &foreign),
    ];
    for beside in [false, true] {
        for (why, bytes) in contents {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(MAIN), bytes).unwrap();
            if beside {
                fs::copy(GOOD, folder.path().join("libgood.so")).unwrap();
            }
            closed(folder.path(), why);
        }
        type Make = fn(&Path);
        let things: [(&str, Make); 4] = [
            ("broken symbolic link", |path| symlink("/gone", path).unwrap()),
            ("broken symbolic link", |path| symlink(path, path).unwrap()),
            ("a pipe", |path| succeed(Command::new("mkfifo").arg(path))),
            ("a device", |path| symlink("/dev/zero", path).unwrap()),
        ];
        for (why, make) in things {
            let folder = tempfile::tempdir().unwrap();
            make(&folder.path().join(MAIN));
            if beside {
                fs::copy(GOOD, folder.path().join("libgood.so")).unwrap();
            }
            closed(folder.path(), why);
        }
    }
    // A folder of that name is a folder, and a linker script is no library: both are nothing.
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(MAIN)).unwrap();
    fs::write(folder.path().join("libx.so"), "INPUT(libx.so.1)").unwrap();
    closed(folder.path(), "no runnable device code found in");
    fs::copy(GOOD, folder.path().join("libgood.so")).unwrap();
    assert_eq!(gate(folder.path(), ["--require", "sm_120"]).0, 0);
}

#[test]
fn damage_inside_of_the_code_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = good();
    bytes[0x2030..0x2040].fill(0xFF);
    fs::write(folder.path().join(MAIN), bytes).unwrap();
    closed(folder.path(), "amaged");
}

#[test]
fn code_that_only_a_search_finds_is_not_what_was_not_found() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(MAIN), hidden()).unwrap();
    for question in [["--require", "sm_90"], ["--gpu", "H100"]] {
        let (code, text, _) = gate(folder.path(), question);
        assert!(code == 1 && !text.contains("✓ is built for") && !text.contains("✓ runs on"), "{text}");
    }
    let wheel = folder.path().join("demo-1.0-py3-none-any.whl");
    fs::File::create(&wheel).unwrap().write_all(&Zip::default().deflated("demo/a.so", &hidden()).finish()).unwrap();
    let (code, text, _) = gate(&wheel, ["--require", "sm_90"]);
    assert!(code == 1 && text.contains("hidden") && text.contains("lacks sm_90"), "{text}");
}

#[test]
fn packages_without_code_open_no_gate() {
    let folder = tempfile::tempdir().unwrap();
    let wheel = folder.path().join("demo-1.0-py3-none-any.whl");
    let write = |zip: Zip| fs::write(&wheel, zip.finish()).unwrap();
    write(Zip::default());
    closed(&wheel, "no runnable device code found in");
    write(Zip::default().deflated("demo/x.py", b"pass"));
    closed(&wheel, "no runnable device code found in");
    write(Zip::default().deflated("demo/good.so", &good()).deflated("demo/main.so", b""));
    closed(&wheel, "empty");
    write(Zip::default().deflated("demo/good.so", &good()).deflated("demo/main.so", &good()[..300]));
    closed(&wheel, "truncated");
    write(Zip::default().deflated("demo/good.so", &good()));
    assert_eq!(gate(&wheel, ["--require", "sm_120"]).0, 0);
    // Each target must hold something, not any of them.
    let other = folder.path().join("pure-1.0-py3-none-any.whl");
    fs::write(&other, Zip::default().deflated("pure/x.py", b"pass").finish()).unwrap();
    let (code, text, _) = run(gpucheck().arg("scan").args([&wheel, &other]).args(["--require", "sm_120"]));
    assert!(code == 1 && text.contains("pure-1.0"), "{text}");
}

#[test]
fn what_no_section_names_opens_no_gate() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin");
    for name in ["bad/elf-shnum-0.so", "bad/elf-sec-name-oob.so"] {
        // The very target that a search finds in it.
        let (code, text, err) = run(gpucheck().arg("scan").arg(corpus.join(name)).args(["--require", "sm_90a"]));
        assert!(code == 1 && text.contains("hidden") && !text.contains('✓'), "{name}: {text}{err}");
        let (code, text, _) = run(gpucheck().arg("scan").arg(corpus.join(name)).args(["--gpu", "H100"]));
        assert!(code == 1 && text.contains("sections have no names"), "{name}: {text}");
    }
    let library = folder.path().join(MAIN);
    fs::write(&library, hidden()).unwrap();
    for target in [folder.path(), library.as_path()] {
        for question in [["--require", "sm_120"], ["--gpu", "RTX 5090"]] {
            let (code, text, _) = gate(target, question);
            assert_eq!(code, 1, "{text}");
        }
    }
}

/// A wheel of this name with these members, and METADATA that says the same.
fn wheel(folder: &Path, name: &str, version: &str, members: &[(&str, &[u8])]) -> std::path::PathBuf {
    let path = folder.join(format!("{name}-{version}-cp312-cp312-manylinux_2_28_x86_64.whl"));
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let start = Zip::default().deflated(&format!("{name}-{version}.dist-info/METADATA"), metadata.as_bytes());
    let zip = members.iter().fold(start, |zip, (path, bytes)| zip.deflated(path, bytes));
    fs::write(&path, zip.finish()).unwrap();
    path
}

#[test]
fn a_build_of_torch_without_cuda_is_named_with_the_index_that_has_another() {
    let folder = tempfile::tempdir().unwrap();
    let version = ("torch/version.py", b"__version__ = '2.7.1+cpu'\ncuda = None\n" as &[u8]);
    let path = wheel(folder.path(), "torch", "2.7.1", &[version, ("torch/lib/libtorch_cpu.so", &good())]);
    let (code, text, report) = gate(&path, ["--gpu", "RTX 5090"]);
    assert!(code == 1 && report["verdict"] == "error", "{text}");
    assert!(text.contains("cpu-only-torch") && text.contains("torch==2.7.1+cu128"), "{text}");
    assert!(text.contains("https://download.pytorch.org/whl/cu128") && text.contains("not met"), "{text}");
    assert_ne!(report["checks"]["ran"], 0);
}

#[test]
fn a_wheel_for_too_old_gpus_is_a_finding_with_what_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let version = ("torch/version.py", b"__version__ = '2.7.1+cu126'\ncuda = '12.6'\n" as &[u8]);
    let old = fs::read(GOOD.replace("so-sm_120", "so-sass-only-sm_90")).unwrap();
    let path = wheel(folder.path(), "torch", "2.7.1", &[version, ("torch/lib/libtorch_cuda.so", &old)]);
    let (code, text, report) = gate(&path, ["--gpu", "RTX 5090"]);
    assert!(code == 1 && text.contains("gpu-too-new-for-wheel") && text.contains("torch==2.7.1+cu128"), "{text}");
    assert_eq!(report["gate"]["met"], false, "{text}");
    assert_eq!(gate(&path, ["--gpu", "H100"]).0, 0);
}

#[test]
fn what_compiles_its_code_is_judged_as_that() {
    let folder = tempfile::tempdir().unwrap();
    let ptx = b".version 9.2\n.target sm_103a\n.address_size 64\n" as &[u8];
    let path = wheel(folder.path(), "flashinfer_python", "0.7.4", &[("flashinfer/data/kda.ptx", ptx)]);
    let (code, text, report) = gate(&path, ["--gpu", "RTX 5090"]);
    assert!(code == 0 && text.contains("compiled on the machine that runs it"), "{text}");
    assert_eq!(report["packages"][0]["runs_on"][0]["how"], "compiled there");
    // Which CUDA compiles is not said, and later ones have dropped this one.
    let (code, text, report) = gate(&path, ["--gpu", "GTX 1080"]);
    assert!(code == 1 && text.contains("CUDA 12.9 was the last to compile for sm_61"), "{text}");
    assert_eq!(report["packages"][0]["runs_on"][0]["verdict"], "unknown", "{text}");
    let same = wheel(folder.path(), "other", "0.7.4", &[("other/data/kda.ptx", ptx)]);
    assert_eq!(gate(&same, ["--gpu", "RTX 5090"]).0, 1);
}

#[test]
fn a_package_is_the_same_alone_and_among_others() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("lib/python3.12/site-packages");
    for (name, files) in [("vllm", ["vllm/_C.abi3.so", "vllm/_moe_C.abi3.so"]), ("demo", ["demo/a.so", "demo/b.so"])] {
        let info = site.join(format!("{name}-0.33.0.dist-info"));
        fs::create_dir_all(&info).unwrap();
        fs::create_dir_all(site.join(name)).unwrap();
        fs::write(info.join("METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: 0.33.0\n")).unwrap();
        fs::write(info.join("RECORD"), files.map(|file| format!("{file},,\n")).concat()).unwrap();
        fs::copy(GOOD, site.join(files[0])).unwrap();
        fs::copy(GOOD.replace("so-sm_120", "so-sass-only-sm_90"), site.join(files[1])).unwrap();
    }
    for gpu in ["RTX 5090", "H100", "GTX 1080"] {
        let (_, _, all) = gate(&site, ["--gpu", gpu]);
        for name in ["vllm", "demo"] {
            let (_, text, alone) = gate(&site.join(name), ["--gpu", gpu]);
            let of = |report: &Value| {
                let packages = report["packages"].as_array().unwrap();
                let own = packages.iter().find(|package| package["name"] == name).unwrap();
                (own["id"].clone(), own["decided_by"].clone(), own["runs_on"].clone())
            };
            assert_eq!(of(&alone), of(&all), "{name} on {gpu}: {text}");
            assert_eq!(alone["packages"].as_array().unwrap().len(), 1, "{text}");
        }
    }
}
