//! End to end: passwords, tokens and user names stay out of reports and out of what is said on standard error.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Output, Stdio},
};

use common::gpucheck;

const SECRET: &str = "hunter2";
/// A folder of knowledge with one card.
const OVERLAY: &str = r#"[sources]
lab = "measured in the lab"

[[gpu]]
name = "NVIDIA Lab Card"
pci = ["ffff"]
capability = "12.0"
source = ["lab"]
verified = "2026-11-25"
"#;
const FORMATS: [&str; 9] = ["human", "json", "jsonl", "markdown", "github", "sarif", "junit", "gitlab", "prometheus"];

/// Everything that a command says.
fn said(command: &mut Command) -> String {
    let Output { stdout, stderr, status } = command.output().unwrap();
    assert!(status.code().is_some_and(|code| code < 4), "{status}");
    String::from_utf8([stdout, stderr].concat()).unwrap()
}

fn environment(folder: &Path, requires: &str) {
    let site = folder.join(".venv/lib/python3.12/site-packages");
    fs::create_dir_all(site.join("torch-2.7.1.dist-info")).unwrap();
    fs::create_dir_all(folder.join(".venv/bin")).unwrap();
    symlink("/usr/bin/python3", folder.join(".venv/bin/python")).unwrap();
    fs::write(folder.join(".venv/pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
    let metadata = format!("Metadata-Version: 2.1\nName: torch\nVersion: 2.7.1+cu128\n{requires}");
    fs::write(site.join("torch-2.7.1.dist-info/METADATA"), metadata).unwrap();
    fs::write(site.join("torch-2.7.1.dist-info/RECORD"), "").unwrap();
}

#[test]
fn fragments_of_requirements_are_redacted_where_they_hide_something() {
    let folder = tempfile::tempdir().unwrap();
    let requires = [
        "a @ https://host/a.whl#token=hunter2",
        "b @ https://host/b.whl#sha256=hunter2",
        "c @ https://host/c.whl#egg=c&auth=hunter2 ; python_version > '3'",
        "d @ https//user:hunter2@host/d.whl",
        "e @ git+ssh://hunter2@host/e.git@v1#subdirectory=x",
        "f @ https://user:hunter/hunter2@host/f.whl",
        "g @ https://host/g.whl#sha256=00ff&egg=g&subdirectory=src/g",
        "h @ https://host/h.whl?x=hunter2#md5=00",
    ];
    let requires: String = requires.iter().map(|line| format!("Requires-Dist: {line}\n")).collect();
    environment(folder.path(), &requires);
    for format in FORMATS {
        for more in [&["doctor", "-vv"][..], &["scan", "-vv"]] {
            let place = folder.path().join(".venv");
            let text = said(gpucheck().args(more).args(["--format", format, "--gpu", "5090"]).arg(place));
            assert!(!text.contains(SECRET), "{text}");
        }
    }
    let json = said(gpucheck().args(["doctor", "--format", "json", "--gpu", "5090"]).arg(folder.path()));
    for kept in
        ["https://host/a.whl#[redacted]", "g.whl#sha256=00ff&egg=g&subdirectory=src/g", "e.git@v1#subdirectory=x"]
    {
        assert!(json.contains(kept), "{kept}: {json}");
    }
}

/// Addresses that were meant as such, all with the secret.
const MALFORMED: [&str; 18] = [
    "https//user:hunter2@host/simple",
    "http:/user:hunter2@host/simple",
    "https:user:hunter2@host/simple",
    "https:///user:hunter2@host/simple",
    "https:\\\\user:hunter2@host\\simple",
    "htps://user:hunter2@host/simple",
    "ftp://user:hunter2@host/simple",
    "://user:hunter2@host/simple",
    "//user:hunter2@host/simple",
    "user:hunter2@host/simple",
    "https://user:hun ter hunter2@host/simple",
    "https://user:x/hunter2@host/simple",
    "https://user:x?hunter2@host/simple",
    "https://user:x#hunter2@host/simple",
    "https://user:hunter2@[::1/simple",
    "https://user:hunter2@[::g]:80/simple",
    "https://user:hunter2@host:port/simple",
    "https://user:hunter2@",
];

#[test]
fn a_malformed_address_is_said_without_its_password() {
    let home = tempfile::tempdir().unwrap();
    let scan = |arguments: &[&str]| {
        let mut command = gpucheck();
        command.args(["scan", "demo==1"]).args(arguments).env("HOME", home.path()).env("UV_NO_CONFIG", "1");
        command.env("PIP_CONFIG_FILE", "/dev/null");
        command
    };
    let config = home.path().join("pip.conf");
    let uv = home.path().join("uv.toml");
    for address in MALFORMED {
        fs::write(&config, format!("[global]\nindex-url = {address}\n")).unwrap();
        let quoted = address.replace('\\', "\\\\");
        fs::write(&uv, format!("index-url = \"{quoted}\"\n[[index]]\nurl = [\"{quoted}\"]\n")).unwrap();
        let check = |command: &mut Command| {
            let text = said(command);
            assert!(!text.contains(SECRET) && !text.is_empty(), "{command:?}: {text}");
        };
        check(&mut scan(&["--index-url", address]));
        check(&mut scan(&["--index-url", "https://127.0.0.1:1/", "--extra-index-url", address]));
        check(scan(&[]).env("GPUCHECK_INDEX_URL", address));
        check(scan(&[]).env("PIP_INDEX_URL", address));
        check(scan(&[]).env_remove("UV_NO_CONFIG").env("UV_INDEX_URL", address).env("UV_INDEX", address));
        check(scan(&[]).env("PIP_CONFIG_FILE", &config));
        check(scan(&[]).env_remove("UV_NO_CONFIG").env("UV_CONFIG_FILE", &uv));
        check(scan(&["--index-url", "http://127.0.0.1:1/"]).env("HTTP_PROXY", address).env("http_proxy", address));
        check(gpucheck().args(["scan", address]));
        // Where no address belongs, one ends at a space.
        if address.contains(' ') {
            continue;
        }
        check(gpucheck().args(["doctor", "--index-url", address]));
        check(gpucheck().args(["doctor", &format!("--gpu={address}")]));
        check(gpucheck().args(["doctor", "--driver", address]));
        check(gpucheck().args(["doctor", &format!("--{address}")]));
        check(gpucheck().args(["doctor", "--output", &format!("{address}/none/x"), "--gpu", "5090"]));
        check(gpucheck().args(["doctor", "--knowledge", address]));
        check(gpucheck().args(["doctor", "--root", address]));
        check(gpucheck().args(["doctor", "--replay", address]));
        check(gpucheck().args(["doctor", "--python", address]));
        check(gpucheck().args(["rule", address]));
        check(gpucheck().args(["kb", "show", address]));
    }
}

#[test]
fn variables_and_saved_facts_are_redacted() {
    let folder = tempfile::tempdir().unwrap();
    environment(folder.path(), "Requires-Dist: numpy\n");
    let doctor = || {
        let mut command = gpucheck();
        command.args(["doctor", "--format", "json", "--gpu", "5090"]).arg(folder.path());
        command
    };
    for address in MALFORMED.iter().chain(&["https://host/simple#hunter2", "https://host/simple?hunter2"]) {
        // Among folders a space or a colon ends a word, as it would for the loader.
        for name in ["PYTHONPATH", "TORCH_CUDA_ARCH_LIST", "PIP_INDEX_URL", "UV_INDEX", "PYTORCH_CUDA_ALLOC_CONF"] {
            let text = said(doctor().env(name, address));
            assert!(!text.contains(SECRET) || address.contains(' '), "{name}={address}: {text}");
        }
    }
    let saved = said(&mut doctor());
    let planted = saved.replace("\"numpy\"", "\"a @ https://user:hunter2@host/a#hunter2\"");
    assert_ne!(saved, planted);
    let mut child = gpucheck()
        .args(["--replay", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(planted.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(text.contains("[redacted]") && !text.contains(SECRET), "{text}");
}

#[test]
fn the_place_that_home_leads_to_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    // The folder's own name may not hold what is looked for.
    let base = fs::canonicalize(folder.path()).unwrap();
    let real = base.join("users/samantha");
    environment(&real.join("project"), "Requires-Dist: gone\n");
    fs::create_dir_all(base.join("home")).unwrap();
    let home = base.join("home/sam");
    symlink(&real, &home).unwrap();
    let overlay = real.join("overlay");
    fs::create_dir(&overlay).unwrap();
    fs::write(overlay.join("gpus.toml"), OVERLAY).unwrap();
    for format in FORMATS {
        // Metrics name no place.
        let shown = |text: &str| format == "prometheus" || text.contains("~/project");
        for place in [home.join("project"), real.join("project"), real.join("project/.venv/bin/python")] {
            let mut command = gpucheck();
            command.args(["doctor", "-vv", "--gpu", "5090", "--format", format, "--knowledge"]).arg(&overlay);
            command.arg(&place).env("HOME", &home).env("LD_LIBRARY_PATH", real.join("lib"));
            let text = said(&mut command);
            assert!(shown(&text) && !text.contains("samantha"), "{text}");
        }
        let mut command = gpucheck();
        command.args(["doctor", "-vv", "--gpu", "5090", "--format", format]).env("HOME", &home);
        command.current_dir(real.join("project")).env("VIRTUAL_ENV", real.join("project/.venv"));
        let text = said(&mut command);
        assert!(shown(&text) && !text.contains("samantha"), "{text}");
        let text = said(gpucheck().args(["scan", "--format", format]).arg(real.join("project")).env("HOME", &home));
        assert!(!text.contains("samantha"), "{text}");
    }
}
