//! `gpucheck matrix`: which official PyTorch build serves which GPU, CUDA release by CUDA release, with a reason for each cell.

use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use pep440_rs::{Version, VersionSpecifiers};

use super::{
    options::{Assume, Show, Sources},
    output,
    probe::DriverOptions,
};
use crate::{
    exit::Exit,
    facts::{CudaVersion, Facts},
    judge::{Grid, hypothetical, judge},
    knowledge::{Knowledge, TorchRelease},
    probe,
    report::{Body, CommandName, Matrix},
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
        let releases = releases(knowledge, self.torch.as_deref())?;
        let mut facts = probe::facts(&self.driver.options(self.assume.needs_driver()), &Surroundings::of_process())?;
        self.assume.apply(&mut facts, knowledge)?;
        anyhow::ensure!(
            facts.gpus.value().is_some_and(|gpus| !gpus.is_empty()),
            "no GPU is known here; name one, such as --gpu \"RTX 5090\""
        );
        let environment = hypothetical(&facts, self.assume.python_version);
        let platform = *environment.platform.value().context("the platform is not known; name one with --os")?;
        // A table of builds is about builds: what is installed and set on this machine plays no part in it.
        let facts = Facts {
            environments: vec![environment],
            env_vars: Default::default(),
            toolkits: Vec::new(),
            expected: Default::default(),
            required: Vec::new(),
            excused: Default::default(),
            ..facts
        };
        let matrix = Matrix::new(&facts, knowledge, &Grid { platform, releases, cuda: self.cuda });
        let mut report = judge(CommandName::Matrix, facts, knowledge, Judged::Selected, start);
        // The environment is made up, so what the rules say of it is in the cells alone.
        report.findings.clear();
        report.checks.unknown.clear();
        report.verdict = matrix.verdict();
        report.body = Body::Matrix { matrix };
        report.elapsed_ms = start.elapsed().as_secs_f64() * 1000.0;
        output::deliver(report, &self.show)?;
        Ok(Exit::Ok)
    }
}

/// The releases that are asked for: by range, by version, or the last patch of each minor release.
fn releases<'k>(knowledge: &'k Knowledge, asked: Option<&str>) -> anyhow::Result<Vec<&'k TorchRelease>> {
    let all: Vec<(&TorchRelease, Version)> =
        knowledge.torch_releases().filter_map(|release| Some((release, release.version.parse().ok()?))).collect();
    let Some(asked) = asked else {
        let minor = |version: &Version| version.release().get(..2).map(<[u64]>::to_vec);
        let is_last = |index: usize| all.get(index + 1).is_none_or(|next| minor(&next.1) != minor(&all[index].1));
        return Ok(all
            .iter()
            .enumerate()
            .filter(|(index, _)| is_last(*index))
            .map(|(_, (release, _))| *release)
            .collect());
    };
    if let Ok(range) = asked.parse::<VersionSpecifiers>() {
        let chosen: Vec<_> = all.iter().filter(|(_, v)| range.contains(v)).map(|(release, _)| *release).collect();
        anyhow::ensure!(
            !chosen.is_empty(),
            "--torch '{asked}': no release that the knowledge base lists is in this range"
        );
        return Ok(chosen);
    }
    let mut chosen = Vec::new();
    for text in asked.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let version: Version = text.parse().map_err(|_| {
            anyhow::anyhow!("--torch '{text}' is neither a version such as 2.7.1 nor a range such as '>=2.5,<2.9'")
        })?;
        let matching: Vec<_> = all
            .iter()
            .filter(|(_, other)| other.release().starts_with(version.release()))
            .map(|(release, _)| *release)
            .collect();
        anyhow::ensure!(!matching.is_empty(), "--torch {text}: the knowledge base lists no such release");
        chosen.extend(matching);
    }
    Ok(chosen)
}
