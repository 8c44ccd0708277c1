//! What `scan` shows of packages made here: in full, of many, against GPUs, against an older release; and what programs read of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use common::{gpucheck, pack::Zip, run, slugs, snapshot};
use gpucheck::{
    facts::{Fact, Facts},
    judge::{self, Question},
    knowledge::Knowledge,
    render::{Format, Screen, render},
    report::Report,
    scan::{Collected, Depth, Progress, Reader},
};
use serde_json::Value;

const PIPED: Screen = Screen { width: None, color: false, verbose: 0, quiet: false };

fn corpus(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin").join(name)).unwrap()
}

fn wheel(folder: &Path, name: &str, metadata: &str, libraries: &[(&str, &str)]) -> String {
    let mut zip = Zip::default().deflated(&format!("{}.dist-info/METADATA", "demo-1.0"), metadata.as_bytes());
    for (path, file) in libraries {
        zip = zip.deflated(path, &corpus(file));
    }
    let path = folder.join(name);
    fs::write(&path, zip.finish()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A folder with two releases of a package: the second lost sm_37 and sm_60 and has PTX compressed with zstd.
fn releases(folder: &Path) -> [String; 2] {
    let requires = "Requires-Dist: nvidia-cuda-runtime-cu12; platform_system == 'Linux'\nRequires-Dist: torch\n";
    [
        wheel(
            folder,
            "demo-1.0-py3-none-manylinux_2_28_x86_64.whl",
            &format!("Name: demo\nVersion: 1.0\n{requires}"),
            &[
                ("demo/libcore.so", "c11.8/so.so"),
                ("demo/libextra.so", "c12.4/so-debug.so"),
                ("demo/k.ptx", "c13.5/raw-compute_75.ptx"),
            ],
        ),
        wheel(
            folder,
            "demo-2.0-py3-none-manylinux_2_28_x86_64.whl",
            &format!("Name: demo\nVersion: 2.0\n{requires}"),
            &[
                ("demo/libcore.so", "c13.5/so-all.so"),
                ("demo/libextra-1a2b3c4d.so.2", "c12.4/so-debug.so"),
                ("demo/libnew.so", "c13.5/so-torchlike.so"),
            ],
        ),
    ]
}

fn read(targets: &[&str]) -> Collected {
    let progress = Progress::default();
    let mut reader = Reader::new(Depth::default(), &progress);
    for target in targets {
        let shown = target.rsplit('/').next().unwrap();
        reader.read(Path::new(target), shown).unwrap();
    }
    reader.finish()
}

fn report(old: Option<&str>, targets: &[&str], every_gpu: bool) -> Report {
    let question = Question {
        facts: Facts { gpus: Fact::unknown("not asked for"), ..Facts::default() },
        every_gpu,
        old: old.map(|old| read(&[old])),
        against: None,
        nothing_lost: false,
        system: BTreeMap::new(),
        start: Instant::now(),
    };
    judge::scan(&Knowledge::builtin().unwrap(), question, read(targets))
}

fn shown(report: &Report, screen: Screen) -> String {
    let text = render(report.clone(), Format::Human, &screen).unwrap();
    if let Some(width) = screen.width {
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{widest} of {width}:\n{text}");
    }
    text
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(gpucheck().args(["scan", "--format", "json"]).args(arguments));
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}")))
}

#[test]
fn a_package() {
    let folder = tempfile::tempdir().unwrap();
    let [one, _] = releases(folder.path());
    let report = report(None, &[&one], true);
    snapshot("scan-package.txt", &shown(&report, PIPED));
    snapshot("scan-package-60.txt", &shown(&report, Screen { width: Some(60), ..PIPED }));
    shown(&report, Screen { width: Some(200), verbose: 1, ..PIPED });
    let markdown = render(report.clone(), Format::Markdown, &PIPED).unwrap();
    assert!(
        markdown.starts_with("## gpucheck scan\n\n```text\ndemo 1.0\n") && markdown.ends_with("```\n"),
        "{markdown}"
    );
    assert_eq!(render(report.clone(), Format::Human, &Screen { quiet: true, ..PIPED }).unwrap().trim(), "");
}

#[test]
fn many_packages() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = releases(folder.path());
    let report = report(None, &[&one, &two, &one], true);
    assert_eq!(report.scan().unwrap().packages.len(), 2, "what is named twice is read once");
    snapshot("scan-many.txt", &shown(&report, PIPED));
    snapshot("scan-many-60.txt", &shown(&report, Screen { width: Some(60), ..PIPED }));
    snapshot("scan-many-verbose.txt", &shown(&report, Screen { width: Some(200), verbose: 1, ..PIPED }));
}

