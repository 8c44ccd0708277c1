//! `gpucheck kb verify`: rows of packages held against real wheels, and each kind of fact against a wheel that says something else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{
    gpucheck, run,
    server::{Reply, Server, zip},
};
use serde_json::Value;
use tempfile::TempDir;

const WHEEL: &str = "made-1.5-cp311-cp311-manylinux_2_28_x86_64.whl";

/// What is known of the package `made`, of which [`wheel`] is version 1.5.
const ROWS: &str = r#"[sources]
lab = "a wheel made by a test"

[package]
name = "made"
main = ["made/_C*.so"]
source = ["lab"]
verified = "2026-11-26"

[[build]]
versions = ">=1,<2"
platforms = ["linux-x86_64"]
cuda = 12
needs = ["libnvrtc.so.12", "libcudnn.so.9"]
brings = ["libmade.so.1"]
cudnn = 9
links_torch = true
torch = ">=2.7,<2.9"
sass = ["75", "80", "86", "90", "100", "120"]
ptx = ["120"]
isa = "9.5"
confidence = "measured"
source = ["lab"]
verified = "2026-11-26"
"#;

/// A real library of sm_75 to sm_120 and PTX, with names of the same length instead of those of the libraries that it links to.
fn library() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin/c13.5/so-concat.so");
    let mut bytes = fs::read(path).unwrap();
    for (old, new) in
        [("libstdc++.so.6", "libnvrtc.so.12"), ("libgcc_s.so.1\0", "libcudnn.so.9\0"), ("libc.so.6", "libc10.so")]
    {
        let places: Vec<usize> = memchr::memmem::find_iter(&bytes, old).collect();
        assert!(!places.is_empty() && old.len() == new.len(), "{old}");
        places.into_iter().for_each(|at| bytes[at..at + new.len()].copy_from_slice(new.as_bytes()));
    }
    bytes
}

fn wheel(requires: &str, other: &[u8]) -> Vec<u8> {
    let metadata = format!("Metadata-Version: 2.1\nName: made\nVersion: 1.5\nRequires-Dist: {requires}\n");
    zip(&[
        ("made/_C.abi3.so", &library()),
        ("made.libs/libmade.so.1", other),
        ("made-1.5.dist-info/METADATA", metadata.as_bytes()),
    ])
}

/// The wheel and these rows in a folder.
fn place(rows: &str, wheel: &[u8]) -> (TempDir, PathBuf) {
    let place = TempDir::new().unwrap();
    let path = place.path().join(WHEEL);
    fs::create_dir(place.path().join("packages")).unwrap();
    fs::write(place.path().join("packages/made.toml"), rows).unwrap();
    fs::write(&path, wheel).unwrap();
    (place, path)
}

fn report(command: &mut Command) -> (i32, Value) {
    let (code, out, err) = run(command.args(["--format", "json"]));
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

fn verify(rows: &str, wheel: &[u8]) -> (i32, Value) {
    let (place, path) = place(rows, wheel);
    report(gpucheck().args(["kb", "verify", "--knowledge"]).arg(place.path()).arg(path))
}

/// The facts that came out so.
fn facts<'v>(report: &'v Value, outcome: &str) -> Vec<&'v str> {
    let all = report["verified"].as_array().unwrap().iter().flat_map(|one| one["checks"].as_array().unwrap());
    all.filter(|check| check["outcome"] == outcome).map(|check| check["fact"].as_str().unwrap()).collect()
}

const TORCH: &str = "torch<2.9,>=2.7";

#[test]
fn a_row_agrees_fact_by_fact() {
    let (code, report) = verify(ROWS, &wheel(TORCH, &library()));
    let all =
        ["main", "machine code", "PTX", "PTX ISA", "GPUs", "CUDA", "needs", "brings", "cuDNN", "links torch", "torch"];
    assert_eq!((code, facts(&report, "agree")), (0, all.to_vec()), "{report:#}");
    assert_eq!(report["verified"][0]["checks"].as_array().unwrap().len(), all.len(), "{report:#}");
}

