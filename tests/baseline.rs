//! The publisher's gate: `scan --baseline`, `--update-baseline`, the notations of `--require`, `--diff --fail-on lost`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::{gpucheck, pack::Zip, run};
use serde_json::Value;

fn corpus(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin").join(name)).unwrap()
}

/// Three fatbins, each for sm_75 80 90 100 110 120 and PTX 120.
fn three() -> Vec<u8> {
    corpus("c13.5/so-3tu-all-major.so")
}

/// A library whose first fatbins hold another target in the place of one: the number in the header of the entry is changed.
fn retargeted(mut bytes: Vec<u8>, from: u32, to: u32, fatbins: usize) -> Vec<u8> {
    const MAGIC: [u8; 4] = [0x50, 0xed, 0x55, 0xba];
    let number = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let starts: Vec<usize> = (0..bytes.len() - 16).filter(|at| bytes[*at..].starts_with(&MAGIC)).collect();
    for start in starts.into_iter().take(fatbins) {
        let (mut entry, end) = (start + 16, start + 16 + number(&bytes, start + 8) as usize);
        while entry < end {
            if bytes[entry] == 2 && number(&bytes, entry + 28) == from {
                bytes[entry + 28..entry + 32].copy_from_slice(&to.to_le_bytes());
            }
            entry += (number(&bytes, entry + 4) + number(&bytes, entry + 8)) as usize;
        }
    }
    bytes
}

/// Its libraries: one for all, one with a hash and a version in its name, one for Hopper alone.
fn libraries() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("demo/libcore.so", three()),
        ("demo.libs/libextra-1a2b3c4d.so.3", corpus("c12.4/so.so")),
        ("demo/libhopper.so", corpus("c13.5/so-sass-only-sm_90.so")),
    ]
}

fn wheel(folder: &Path, version: &str, libraries: &[(&str, Vec<u8>)]) -> PathBuf {
    let metadata = format!("Name: demo\nVersion: {version}\n");
    let mut zip = Zip::default().deflated(&format!("demo-{version}.dist-info/METADATA"), metadata.as_bytes());
    for (path, bytes) in libraries {
        zip = zip.deflated(path, bytes);
    }
    let path = folder.join(format!("demo-{version}-py3-none-manylinux_2_28_x86_64.whl"));
    fs::write(&path, zip.finish()).unwrap();
    path
}

/// A wheel and its baseline.
fn reviewed(folder: &Path) -> (PathBuf, PathBuf) {
    let (wheel, file) = (wheel(folder, "1.0", &libraries()), folder.join("gpu.toml"));
    let (code, out, err) = update(&wheel, &file, &[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    (wheel, file)
}

fn update(wheel: &Path, file: &Path, more: &[&str]) -> (i32, String, String) {
    run(gpucheck().arg("scan").arg(wheel).arg("--update-baseline").arg("--baseline").arg(file).args(more))
}

/// Exit code, what is said with `-q`, and the report.
#[track_caller]
fn held(wheel: &Path, file: &Path, more: &[&str]) -> (i32, String, Value) {
    let command = || {
        let mut command = gpucheck();
        command.arg("scan").arg(wheel).arg("--baseline").arg(file).args(more);
        command
    };
    let (code, said, err) = run(command().arg("-q"));
    let (same, json, _) = run(command().args(["--format", "json"]));
    assert_eq!((code, err.as_str()), (same, ""), "{said}");
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["gate"]["met"], code == 0, "{}", report["gate"]);
    (code, said, report)
}

#[track_caller]
fn fails(wheel: &Path, file: &Path, wanted: &str) -> Value {
    let (code, said, report) = held(wheel, file, &[]);
    assert!(code == 1 && said.contains(wanted), "'{wanted}' is not in\n{said}");
    assert_eq!(report["verdict"], "error");
    report
}

#[test]
fn a_wheel_passes_its_own_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let (wheel, file) = reviewed(folder.path());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("from demo 1.0 (demo-1.0-py3-none-manylinux_2_28_x86_64.whl).\n"), "{text}");
    assert!(
        text.contains("\n[[library]]\npath = \"demo.libs/libextra.so\"\nfatbins = 2\nsass = { sm_50 = 2, "),
        "{text}"
    );
    let (code, said, report) = held(&wheel, &file, &[]);
    assert_eq!((code, said.trim()), (0, format!("✓ matches {}", file.display()).as_str()));
    assert_eq!((&report["baseline"]["libraries"], &report["baseline"]["losses"]), (&3.into(), &serde_json::json!([])));
    // The same again is the same file.
    assert_eq!(update(&wheel, &file, &[]).0, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
}

