//! The doctor on environments whose files are not what they should be: no state of a broken library, no folder that cannot be listed and
//! no torch in another place is called good on the word of the knowledge base.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use common::{
    finding, fix_lines, gpucheck,
    place::{LIBRARY, MAIN, Place, ROOT, write},
    run, slugs,
};
use serde_json::{Value, json};

/// Bytes of the library with its section headers taken away.
fn without_sections() -> Vec<u8> {
    let mut bytes = fs::read(LIBRARY).unwrap();
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
    bytes
}

#[test]
fn a_whole_library_is_judged_by_its_code() {
    let (code, report) = Place::new().judged();
    assert_eq!((code, slugs(&report, "error"), &report["runs_on"][0]["how"]), (0, vec![], &json!("sass sm_120")));
    let torch = &report["facts"]["environments"][0]["packages"][0];
    assert_eq!((&torch["listing"], &torch["damaged"]), (&json!("record"), &Value::Null));
}

/// Every state of a broken main library is an error, whatever the knowledge base says of its version.
#[test]
fn library_damaged() {
    let whole = fs::read(LIBRARY).unwrap();
    let mut foreign = whole.clone();
    foreign[18] = 183;
    let mut damaged = whole.clone();
    // The header of the first entry in `.nv_fatbin` (at 0x2020).
    damaged[0x2030..0x2040].fill(0xFF);
    let mut named = b"MZ".to_vec();
    named.resize(400, 0);
    let contents: [(&str, &[u8]); 14] = [
        ("empty", b""),
        ("cut-off", &whole[..200]),
        ("cut-off", &whole[..whole.len() / 2]),
        ("cut-off", &whole[..whole.len() - 1]),
        ("cut-off", &whole[..40]),
        ("cut-off", b"\x7fELF"),
        ("pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 900000000\n"),
        ("no-library", b"<html><title>503 Service Unavailable</title></html>"),
        ("zeros", &[0; 100_000]),
        ("other-machine", &foreign),
        ("other-machine", &named),
        ("no-sections", &without_sections()),
        ("no-library", b"INPUT(libother.so)"),
        ("damaged inside", &damaged),
    ];
    for (what, bytes) in contents {
        let place = Place::new();
        fs::write(place.main(), bytes).unwrap();
        let report = place.refused();
        let found = finding(&report, "library-damaged");
        assert!(found["summary"].as_str().unwrap().contains(MAIN), "{what}: {found}");
        let bad = &report["facts"]["environments"][0]["packages"][0]["damaged"][0]["what"];
        // A linker script is no fault of a file, but no main library either; damage inside stands with the code.
        assert!(bad == what || bytes.starts_with(b"INPUT") || what == "damaged inside", "{what}: {bad}");
        let lines = fix_lines(found).join("\n");
        assert!(lines.contains("--force-reinstall --no-deps torch==2.7.1+cu128"), "{what}: {lines}");
        assert!(lines.contains("--index-url") && lines.contains("/whl/cu128"), "{what}: {lines}");
    }
}

#[test]
fn every_thing_that_is_no_file_is_an_error() {
    type Make = fn(&Path);
    let states: [(&str, &str, Make); 7] = [
        ("absent", "is missing", |_| {}),
        ("absent", "broken symbolic link", |path| symlink("/gone/libtorch_cuda.so", path).unwrap()),
        ("link-loop", "leads back to itself", |path| symlink(path, path).unwrap()),
        ("not-a-file", "is a folder", |path| fs::create_dir(path).unwrap()),
        ("not-a-file", "a pipe", |path| common::succeed(Command::new("mkfifo").arg(path))),
        ("not-a-file", "a device", |path| symlink("/dev/zero", path).unwrap()),
        ("absent", "is missing", |path| fs::remove_dir_all(path.parent().unwrap().parent().unwrap()).unwrap()),
    ];
    for (what, why, make) in states {
        let place = Place::new();
        fs::remove_file(place.main()).unwrap();
        make(&place.main());
        let report = place.refused();
        let torch = &report["facts"]["environments"][0]["packages"][0];
        assert_eq!(torch["damaged"][0]["what"], what, "{torch}");
        assert!(finding(&report, "library-damaged")["summary"].as_str().unwrap().contains(why), "{why}");
    }
}

