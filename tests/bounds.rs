//! End to end: input that is long, that never ends or that never begins. A test that does not end is a test that fails; how fast work
//! is, `cargo bench --bench bounds` tells.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs::{self, File},
    io::Write,
    os::unix::{fs::symlink, process::ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use common::{
    finding, fix_lines, gpucheck, run,
    server::{Reply, Server},
    site_packages,
};
use serde_json::Value;

const MACHINE: [&str; 4] = ["--gpu", "RTX 5090", "--driver", "580.95.05"];

/// An environment without packages.
fn environment(folder: &Path) -> PathBuf {
    let environment = folder.join(".venv");
    fs::create_dir_all(environment.join("lib/python3.12/site-packages")).unwrap();
    fs::create_dir_all(environment.join("bin")).unwrap();
    symlink("/usr/bin/python3", environment.join("bin/python")).unwrap();
    fs::write(environment.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
    environment
}

fn install(environment: &Path, name: &str, version: &str, requires: &str, record: &str) {
    let folder = site_packages(environment).join(format!("{name}-{version}.dist-info"));
    fs::create_dir(&folder).unwrap();
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}");
    fs::write(folder.join("METADATA"), metadata).unwrap();
    fs::write(folder.join("RECORD"), record).unwrap();
}

fn report(environment: &Path, gpu: &str) -> Value {
    let arguments = ["doctor", "--format", "json", "--gpu", gpu, "--driver", "580.95.05"];
    let (code, out, err) = run(gpucheck().args(arguments).arg(environment));
    assert!(code < 2, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// Says in one line what is wrong, with exit code 2.
fn refused(command: &mut Command, words: &str) {
    let (code, out, err) = run(command);
    assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 1), "{err}");
    assert!(err.contains(words), "{err}");
}

/// A FIFO that nobody writes to, a device without end, a folder, and a file that claims to have a terabyte.
fn traps(folder: &Path, ending: &str) -> Vec<(PathBuf, &'static str)> {
    let at = |name: &str| folder.join(format!("{name}{ending}"));
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    symlink("/dev/zero", at("zero")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    File::create(at("long")).unwrap().set_len(1 << 40).unwrap();
    vec![
        (at("fifo"), "not a regular file"),
        (at("zero"), "not a regular file"),
        (at("folder"), "not a regular file"),
        (at("long"), "larger than the limit"),
    ]
}

#[test]
fn a_hundred_thousand_requirements_are_judged_and_a_few_shown() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let requires: String = (0..100_000).map(|number| format!("Requires-Dist: m{number}\n")).collect();
    install(&environment, "torch", "2.7.1+cu128", &requires, "");
    let report = report(&environment, "RTX 5090");
    let found = finding(&report, "environment-incomplete");
    let evidence = found["evidence"].as_array().unwrap();
    assert!(found["summary"].as_str().unwrap().ends_with("; and 99997 more."), "{}", found["summary"]);
    assert!(evidence.len() < 60, "{}", evidence.len());
    assert_eq!(evidence.last().unwrap()["fact"], "99950 more requirements are not met");
    // Nobody pastes a line of a hundred thousand names.
    assert!(fix_lines(found).iter().all(|line| line.len() < 10_000));
}

#[test]
fn a_requirement_that_the_limit_cuts_off_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    // As many lines as fit into 8 MiB, the last of them in part.
    let requires: String = (0..9000).map(|number| format!("Requires-Dist: m{number:0>1000}\n")).collect();
    install(&environment, "torch", "2.7.1+cu128", &requires, "");
    let report = report(&environment, "RTX 5090");
    let packages = report["facts"]["environments"][0]["packages"].as_array().unwrap();
    let requires = packages[0]["requires"].as_array().unwrap();
    assert!(requires.len() > 8000 && requires.len() < 9000, "{}", requires.len());
    assert!(requires.iter().all(|line| line.as_str().unwrap().len() == 1001));
}

