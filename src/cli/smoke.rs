//! `gpucheck smoke`: runs test kernels on a GPU. Also the options of `doctor --smoke`, and the hidden `gpucheck __smoke`.

use std::{path::PathBuf, time::Duration, time::Instant};

use clap::Args;

use super::{
    framework::FrameworkOptions,
    gates::Gates,
    options::{FailOn, Node, Show, Sources},
    output,
    probe::{DriverOptions, contained},
};
use crate::{
    exit::Exit,
    judge::judge,
    probe::{
        self,
        smoke::{self, Choice, Wanted, Work, fresh_seed},
    },
    report::{CommandName, SubjectKind},
    rules::{self, Judged},
    system::Surroundings,
};

/// How test kernels are run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Test kernels")]
pub struct Compute {
    /// GPU to run on: its index in this report (as in nvidia-smi), a PCI address, or a UUID such as GPU-… or MIG-… (repeatable)
    /// [default: all GPUs visible to CUDA]
    #[arg(long, value_name = "GPU", env = "GPUCHECK_DEVICE", value_delimiter = ',')]
    device: Vec<String>,
    /// Give up on a GPU after this many seconds
    #[arg(long, value_name = "SECONDS", env = "GPUCHECK_SMOKE_TIMEOUT", default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    smoke_timeout: u64,
    /// Seed that repeats the random inputs of an earlier run
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Kernel image to run: best (for the GPU), ptx (the driver compiles it), or a target such as sm_80, whether or not it fits
    #[arg(long, value_name = "IMAGE", default_value = "best", hide_default_value = true)]
    image: Choice,
    /// Also have the driver load code from the installed libraries (none of it is run)
    #[arg(long, env = "GPUCHECK_LOAD", value_parser = clap::builder::FalseyValueParser::new())]
    load: bool,
}

impl Compute {
    /// For the probe.
    pub fn options(&self) -> smoke::Options {
        smoke::Options {
            devices: self.device.clone(),
            timeout: Duration::from_secs(self.smoke_timeout),
            seed: self.seed.unwrap_or_else(fresh_seed),
            image: self.image,
            load: self.load,
        }
    }
}

/// Arguments of `gpucheck smoke`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// With --load or --framework: virtual environment, interpreter or site-packages to use instead of the active one
    #[arg(long, value_name = "PATH", env = "GPUCHECK_PYTHON")]
    python: Vec<PathBuf>,
    /// When to exit with code 1
    #[arg(long, value_name = "LEVEL", env = "GPUCHECK_FAIL_ON", default_value = "error")]
    fail_on: FailOn,
    #[command(flatten)]
    compute: Compute,
    #[command(flatten)]
    framework: FrameworkOptions,
    #[command(flatten)]
    node: Node,
    #[command(flatten)]
    driver: DriverOptions,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Looks at the driver, computes, judges, reports.
    pub fn run(mut self) -> anyhow::Result<Exit> {
        let start = Instant::now();
        self.show.fail_on = Some(self.fail_on);
        let knowledge = self.sources.load()?;
        let options = probe::Options {
            python: self.python.clone(),
            smoke: Some(self.compute.options()),
            without_environments: !self.compute.load && !self.framework.framework,
            ..self.driver.options(true)
        };
        let mut facts = probe::facts(&options, &Surroundings::of_process())?;
        self.framework.run(&mut facts);
        if !self.node.expect.is_empty() {
            facts.expected = self.node.expected(knowledge)?;
        }
        let mut report = judge(CommandName::Smoke, facts, knowledge, Judged::Selected, start);
        if options.without_environments {
            report.subjects.retain(|subject| subject.label != SubjectKind::Environment);
        }
        report.labels = self.node.label.into_iter().collect();
        let gates = Gates { expected: !self.node.expect.is_empty(), smoke: true, framework: self.framework.framework };
        let shut = gates.shut(&mut report, self.fail_on);
        let exit = if shut || self.fail_on.fails(&report.findings, report.verdict) { Exit::Found } else { Exit::Ok };
        output::deliver(report, &self.show, &|slug| rules::page(knowledge, slug))?;
        Ok(exit)
    }
}

/// Arguments of `gpucheck __smoke`.
#[derive(Debug, Clone, Args)]
pub struct Child {
    /// Number or PCI address
    #[arg(long)]
    device: String,
    #[arg(long)]
    seed: u64,
    #[arg(long)]
    image: Choice,
    #[arg(long)]
    load: Vec<PathBuf>,
}

impl Child {
    /// Runs the kernels in this process, which may not survive it, and prints its progress as lines of JSON.
    pub fn run(self) -> anyhow::Result<Exit> {
        let out = contained()?;
        let device = match self.device.parse() {
            Ok(number) => Wanted::Ordinal(number),
            Err(_) => Wanted::Address(self.device),
        };
        let work = Work { device, seed: self.seed, image: self.image, libraries: self.load };
        work.run(out)?;
        Ok(Exit::Ok)
    }
}
