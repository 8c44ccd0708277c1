//! `cargo bench --bench check`: `gpucheck check` on one requirements file, and on a folder of a hundred files of the kinds that `tests/check`
//! has.
//!
//! Whole processes are timed, warm; the figures are medians. docs/evidence/speed.md keeps a dated run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints and may panic")]

#[path = "../tests/common/mod.rs"]
mod common;

mod timing;

use std::{
    fs,
    path::{Path, PathBuf},
};

use timing::{measure, seconds};

/// The files of a folder and below it, without the cases' own descriptions.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => files(&path, found),
            false if path.file_name().unwrap() == "case.toml" => {}
            false => found.push(path),
        }
    }
}

fn main() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut there = Vec::new();
    files(&cases, &mut there);
    let folder = tempfile::tempdir().unwrap();
    let (one, all) = (folder.path().join("requirements.txt"), folder.path().join("all"));
    let (mut bytes, mut count) = (0, 0);
    while count < 100 {
        for path in there.iter().take(100 - count) {
            let to = all.join(format!("round{}", count / there.len())).join(path.strip_prefix(&cases).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            bytes += fs::copy(path, &to).unwrap();
            count += 1;
        }
    }
    fs::write(
        &one,
        "--extra-index-url https://download.pytorch.org/whl/cu126\ntorch==2.7.1+cu126\ntransformers\nxformers\n",
    )
    .unwrap();
    println!("{count} files of {} kB", bytes / 1000);
    let check = |path: &Path, gpu: bool| {
        let path = path.to_owned();
        move || {
            let mut command = common::gpucheck();
            command.arg("check").arg(&path);
            if gpu {
                command.args(["--gpu", "RTX 5090", "--driver", "580.95.05"]);
            }
            command
        }
    };
    println!("{:<54} {:>10} {:>10} {:>12}", "whole process, warm", "median", "least", "memory");
    for (name, runs) in [
        ("gpucheck check requirements.txt --gpu …", measure(50, check(&one, true))),
        ("gpucheck check requirements.txt (a table)", measure(50, check(&one, false))),
        ("gpucheck check FOLDER --gpu …", measure(20, check(&all, true))),
        ("gpucheck check FOLDER (a table)", measure(10, check(&all, false))),
    ] {
        let memory = runs.median.memory as f64 / 1e6;
        println!("{name:<54} {:>10} {:>10} {memory:>9.1} MB", seconds(runs.median.time), seconds(runs.least.time));
    }
}