#[test]
fn a_file_that_this_user_may_not_read_is_an_error() {
    let place = Place::new();
    fs::set_permissions(place.main(), fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything.
    if fs::File::open(place.main()).is_err() {
        let report = place.refused();
        assert_eq!(report["facts"]["environments"][0]["packages"][0]["damaged"][0]["what"], "unreadable");
    }
}

#[test]
fn without_a_record_the_main_library_must_be_there_all_the_same() {
    let place = Place::new();
    fs::remove_file(place.site.join("torch-2.7.1.dist-info/RECORD")).unwrap();
    assert_eq!(place.judged().1["runs_on"][0]["how"], "sass sm_120");
    fs::remove_file(place.main()).unwrap();
    assert!(finding(&place.refused(), "library-damaged")["summary"].as_str().unwrap().contains(MAIN));
    // Nor does the version alone say what is there.
    fs::remove_dir_all(place.site.join("torch")).unwrap();
    finding(&place.refused(), "library-damaged");
    // A build without CUDA has no such library.
    write(&place.site.join("torch/__init__.py"), "");
    write(&place.site.join("torch/version.py"), "__version__ = '2.7.1+cpu'\ncuda = None\nhip = None\n");
    let (_, report) = place.judged();
    assert!(!slugs(&report, "error").contains(&"library-damaged"), "{}", report["findings"]);
}

/// What torch links to is as needed as its main library; what nothing links to is a warning.
#[test]
fn libraries_of_other_packages_count_as_they_are_linked() {
    let place = Place::new();
    let info = place.site.join("nvidia_cuda_runtime_cu12-12.8.90.dist-info");
    write(&info.join("METADATA"), "Name: nvidia-cuda-runtime-cu12\nVersion: 12.8.90\n");
    let library = |name: &str| place.site.join("nvidia/cuda_runtime/lib").join(name);
    // The corpus library links to the C++ library: the package plays its part.
    for (name, severity, how) in [("libstdc++.so.6", "error", "unknown"), ("libextra.so.1", "warning", "sass sm_120")] {
        write(&info.join("RECORD"), &format!("nvidia/cuda_runtime/lib/{name},,\n"));
        write(&library(name), "");
        let (_, report) = place.judged();
        let found = finding(&report, "library-damaged");
        assert_eq!(found["severity"], severity, "{found}");
        assert_eq!(report["runs_on"][0]["how"], how, "{found}");
        assert!(fix_lines(found)[0].contains("--no-deps nvidia-cuda-runtime-cu12==12.8.90"), "{found}");
    }
    // Of packages that do not concern GPUs nothing is looked at.
    fs::remove_dir_all(&info).unwrap();
    write(&place.site.join("numpy-2.0.0.dist-info/METADATA"), "Name: numpy\nVersion: 2.0.0\n");
    write(&place.site.join("numpy-2.0.0.dist-info/RECORD"), "numpy/core.so,,\n");
    assert_eq!((place.judged().0, slugs(&place.judged().1, "warning")), (0, vec![]));
}

#[test]
fn a_known_extension_whose_library_is_gone_is_an_error() {
    let place = Place::new();
    let info = place.site.join("flash_attn-2.8.3.dist-info");
    write(&info.join("METADATA"), "Name: flash-attn\nVersion: 2.8.3\n");
    write(&info.join("RECORD"), "flash_attn_2_cuda.cpython-312-x86_64-linux-gnu.so,,\n");
    let (code, report) = place.judged();
    let found = finding(&report, "library-damaged");
    assert_eq!((code, &found["severity"]), (1, &json!("error")), "{found}");
    assert!(found["subject"].as_str().unwrap().starts_with("flash-attn"), "{found}");
}

#[test]
fn saved_facts_of_a_broken_environment_are_judged_the_same() {
    let place = Place::new();
    fs::write(place.main(), "").unwrap();
    let (_, report) = place.judged();
    let saved = place.at("report.json");
    fs::write(&saved, report.to_string()).unwrap();
    let (code, out, _) = run(gpucheck().args(["doctor", "--format", "json", "--replay"]).arg(&saved));
    let again: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &again["findings"]), (1, &report["findings"]));
}

#[test]
fn the_knowledge_base_is_not_verified_against_broken_files() {
    let place = Place::new();
    fs::write(place.main(), "").unwrap();
    let (code, out, _) = run(gpucheck().args(["kb", "verify"]).arg(place.folder.path()));
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("libtorch_cuda.so: it is empty"), "{out}");
}

#[test]
fn folders_that_cannot_be_listed_leave_it_unknown() {
    for closed in ["", "..", "../.."] {
        let place = Place::new();
        let folder = fs::canonicalize(place.site.join(closed)).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o311)).unwrap();
        let refused = fs::read_dir(&folder).is_err();
        let (_, report) = place.judged();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        // A folder on the way that can be passed through hides nothing, and root may read everything.
        if refused && closed != ".." {
            assert_eq!(report["verdict"], "unknown", "{closed}: {}", report["findings"]);
            assert!(report["checks"]["unknown"].to_string().contains("Permission denied"), "{}", report["checks"]);
            assert!(!report["findings"].to_string().contains("not installed"), "{}", report["findings"]);
        }
    }
}

