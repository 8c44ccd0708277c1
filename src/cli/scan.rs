//! `gpucheck scan`: which GPUs can this code run on?

use std::{path::PathBuf, time::Instant};

use clap::Args;

use super::{
    network::NetworkOptions,
    options::{Assume, Show, Sources},
    output, progress,
};
use crate::{
    exit::Exit,
    facts::{CodeTarget, Fact, Facts},
    knowledge::Knowledge,
    scan::{self, Bundle, Collected, Depth, Progress, Question, Reader, Target, Wish},
    system::{Root, Surroundings},
};

/// Arguments of `gpucheck scan`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Libraries (.so .dll .pyd .a .o), cubins, fatbins, PTX, wheels and conda packages, folders; the URL of a wheel, or NAME==VERSION
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<PathBuf>,
    /// Also search each file for code that no section names (reads all of it)
    #[arg(long, env = "GPUCHECK_DEEP", value_parser = clap::builder::FalseyValueParser::new())]
    deep: bool,
    /// Of wheels and conda packages read only the beginning of each library: the base set
    #[arg(long, env = "GPUCHECK_QUICK", conflicts_with = "deep", value_parser = clap::builder::FalseyValueParser::new())]
    quick: bool,
    /// Targets that every library with device code must hold: sm_80,sm_90,sm_120 (exit code 1 where one does not)
    #[arg(long, value_name = "ARCH", env = "GPUCHECK_REQUIRE", value_delimiter = ',')]
    require: Vec<CodeTarget>,
    /// What the second target gained and lost against the first: --diff OLD NEW
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    assume: Assume,
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
        let (old, targets) = match (self.diff, self.targets.as_slice()) {
            (false, targets) => (None, targets),
            (true, [old, new]) => (Some(std::slice::from_ref(old)), std::slice::from_ref(new)),
            (true, targets) => anyhow::bail!("--diff takes two targets, the old and the new; {} given", targets.len()),
        };
        let surroundings = Surroundings::of_process();
        let root = Root::new(None, surroundings.home.as_deref())?;
        let old = old.map(|old| self.collect(old, &root, knowledge)).transpose()?;
        let read = self.collect(targets, &root, knowledge)?;
        let question = Question {
            facts: self.facts(knowledge, &read.bundles)?,
            every_gpu: self.every_gpu(),
            old,
            system: scan::system_libraries(knowledge, &read.bundles, &root, &surroundings),
            start,
        };
        let report = scan::report(knowledge, question, read);
        let met = report.gate.as_ref().is_none_or(|gate| gate.met);
        output::deliver(report, &self.show)?;
        Ok(if met { Exit::Ok } else { Exit::Found })
    }

    /// Reads targets, with a line about it on standard error where that takes long.
    fn collect(&self, targets: &[PathBuf], root: &Root, knowledge: &Knowledge) -> anyhow::Result<Collected> {
        let read = Progress::default();
        let depth = Depth { deep: self.deep, quick: self.quick };
        let mut reader = Reader::new(depth, &read);
        let network = self.network.network(&self.assume);
        let wish = Wish { depth, knowledge, progress: &read };
        progress::while_shown(&read, self.show.quiet, || {
            targets.iter().try_for_each(|word| match Target::parse(word, network.index_url.is_some())? {
                Target::Local(path) => reader.read(&path, &root.shown(&path)),
                Target::Address(url) => network.address(&url, &wish).map(|fetched| reader.add_fetched(fetched)),
                Target::Package(wanted) => {
                    let fetched = network.package(&wanted, &word.display().to_string(), &wish);
                    fetched.map(|fetched| reader.add_fetched(fetched))
                }
            })
        })?;
        Ok(reader.finish())
    }

    /// Whether the question is not one GPU but which: `--gpu all`, or only a driver.
    fn every_gpu(&self) -> bool {
        let gpus = &self.assume.gpu;
        gpus.iter().any(|gpu| gpu.eq_ignore_ascii_case("all")) || (gpus.is_empty() && self.assume.driver.is_some())
    }

    /// What the rules look at: the libraries, where something is required of them, and the GPUs that were named.
    fn facts(&self, knowledge: &Knowledge, bundles: &[Bundle]) -> anyhow::Result<Facts> {
        // What is scanned may be for another machine: nothing of this one counts.
        let mut facts = Facts { gpus: Fact::unknown("not asked for (--gpu)"), ..Facts::default() };
        let mut assume = self.assume.clone();
        if self.every_gpu() {
            assume.gpu.clear();
        }
        assume.apply(&mut facts, knowledge)?;
        if !self.require.is_empty() {
            facts.required = self.require.clone();
            facts.environments = bundles.iter().map(|bundle| bundle.environment(&facts)).collect();
        }
        Ok(facts)
    }
}
