//! CUDA × PyTorch × GPU: which official build works on which GPU, with a reason for each cell. It judges nothing itself: every cell is a
//! build that `fix` tries and the rules judge.

mod cell;
mod releases;

use std::{collections::BTreeSet, time::Instant};

use gpucheck_ground::Order as _;

use super::{hypothetical, judgement::Judgement};
use crate::{
    facts::{CudaVersion, Environment, Facts, Platform, PythonVersion},
    fix::Candidate,
    knowledge::{Knowledge, TorchBuild, TorchRelease},
    report::{Body, CommandName, Matrix, Report, Table},
    rules::{Judged, gpu_name},
};

pub use cell::{BuildAnswer, missing};
pub use releases::{ReleasesError, releases};

/// What to tabulate.
#[derive(Debug, Clone)]
pub struct Grid<'g> {
    /// The rows, in any order.
    pub releases: Vec<&'g TorchRelease>,
    /// The columns; none: every CUDA release between the oldest and the newest of which there is a wheel.
    pub cuda: Vec<CudaVersion>,
    /// The Python version of the wheels; nothing: any.
    pub python: Option<PythonVersion>,
}

/// Judges the grid for the GPUs and the driver of these facts; nothing where their platform is not known. `start` is when the command
/// began.
pub fn matrix(facts: Facts, knowledge: &Knowledge, grid: &Grid<'_>, start: Instant) -> Option<Report> {
    let environment = hypothetical(&facts, grid.python);
    let platform = *environment.platform.value()?;
    let facts = about_builds(facts, environment);
    let matrix = Matrix::new(&facts, knowledge, platform, grid);
    // The environment is made up, so what the rules say of it is in the cells alone.
    let mut report = Judgement::of(CommandName::Matrix, facts, knowledge, Judged::Selected, start).of_made_up();
    report.verdict = matrix.verdict();
    report.body = Body::Matrix { matrix };
    Some(report)
}

/// The facts that a build is judged by: what is installed and set on this machine plays no part in it.
pub fn about_builds(facts: Facts, environment: Environment) -> Facts {
    Facts {
        environments: vec![environment],
        env_vars: Default::default(),
        toolkits: Vec::new(),
        expected: Default::default(),
        required: Vec::new(),
        excused: Default::default(),
        ..facts
    }
}

impl Matrix {
    /// Judges every build of the grid for every GPU of `facts`, whose one environment has no torch.
    pub fn new(facts: &Facts, knowledge: &Knowledge, platform: Platform, grid: &Grid<'_>) -> Self {
        let built = |release: &TorchRelease| -> Vec<CudaVersion> {
            release.builds.iter().filter(|b| b.platform == platform).filter_map(TorchBuild::cuda).collect()
        };
        let ever: BTreeSet<CudaVersion> = knowledge.torch_releases().flat_map(built).collect();
        let shown: BTreeSet<CudaVersion> = grid.releases.iter().copied().flat_map(built).collect();
        let between = |cuda: &CudaVersion| shown.first() <= Some(cuda) && Some(cuda) <= shown.last();
        let mut cuda: Vec<CudaVersion> = match grid.cuda.as_slice() {
            [] => shown.iter().copied().chain(knowledge.toolkits().filter(between)).collect(),
            named => named.to_vec(),
        };
        cuda.order();
        cuda.dedup();
        let mut releases = grid.releases.clone();
        releases.order_by_cached_key(|release| std::cmp::Reverse(knowledge.torch_position(&release.version).index));

        let gpus = facts.gpus.value().into_iter().flatten();
        let mut tables: Vec<Table> =
            gpus.map(|gpu| Table { gpu: gpu.id.clone(), name: gpu_name(gpu), cells: Vec::new() }).collect();
        for release in &releases {
            for &cuda in &cuda {
                let build = release.builds.iter().find(|b| b.platform == platform && b.cuda() == Some(cuda));
                let answer = build.map(|build| BuildAnswer::of(facts, knowledge, &Candidate { release, build }));
                for table in &mut tables {
                    let mut cell = cell::missing(&release.version, cuda);
                    match &answer {
                        Some(answer) => answer.fill(&mut cell, &table.gpu),
                        _ if ever.contains(&cuda) => cell.reason = not_of_this(release, &built(release)),
                        _ => {
                            cell.reason = format!("PyTorch has never built a {} wheel for {}", variant(cuda), platform)
                        }
                    }
                    table.cells.push(cell);
                }
            }
        }
        Self {
            platform: platform.to_string(),
            never_built: cuda.iter().copied().filter(|cuda| !ever.contains(cuda)).collect(),
            torch: releases.iter().map(|release| release.version.clone()).collect(),
            cuda,
            gpus: tables,
        }
    }
}

fn variant(cuda: CudaVersion) -> String {
    format!("cu{}{}", cuda.major, cuda.minor)
}

fn not_of_this(release: &TorchRelease, built: &[CudaVersion]) -> String {
    let mut variants: Vec<CudaVersion> = built.to_vec();
    variants.order();
    let variants: Vec<String> = variants.into_iter().map(variant).collect();
    match variants.as_slice() {
        [] => format!("torch {} has no CUDA wheel for this platform", release.version),
        _ => format!("torch {} was built for {}", release.version, variants.join(", ")),
    }
}
