//! `cargo bench --bench scan [-- --chart docs/evidence/scan-speed.svg]`: `gpucheck scan` beside NVIDIA's cuobjdump and `import torch`, in one
//! run, with memory, and what is read from the disk when nothing of the file is in memory. docs/evidence/speed.md keeps a dated run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints and may panic")]

#[path = "../tests/common/mod.rs"]
mod common;
mod timing;

#[path = "timing/chart.rs"]
mod chart;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use timing::{Runs, measure, measure_cold, run, seconds};

/// Rows as they are measured, printed at once: the whole takes minutes.
#[derive(Default)]
struct Table {
    rows: Vec<(String, Duration)>,
}

impl Table {
    fn row(&mut self, name: &str, runs: Runs) -> Runs {
        println!(
            "{name:<58} {:>10} {:>10} {:>9.1} MB {:>9.1} MB",
            seconds(runs.median.time),
            seconds(runs.least.time),
            runs.median.memory as f64 / 1e6,
            runs.median.read as f64 / 1e6,
        );
        self.rows.push((name.to_owned(), runs.median.time));
        runs
    }
}

fn gpucheck(arguments: &[&str], target: Option<&Path>) -> impl FnMut() -> Command {
    move || {
        let mut command = common::gpucheck();
        command.args(arguments).args(target);
        command
    }
}

fn main() {
    let environment = common::torch_2_7_1();
    let library = common::site_packages(&environment).join("torch/lib/libtorch_cuda.so");
    let wheel = wheel();
    println!("{:<58} {:>10} {:>10} {:>12} {:>12}", "whole processes", "median", "least", "memory", "from disk");
    let mut table = Table::default();
    for option in ["--version", "--help"] {
        table.row(&format!("gpucheck {option}"), measure(50, gpucheck(&[option], None)));
    }
    let scan = table.row("gpucheck scan libtorch_cuda.so", measure(50, gpucheck(&["scan"], Some(&library))));
    let cold = measure_cold(5, &library, gpucheck(&["scan"], Some(&library)));
    table.row("gpucheck scan libtorch_cuda.so, cold", cold);
    table.row("gpucheck scan torch.whl --quick", measure(9, gpucheck(&["scan", "--quick"], Some(&wheel))));
    let whole = table.row("gpucheck scan torch.whl", measure(3, gpucheck(&["scan"], Some(&wheel))));
    let import = || {
        let mut command = Command::new(environment.join("bin/python"));
        command.args(["-c", "import torch; torch.cuda.get_arch_list()"]);
        command
    };
    table.row("python -c 'import torch; torch.cuda.get_arch_list()'", measure(5, import));
    match common::nvidia::cuobjdump() {
        Ok(cuobjdump) => {
            let list = |file: PathBuf| {
                let cuobjdump = cuobjdump.clone();
                move || timing::command(&cuobjdump, &["--list-elf".as_ref(), file.as_os_str()])
            };
            let tool = table.row("cuobjdump --list-elf libtorch_cuda.so", measure(3, list(library.clone())));
            table.row("cuobjdump --list-elf libtorch_cuda.so, cold", measure_cold(2, &library, list(library.clone())));
            table.row("unzip torch.whl + cuobjdump --list-elf", unzip(&wheel, list));
            let times = |run: fn(&Runs) -> timing::Run| run(&tool).time.as_secs_f64() / run(&scan).time.as_secs_f64();
            let (medians, leasts) = (times(|runs| runs.median), times(|runs| runs.least));
            println!("scan is {medians:.0} times faster than cuobjdump by the medians, {leasts:.0} by the least times");
        }
        Err(why) => println!("skipped: cuobjdump: {}", why.lines().last().unwrap_or_default()),
    }
    let floor = floor(&wheel);
    let ratio = whole.least.time.as_secs_f64() / floor.as_secs_f64();
    println!(
        "inflating the wheel's GPU libraries once: {}; the scan of the wheel takes {ratio:.2} times that",
        seconds(floor)
    );
    println!("the binary: {:.1} MB", fs::metadata(env!("CARGO_BIN_EXE_gpucheck")).unwrap().len() as f64 / 1e6);
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--chart") {
        let svg = chart::svg("What is in torch 2.7.1 for GPUs (whole processes, medians, logarithmic)", &table.rows);
        fs::write(&arguments[at + 1], svg).unwrap();
    }
}

/// The wheel of torch 2.7.1: 0.8 GB, fetched once.
fn wheel() -> PathBuf {
    let folder = common::wheel("torch==2.7.1", "manylinux_2_28_x86_64");
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|ending| ending == "whl")).unwrap()
}

/// What people do with a wheel: unpack the largest library, and list it.
fn unzip<C: FnMut() -> Command>(wheel: &Path, list: impl Fn(PathBuf) -> C) -> Runs {
    let folder = tempfile::tempdir().unwrap();
    let member = "torch/lib/libtorch_cuda.so";
    let script = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])";
    let mut python = Command::new("python3");
    let unpacked = run(python.args(["-c", script]).arg(wheel).arg(member).arg(folder.path()));
    let mut listed = run(&mut list(folder.path().join(member))());
    listed.time += unpacked.time;
    listed.read += unpacked.read;
    Runs { median: listed, least: listed }
}

/// The least that reading the wheel could take: inflating its members with GPU code once, the largest first, on all processors.
fn floor(wheel: &Path) -> Duration {
    let script = "import sys, zipfile
for m in sorted(zipfile.ZipFile(sys.argv[1]).infolist(), key=lambda m: -m.compress_size):
    if '.so' in m.filename and m.compress_size > 1 << 20: print(m.header_offset, m.compress_size)";
    let output = Command::new("python3").args(["-c", script]).arg(wheel).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let members: Vec<(u64, u64)> = text
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()))
        .collect();
    let mut least = Duration::MAX;
    for _ in 0..3 {
        let next = std::sync::atomic::AtomicUsize::new(0);
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().unwrap().get() {
                scope.spawn(|| {
                    while let Some(member) = members.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                        inflate(wheel, *member);
                    }
                });
            }
        });
        least = least.min(start.elapsed());
    }
    least
}

fn inflate(wheel: &Path, (offset, size): (u64, u64)) {
    use std::io::{Seek, SeekFrom};
    let mut file = fs::File::open(wheel).unwrap();
    // A header of 30 bytes, whose last four say how long the name and the extra field behind it are.
    let mut header = [0; 30];
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.read_exact(&mut header).unwrap();
    let lengths = [26, 28].map(|at| i64::from(u16::from_le_bytes([header[at], header[at + 1]])));
    file.seek(SeekFrom::Current(lengths.iter().sum())).unwrap();
    let mut inflater = flate2::Decompress::new(false);
    let (mut input, mut output, mut left) = (vec![0; 256 << 10], vec![0; 256 << 10], size);
    while left > 0 {
        let room = left.min(input.len() as u64) as usize;
        file.read_exact(&mut input[..room]).unwrap();
        left -= room as u64;
        let mut from = 0;
        while from < room {
            let before = inflater.total_in();
            let status = inflater.decompress(&input[from..room], &mut output, flate2::FlushDecompress::None).unwrap();
            from += (inflater.total_in() - before) as usize;
            if status == flate2::Status::StreamEnd {
                return;
            }
        }
    }
}