#[test]
fn each_kind_of_fact_can_disagree() {
    let wheel = wheel(TORCH, &library());
    for (from, to, expected) in [
        ("made/_C*.so", "made/_D*.so", &["main"][..]),
        (", \"120\"]\nptx", "]\nptx", &["machine code", "GPUs"]),
        ("sass = [\"75\"", "sass = [\"70\", \"75\"", &["machine code", "GPUs"]),
        // What 12.0 compiles runs on 12.1 too, by machine code that is there.
        ("ptx = [\"120\"]\nisa = \"9.5\"", "", &["PTX"]),
        ("isa = \"9.5\"", "isa = \"9.4\"", &["PTX ISA"]),
        ("cuda = 12", "cuda = 11", &["CUDA"]),
        ("needs = [\"libnvrtc.so.12\", ", "needs = [", &["needs"]),
        ("needs = [\"libnvrtc", "needs = [\"libmade.so.1\", \"libnvrtc", &["needs"]),
        ("brings = [\"libmade.so.1\"]", "brings = [\"libother.so.1\"]", &["brings"]),
        ("cudnn = 9", "cudnn = 8", &["cuDNN"]),
        ("links_torch = true\n", "", &["links torch"]),
        (">=2.7,<2.9", ">=2.7,<2.8", &["torch"]),
    ] {
        let rows = ROWS.replacen(from, to, 1);
        assert_ne!(rows, ROWS, "{from}");
        let (code, report) = verify(&rows, &wheel);
        assert_eq!((code, facts(&report, "disagree")), (1, expected.to_vec()), "{to}: {report:#}");
    }
}

#[test]
fn what_the_package_does_not_tell_is_neither() {
    for (from, to, fact) in [
        // It may be asked for by name while it runs.
        ("needs = [", "needs = [\"libcublas.so.12\", ", "needs"),
        ("cudnn = 9", "cudnn = 9\nminimum = \"8.0\"", "least GPU"),
    ] {
        let (code, report) = verify(&ROWS.replacen(from, to, 1), &wheel(TORCH, &library()));
        assert_eq!(
            (code, facts(&report, "unknown"), report["unknown"].as_u64()),
            (0, vec![fact], Some(1)),
            "{report:#}"
        );
    }
    // Of NVIDIA's libraries a row must name those of the toolkit.
    let (code, report) = verify(&ROWS.replacen(", \"libcudnn.so.9\"]", "]", 1), &wheel(TORCH, &library()));
    assert_eq!((code, facts(&report, "no-row")), (0, vec!["needs"]), "{report:#}");
    let (code, report) = verify(ROWS, &wheel("numpy", &library()));
    assert_eq!((code, facts(&report, "unknown")), (0, vec!["torch"]), "{report:#}");
    let (code, report) = verify(&ROWS.replace(">=1,<2", ">=2,<3"), &wheel(TORCH, &library()));
    assert_eq!((code, facts(&report, "no-row")), (0, vec!["version"]), "{report:#}");
    let (_place, path) = place(ROWS, &wheel(TORCH, &library()));
    let (code, report) = self::report(gpucheck().args(["kb", "verify"]).arg(path));
    assert_eq!((code, facts(&report, "no-row")), (0, vec!["package"]), "{report:#}");
}

/// What the newest version requires of packages that others ask for, too.
#[test]
fn requirements_of_the_newest_are_compared() {
    let wheel =
        wheel(&format!("{TORCH}\nRequires-Dist: numba<0.65,>=0.60\nRequires-Dist: xgrammar==0.1.*"), &library());
    let with = |requires: &str, newest: &str| {
        let fields = format!("requires = [{requires}]\nnewest = \"{newest}\"\nconfidence =");
        verify(&ROWS.replacen("confidence =", &fields, 1), &wheel)
    };
    for (requires, newest, outcome, expected) in [
        ("\"numba>=0.60,<0.65\", \"xgrammar==0.1.25\"", "1.5", "agree", 2),
        ("\"numba>=0.60\", \"xgrammar==0.2.0\"", "1.5", "disagree", 2),
        ("\"outlines-core==0.2.11\"", "1.5", "unknown", 1),
        ("\"numba>=0.60\"", "1.6", "disagree", 0),
    ] {
        let (code, report) = with(requires, newest);
        let found = facts(&report, outcome).into_iter().filter(|fact| *fact == "requires").count();
        assert_eq!(
            (found, code),
            (expected, i32::from(outcome == "disagree" && expected > 0)),
            "{requires}: {report:#}"
        );
    }
}