#[test]
fn two_releases() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = releases(folder.path());
    let changed = report(Some(&one), &[&two], false);
    snapshot("scan-diff.txt", &shown(&changed, PIPED));
    shown(&changed, Screen { width: Some(60), ..PIPED });
    let same = report(Some(&one), &[&one], false);
    assert!(shown(&same, PIPED).starts_with("Nothing changed"), "{}", shown(&same, PIPED));
    let (code, report) = json(&["--diff", &one, &two]);
    let package = &report["diff"]["packages"][0];
    assert_eq!((code, package["old"].as_str(), package["new"].as_str()), (0, Some("demo 1.0"), Some("demo 2.0")));
    assert!(package["lost"].to_string().contains("sm_60"), "{package}");
    let lost: Vec<_> = package["gpus"].as_array().unwrap().iter().filter(|gpu| gpu["works"] == false).collect();
    assert!(lost.iter().any(|gpu| gpu["capability"] == "6.1" && gpu["products"][0] == "GTX 10"), "{package}");
    let renamed = package["libraries"].as_array().unwrap().iter().find(|library| !library["renamed_from"].is_null());
    assert_eq!(renamed.unwrap()["renamed_from"], "demo/libextra.so", "{package}");
    // What the new release lacks decides, as without --diff.
    assert_eq!(json(&["--diff", &one, &two, "--gpu", "GTX 1080"]).0, 1);
    let (code, _, err) = run(gpucheck().args(["scan", "--diff", &one]));
    assert_eq!((code, err.as_str()), (2, "gpucheck: --diff takes two targets, the old and the new; 1 given\n"));
}

#[test]
fn what_a_gpu_or_a_driver_lacks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let [_, two] = releases(folder.path());
    let zstd = folder.path().join("zstd.fatbin");
    fs::write(&zstd, corpus("c13.5/fb-mode-size.fatbin")).unwrap();
    let (code, report) = json(&[zstd.to_str().unwrap(), "--gpu", "RTX 3090", "--driver", "535.183.01"]);
    let run = &report["packages"][0]["runs_on"][0];
    assert_eq!((code, &run["verdict"], &report["verdict"]), (1, &"no".into(), &"error".into()));
    assert!(run["why"].as_str().unwrap().contains("zstd, which needs driver R550 or newer"), "{run}");
    assert_eq!(json(&[zstd.to_str().unwrap(), "--gpu", "RTX 3090", "--driver", "580.95.05"]).0, 0);
    // A driver serves no GPU that is newer than itself, and the newest no old ones.
    let why = |arguments: &[&str]| {
        let (code, report) = json(arguments);
        (code, report["packages"][0]["runs_on"][0]["why"].as_str().unwrap().to_owned())
    };
    let (code, text) = why(&[&two, "--gpu", "RTX 5090", "--driver", "550.54.14"]);
    assert!(code == 1 && text.starts_with("sm_120 needs driver 570"), "{text}");
    let (code, text) = why(&[&two, "--gpu", "GTX 1080", "--driver", "590.48.01"]);
    assert!(code == 1 && text.starts_with("drivers newer than R580 do not support sm_61"), "{text}");
    let ptx = folder.path().join("k.ptx");
    fs::write(&ptx, ".version 8.7\n.target sm_80\n").unwrap();
    let (code, report) = json(&[ptx.to_str().unwrap(), "--gpu", "RTX 3090", "--driver", "550.54.14"]);
    let why = report["packages"][0]["runs_on"][0]["why"].as_str().unwrap();
    assert_eq!(code, 1);
    assert!(why.contains("(ISA 8.7) needs CUDA 12.8 (driver R570 or newer), but driver 550.54.14 is older"), "{why}");
    // Only a driver: every GPU is in question, and no exit code answers that.
    let (code, report) = json(&[ptx.to_str().unwrap(), "--driver", "550.54.14"]);
    assert_eq!((code, report["gate"].is_null()), (0, true));
    assert!(report["packages"][0]["runs_on"].as_array().unwrap().len() > 20);
    let (_, out, _) = common::run(gpucheck().args(["scan", &two, "--gpu", "RTX 5090,GTX 1080"]));
    assert!(out.contains("✗ not met: demo 2.0 on NVIDIA GeForce GTX 1080: "), "{out}");
}