#[test]
fn what_is_less_fails_with_library_target_and_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (_, file) = reviewed(folder.path());
    let with = |core: Vec<u8>| {
        let mut libraries = libraries();
        libraries[0].1 = core;
        wheel(folder.path(), "1.1", &libraries)
    };
    let lost = with(retargeted(three(), 100, 103, 3));
    let report = fails(&lost, &file, "demo/libcore.so lost sm_100: 0 of 3 fatbins, baseline 3 of 3");
    let change = &report["baseline"]["losses"][0];
    assert_eq!((&change["kind"], &change["target"]), (&"target-lost".into(), &"sm_100".into()));
    assert_eq!(change["baseline"], serde_json::json!({"fatbins": 3, "of": 3}));
    assert_eq!(report["baseline"]["remarks"][0]["kind"], "target-new");
    // One of three is enough to fail, though the library still is built for it in part.
    let fell = with(retargeted(three(), 100, 103, 1));
    let wanted = "demo/libcore.so has less sm_100: 2 of 3 fatbins, baseline 3 of 3";
    assert_eq!(fails(&fell, &file, wanted)["baseline"]["losses"][0]["kind"], "share-fell");
    // The other way round it is a remark.
    let partial = folder.path().join("partial.toml");
    update(&fell, &partial, &[]);
    let (code, _, report) = held(&with(retargeted(three(), 110, 121, 3)), &partial, &[]);
    assert_eq!(code, 1, "sm_110 is lost");
    let (code, _, more) = held(&with(three()), &partial, &[]);
    assert_eq!((code, &more["baseline"]["losses"][0]["target"]), (1, &"sm_103".into()));
    let kinds = |report: &Value| {
        let remarks = report["baseline"]["remarks"].as_array().unwrap().clone();
        remarks.iter().map(|change| change["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(kinds(&report).contains(&"share-rose".to_owned()), "{report}");
    // A library that is gone, or without code.
    let gone = wheel(folder.path(), "1.2", &libraries()[..2]);
    fails(&gone, &file, "demo/libhopper.so is gone, baseline sm_90");
    let mut empty = libraries();
    empty[2].1 = corpus("c13.5/rdc-notlinked.so");
    empty[2].1 = corpus("bad/elf-ident-only.so");
    let (code, said, _) = held(&wheel(folder.path(), "1.3", &empty), &file, &[]);
    assert!(code == 1 && said.contains("demo/libhopper.so"), "{said}");
}

#[test]
fn what_is_more_and_what_is_called_anew_passes() {
    let folder = tempfile::tempdir().unwrap();
    let (_, file) = reviewed(folder.path());
    let mut libraries = libraries();
    libraries[1].0 = "demo.libs/libextra-99887766.so.4.1";
    libraries.push(("demo/libnew.so", corpus("c13.5/so-all.so")));
    let next = wheel(folder.path(), "2.0", &libraries);
    let (code, _, report) = held(&next, &file, &[]);
    assert_eq!(code, 0);
    let remarks = report["baseline"]["remarks"].as_array().unwrap();
    assert_eq!((remarks.len(), &remarks[0]["kind"]), (1, &"library-new".into()));
    let (_, shown, _) = run(gpucheck().arg("scan").arg(&next).arg("--baseline").arg(&file));
    assert!(shown.contains("· demo/libnew.so is new: sm_75, sm_80"), "{shown}");
}

#[test]
fn what_cannot_be_told_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (wheel_1, file) = reviewed(folder.path());
    let (code, said, _) = held(&wheel_1, &file, &["--quick"]);
    assert!(code == 1 && said.contains("only a sample was read"), "{said}");
    let other = folder.path().join("other.toml");
    fs::write(&other, "[[library]]\npath = \"else/libx.so\"\nhidden = [\"sm_90\"]\n").unwrap();
    fails(&wheel_1, &other, "no library is listed in the baseline");
    fs::write(&other, "").unwrap();
    fails(&wheel_1, &other, "no library is listed in the baseline");
    // Each wheel is held against the baseline by itself.
    let second = wheel(folder.path(), "1.1", &libraries()[1..]);
    let (code, said, _) = run(gpucheck().arg("scan").args([&wheel_1, &second]).arg("--baseline").arg(&file).arg("-q"));
    assert!(
        code == 1 && said.contains("demo 1.1 (demo-1.1-py3-none-manylinux_2_28_x86_64.whl): demo/libcore.so is gone")
    );
    let mut damaged = libraries();
    damaged[0].1 = three()[..20_000].to_vec();
    fails(&wheel(folder.path(), "1.2", &damaged), &file, "could not be read");
    // Nothing of the kind is written either.
    for (target, more, why) in [
        (wheel(folder.path(), "1.2", &damaged), vec![], "cannot write the baseline"),
        (wheel_1.clone(), vec![second.to_str().unwrap()], "takes one package; 2 were given"),
        (wheel_1.clone(), vec!["--quick"], "cannot be used with"),
        (wheel(folder.path(), "1.3", &[]), vec![], "contains device code"),
    ] {
        let before = fs::read_to_string(&file).unwrap();
        let (code, _, err) = update(&target, &file, &more);
        assert!(code == 2 && err.contains(why), "{err}");
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    }
}

#[test]
fn a_baseline_that_is_none_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let (wheel, file) = reviewed(folder.path());
    for (text, wanted) in [
        ("[[library]]\npath = 3\n", "gpu.toml:2:8: invalid type"),
        ("\n[[library]]\npath = \"a\"\nfatbin = 1\n", "gpu.toml:4:1: unknown field `fatbin`"),
        ("[[library]]\npath = \"a\x1b[2J\"\n", "gpu.toml:2:"),
        ("[[library]]\npath = \"a\\u001b[2J\"\n", "'a\\x1b[2J' lists no target"),
    ] {
        fs::write(&file, text).unwrap();
        for more in [&[][..], &["--update-baseline"]] {
            let (code, out, err) = run(gpucheck().arg("scan").arg(&wheel).arg("--baseline").arg(&file).args(more));
            assert_eq!((code, out.as_str()), (2, ""), "{err}");
            assert!(err.contains(wanted) && !err.contains('\x1b'), "{err}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text, "what is no baseline is not written over");
        }
    }
    fs::write(&file, vec![b'#'; 9 << 20]).unwrap();
    let (code, _, err) = run(gpucheck().arg("scan").arg(&wheel).arg("--baseline").arg(&file));
    assert!(code == 2 && err.contains("larger than the limit of 8 MiB"), "{err}");
    fs::write(&file, format!("library = {}", "[".repeat(100_000))).unwrap();
    assert_eq!(run(gpucheck().arg("scan").arg(&wheel).arg("--baseline").arg(&file)).0, 2);
    let (code, _, err) = run(gpucheck().arg("scan").arg(&wheel).args(["--baseline", "/no/such/gpu.toml"]));
    assert!(code == 2 && err.contains("cannot read the baseline /no/such/gpu.toml"), "{err}");
}

#[test]
fn only_the_baseline_lets_a_library_off() {
    let folder = tempfile::tempdir().unwrap();
    let (wheel, file) = reviewed(folder.path());
    let require = ["--require", "9.0;12.0"];
    let (code, said, _) = held(&wheel, &file, &require);
    assert!(code == 1 && said.contains("libhopper.so lacks sm_120"), "{said}");
    // It says so once it is written with the question, and keeps what a person has noted.
    update(&wheel, &file, &require);
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.contains("path = \"demo/libhopper.so\"\nfatbins = 1\nsass = { sm_90 = 1 }\nlacks = [\"sm_120\"]"),
        "{text}"
    );
    let noted = text.replace("lacks = [\"sm_120\"]\n", "lacks = [\"sm_120\"]\nnote = \"wgmma only\"\n");
    fs::write(&file, &noted).unwrap();
    let (code, said, report) = held(&wheel, &file, &["--require", "12.0"]);
    assert!(code == 0 && said.contains("✓ is built for sm_120 (2 exceptions in the baseline), and matches"), "{said}");
    let told = report["baseline"]["remarks"].to_string();
    assert!(told.contains("demo/libhopper.so lacks sm_120 by design (wgmma only)"), "{told}");
    update(&wheel, &file, &[]);
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept.contains("note = \"wgmma only\"\n") && kept.contains("lacks = [\"sm_120\"]\n"), "{kept}");
    // Another target it is not let off.
    assert_eq!(held(&wheel, &file, &["--require", "10.0"]).0, 1);
}