/// A wheel for any platform has libraries for each, and each of the rows is held against those of its own.
#[test]
fn a_wheel_for_any_platform_is_held_against_the_rows_of_each() {
    let dll = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin/pe/win-12.8.dll"));
    let metadata = format!("Metadata-Version: 2.1\nName: made\nVersion: 1.5\nRequires-Dist: {TORCH}\n");
    let bytes = zip(&[
        ("made/_C.abi3.so", &library()),
        ("made.libs/libmade.so.1", &library()),
        ("made/_C.dll", &dll.unwrap()),
        ("made-1.5.dist-info/METADATA", metadata.as_bytes()),
    ]);
    let windows = ROWS.find("[[build]]").map(|at| &ROWS[at..]).unwrap();
    let windows = windows.replace("linux", "windows").replace("needs = [\"libnvrtc.so.12\", \"libcudnn.so.9\"]\n", "");
    for (rows, both) in [
        (ROWS.to_owned(), false),
        (format!("{ROWS}\n{windows}").replace("_C*.so\"", "_C*.so\", \"made/_C*.dll\""), true),
    ] {
        let (place, path) = place(&rows, &bytes);
        let any = place.path().join("made-1.5-py3-none-any.whl");
        fs::rename(path, &any).unwrap();
        let (_, report) = report(gpucheck().args(["kb", "verify", "--knowledge"]).arg(place.path()).arg(&any));
        let row = report["verified"][0]["row"].as_str().unwrap();
        assert_eq!((row.contains("linux-x86_64"), row.contains("windows-x86_64")), (true, both), "{report:#}");
        let mains: Vec<&str> = facts(&report, "agree").into_iter().filter(|fact| *fact == "main").collect();
        assert_eq!(mains.len(), 1 + usize::from(both), "{report:#}");
    }
}

/// A GPU may use a part of the library's fatbins, or another library: the rules' own judgement is compared.
#[test]
fn shares_and_libraries_instead_are_judged_as_the_rules_do() {
    let share = ROWS.replacen("main =", "share = 40\nmain =", 1);
    let (code, report) = verify(&share, &wheel(TORCH, &library()));
    let text = report["verified"][0]["checks"].to_string();
    assert!(code == 0 && text.contains("counts out of 2 fatbins: sm_75 2, sm_80 2"), "{text}");
    let (code, report) = verify(&share.replacen("\"75\", ", "\"75\", \"89\", ", 1), &wheel(TORCH, &library()));
    assert_eq!((code, facts(&report, "disagree")), (1, vec!["machine code"]), "8.9 runs what is for 8.6: {report:#}");
    let without = share.replacen("ptx = [\"120\"]\nisa = \"9.5\"\n", "", 1);
    let (code, report) = verify(&without, &wheel(TORCH, &library()));
    assert_eq!((code, facts(&report, "disagree")), (1, vec!["machine code"]), "what most fatbins have: {report:#}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin");
    let old = fs::read(folder.join("c12.4/so.so")).unwrap();
    let instead = ROWS.replacen("main =", "instead = [\"made.libs/libmade*.so.*\"]\nmain =", 1);
    let instead =
        instead.replacen("sass = [\"75\"", "sass = [\"50\", \"75\"", 1).replacen("\"86\", ", "\"86\", \"90a\", ", 1);
    let instead = instead.replacen("ptx = [\"120\"]\nisa = \"9.5\"", "ptx = [\"90a\", \"120\"]", 1);
    let (code, report) = verify(&instead, &wheel(TORCH, &old));
    assert_eq!((code, facts(&report, "disagree")), (0, vec![]), "{report:#}");
}