#[test]
fn thousands_of_packages_that_move_together_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    install(&environment, "torch", "2.7.1+cu128", "", "");
    for number in 0..5000 {
        let requires = format!("Requires-Dist: torch==1.{number}\nRequires-Dist: gone{number}\n");
        let record = format!("shared/x{}.so,,\n", number / 2);
        install(&environment, &format!("nvidia-{number}"), "1.0", &requires, &record);
    }
    // The card needs another build of torch, with which all of them may move.
    let report = report(&environment, "GTX 1080");
    assert_eq!(report["facts"]["environments"][0]["packages"].as_array().unwrap().len(), 5001);
    finding(&report, "environment-incomplete");
}

#[test]
fn a_record_of_a_hundred_thousand_lines_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let record: String = (0..100_000).map(|number| format!("torch/lib/lib{number}.so,sha256=x,1\n")).collect();
    install(&environment, "torch", "2.7.1+cu128", "", &record);
    report(&environment, "RTX 5090");
    let (code, _, err) = run(gpucheck().arg("scan").arg(site_packages(&environment)));
    assert!(code < 2, "{err}");
}

#[test]
fn knowledge_is_of_regular_files_of_some_size() {
    for index in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let traps = traps(folder.path(), "");
        let (trap, words) = &traps[index];
        for place in ["torch.toml", "packages/torchao.toml"] {
            let overlay = tempfile::tempdir().unwrap();
            fs::create_dir(overlay.path().join("packages")).unwrap();
            symlink(trap, overlay.path().join(place)).unwrap();
            refused(gpucheck().args(["doctor", "--knowledge"]).arg(overlay.path()).args(MACHINE), words);
            refused(gpucheck().args(["kb", "list", "--knowledge"]).arg(overlay.path()), words);
        }
    }
    let many = tempfile::tempdir().unwrap();
    for number in 0..1001 {
        fs::write(many.path().join(format!("{number}.toml")), "").unwrap();
    }
    refused(gpucheck().args(["doctor", "--knowledge"]).arg(many.path()).args(MACHINE), "more than 1000 .toml files");
}

#[test]
fn saved_reports_are_regular_files_of_some_size() {
    let folder = tempfile::tempdir().unwrap();
    for (trap, words) in traps(folder.path(), ".json") {
        refused(gpucheck().args(["doctor", "--replay"]).arg(trap), words);
    }
    refused(gpucheck().args(["--replay", "/dev/zero"]), "(\"-\" reads standard input): not a regular file");
    let endless = File::open("/dev/zero").unwrap();
    refused(
        gpucheck().args(["--replay", "-"]).stdin(endless),
        "cannot read standard input: it is larger than the limit of 128 MiB",
    );
}

#[test]
fn what_configures_the_network_is_of_regular_files() {
    let folder = tempfile::tempdir().unwrap();
    for (trap, words) in traps(folder.path(), ".pem") {
        let mut command = gpucheck();
        command.args(["scan", "demo==1", "--index-url", "http://127.0.0.1:1/"]).env("HOME", folder.path());
        // A configuration that cannot be read is none; certificates that were named must be there.
        command.env("PIP_CONFIG_FILE", &trap).env("UV_CONFIG_FILE", &trap).env("NETRC", &trap);
        let (code, out, err) = run(&mut command);
        assert_eq!((code, out.as_str(), err.lines().count()), (3, "", 1), "{err}");
        assert!(err.contains("connection refused by 127.0.0.1:1"), "{err}");
        if trap.is_dir() || words == "larger than the limit" {
            continue;
        }
        refused(command.env("PIP_CONFIG_FILE", "/dev/null").env("SSL_CERT_FILE", &trap), words);
    }
}