#[test]
fn a_wildcard_stands_for_variants() {
    let folder = tempfile::tempdir().unwrap();
    let variants = |names: &[&'static str]| -> Vec<(&'static str, Vec<u8>)> {
        names.iter().map(|name| (*name, three())).collect()
    };
    let old = wheel(folder.path(), "1.0", &variants(&["demo/lib_cuda126.so", "demo/lib_cuda128.so"]));
    let file = folder.path().join("gpu.toml");
    update(&old, &file, &[]);
    let text = fs::read_to_string(&file).unwrap();
    let first = text.split("[[library]]").nth(1).unwrap();
    fs::write(&file, format!("[[library]]{}", first.replace("cuda126", "cuda*"))).unwrap();
    let new = wheel(
        folder.path(),
        "1.1",
        &variants(&["demo/lib_cuda128.so", "demo/lib_cuda130.so", "demo/sub/lib_cuda130.so"]),
    );
    let (code, _, report) = held(&new, &file, &[]);
    assert_eq!((code, &report["baseline"]["libraries"]), (0, &2.into()));
    assert_eq!(report["baseline"]["remarks"][0]["library"], "demo/sub/lib_cuda130.so", "a star stays in its folder");
    update(&old, &file, &[]);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!((text.matches("[[library]]").count(), text.contains("lib_cuda*.so")), (1, true), "{text}");
}

