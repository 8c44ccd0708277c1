//! What the benchmarks share: whole processes, timed in turns, with their memory and what they read from the disk.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::{
    fs::File,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// One run of a command to its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Run {
    /// Wall time.
    pub time: Duration,
    /// Time of processors, its own and the system's for it.
    pub processor: Duration,
    /// Most memory that was resident, in bytes. The benchmark's own few megabytes are the least that can be told.
    pub memory: u64,
    /// Bytes that came from the disk.
    pub read: u64,
}

/// Has this benchmark write its files in a process of its own (`--write FOLDER`).
pub fn write_apart(folder: &Path) {
    let own = std::env::current_exe().unwrap();
    assert!(Command::new(own).arg("--write").arg(folder).status().unwrap().success());
}

/// Times one run of a command.
#[allow(clippy::zombie_processes, reason = "the call that waits also tells what the process used")]
pub fn run(command: &mut Command) -> Run {
    let start = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (status, used) = wait(&child);
    assert!(status < 2, "{command:?}: {status}");
    Run { time: start.elapsed(), ..used }
}

/// The exit code, with what the kernel counted.
#[cfg(target_os = "linux")]
fn wait(child: &std::process::Child) -> (i32, Run) {
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both places outlive the call, and nobody else waits for this child.
    let usage = unsafe {
        assert_eq!(libc::wait4(child.id() as i32, &raw mut status, 0, usage.as_mut_ptr()), child.id() as i32);
        usage.assume_init()
    };
    assert!(libc::WIFEXITED(status), "it was killed");
    // The kernel counts memory in KiB and the disk in blocks of 512 bytes.
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    let used = Run {
        time: Duration::ZERO,
        processor: time(usage.ru_utime) + time(usage.ru_stime),
        memory: usage.ru_maxrss as u64 * 1024,
        read: usage.ru_inblock as u64 * 512,
    };
    (libc::WEXITSTATUS(status), used)
}

/// Other systems count elsewhere.
#[cfg(not(target_os = "linux"))]
fn wait(child: &std::process::Child) -> (i32, Run) {
    panic!("only Linux tells what process {} used", child.id())
}

/// The runs in the order of their times: the one in the middle and the shortest.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    pub median: Run,
    pub least: Run,
}

/// So many runs after one that warms the caches.
pub fn measure(runs: usize, mut command: impl FnMut() -> Command) -> Runs {
    run(&mut command());
    ordered((0..runs).map(|_| run(&mut command())).collect())
}

/// So many runs, before each of which the file is no longer in memory.
pub fn measure_cold(runs: usize, file: &Path, mut command: impl FnMut() -> Command) -> Runs {
    let cold = |_| {
        evict(file);
        run(&mut command())
    };
    ordered((0..runs).map(cold).collect())
}

fn ordered(mut runs: Vec<Run>) -> Runs {
    runs.sort_by_key(|run| run.time);
    Runs { median: runs[runs.len() / 2], least: runs[0] }
}

/// Asks the kernel to forget what it has of a file.
fn evict(file: &Path) {
    let file = File::open(file).unwrap();
    #[cfg(target_os = "linux")]
    {
        file.sync_all().unwrap();
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    }
    drop(file);
}

/// For people: `2.9 ms`, `4.1 s`.
pub fn seconds(time: Duration) -> String {
    let time = time.as_secs_f64();
    if time < 1.0 { format!("{:.1} ms", time * 1e3) } else { format!("{time:.2} s") }
}

/// A command with its arguments.
pub fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&std::ffi::OsStr]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}
