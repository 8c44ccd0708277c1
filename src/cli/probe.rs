//! The hidden `gpucheck __probe`, and the options about asking the driver.

use std::{io::Write, time::Duration};

use clap::Args;

use crate::{
    exit::Exit,
    probe::{self, live::DriverApi},
};

/// How Rust's own programs end after a panic.
const PANICKED: i32 = 101;

/// Options of every command that asks the driver.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Driver")]
pub struct DriverOptions {
    /// Give up on the driver after this many seconds
    #[arg(long, value_name = "SECONDS", env = "GPUCHECK_PROBE_TIMEOUT", default_value_t = 15,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    probe_timeout: u64,
    /// Do not call the driver; read files only
    #[arg(long, env = "GPUCHECK_NO_DRIVER", value_parser = clap::builder::FalseyValueParser::new())]
    no_driver: bool,
    /// Keep the UUIDs of the GPUs in the report
    #[arg(long, env = "GPUCHECK_IDENTIFY", value_parser = clap::builder::FalseyValueParser::new())]
    identify: bool,
}

impl DriverOptions {
    /// The probe's options; `wanted` says whether the driver of this machine matters at all.
    pub fn options(&self, wanted: bool) -> probe::Options {
        probe::Options {
            timeout: Duration::from_secs(self.probe_timeout),
            live: wanted && !self.no_driver,
            identify: self.identify,
            ..probe::Options::default()
        }
    }
}

/// Arguments of `gpucheck __probe`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The library
    library: DriverApi,
}

impl Arguments {
    /// Asks the library in this process, which may not survive it, and prints what it said as JSON.
    pub fn run(self) -> anyhow::Result<Exit> {
        let out = contained()?;
        // A line of its own, whose end tells that the answer is whole.
        let text = format!("\n{}\n", serde_json::to_string(&self.library.ask())?);
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(Exit::Ok)
    }
}

/// Prepares this process to be expendable: a panic becomes an exit code, as its text would help no one. Returns the stream for the
/// answer.
pub fn contained() -> anyhow::Result<&'static mut dyn Write> {
    std::panic::set_hook(Box::new(|_| std::process::exit(PANICKED)));
    #[cfg(target_os = "linux")]
    {
        alone()?;
        // Open until the process is gone, as standard output is: its end says that nothing is left behind.
        Ok(Box::leak(Box::new(answer()?)))
    }
    #[cfg(not(target_os = "linux"))]
    Ok(Box::leak(Box::new(std::io::stdout())))
}

/// Standard output under another number. Whatever a library prints, before its answer or when it is unloaded, is discarded: it could be
/// mistaken for the answer.
#[cfg(target_os = "linux")]
fn answer() -> anyhow::Result<std::fs::File> {
    use rustix::{
        io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd},
        stdio,
    };
    /// Programs take the lowest numbers, and close those that they do not know.
    const APART: i32 = 100;
    let own = fcntl_dupfd_cloexec(stdio::stdout(), APART)?;
    // What is started here and stays keeps it, and is known by it.
    fcntl_setfd(&own, FdFlags::empty())?;
    stdio::dup2_stdout(std::fs::OpenOptions::new().write(true).open("/dev/null")?)?;
    Ok(own.into())
}

/// If the parent is killed, a hanging child must not outlive it; a crashing child must not leave a core dump in the user's folder; when
/// memory runs out, the child goes first; and a library that may fork must not inherit what the parent was started with (a socket, a lock,
/// a terminal).
#[cfg(target_os = "linux")]
fn alone() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
    set_parent_process_death_signal(Some(Signal::KILL))?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // Without it the kernel chooses by itself.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    close_inherited();
    Ok(())
}

/// Closes every descriptor but the standard three, as far as /proc lists them.
#[cfg(target_os = "linux")]
fn close_inherited() {
    const LIST: &str = "/proc/self/fd";
    let Ok(entries) = std::fs::read_dir(LIST) else { return };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // The list's own is closed with it, and so is no longer there.
    for number in numbers.filter(|number| *number > 2).collect::<Vec<_>>() {
        if std::fs::symlink_metadata(format!("{LIST}/{number}")).is_ok() {
            // SAFETY: it is open and unowned: this is the start of a process with one thread, which has opened nothing itself.
            unsafe { rustix::io::close(number) };
        }
    }
}