#[test]
fn requirements_are_read_as_people_write_them() {
    let folder = tempfile::tempdir().unwrap();
    let wheel = wheel(folder.path(), "1.0", &libraries()[..1]);
    let scan = |require: &str| run(gpucheck().arg("scan").arg(&wheel).args(["-q", "--require", require]));
    for (text, wanted) in [
        ("8.0;9.0", "✓ is built for sm_80, sm_90\n"),
        ("8.0 12.0+PTX", "✓ is built for sm_80, sm_120, compute_120\n"),
        ("80-real;120", "✓ is built for sm_80, sm_120, compute_120\n"),
        ("sm_80,compute_120", "✓ is built for sm_80, compute_120\n"),
    ] {
        assert_eq!(scan(text), (0, wanted.to_owned(), String::new()), "{text}");
    }
    let (code, said, _) = scan("90-virtual");
    assert!(code == 1 && said.contains("lacks compute_90"), "{said}");
    let (code, _, err) = scan("8.x");
    assert!(
        code == 2 && err.contains("'8.x' is not an architecture (expected sm_90, compute_90, 9.0, 9.0+PTX, 90, "),
        "{err}"
    );
    let variable = |value: &str| run(gpucheck().arg("scan").arg(&wheel).arg("-q").env("GPUCHECK_REQUIRE", value));
    assert_eq!(variable("8.0;9.0").1, "✓ is built for sm_80, sm_90\n");
    assert_eq!(variable("8.0;8.6").0, 1);
    assert_eq!(variable(" ; ").0, 2, "an empty list opens no gate");
}

#[test]
fn a_release_that_lost_something_fails_where_that_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let old = wheel(folder.path(), "1.0", &libraries());
    let diff = |new: &Path, more: &[&str]| run(gpucheck().args(["scan", "--diff", "-q"]).args([&old, new]).args(more));
    let lost = ["--fail-on", "lost"];
    let mut changed = libraries();
    changed[0].1 = retargeted(three(), 100, 103, 3);
    let new = wheel(folder.path(), "1.1", &changed);
    assert_eq!(diff(&new, &[]).0, 0, "without it a comparison is only an answer");
    let (code, said, _) = diff(&new, &lost);
    assert!(code == 1 && said.contains("demo/libcore.so lost sm_100"), "{said}");
    changed[0].1 = retargeted(three(), 100, 103, 1);
    let (code, said, _) = diff(&wheel(folder.path(), "1.2", &changed), &lost);
    assert!(code == 1 && said.contains("demo/libcore.so has sm_100 only in part"), "{said}");
    let (code, said, _) = diff(&wheel(folder.path(), "1.3", &libraries()[..2]), &lost);
    assert!(code == 1 && said.contains("demo/libhopper.so is gone"), "{said}");
    let (code, said, _) = diff(&wheel(folder.path(), "1.4", &libraries()[1..]), &lost);
    assert!(code == 1 && said.contains("demo/libcore.so is gone"), "{said}");
    let core = wheel(folder.path(), "0.1", &libraries()[..1]);
    let without = wheel(folder.path(), "0.2", &[("demo/libcore.so", retargeted(three(), 75, 86, 3))]);
    let (code, said, _) = run(gpucheck().args(["scan", "--diff", "-q"]).args([&core, &without]).args(lost));
    assert!(code == 1 && said.contains("demo 0.2 no longer runs on ") && said.contains("(sm_75)"), "{said}");
    // What is more is no loss.
    let mut more = libraries();
    more.push(("demo/libnew.so", corpus("c13.5/so-all.so")));
    assert_eq!(diff(&wheel(folder.path(), "2.0", &more), &lost), (0, "✓ lost nothing\n".to_owned(), String::new()));
    let (code, said, _) = diff(&wheel(folder.path(), "2.1", &[]), &lost);
    assert!(code == 1 && said.contains("is gone"), "{said}");
    let (code, _, err) = run(gpucheck().arg("scan").arg(&old).args(lost));
    assert!(code == 2 && err.contains("--diff"), "{err}");
    // The variable that other commands share is none of scan's.
    assert_eq!(run(gpucheck().arg("scan").arg(&old).env("GPUCHECK_FAIL_ON", "warning")).0, 0);
}
