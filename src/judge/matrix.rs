//! CUDA × PyTorch × GPU: which official build serves which GPU, with a reason for each cell. No judgement of its own: every cell is a
//! build that `fix` tries and the rules judge.

use std::collections::BTreeSet;

use crate::{
    facts::{CudaVersion, Facts, Platform},
    finding::{Evidence, Severity},
    fix::{Candidate, Tried, try_build},
    knowledge::{Knowledge, TorchBuild, TorchRelease},
    report::{Cell, CellStatus, Matrix, Table, runs_on},
    rules::{Judged, code::Execution, gpu_name},
};

/// What to tabulate.
#[derive(Debug, Clone)]
pub struct Grid<'g> {
    /// Wheels of which platform.
    pub platform: Platform,
    /// The rows, in any order.
    pub releases: Vec<&'g TorchRelease>,
    /// The columns; none: every CUDA release between the oldest and the newest of which there is a wheel.
    pub cuda: Vec<CudaVersion>,
}

impl Matrix {
    /// Judges every build of the grid for every GPU of `facts`, whose one environment has no torch.
    pub fn new(facts: &Facts, knowledge: &Knowledge, grid: &Grid<'_>) -> Self {
        let built = |release: &TorchRelease| -> Vec<CudaVersion> {
            release.builds.iter().filter(|b| b.platform == grid.platform).filter_map(TorchBuild::cuda).collect()
        };
        let ever: BTreeSet<CudaVersion> = knowledge.torch_releases().flat_map(built).collect();
        let shown: BTreeSet<CudaVersion> = grid.releases.iter().copied().flat_map(built).collect();
        let between = |cuda: &CudaVersion| shown.first() <= Some(cuda) && Some(cuda) <= shown.last();
        let mut cuda: Vec<CudaVersion> = match grid.cuda.as_slice() {
            [] => shown.iter().copied().chain(knowledge.toolkits().filter(between)).collect(),
            named => named.to_vec(),
        };
        cuda.sort_unstable();
        cuda.dedup();
        let mut releases = grid.releases.clone();
        releases.sort_by_cached_key(|release| std::cmp::Reverse(knowledge.torch_position(&release.version).index));

        let gpus = facts.gpus.value().into_iter().flatten();
        let mut tables: Vec<Table> =
            gpus.map(|gpu| Table { gpu: gpu.id.clone(), name: gpu_name(gpu), cells: Vec::new() }).collect();
        for release in &releases {
            for &cuda in &cuda {
                let build = release.builds.iter().find(|b| b.platform == grid.platform && b.cuda() == Some(cuda));
                let tried = build.map(|build| try_build(facts, knowledge, &Candidate { release, build }));
                for table in &mut tables {
                    let (torch, mut cell) = (release.version.clone(), Cell::missing(cuda));
                    match (build, &tried) {
                        (Some(build), Some(tried)) => cell.judge(tried, knowledge, &table.gpu, release, build),
                        _ if ever.contains(&cuda) => cell.reason = not_of_this(release, &built(release)),
                        _ => {
                            cell.reason =
                                format!("PyTorch has never built a {} wheel for {}", variant(cuda), grid.platform)
                        }
                    }
                    table.cells.push(Cell { torch, ..cell });
                }
            }
        }
        Self {
            platform: grid.platform.to_string(),
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
    variants.sort_unstable();
    let variants: Vec<String> = variants.into_iter().map(variant).collect();
    match variants.as_slice() {
        [] => format!("torch {} has no CUDA wheel for this platform", release.version),
        _ => format!("torch {} was built for {}", release.version, variants.join(", ")),
    }
}

impl Cell {
    fn missing(cuda: CudaVersion) -> Self {
        Self {
            torch: String::new(),
            cuda,
            status: CellStatus::NoWheel,
            reason: String::new(),
            rule: None,
            source: None,
            commands: Vec::new(),
        }
    }

    /// Takes over what the rules say of the build on a GPU.
    fn judge(&mut self, tried: &Tried, knowledge: &Knowledge, gpu: &str, release: &TorchRelease, build: &TorchBuild) {
        let how = runs_on(&tried.facts, knowledge, Judged::All).into_iter().find(|line| line.gpu == gpu);
        let how = how.map_or(Execution::Unknown, |line| line.how);
        let worst = tried.concerning(gpu).max_by_key(|finding| finding.severity);
        self.source = Some(knowledge.cite_torch(release, build));
        match worst.filter(|finding| finding.severity >= Severity::Warning) {
            Some(finding) => {
                self.status = if finding.severity == Severity::Error { CellStatus::Fails } else { CellStatus::Warning };
                self.reason.clone_from(&finding.summary);
                self.rule = Some(finding.rule);
                // What was asked about decides nothing by itself; what is known of it does.
                let asked = |at: &str| at.starts_with("/facts/gpus") || at.starts_with("/facts/driver");
                let known = |evidence: &&Evidence| !evidence.pointer.as_deref().is_some_and(asked);
                if let Some(evidence) = finding.evidence.iter().rev().find(known) {
                    self.source = Some(evidence.source.clone());
                }
            }
            None if how == Execution::Unknown => {
                self.status = CellStatus::Unknown;
                self.reason = "nobody has verified what this build holds".to_owned();
            }
            None => {
                self.status = CellStatus::Works;
                self.reason = how.to_string();
            }
        }
        if build.published.is_only_expected() {
            self.reason += "; announced, nobody here has seen it";
        }
        if self.status != CellStatus::Fails {
            self.commands.clone_from(&tried.commands);
        }
    }
}
