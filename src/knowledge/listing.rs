//! What is in the knowledge base: rows one after another, and where they are written.

use gpucheck_ground::Order as _;
use gpucheck_model::knowledge::{
    ArchitectureRow, BranchRow, FailureRow, NightlyRow, ToolkitRow, TorchRelease, UnreadRow, VariableRow, spelled,
};
use pep440_rs::Version;

use super::load::Knowledge;
use crate::facts::{CudaVersion, DriverVersion};

impl Knowledge {
    /// Every architecture, oldest first.
    pub fn architecture_rows(&self) -> &[ArchitectureRow] {
        &self.architectures.architecture
    }

    /// Every CUDA toolkit, oldest first.
    pub fn toolkit_rows(&self) -> &[ToolkitRow] {
        &self.cuda.toolkit
    }

    /// Every driver branch whose CUDA release or life is known, oldest first.
    pub fn branches(&self) -> Vec<u32> {
        let reported = self.cuda.driver.iter().map(|row| row.branch);
        let mut branches: Vec<u32> = reported.chain(self.cuda.branch.iter().map(|row| row.branch)).collect();
        branches.order();
        branches.dedup();
        branches
    }

    /// The life of a branch.
    pub fn branch(&self, branch: u32) -> Option<&BranchRow> {
        self.cuda.branch.iter().find(|row| row.branch == branch)
    }

    /// The CUDA release that a branch itself is listed with.
    pub fn branch_cuda(&self, branch: u32) -> Option<CudaVersion> {
        self.cuda.driver.iter().find(|row| row.branch == branch).map(|row| row.cuda)
    }

    /// The floor of a CUDA major for Linux and for Windows.
    pub fn runtime_floors(&self, major: u16) -> Option<(&DriverVersion, &DriverVersion)> {
        self.cuda.runtime.iter().find(|row| row.major == major).map(|row| (&row.linux, &row.windows))
    }

    /// Every variable that something reads.
    pub fn variables(&self) -> &[VariableRow] {
        &self.variables.variable
    }

    /// Every variable that people set although nothing reads it.
    pub fn unread_variables(&self) -> &[UnreadRow] {
        &self.variables.unread
    }

    /// Every way in which a driver fails.
    pub fn failures(&self) -> &[FailureRow] {
        &self.failures.failure
    }

    /// Nightly builds of torch.
    pub fn nightlies(&self) -> &[NightlyRow] {
        &self.torch.nightly
    }

    /// The newest release of torch that has a row.
    pub fn newest_torch(&self) -> Option<&TorchRelease> {
        self.torch.release.last()
    }

    /// Whether a version of torch is newer than every row: then only its binaries say anything about it.
    pub fn is_newer_torch(&self, version: &str) -> bool {
        let newest = self.newest_torch().and_then(|release| release.version.parse::<Version>().ok());
        let version = version.parse::<Version>().ok();
        newest.zip(version).is_some_and(|(newest, version)| version.release() > newest.release())
    }

    /// Where rows of `gpus.toml` with these keys are written.
    pub fn gpu_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.gpus.sources, keys)
    }

    /// The same for `architectures.toml`.
    pub fn architecture_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.architectures.sources, keys)
    }

    /// The same for `torch.toml`.
    pub fn torch_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.torch.sources, keys)
    }

    /// The same for `cuda.toml`.
    pub fn cuda_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.cuda.sources, keys)
    }

    /// The same for `variables.toml`.
    pub fn variable_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.variables.sources, keys)
    }

    /// The same for `errors.toml`.
    pub fn error_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.errors.sources, keys)
    }

    /// The same for `libraries.toml`.
    pub fn library_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.libraries.sources, keys)
    }

    /// The same for `failures.toml`.
    pub fn failure_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.failures.sources, keys)
    }

    /// Where a driver branch is written, and the newest day on which one of its rows was checked.
    pub fn branch_sources(&self, branch: u32) -> (Vec<String>, String) {
        let reported = self.cuda.driver.iter().filter(|row| row.branch == branch);
        let rows = reported.map(|row| (&row.source, &row.verified));
        let life = self.cuda.branch.iter().filter(|row| row.branch == branch).map(|row| (&row.source, &row.verified));
        let (mut sources, mut newest) = (Vec::new(), String::new());
        for (keys, verified) in rows.chain(life) {
            for source in spelled(&self.cuda.sources, keys) {
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
            newest = newest.max(verified.clone());
        }
        (sources, newest)
    }
}
