//! `gpucheck matrix`: which official PyTorch build works on which GPU, CUDA release by CUDA release, with a reason for each cell.

use std::time::Instant;

use anyhow::Context as _;
use clap::Args;

use super::{
    options::{Assume, Show, Sources},
    output,
    probe::DriverOptions,
};
use crate::{
    exit::Exit,
    facts::CudaVersion,
    judge::{self, Grid},
    probe,
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
    /// Judges the grid and prints it.
    pub fn run(self) -> anyhow::Result<Exit> {
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        let releases = judge::releases(knowledge, self.torch.as_deref())?;
        let assumed = self.assume.assumed();
        let mut facts = probe::facts(&self.driver.options(assumed.needs_driver()), &Surroundings::of_process())?;
        assumed.apply(&mut facts, knowledge)?;
        anyhow::ensure!(
            facts.gpus.value().is_some_and(|gpus| !gpus.is_empty()),
            "no GPU found; name one, such as --gpu \"RTX 5090\""
        );
        let grid = Grid { releases, cuda: self.cuda, python: assumed.python };
        let report =
            judge::matrix(facts, knowledge, &grid, start).context("the platform is unknown; set it with --os")?;
        output::deliver(report, &self.show)?;
        Ok(Exit::Ok)
    }
}
