//! The doctor on a torch that Python could not import, or of which not everything could be looked at: what torch begins with, what the
//! loader refuses, sources and metadata that are gone. None of it is green, and nothing healthy is blamed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use common::{
    finding, fix_lines,
    place::{LIBRARY, MAIN, Place, ROOT, write},
    slugs,
};
use serde_json::{Value, json};

const INFO: &str = "torch-2.7.1.dist-info";

/// The small library with bytes of its headers changed.
fn with(changes: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = fs::read(LIBRARY).unwrap();
    for (at, value) in changes {
        bytes[*at..*at + value.len()].copy_from_slice(value);
    }
    bytes
}

/// The offset in the small library of its program header of this type.
fn program(kind: u8) -> usize {
    let bytes = fs::read(LIBRARY).unwrap();
    let start = usize::from(bytes[32]);
    (0..usize::from(bytes[56])).map(|index| start + index * 56).find(|at| bytes[*at] == kind).unwrap()
}

/// Contents that no loader takes for a library of this machine.
fn refused_by_the_loader() -> Vec<(&'static str, Vec<u8>)> {
    let mut windows = b"MZ".to_vec();
    windows.resize(400, 0);
    vec![
        ("empty", Vec::new()),
        ("text", b"hello world\n".repeat(50)),
        ("html", b"<!DOCTYPE html><html>404</html>".to_vec()),
        ("linker script", b"/* GNU ld script */ INPUT(libx.so)\n".to_vec()),
        ("link in text", b"libc10.so.1".to_vec()),
        ("archive", b"!<arch>\n".to_vec()),
        ("windows", windows),
        ("aarch64", with(&[(18, &[183])])),
        ("cubin", with(&[(18, &[190])])),
        ("32 bits", with(&[(4, &[1])])),
        ("big-endian", with(&[(5, &[2])])),
        ("ELF of another version", with(&[(6, &[2])])),
        ("another system's ABI", with(&[(7, &[9])])),
        ("no type", with(&[(16, &[0])])),
        ("object file", with(&[(16, &[1])])),
        ("program", with(&[(16, &[2])])),
        ("core dump", with(&[(16, &[4])])),
        ("no program headers", with(&[(32, &[0; 8]), (56, &[0; 2])])),
        ("no dynamic section", with(&[(program(2), &[0; 4])])),
    ]
}

/// A healthy place with more of torch's libraries.
fn place_with(more: &[&str]) -> Place {
    let place = Place::new();
    let libraries: Vec<&str> = [MAIN, ROOT].iter().chain(more).copied().collect();
    place.torch(&place.site, "2.7.1", "2.7.1+cu128", &libraries);
    place
}

