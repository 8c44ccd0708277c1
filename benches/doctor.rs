//! `cargo bench`: the doctor on a full torch environment beside what people do instead, `python -c "import torch; …"`, in one run.
//!
//! Whole processes are timed, warm, in turns; the figures are medians. docs/speed.md keeps a dated run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints and may panic")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Times one run of a command to its end.
fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the command starts");
    let elapsed = start.elapsed();
    assert!(status.code().is_some_and(|code| code < 2), "{command:?}: {status}");
    elapsed
}

/// The median and the least of `runs` runs, after one that warms the caches.
fn measure(runs: usize, mut command: impl FnMut() -> Command) -> (Duration, Duration) {
    time(&mut command());
    let mut times: Vec<Duration> = (0..runs).map(|_| time(&mut command())).collect();
    times.sort();
    (times[runs / 2], times[0])
}

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
    println!("{:<54} {:>10} {:>10}", "whole process, warm", "median", "least");
    for (name, (median, least)) in &rows {
        println!("{name:<54} {:>7.1} ms {:>7.1} ms", median.as_secs_f64() * 1e3, least.as_secs_f64() * 1e3);
    }
    println!("doctor is {:.0} times faster than the import", rows[3].1.0.as_secs_f64() / rows[1].1.0.as_secs_f64());
}