#[test]
fn a_file_of_a_terabyte_is_searched_up_to_a_limit_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin/c13.5/so-sm_120.so");
    let library = fs::read(corpus).unwrap();
    let mut bare = library.clone();
    // No section headers: what it holds has to be searched for.
    bare[40..48].fill(0);
    bare[58..64].fill(0);
    let fatbin = [&[0x50u8, 0xED, 0x55, 0xBA, 1, 0, 16, 0][..], &[0; 8]].concat();
    let archive = b"!<arch>\na.o/            0           0     0     644     9999999999`\n".to_vec();
    for (name, start) in [("a.so", &library), ("b.so", &bare), ("c.fatbin", &fatbin), ("d.a", &archive)] {
        let path = folder.path().join(name);
        fs::write(&path, start).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        for arguments in [&["scan"][..], &["scan", "--deep"]] {
            let (code, out, err) = run(gpucheck().args(arguments).arg(&path));
            assert_eq!(code, 0, "{err}");
            assert!(!name.ends_with(".so") || out.contains("the first 8 GiB"), "{out}");
            assert!(!name.ends_with(".so") || out.contains("sm_120"), "{out}");
        }
    }
    let empty = folder.path().join("empty.so");
    fs::write(&empty, &bare[..64]).unwrap();
    File::options().write(true).open(&empty).unwrap().set_len(1 << 40).unwrap();
    let (_, out, _) = run(gpucheck().arg("scan").arg(&empty));
    assert!(out.contains("no device code in its first 8 GiB; the rest is not searched"), "{out}");
    let (code, out, err) = run(gpucheck().args(["scan", "--deep"]).arg(folder.path()));
    assert!(code == 0 && out.contains("the first 8 GiB"), "{out}{err}");
}

#[test]
fn a_search_ends_when_somebody_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.so");
    // Sixteen million beginnings of what is none: each is looked at.
    fs::write(&path, b"\x7fELF".repeat(16 << 20)).unwrap();
    let mut bytes =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin/c13.5/so-sm_120.so")).unwrap();
    bytes.truncate(64);
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
    File::options().write(true).open(&path).unwrap().write_all(&bytes).unwrap();
    let mut child = gpucheck().arg("scan").arg(&path).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap().success());
    // Not INT: a shell that starts this in the background has it ignored.
    assert_eq!(child.wait().unwrap().signal(), Some(15), "it was still searching, and ended by this");
}

/// Scans a package of an index whose page is this, in so little memory.
fn page_of(kind: &'static str, body: Vec<u8>) -> (Option<i32>, String) {
    let server = Server::start(move |_, _| Reply::page(kind, body.clone()));
    let mut command = Command::new("prlimit");
    command.arg("--data=400000000").arg(env!("CARGO_BIN_EXE_gpucheck")).args(["scan", "demo==1", "--index-url"]);
    command.arg(server.url("/simple/")).env_clear().env("PATH", "/usr/bin:/bin").env("PIP_CONFIG_FILE", "/dev/null");
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn pages_of_an_index_take_no_more_memory_than_they_have_bytes() {
    const PAGE: usize = 30 << 20;
    let json = "application/vnd.pypi.simple.v1+json";
    let file = r#"{"filename":"","url":""},"#;
    let project = |files: &str| {
        format!(r#"{{"meta":{{"api-version":"1.0"}},"files":[{files}{{"filename":"a","url":"a"}}]}}"#).into_bytes()
    };
    let yanked = format!(r#"{{"filename":"a","url":"a","yanked":[{}0]}},"#, "0,".repeat(PAGE / 2));
    let pages: [(&str, Vec<u8>, &str); 5] = [
        (json, project(&file.repeat(PAGE / file.len())), "it lists more than 100000 files"),
        (json, project(&yanked), ""),
        ("text/html", [b"<a ".to_vec(), b"b ".repeat(PAGE / 2)].concat(), ""),
        ("text/html", b"<a href=b>".repeat(PAGE / 10), "it lists more than 100000 files"),
        ("text/html", vec![0xFF; PAGE], ""),
    ];
    for (kind, body, words) in pages {
        let (code, err) = page_of(kind, body);
        assert_eq!((code, err.lines().count()), (Some(2), 1), "{kind}: {err}");
        assert!(err.contains(words), "{err}");
    }
}