/// A distribution of one library in the place.
fn distribution(place: &Place, name: &str, version: &str, record: Option<&str>) -> PathBuf {
    let info = place.site.join(format!("{}-{version}.dist-info", name.replace('-', "_")));
    write(&info.join("METADATA"), &format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"));
    if let Some(record) = record {
        write(&info.join("RECORD"), record);
    }
    info
}

/// Asserts that nothing is wrong and torch runs.
#[track_caller]
fn healthy(place: &Place) -> Value {
    let (code, report) = place.judged();
    let (errors, warnings) = (slugs(&report, "error"), slugs(&report, "warning"));
    assert_eq!((code, errors, warnings), (0, vec![], vec![]), "{}", report["findings"]);
    assert_eq!((&report["verdict"], &report["runs_on"][0]["how"]), (&json!("ok"), &json!("sass sm_120")));
    report
}

/// Asserts that nothing is called wrong, and that something is not known, for a reason with these words.
#[track_caller]
fn unknown(place: &Place, why: &str) {
    let (code, report) = place.judged();
    assert_eq!((code, report["verdict"].as_str()), (0, Some("unknown")), "{}", report["findings"]);
    assert!(report["checks"]["unknown"].to_string().contains(why), "{why}: {}", report["checks"]["unknown"]);
    assert!(slugs(&report, "error").is_empty() && slugs(&report, "warning").is_empty(), "{}", report["findings"]);
}

#[test]
fn what_torch_begins_with_and_is_made_of_must_be_what_a_loader_takes() {
    let own = ["c10", "c10_cuda", "torch", "torch_cpu", "torch_python"].map(|stem| format!("torch/lib/lib{stem}.so"));
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    healthy(&place_with(&own));
    for path in own.iter().chain(&[ROOT, MAIN]) {
        let place = place_with(&own);
        for (what, bytes) in refused_by_the_loader() {
            fs::write(place.site.join(path), bytes).unwrap();
            let (code, report) = place.judged();
            assert_eq!((code, &report["verdict"]), (1, &json!("error")), "{path}: {what}");
            let found = finding(&report, "library-damaged");
            assert!(found["severity"] == "error" && found["summary"].to_string().contains(path), "{what}: {found}");
            assert!(["no", "unknown"].contains(&report["runs_on"][0]["how"].as_str().unwrap()), "{path}: {what}");
        }
        fs::remove_file(place.site.join(path)).unwrap();
        place.refused();
    }
}

#[test]
fn the_module_that_torch_begins_with_in_every_state() {
    type Make = fn(&Path);
    let states: [Make; 5] = [
        |_| {},
        |path| fs::create_dir(path).unwrap(),
        |path| common::succeed(Command::new("mkfifo").arg(path)),
        |path| symlink(path, path).unwrap(),
        |path| symlink("/gone/_C.so", path).unwrap(),
    ];
    for make in states {
        for listed in [true, false] {
            let place = Place::new();
            if !listed {
                fs::remove_file(place.site.join(INFO).join("RECORD")).unwrap();
            }
            let path = place.site.join(ROOT);
            fs::remove_file(&path).unwrap();
            make(&path);
            let report = place.refused();
            assert!(finding(&report, "library-damaged")["summary"].to_string().contains("torch/_C."));
        }
    }
}

/// Text for the linker, other machines' libraries and object files harm nobody who does not load them.
#[test]
fn what_nothing_loads_is_not_blamed() {
    for (what, bytes) in refused_by_the_loader() {
        let place = place_with(&["torch/lib/libother.so"]);
        fs::write(place.site.join("torch/lib/libother.so"), &bytes).unwrap();
        match what {
            // These are broken whoever wanted them.
            "empty" | "32 bits" | "big-endian" => continue,
            _ => {
                let (code, report) = place.judged();
                assert_eq!((code, slugs(&report, "warning")), (0, vec![]), "{what}: {}", report["findings"]);
            }
        }
        // The small library links to the C++ library, which another package plays here.
        let place = Place::new();
        distribution(&place, "nvidia-x-cu12", "1.0", Some("nvidia/x/lib/libstdc++.so.6,,\n"));
        let path = place.site.join("nvidia/x/lib/libstdc++.so.6");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &bytes).unwrap();
        place.refused();
        // The loader passes over what is for another machine when a right one follows.
        if what == "aarch64" {
            distribution(&place, "nvidia-y-cu12", "1.0", Some("nvidia/y/lib/libstdc++.so.6,,\n"));
            fs::create_dir_all(place.site.join("nvidia/y/lib")).unwrap();
            fs::copy(LIBRARY, place.site.join("nvidia/y/lib/libstdc++.so.6")).unwrap();
            assert_eq!(place.judged().1["runs_on"][0]["how"], "sass sm_120");
        }
    }
}

