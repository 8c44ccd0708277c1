//! Wheels that are not here yet: fetched one at a time by pip, from the index that pip is configured with.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

/// Platforms of the builds that PyPI has, each as pip must be told: older wheels carry older tags.
pub const PLATFORMS: [&[&str]; 3] = [
    &["manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64"],
    &["manylinux_2_28_aarch64", "manylinux2014_aarch64"],
    &["win_amd64"],
];

/// Fetches the wheel of `torch==2.15.0` for a platform and a Python version into a folder.
///
/// # Errors
/// When pip cannot be run or finds no such wheel.
pub fn wheel(requirement: &str, platform: &[&str], python: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--python-version", python, "-d"]).arg(folder);
    platform.iter().for_each(|platform| {
        pip.args(["--platform", platform]);
    });
    let output = pip.arg(requirement).output().context("python3 -m pip cannot be run")?;
    let error = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{requirement} for {}: {}", platform[0], error.trim());
    let mut entries = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    entries.find(|path| path.extension().is_some_and(|extension| extension == "whl")).context("pip fetched no wheel")
}

/// Names of the files that the index has of a package, as pip lists them while it looks for a version that does not exist.
///
/// # Errors
/// When pip cannot be run.
pub fn files(package: &str) -> anyhow::Result<Vec<String>> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--disable-pip-version-check", "download", "--no-deps", "-vvv"]);
    let output = pip.arg(format!("{package}==999999")).output().context("python3 -m pip cannot be run")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let mut names: Vec<String> = text
        .split(['/', ' ', '\n'])
        .filter_map(|part| Some(part.split('#').next()?.trim_end()))
        .filter(|name| name.ends_with(".whl") && name.starts_with(&format!("{package}-")))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    anyhow::ensure!(!names.is_empty(), "pip lists no wheel of {package}: {}", text.lines().last().unwrap_or_default());
    Ok(names)
}
