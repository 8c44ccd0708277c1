//! `cargo bench --bench explain`: `gpucheck explain` on a hundred megabytes of each kind of log that people have, beside `grep` for the same
//! texts.
//!
//! Whole processes are timed, warm, in turns; the figures are medians of processor time. docs/speed.md keeps a dated run.
//! `-- --write FOLDER` leaves the logs and the texts there instead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints and may panic")]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "timing/logs.rs"]
mod logs;
mod timing;

use std::{env, fs, path::Path, process::Command};

use gpucheck::knowledge::{Knowledge, Texts};
use logs::LOGS;
use timing::{Run, run, seconds};

/// Bytes of each log.
const SIZE: usize = 100_000_000;
/// Runs of each program on each log.
const RUNS: usize = 7;

/// The least of what every line must have that a row is about.
fn texts() -> String {
    let knowledge = Knowledge::builtin().unwrap();
    let texts = Texts::of(&knowledge);
    texts.literals().map(|text| format!("{text}\n")).collect()
}

fn write(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("texts"), texts()).unwrap();
    for log in LOGS {
        fs::write(folder.join(log.name), log.text(SIZE)).unwrap();
    }
}

fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by_key(|run| run.processor);
    runs[runs.len() / 2]
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        return write(Path::new(&arguments[at + 1]));
    }
    let folder = tempfile::tempdir().unwrap();
    let [wanted, count] = ["texts", "count"].map(|name| folder.path().join(name));
    // By a process of its own: the most memory that this one ever had would count as that of its children.
    timing::write_apart(folder.path());
    let wanted_texts = fs::read_to_string(&wanted).unwrap();
    println!("{} texts, logs of {} MB", wanted_texts.lines().count(), SIZE / 1_000_000);
    println!("{:<16} {:>10} {:>10} {:>8} {:>12}", "processor time", "explain", "grep", "ratio", "memory");
    for kind in LOGS {
        let log = folder.path().join(kind.name);
        let (mut explains, mut greps) = (Vec::new(), Vec::new());
        for number in 0..=RUNS {
            let ours = run(common::gpucheck().arg("explain").arg(&log));
            // Into a file: what nobody reads grep does not look for.
            let mut grep = Command::new("sh");
            grep.args(["-c", "exec grep -ciFf \"$0\" \"$1\" > \"$2\""]);
            let other = run(grep.arg(&wanted).arg(&log).arg(&count));
            // The first of each warms the caches.
            if number > 0 {
                explains.push(ours);
                greps.push(other);
            }
        }
        let (ours, other) = (median(explains), median(greps));
        let ratio = ours.processor.as_secs_f64() / other.processor.as_secs_f64();
        let memory = ours.memory as f64 / 1e6;
        println!(
            "{:<16} {:>10} {:>10} {ratio:>8.2} {memory:>9.1} MB",
            kind.name,
            seconds(ours.processor),
            seconds(other.processor)
        );
    }
}
