//! `gpucheck explain`: what a log shows, and what removes it.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use clap::Args;

use super::{
    options::{Assume, FailOn, Show, Sources},
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
    driver: DriverOptions,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Reads, judges, reports.
    pub fn run(self) -> anyhow::Result<Exit> {
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
        feed(&mut log, io::stdin().lock()).context("cannot read standard input")?;
    } else {
        let (file, _) =
            files::open(path).with_context(|| format!("cannot read {name} (\"-\" reads standard input)"))?;
        feed(&mut log, file).with_context(|| format!("cannot read {name}"))?;
    }
    Ok(log.finish())
}

fn feed(log: &mut Log, mut reader: impl Read) -> io::Result<()> {
    let mut bytes = vec![0; PIECE];
    loop {
        match reader.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(length) => log.feed(bytes.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