#[test]
fn sources_without_which_torch_cannot_be_imported() {
    type Make = fn(&Path);
    let states: [Make; 6] = [
        |_| {},
        |path| fs::create_dir(path).unwrap(),
        |path| symlink("/gone", path).unwrap(),
        |path| fs::write(path, [0; 900]).unwrap(),
        |path| write(path, "<html>502</html>"),
        |path| write(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
    ];
    for name in ["torch/__init__.py", "torch/version.py"] {
        for make in states {
            for listed in [true, false] {
                let place = Place::new();
                if !listed {
                    fs::remove_file(place.site.join(INFO).join("RECORD")).unwrap();
                }
                fs::remove_file(place.site.join(name)).unwrap();
                make(&place.site.join(name));
                assert!(finding(&place.refused(), "library-damaged")["summary"].to_string().contains(name));
            }
        }
    }
    for text in ["", "raise ImportError\n"] {
        let place = Place::new();
        write(&place.site.join("torch/version.py"), text);
        place.refused();
    }
    // Without bytes where it was installed with some.
    let place = Place::new();
    let record = place.site.join(INFO).join("RECORD");
    let listed =
        fs::read_to_string(&record).unwrap().replace("torch/__init__.py,,", "torch/__init__.py,sha256=x,91000");
    write(&record, &listed);
    place.refused();
    // What was compiled before takes the place of a source.
    let place = Place::new();
    fs::rename(place.site.join("torch/__init__.py"), place.site.join("torch/__init__.pyc")).unwrap();
    healthy(&place);
}

#[test]
fn a_companion_without_its_source_is_an_error() {
    let place = Place::new();
    distribution(&place, "torchvision", "0.22.1", Some("torchvision/__init__.py,,5\ntorchvision/version.py,,\n"));
    write(&place.site.join("torchvision/version.py"), "__version__ = '0.22.1+cu128'\n");
    let (code, report) = place.judged();
    let found = finding(&report, "library-damaged");
    assert_eq!((code, &found["subject"]), (1, &json!("torchvision 0.22.1+cu128")), "{}", report["findings"]);
    // torch itself is as good as before.
    assert_eq!(report["runs_on"][0]["how"], "sass sm_120");
    write(&place.site.join("torchvision/__init__.py"), "x = 1");
    assert_eq!(place.judged().0, 0);
}

/// A torch that no metadata tells of is there all the same.
#[test]
fn metadata_missing() {
    type Break = fn(&Path);
    let ways: [Break; 2] = [
        |info| fs::remove_dir_all(info).unwrap(),
        |info| write(&info.join("METADATA"), "Metadata-Version: 2.1\nName: torchx\nVersion: 1\n"),
    ];
    for way in ways {
        let place = Place::new();
        way(&place.site.join(INFO));
        let (code, report) = place.judged();
        let found = finding(&report, "metadata-missing");
        assert_eq!((code, &found["severity"]), (0, &json!("warning")), "{}", report["findings"]);
        assert!(found["subject"] == "torch 2.7.1+cu128", "{found}");
        assert_eq!(report["runs_on"][0]["how"], "sass sm_120", "{}", report["findings"]);
        assert!(!report["findings"].to_string().contains("not-installed"));
        assert!(fix_lines(found)[0].contains("torch==2.7.1+cu128"), "{found}");
        // Its libraries are judged as they are.
        fs::write(place.main(), "").unwrap();
        place.refused();
        fs::remove_file(place.main()).unwrap();
        place.refused();
    }
    // A folder without `__init__.py` is no torch.
    for stray in ["torch", "torch/lib"] {
        let place = Place::new();
        fs::remove_dir_all(place.site.join(INFO)).unwrap();
        fs::remove_dir_all(place.site.join("torch")).unwrap();
        fs::create_dir_all(place.site.join(stray)).unwrap();
        let (_, report) = place.judged();
        assert!(slugs(&report, "info").contains(&"torch-not-installed"), "{}", report["findings"]);
        assert!(slugs(&report, "warning").is_empty(), "{}", report["findings"]);
    }
}

#[test]
fn metadata_that_says_nothing_leaves_it_unknown() {
    for bytes in [&b""[..], b"\xff\xfeN\0a\0m\0e\0", b"\n\nName: torch\n"] {
        let place = Place::new();
        fs::write(place.site.join(INFO).join("METADATA"), bytes).unwrap();
        unknown(&place, "METADATA: it has no Name field");
    }
    for (file, why) in
        [("METADATA", "the requirements of torch"), ("RECORD", "which libraries torch 2.7.1+cu128 installed")]
    {
        let place = Place::new();
        let path = place.site.join(INFO).join(file);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        unknown(&place, why);
    }
    let place = Place::new();
    fs::remove_file(place.site.join(INFO).join("METADATA")).unwrap();
    unknown(&place, "the requirements of torch");
}

#[test]
fn what_this_user_may_not_read_leaves_it_unknown() {
    let paths = [INFO, "torch-2.7.1.dist-info/METADATA", "torch-2.7.1.dist-info/RECORD", "nvidia_x_cu12-1.0.dist-info"];
    for path in paths.iter().chain(&["../../../pyvenv.cfg"]) {
        let place = linked_to_nvidia(true);
        fs::set_permissions(place.site.join(path), fs::Permissions::from_mode(0o000)).unwrap();
        // Root may read everything.
        let refused = fs::File::open(place.site.join(path)).is_err();
        if refused {
            unknown(&place, "Permission denied");
        }
        fs::set_permissions(place.site.join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// A place in which torch links to `libcublas.so.9` of a package of NVIDIA's, with or without RECORDs.
fn linked_to_nvidia(records: bool) -> Place {
    let place = Place::new();
    let bytes = fs::read(LIBRARY).unwrap();
    let at = bytes.windows(15).position(|name| name == b"libstdc++.so.6\0").unwrap();
    fs::write(place.main(), with(&[(at, b"libcublas.so.9\0")])).unwrap();
    distribution(&place, "nvidia-x-cu12", "1.0", records.then_some("nvidia/x/lib/libcublas.so.9,,\n"));
    fs::create_dir_all(place.site.join("nvidia/x/lib")).unwrap();
    fs::copy(LIBRARY, place.site.join("nvidia/x/lib/libcublas.so.9")).unwrap();
    if !records {
        fs::remove_file(place.site.join(INFO).join("RECORD")).unwrap();
    }
    place
}

#[test]
fn without_records_the_libraries_of_nvidia_are_found() {
    healthy(&linked_to_nvidia(true));
    let place = linked_to_nvidia(false);
    let report = healthy(&place);
    let packages = report["facts"]["environments"][0]["packages"].as_array().unwrap();
    let own = packages.iter().find(|package| package["name"] == "nvidia-x-cu12").unwrap();
    assert_eq!(own["libraries"][0]["path"], "nvidia/x/lib/libcublas.so.9", "{own}");
    // What is broken there is said, and what is not there is missing.
    let library = place.site.join("nvidia/x/lib/libcublas.so.9");
    fs::write(&library, "").unwrap();
    place.refused();
    fs::remove_file(&library).unwrap();
    let (code, report) = place.judged();
    assert_eq!((code, slugs(&report, "error")), (1, vec!["environment-incomplete"]), "{}", report["findings"]);
    // torch's own run path leads to a folder that no metadata speaks of.
    fs::copy(LIBRARY, &library).unwrap();
    fs::remove_dir_all(place.site.join("nvidia_x_cu12-1.0.dist-info")).unwrap();
    healthy(&place);
}

/// One of them has had its folder beside the others' (`cusparselt/lib`).
#[test]
fn a_library_beside_those_of_nvidia_is_found() {
    let place = linked_to_nvidia(false);
    fs::rename(place.site.join("nvidia/x"), place.site.join("cusparselt")).unwrap();
    fs::remove_dir_all(place.site.join("nvidia_x_cu12-1.0.dist-info")).unwrap();
    healthy(&place);
    distribution(&place, "nvidia-cusparselt-cu12", "1.0", None);
    let report = healthy(&place);
    assert!(report["facts"].to_string().contains("cusparselt/lib/libcublas.so.9"), "{}", report["facts"]);
    fs::write(place.site.join("cusparselt/lib/libcublas.so.9"), "").unwrap();
    place.refused();
}

/// Since CUDA 13 the packages share a folder.
#[test]
fn a_shared_folder_of_nvidia_is_told_apart_by_names() {
    let place = Place::new();
    for (name, file) in [("nvidia-cublas", "libcublas.so.13"), ("nvidia-cuda-runtime", "libcudart.so.13")] {
        distribution(&place, name, "13.0.1", None);
        fs::create_dir_all(place.site.join("nvidia/cu13/lib")).unwrap();
        fs::copy(LIBRARY, place.site.join("nvidia/cu13/lib").join(file)).unwrap();
    }
    let (_, report) = place.judged();
    for package in report["facts"]["environments"][0]["packages"].as_array().unwrap() {
        if package["name"] != "torch" {
            assert_eq!(package["libraries"].as_array().unwrap().len(), 1, "{package}");
        }
    }
}

#[test]
fn what_an_editable_install_has_left_is_good_to_know() {
    type Leave = fn(&Place);
    let ways: [Leave; 2] = [
        |place| write(&place.site.join("__editable__.torch-2.7.1.pth"), "/home/me/pytorch\n"),
        |place| {
            let url = json!({"url": "file:///home/me/pytorch", "dir_info": {"editable": true}});
            write(&place.site.join(INFO).join("direct_url.json"), &url.to_string());
        },
    ];
    for leave in ways {
        let place = Place::new();
        leave(&place);
        let report = healthy(&place);
        assert_eq!(finding(&report, "torch-editable")["severity"], "info");
    }
    // Of another package, or of a plain install from a folder, there is nothing to say.
    let place = Place::new();
    write(&place.site.join("__editable__.torch_geometric-1.pth"), "/home/me/geometric\n");
    write(&place.site.join(INFO).join("direct_url.json"), "{\"url\": \"file:///x\", \"dir_info\": {}}");
    assert!(!healthy(&place)["findings"].to_string().contains("torch-editable"));
}

#[test]
fn another_home_of_python_is_said() {
    let mut place = Place::new();
    place.variables.push(("PYTHONHOME".to_owned(), "/opt/other".to_owned()));
    assert!(finding(&healthy(&place), "torch-shadowed")["summary"].to_string().contains("PYTHONHOME is /opt/other"));
    place.variables[0].1 = place.at(".venv").display().to_string();
    assert!(!healthy(&place)["findings"].to_string().contains("PYTHONHOME"));
}

/// conda keeps torch's libraries in the environment's own folder; its metadata for pip lists none of them.
#[test]
fn the_torch_of_conda_must_be_whole_as_well() {
    let conda = || {
        let place = Place::new();
        fs::remove_file(place.at(".venv/pyvenv.cfg")).unwrap();
        write(&place.at(".venv/conda-meta/python-3.12.1-h0_0_cpython.json"), "{}");
        write(&place.at(".venv/conda-meta/pytorch-2.7.1-cuda128_0.json"), "{}");
        fs::remove_file(place.site.join(INFO).join("RECORD")).unwrap();
        // It links to libc10.so, which lies beside it.
        let bytes = fs::read(LIBRARY).unwrap();
        let at = bytes.windows(15).position(|name| name == b"libstdc++.so.6\0").unwrap();
        fs::write(place.at(".venv/lib/libtorch_cuda.so"), with(&[(at, b"libc10.so\0")])).unwrap();
        fs::copy(LIBRARY, place.at(".venv/lib/libc10.so")).unwrap();
        fs::remove_dir_all(place.site.join("torch/lib")).unwrap();
        place
    };
    healthy(&conda());
    for path in [&format!("lib/python3.12/site-packages/{ROOT}"), "lib/libc10.so", "lib/libtorch_cuda.so"] {
        let place = conda();
        let path = place.at(".venv").join(path);
        fs::write(&path, "").unwrap();
        place.refused();
        fs::remove_file(&path).unwrap();
        place.refused();
    }
    // Its record of packages says enough where there is no other metadata.
    let place = conda();
    fs::remove_dir_all(place.site.join(INFO)).unwrap();
    healthy(&place);
}

#[test]
fn the_files_of_windows_are_held_to_the_same() {
    let module = "torch/_C.cp312-win_amd64.pyd";
    for path in [module, "torch/lib/c10.dll", "torch/lib/torch_python.dll"] {
        for contents in [Some(&b""[..]), Some(b"<html>502</html>"), Some(b"\x7fELF\x02\x01\x01"), None] {
            let place = Place::new();
            let site = place.at("win/.venv/Lib/site-packages");
            let mut program = b"MZ".to_vec();
            program.resize(600, 0);
            for (at, bytes) in [(60, &[64][..]), (64, b"PE\0\0\x64\x86"), (84, &[240]), (88, &[0x0B, 2])] {
                program[at..at + bytes.len()].copy_from_slice(bytes);
            }
            write(&place.at("win/.venv/pyvenv.cfg"), "home = C:\\Python312\nversion = 3.12.1\n");
            fs::create_dir_all(place.at("win/.venv/Scripts")).unwrap();
            fs::write(place.at("win/.venv/Scripts/python.exe"), &program).unwrap();
            let all = ["torch/lib/torch_cuda.dll", module, "torch/lib/c10.dll", "torch/lib/torch_python.dll"];
            place.torch(&site, "2.7.1", "2.7.1+cu128", &all);
            for file in all {
                fs::write(site.join(file), &program).unwrap();
            }
            let judged = || {
                let arguments = ["--gpu", "RTX 5090", "--driver", "581.57"];
                let folder = place.at("win");
                common::doctor(&[&[folder.to_str().unwrap()][..], &arguments].concat())
            };
            let (_, report) = judged();
            assert!(!report["findings"].to_string().contains("library-damaged"), "{}", report["findings"]);
            match contents {
                Some(bytes) => fs::write(site.join(path), bytes).unwrap(),
                None => fs::remove_file(site.join(path)).unwrap(),
            }
            let (code, report) = judged();
            let found = finding(&report, "library-damaged");
            assert!(
                code == 1 && found["severity"] == "error" && found["summary"].to_string().contains(path),
                "{found}"
            );
        }
    }
}
