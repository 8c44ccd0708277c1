//! What the end-to-end tests share: running the real binary in a clean environment, and real environments made with pip.
#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic and say why")]

pub mod case;
pub mod elsewhere;
pub mod facts;
pub mod fake;
pub mod nvidia;
pub mod pack;
pub mod place;
pub mod server;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A folder to lay over the built-in rows, with a release of torch that stays the newest, 99.0.0: what tests say of the newest must not change
/// with every row that is added.
pub const NEWEST_TORCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/newest-torch");

/// The binary under test, with nothing of the caller's environment but what it needs to start.
pub fn gpucheck() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpucheck"));
    command.env_clear().stdin(Stdio::null()).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Runs it and gives exit code, standard output and standard error.
pub fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("gpucheck starts");
    (
        status.code().expect("gpucheck ends by itself"),
        String::from_utf8(stdout).expect("the report is UTF-8"),
        String::from_utf8(stderr).expect("the messages are UTF-8"),
    )
}

/// Runs `doctor --format json` with these arguments and gives exit code and report.
pub fn doctor(arguments: &[&str]) -> (i32, Value) {
    let (code, stdout, stderr) = run(gpucheck().args(["doctor", "--format", "json"]).args(arguments));
    let report = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}\n{stderr}"));
    (code, moved_alike(report))
}

/// The report, after its facts were judged in another place, too: no path is part of a fingerprint, in whatever case a test has made.
#[track_caller]
pub fn moved_alike(report: Value) -> Value {
    elsewhere::same(&report["facts"]);
    report
}

/// The slugs of a report's findings of this severity.
pub fn slugs<'r>(report: &'r Value, severity: &str) -> Vec<&'r str> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == severity)
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

/// The finding of this rule.
pub fn finding<'r>(report: &'r Value, rule: &str) -> &'r Value {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["rule"] == rule)
        .unwrap_or_else(|| panic!("no {rule} in {}", report["findings"]))
}

/// The lines to paste of a finding's fixes, joined by newlines; one string for each fix.
pub fn fix_lines(finding: &Value) -> Vec<String> {
    finding["fixes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fix| {
            fix["commands"]
                .as_array()
                .unwrap()
                .iter()
                .map(|command| command["line"].as_str().unwrap())
                .collect::<Vec<_>>()
                .join("\n")
        })
        .collect()
}

/// Compares what people read with the file that is kept of it; `UPDATE_SNAPSHOTS=1` writes it.
pub fn snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{} is no longer what is shown:\n{text}", path.display());
}

/// Where environments with real wheels are kept between runs: `GPUCHECK_TEST_CACHE`, else a folder in the user's cache.
pub fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
    std::env::var_os("GPUCHECK_TEST_CACHE")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("XDG_CACHE_HOME").map(|cache| PathBuf::from(cache).join("gpucheck-tests")))
        .unwrap_or_else(|| home().join(".cache/gpucheck-tests"))
}

/// A virtual environment with these requirements, installed by pip from the index that pip is configured with. Made once; a name
/// stands for its requirements for ever.
pub fn environment(name: &str, requirements: &[&str]) -> PathBuf {
    try_environment(name, requirements).unwrap_or_else(|why| panic!("{why}"))
}

/// The same, and why not where pip cannot.
pub fn try_environment(name: &str, requirements: &[&str]) -> Result<PathBuf, String> {
    let cache = cache();
    fs::create_dir_all(&cache).expect("the test cache can be made");
    let folder = cache.join(name);
    let lock = File::create(cache.join(format!("{name}.lock"))).expect("the lock file can be made");
    lock.lock().expect("the lock can be taken");
    if !folder.join("complete").exists() {
        let _ = fs::remove_dir_all(&folder);
        eprintln!("installing {requirements:?} into {}", folder.display());
        succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-cache-dir"]);
        succeeds(pip.args(requirements))?;
        fs::write(folder.join("complete"), requirements.join("\n")).expect("the mark can be written");
    }
    Ok(folder)
}

/// A copy of a kept environment to change, beside it, made of links to its files: pip never writes into a file that is installed, it
/// moves the old one away, and the copy costs no disk. The caller removes it, and keeps the lock until then: the tests of another
/// checkout share the cache.
pub fn copied_environment(environment: &Path, name: &str) -> (PathBuf, File) {
    let folder = cache().join(name);
    let lock = File::create(cache().join(format!("{name}.lock"))).expect("the lock file can be made");
    lock.lock().expect("the lock can be taken");
    let _ = fs::remove_dir_all(&folder);
    link_tree(environment, &folder);
    (folder, lock)
}

/// A folder made again, with hard links for its files.
fn link_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be listed") {
        let entry = entry.expect("its entries can be read");
        let (kind, target) = (entry.file_type().expect("its kind is known"), to.join(entry.file_name()));
        if kind.is_dir() {
            link_tree(&entry.path(), &target);
        } else {
            // A link to a link is that link again.
            fs::hard_link(entry.path(), &target).expect("the file can be linked");
        }
    }
}

/// The folder of an environment's packages.
pub fn site_packages(environment: &Path) -> PathBuf {
    fs::read_dir(environment.join("lib"))
        .expect("the environment has a lib folder")
        .map(|entry| entry.expect("its entries can be read").path().join("site-packages"))
        .find(|folder| folder.is_dir())
        .expect("the environment has site-packages")
}

/// Runs pip of an environment.
pub fn pip(environment: &Path, arguments: &[&str], requirements: &[&str]) {
    succeed(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "--disable-pip-version-check"])
            .args(arguments)
            .args(requirements),
    );
}

/// A folder with the wheel of a requirement for a platform (`manylinux_2_24_x86_64`, `win_amd64`), fetched once by pip.
pub fn wheel(requirement: &str, platform: &str) -> PathBuf {
    let name = format!("{}-{platform}", requirement.replace("==", "-"));
    let cache = cache();
    fs::create_dir_all(&cache).expect("the test cache can be made");
    let folder = cache.join(&name);
    let lock = File::create(cache.join(format!("{name}.lock"))).expect("the lock file can be made");
    lock.lock().expect("the lock can be taken");
    if !folder.join("complete").exists() {
        let _ = fs::remove_dir_all(&folder);
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--no-cache-dir"]);
        succeed(pip.args(["--only-binary=:all:", "--platform", platform, "-d"]).arg(&folder).arg(requirement));
        fs::write(folder.join("complete"), requirement).expect("the mark can be written");
    }
    folder
}

/// Runs a command that must succeed.
pub fn succeed(command: &mut Command) {
    succeeds(command).unwrap_or_else(|why| panic!("{why}"));
}

/// Runs a command; what it said where it does not succeed.
fn succeeds(command: &mut Command) -> Result<(), String> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = [String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)].concat();
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}\n{said}")) }
}

/// torch 2.7.1 as PyPI has it (+cu126), with its companions.
pub fn torch_2_7_1() -> PathBuf {
    environment("torch-2.7.1", &["torch==2.7.1", "torchvision==0.22.1", "torchaudio==2.7.1"])
}

/// torch 2.8.0 as PyPI has it (+cu128).
pub fn torch_2_8_0() -> PathBuf {
    environment("torch-2.8.0", &["torch==2.8.0"])
}

/// torch 2.15.0 as PyPI has it (+cu132).
pub fn torch_2_15_0() -> PathBuf {
    environment("torch-2.15.0", &["torch==2.15.0"])
}