/// A torch that comes before the installed one is said, and is the one that is judged.
#[test]
fn torch_shadowed() {
    let mut place = Place::new();
    let other = place.at("other");
    write(&other.join("torch/__init__.py"), "");
    write(&other.join("torch/version.py"), "__version__ = '2.7.1+cu126'\ncuda = '12.6'\n");
    place.variables.push(("PYTHONPATH".to_owned(), other.display().to_string()));
    // Nothing of it can be judged: what is installed does not speak for it.
    let report = place.refused();
    let found = finding(&report, "torch-shadowed");
    assert!(found["severity"] == "error" && found["summary"].to_string().contains("other/torch"), "{found}");
    // With a library it is that one that counts.
    fs::create_dir_all(other.join("torch/lib")).unwrap();
    fs::copy(LIBRARY.replace("so-sm_120", "so-sass-only-sm_90"), other.join(MAIN)).unwrap();
    fs::copy(LIBRARY, other.join(ROOT)).unwrap();
    let (_, report) = place.judged();
    assert_eq!(finding(&report, "torch-shadowed")["severity"], "warning");
    assert_eq!(report["runs_on"][0]["how"], "no", "{}", report["findings"]);
    assert!(report["subjects"].to_string().contains("torch 2.7.1+cu126"), "{}", report["subjects"]);
    // A folder without `__init__.py` gives way.
    fs::remove_file(other.join("torch/__init__.py")).unwrap();
    assert_eq!(place.judged().1["runs_on"][0]["how"], "sass sm_120");
}

#[test]
fn a_torch_in_the_current_folder_is_said() {
    let place = Place::new();
    let here = place.at("checkout");
    write(&here.join("torch/__init__.py"), "");
    let judged = |safe: bool| {
        let mut command = place.command();
        command.current_dir(&here).args(["--format", "json"]);
        if safe {
            command.env("PYTHONSAFEPATH", "1");
        }
        let (_, out, _) = run(&mut command);
        serde_json::from_str::<Value>(&out).unwrap()
    };
    let found = judged(false);
    assert_eq!(finding(&found, "torch-shadowed")["severity"], "warning");
    assert!(!slugs(&judged(true), "warning").contains(&"torch-shadowed"));
    // In the folder of packages itself it is the installed one.
    let mut command = place.command();
    let (_, out, _) = run(command.current_dir(&place.site).args(["--format", "json"]));
    assert!(!out.contains("torch-shadowed"), "{out}");
}

/// Two versions of torch in one folder.
#[test]
fn installed_twice() {
    let place = Place::new();
    write(&place.site.join("torch-2.6.0.dist-info/METADATA"), "Name: torch\nVersion: 2.6.0\n");
    write(&place.site.join("torch-2.6.0.dist-info/RECORD"), "torch/version.py,,\n");
    let (code, report) = place.judged();
    let found = finding(&report, "installed-twice");
    assert_eq!((code, &found["severity"]), (0, &json!("warning")), "{}", report["findings"]);
    // The one that the module agrees with counts, although the other comes first.
    assert!(found["subject"] == "torch 2.7.1+cu128" && found["summary"].to_string().contains("2.6.0 in "), "{found}");
    assert_eq!(report["runs_on"][0]["how"], "sass sm_120");
    assert!(!report["findings"].to_string().contains("versions-disagree"));
}

/// Metadata and module of two versions.
#[test]
fn versions_disagree() {
    let place = Place::new();
    write(&place.site.join("torch/version.py"), "__version__ = '2.6.0+cu124'\ncuda = '12.4'\nhip = None\n");
    let (_, report) = place.judged();
    let found = finding(&report, "versions-disagree");
    assert!(found["severity"] == "warning" && found["summary"].to_string().contains("2.7.1"), "{found}");
}

/// An editable torch is looked at where it is.
#[test]
fn torch_editable() {
    let place = Place::new();
    let source = place.at("py torch");
    fs::rename(place.site.join("torch"), place.at("torch")).unwrap();
    fs::create_dir(&source).unwrap();
    fs::rename(place.at("torch"), source.join("torch")).unwrap();
    let info = place.site.join("torch-2.7.1.dist-info");
    write(&info.join("RECORD"), "__editable__.torch-2.7.1.pth,,\ntorch-2.7.1.dist-info/direct_url.json,,\n");
    let url = format!("file://{}", source.display().to_string().replace(' ', "%20"));
    write(&info.join("direct_url.json"), &json!({"url": url, "dir_info": {"editable": true}}).to_string());
    let (_, report) = place.judged();
    let found = finding(&report, "torch-editable");
    assert!(found["severity"] == "warning" && found["summary"].to_string().contains("py torch"), "{found}");
    assert_eq!(report["runs_on"][0]["how"], "sass sm_120", "{}", report["findings"]);
    // The `.pth` alone tells it as well.
    fs::remove_file(info.join("direct_url.json")).unwrap();
    write(&place.site.join("__editable__.torch-2.7.1.pth"), &format!("{}\n", source.display()));
    assert_eq!(place.judged().1["runs_on"][0]["how"], "sass sm_120");
    // A finder written in Python does not.
    write(&place.site.join("__editable__.torch-2.7.1.pth"), "import __editable___torch_finder\n");
    place.refused();
    // Nor is there anything to say of sources that were never built.
    write(&place.site.join("__editable__.torch-2.7.1.pth"), &format!("{}\n", source.display()));
    fs::remove_dir_all(source.join("torch/lib")).unwrap();
    place.refused();
}