#[test]
fn requirements_bring_what_libraries_link_to() {
    let folder = tempfile::tempdir().unwrap();
    let platform = "manylinux_2_24_x86_64";
    let cached = common::wheel("bitsandbytes==0.50.2", platform);
    let wheel = fs::read_dir(cached).unwrap().map(|entry| entry.unwrap().path());
    let wheel = wheel.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "whl")).unwrap();
    let (code, report) = json(&[wheel.to_str().unwrap(), "--gpu", "RTX 5090"]);
    let package = &report["packages"][0];
    assert_eq!((code, &package["id"], &package["kind"]), (0, &"bitsandbytes 0.50.2".into(), &"wheel".into()));
    assert_eq!(
        package["runs_on"][0]["why"],
        "3 of 7 variants: libbitsandbytes_cuda128.so, libbitsandbytes_cuda130.so, libbitsandbytes_cuda132.so"
    );
    let need = |name: &str| {
        let needs = package["needs"].as_array().unwrap();
        let need = needs.iter().find(|need| need["library"] == name).unwrap_or_else(|| panic!("{name}: {needs:?}"));
        (need["status"].as_str().unwrap().to_owned(), need["distributions"][0].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(need("libcudart.so.12"), ("perhaps".to_owned(), "nvidia-cuda-runtime-cu12".to_owned()));
    assert_eq!(need("libcublas.so.11"), ("missing".to_owned(), "nvidia-cublas-cu11".to_owned()));
    // For no GPU that was built for before Pascal.
    assert_eq!(json(&[wheel.to_str().unwrap(), "--gpu", "sm_50"]).0, 1);
    drop(folder);
}

#[test]
fn a_gate_does_not_open_for_what_was_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let good = corpus("c13.5/sass-sm_90.fatbin");
    let zip = Zip::default().stored("a/good.fatbin", &good).raw(&common::pack::Lie("a/lost.so", 8, 1, 0, b"xx", 9));
    let path = folder.path().join("a-1-py3-none-any.whl");
    fs::write(&path, zip.finish()).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(json(&[path]).0, 0, "a plain scan tells what it could read");
    let (code, report) = json(&[path, "--gpu", "H100"]);
    assert_eq!((code, &report["gate"]["met"]), (1, &false.into()));
    assert_eq!(report["gate"]["unknown"][0], "a/lost.so could not be read: it is encrypted");
    let (code, report) = json(&[path, "--require", "sm_90"]);
    assert_eq!((code, slugs(&report, "error")), (1, vec![]));
    // What is no binary at all holds nothing.
    let text = Zip::default().stored("a/good.fatbin", &good).stored("a/libx.so", b"INPUT(libx.so.1)").finish();
    fs::write(path, text).unwrap();
    assert_eq!(json(&[path, "--require", "sm_90", "--gpu", "H100"]).0, 0);
    let (code, report) = json(&[path, "--require", "sm_90,sm_120"]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["required-arch-missing"]));
    assert!(report["findings"][0]["summary"].as_str().unwrap().contains("a/good.fatbin lacks sm_120"));
}

#[test]
fn a_folder_without_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = run(gpucheck().arg("scan").arg(folder.path()));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("nothing that can contain device code"), "{out}");
}
