//! `gpucheck explain`: what a log shows, and what removes it.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;

use super::{
    options::{Assume, FailOn, PlatformOption, Show, Sources},
    probe::DriverOptions,
    targets::{deliver, each, needs_driver},
};
use crate::{
    exit::Exit,
    facts::Facts,
    files, judge,
    knowledge::{Knowledge, Texts},
    log::Log,
    probe,
    system::Surroundings,
};

/// As much is read at once.
const PIECE: usize = 1 << 17;
/// Pieces that wait to be looked at.
const PIECES: usize = 4;
/// How often it is seen that somebody wants an end.
const GLANCE: Duration = Duration::from_millis(100);

/// Arguments of `gpucheck explain`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Log, traceback, or output of collect_env, nvidia-smi, pip list and others ("-" reads standard input)
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    file: PathBuf,
    /// The log is of this machine: what it does not say is looked up here
    #[arg(long)]
    here: bool,
    /// When to exit with code 1
    #[arg(long, value_name = "LEVEL", env = "GPUCHECK_FAIL_ON", default_value = "error")]
    fail_on: FailOn,
    #[command(flatten)]
    assume: Assume,
    #[command(flatten)]
    platform: PlatformOption,
    #[command(flatten)]
    driver: DriverOptions,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Reads, judges, reports.
    pub fn run(mut self) -> anyhow::Result<Exit> {
        self.assume.platform = self.platform.platform;
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        let machines = self.assume.machines(false, knowledge)?;
        let facts = read(&self.file, knowledge)?;
        let here = match self.here {
            true => {
                let options =
                    probe::Options { interests: knowledge.interests(), ..self.driver.options(needs_driver(&machines)) };
                Some(probe::facts(&options, &Surroundings::of_process())?)
            }
            false => None,
        };
        let mut failed = false;
        let reports = each(&machines, |machine| {
            let report = judge::explain(knowledge, facts.clone(), here.clone(), &machine.assumed, start)?;
            failed |= self.fail_on.fails(&report.findings, report.verdict);
            Ok(report)
        })?;
        deliver(knowledge, reports, None, &self.show, start)?;
        Ok(if failed { Exit::Found } else { Exit::Ok })
    }
}

/// The facts of a log.
fn read(path: &Path, knowledge: &Knowledge) -> anyhow::Result<Facts> {
    let texts = Texts::of(knowledge);
    let name = path.display().to_string();
    let mut log = Log::new(&name, texts.literals());
    if path.as_os_str() == "-" {
        piped(&mut log).context("cannot read standard input")?;
    } else {
        let (mut file, _) =
            files::open(path).with_context(|| format!("cannot read {name} (\"-\" reads standard input)"))?;
        let mut bytes = vec![0; PIECE];
        while let length @ 1.. = some(&mut file, &mut bytes).with_context(|| format!("cannot read {name}"))? {
            log.feed(bytes.get(..length).unwrap_or_default());
        }
    }
    // Nothing was looked at, and so nothing is in order: the command before a pipe may have written to standard error.
    anyhow::ensure!(
        !log.is_empty(),
        "{name}: nothing is in it to explain (of a command, pipe both streams: COMMAND 2>&1 | gpucheck explain)"
    );
    Ok(log.finish())
}

/// Reads standard input to its end, or until Ctrl-C: a program that never ends has said enough then. A second one ends gpucheck, too.
fn piped(log: &mut Log) -> io::Result<()> {
    let stopped = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    {
        use signal_hook::{consts::SIGINT, flag};
        flag::register_conditional_default(SIGINT, Arc::clone(&stopped))?;
        flag::register(SIGINT, Arc::clone(&stopped))?;
    }
    let (send, receive) = mpsc::sync_channel::<io::Result<Vec<u8>>>(PIECES);
    // Reading may never return, and so it is not waited for.
    thread::Builder::new().spawn(move || {
        let mut input = io::stdin().lock();
        let mut bytes = vec![0; PIECE];
        loop {
            let piece = some(&mut input, &mut bytes).map(|length| bytes.get(..length).unwrap_or_default().to_vec());
            let last = piece.as_ref().map_or(true, Vec::is_empty);
            if send.send(piece).is_err() || last {
                break;
            }
        }
    })?;
    while !stopped.load(Ordering::Relaxed) {
        match receive.recv_timeout(GLANCE) {
            Ok(piece) => match piece? {
                bytes if bytes.is_empty() => break,
                bytes => log.feed(&bytes),
            },
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(())
}

/// The next bytes, none at the end.
fn some(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
