//! `cargo bench`: the doctor on a full torch environment beside what people do instead, `python -c "import torch; …"`, in one run.
//!
//! Whole processes are timed, warm, in turns; the figures are medians. docs/evidence/speed.md keeps a dated run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints and may panic")]

#[path = "../tests/common/mod.rs"]
mod common;

mod timing;

use std::{path::Path, process::Command};

use timing::{measure, seconds};

/// Shared libraries and bytes below a folder.
fn weigh(folder: &Path) -> (usize, u64) {
    let mut sum = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            let (libraries, bytes) = weigh(&entry.path());
            sum = (sum.0 + libraries, sum.1 + bytes);
        } else if kind.is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            sum.0 += usize::from(name.ends_with(".so") || name.contains(".so."));
            sum.1 += entry.metadata().unwrap().len();
        }
    }
    sum
}

fn main() {
    let environment = common::torch_2_7_1();
    let (libraries, bytes) = weigh(&common::site_packages(&environment));
    println!(
        "torch 2.7.1, torchvision 0.22.1, torchaudio 2.7.1: {libraries} shared libraries, {:.1} GB",
        bytes as f64 / 1e9
    );
    let doctor = |format: &'static str| {
        let environment = environment.clone();
        move || {
            let mut command = common::gpucheck();
            command
                .args(["doctor", "--gpu", "RTX 5090", "--driver", "580.95.05", "--format", format])
                .arg(&environment);
            command
        }
    };
    let python = || {
        let mut command = Command::new(environment.join("bin/python"));
        command.args(["-c", "import torch; torch.cuda.get_arch_list()"]);
        command
    };
    let rows = [
        (
            "gpucheck --version",
            measure(50, || {
                let mut c = common::gpucheck();
                c.arg("--version");
                c
            }),
        ),
        ("gpucheck doctor --gpu …", measure(50, doctor("human"))),
        ("gpucheck doctor --gpu … --format json", measure(50, doctor("json"))),
        ("python -c 'import torch; torch.cuda.get_arch_list()'", measure(7, python)),
    ];
    println!("{:<54} {:>10} {:>10} {:>12}", "whole process, warm", "median", "least", "memory");
    for (name, runs) in &rows {
        let memory = runs.median.memory as f64 / 1e6;
        println!("{name:<54} {:>10} {:>10} {memory:>9.1} MB", seconds(runs.median.time), seconds(runs.least.time));
    }
    let time = |row: usize| rows[row].1.median.time.as_secs_f64();
    println!("doctor is {:.0} times faster than the import", time(3) / time(1));
}
