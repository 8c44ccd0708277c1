//! The table of `gpucheck matrix`: which official build works on which GPU, with a reason for each cell.

use serde::Serialize;

use super::Verdict;
use crate::{facts::CudaVersion, finding::Command};

/// The grid of one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Matrix {
    /// What the wheels are for.
    pub platform: String,
    /// CUDA releases, oldest first: the columns.
    pub cuda: Vec<CudaVersion>,
    /// Of these, those for which PyTorch has never built a wheel for this platform.
    pub never_built: Vec<CudaVersion>,
    /// torch versions, newest first: the rows.
    pub torch: Vec<String>,
    /// One table for each GPU.
    pub gpus: Vec<Table>,
}

/// What works on one GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Table {
    /// Id in the facts.
    pub gpu: String,
    /// Its name.
    pub name: String,
    /// Row by row.
    pub cells: Vec<Cell>,
}

/// One build, or the lack of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cell {
    /// torch version without local part.
    pub torch: String,
    /// CUDA release of the variant.
    pub cuda: CudaVersion,
    /// The answer in a word.
    pub status: CellStatus,
    /// Why, in a sentence.
    pub reason: String,
    /// Slug of the rule that decided, where one found something.
    pub rule: Option<&'static str>,
    /// What the reason rests on.
    pub source: Option<String>,
    /// What installs it, where it works.
    pub commands: Vec<Command>,
}

/// What becomes of a build on a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CellStatus {
    /// Runs.
    Works,
    /// Runs, but slow, fragile or only after compiling.
    Warning,
    /// The contents of the build are not verified.
    Unknown,
    /// Does not run.
    Fails,
    /// There is no such wheel.
    NoWheel,
}

impl Matrix {
    /// Whether there is a build for every GPU.
    pub fn verdict(&self) -> Verdict {
        let best = |table: &Table| match table.cells.iter().map(|cell| cell.status).min() {
            Some(CellStatus::Works) => Verdict::Ok,
            Some(CellStatus::Warning) => Verdict::Warning,
            Some(CellStatus::Unknown) => Verdict::Unknown,
            _ => Verdict::Error,
        };
        Verdict::worst(self.gpus.iter().map(best))
    }
}
