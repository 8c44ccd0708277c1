//! `cargo bench --bench bounds`: the doctor on a hundred thousand of what an environment has some hundreds of, and on a tenth of that,
//! which should take a tenth of the time. docs/evidence/speed.md says what is promised.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints and may panic")]

#[path = "../tests/common/mod.rs"]
mod common;
mod timing;

use std::{fs, path::Path};

use timing::{measure, seconds};

const MANY: usize = 100_000;

/// An environment with torch, whose METADATA requires `requires` and whose RECORD is `record`.
fn environment(folder: &Path, requires: &str, record: &str) {
    fs::create_dir_all(folder.join("lib/python3.12/site-packages")).unwrap();
    fs::write(folder.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
    install(folder, "torch", "2.7.1+cu128", requires, record);
}

fn install(folder: &Path, name: &str, version: &str, requires: &str, record: &str) {
    let place = folder.join(format!("lib/python3.12/site-packages/{name}-{version}.dist-info"));
    fs::create_dir(&place).unwrap();
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}");
    fs::write(place.join("METADATA"), metadata).unwrap();
    fs::write(place.join("RECORD"), record).unwrap();
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

fn main() {
    println!("{:<54} {:>10} {:>10} {:>12}", "whole process, warm", "median", "least", "memory");
    for count in [MANY / 10, MANY] {
        let made = tempfile::tempdir().unwrap();
        let at = |name: &str| made.path().join(name);
        environment(&at("requirements"), &lines(count, |number| format!("Requires-Dist: m{number}\n")), "");
        let pinned = lines(count, |number| format!("Requires-Dist: m{number}>=1.{number}; python_version >= '3.9'\n"));
        environment(&at("requirements with versions and markers"), &pinned, "");
        environment(&at("lines in a RECORD"), "", &lines(count, |number| format!("torch/a{number}.py,sha256=x,1\n")));
        environment(
            &at("libraries in a RECORD"),
            "",
            &lines(count, |number| format!("torch/a{number}.so,sha256=x,1\n")),
        );
        environment(&at("packages"), "", "");
        environment(&at("packages of CUDA that require torch"), "", "");
        for number in 1..count {
            install(&at("packages"), &format!("m{number}"), "1.0", "", "");
            let requires = format!("Requires-Dist: torch==1.{number}\nRequires-Dist: gone{number}\n");
            install(&at("packages of CUDA that require torch"), &format!("nvidia-{number}"), "1.0", &requires, "");
        }
        let mut names: Vec<_> =
            fs::read_dir(made.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        for name in names {
            let runs = measure(5, || {
                let mut command = common::gpucheck();
                command.args(["doctor", "--gpu", "RTX 5090", "--driver", "580.95.05"]).arg(at(&name));
                command
            });
            let (median, least) = (seconds(runs.median.time), seconds(runs.least.time));
            let memory = runs.median.memory as f64 / 1e6;
            println!("{:<54} {median:>10} {least:>10} {memory:>9.1} MB", format!("{count} {name}"));
        }
    }
}
