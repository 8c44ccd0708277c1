//! `gpucheck matrix`: which official PyTorch build works on which GPU, CUDA release by CUDA release, with a reason for each cell.

use std::{path::PathBuf, time::Instant};

use anyhow::Context as _;
use clap::Args;

use super::{
    options::{Assume, PlatformOption, Show, Sources},
    probe::DriverOptions,
    targets::{deliver, each, ensure_gpu, needs_driver},
};
use crate::{
    exit::Exit,
    facts::CudaVersion,
    judge::{self, Grid},
    probe,
    report::CommandName,
    rules::Judged,
    system::Surroundings,
};

/// Arguments of `gpucheck matrix`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// torch releases: versions (2.7.1,2.8.0) or a range (">=2.5,<2.9") [default: the last patch of each minor release]
    #[arg(long, value_name = "VERSIONS", env = "GPUCHECK_TORCH")]
    torch: Option<String>,
    /// CUDA releases: 12.8,13.1 [default: all between the oldest and the newest build]
    #[arg(long, value_name = "VERSION", env = "GPUCHECK_CUDA", value_delimiter = ',')]
    cuda: Vec<CudaVersion>,
    /// Installed environments as rows instead of builds: what runs on each target (repeatable)
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["torch", "cuda"])]
    env: Vec<PathBuf>,
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
    /// Judges the grid and prints it.
    pub fn run(mut self) -> anyhow::Result<Exit> {
        self.assume.platform = self.platform.platform;
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        let releases = judge::releases(knowledge, self.torch.as_deref())?;
        let machines = self.assume.machines(true, knowledge)?;
        let options = probe::Options {
            python: self.env.clone(),
            all: !self.env.is_empty(),
            interests: if self.env.is_empty() { Default::default() } else { knowledge.interests() },
            ..self.driver.options(needs_driver(&machines))
        };
        let mut facts = probe::facts(&options, &Surroundings::of_process())?;
        if !self.env.is_empty() {
            // The others that were found are not asked about.
            facts.environments.truncate(self.env.len());
        }
        let reports = each(&machines, |machine| {
            let mut facts = facts.clone();
            machine.assumed.apply(&mut facts, knowledge)?;
            ensure_gpu(&facts)?;
            if !self.env.is_empty() {
                return Ok(judge::judge(CommandName::Matrix, facts, knowledge, Judged::All, start));
            }
            let grid = Grid { releases: releases.clone(), cuda: self.cuda.clone(), python: machine.assumed.python };
            judge::matrix(facts, knowledge, &grid, start).context("the platform is unknown; set it with --os")
        })?;
        let table = (!self.env.is_empty()).then(|| judge::environments(&reports));
        deliver(knowledge, reports, table, &self.show, start)?;
        Ok(Exit::Ok)
    }
}