/// Of a package on a server only the libraries that decide are fetched.
#[test]
fn a_wheel_on_a_server_is_read_as_far_as_needed() {
    let noise: Vec<u8> = (0..6_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let bytes = wheel(TORCH, &noise);
    let (place, _) = place(ROWS, b"");
    let server = Server::start(move |request, _| match request.path.as_str() {
        "/simple/made/" => Reply::page("text/html", format!("<a href=\"/files/{WHEEL}\">x</a>")),
        _ => Reply::part(&bytes, request),
    });
    let verify = |words: &[&str]| {
        let mut command = gpucheck();
        command.env("HOME", env!("CARGO_TARGET_TMPDIR")).env("PIP_CONFIG_FILE", "/dev/null").env("UV_NO_CONFIG", "1");
        report(command.args(["kb", "verify", "--knowledge"]).arg(place.path()).args(words))
    };
    let linux = ["--platform", "linux", "--python-version", "3.11"];
    let (code, found) = verify(&[&["made==1.5", "--index-url", &server.url("/simple")][..], &linux].concat());
    assert_eq!((code, facts(&found, "agree").len(), found["unknown"].as_u64()), (0, 11, Some(0)), "{found:#}");
    assert_eq!(found["verified"][0]["target"], WHEEL);
    let sent = |server: &Server| -> u64 {
        let ranges = server.requests().into_iter().filter_map(|request| request.header("range").map(str::to_owned));
        let size = |range: String| {
            let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
            Some(to.parse::<u64>().ok()? + 1 - from.parse::<u64>().ok()?)
        };
        ranges.filter_map(size).sum()
    };
    assert!(sent(&server) < 2 << 20, "{} bytes were asked for", sent(&server));
    let (code, found) = verify(&["--full", &server.url(&format!("/files/{WHEEL}"))]);
    assert_eq!((code, facts(&found, "agree").len()), (0, 11), "{found:#}");
    assert!(sent(&server) > 2 << 20, "--full reads all");
}

#[test]
fn rows_agree_with_real_wheels() {
    for (platform, ending) in [("manylinux_2_24_x86_64", "so"), ("win_amd64", "dll")] {
        let folder = common::wheel("bitsandbytes==0.50.2", platform);
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let path = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl")).unwrap();
        let (code, report) = report(gpucheck().args(["kb", "verify"]).arg(&path));
        assert_eq!((code, report["disagree"].as_u64()), (0, Some(0)), "{report:#}");
        let checks = report["verified"][0]["checks"].to_string();
        assert!(checks.contains(&format!("libbitsandbytes_cuda118.{ending}")), "{checks}");
        assert!(checks.contains("132: 75 80 86 89 90 100 120") && facts(&report, "agree").len() == 23, "{checks}");
        // Of samples nothing is said.
        let (code, quick) = self::report(gpucheck().args(["kb", "verify", "--quick"]).arg(path));
        assert!(code == 0 && facts(&quick, "unknown").iter().all(|fact| *fact == "machine code"), "{quick:#}");
    }
}

#[test]
fn rows_agree_with_what_is_really_installed() {
    let (code, report) = report(gpucheck().args(["kb", "verify"]).arg(common::torch_2_8_0()));
    assert_eq!((code, report["disagree"].as_u64()), (0, Some(0)), "{report:#}");
    let names: Vec<&str> =
        report["verified"].as_array().unwrap().iter().map(|one| one["package"].as_str().unwrap()).collect();
    assert!(names[0].starts_with("torch 2.8.0") && names.contains(&"nvidia-cublas-cu12 12.8.4.1"), "{names:?}");
    assert!(names.contains(&"triton 3.4.0") && facts(&report, "unknown") == ["assembler"], "{report:#}");
}
