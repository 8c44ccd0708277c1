//! A cell of the table: one build that is tried once, and what becomes of it on each GPU.

use crate::{
    facts::{CudaVersion, Facts},
    finding::{Command, Evidence, Severity},
    fix::{Candidate, Tried, try_build},
    knowledge::Knowledge,
    report::{Cell, CellStatus, RunsOn, runs_on},
    rules::{Judged, code::Execution},
};

/// A cell about which nothing is known.
pub fn missing(torch: &str, cuda: CudaVersion) -> Cell {
    Cell {
        torch: torch.to_owned(),
        cuda,
        status: CellStatus::NoWheel,
        reason: String::new(),
        rule: None,
        source: None,
        commands: Vec::new(),
    }
}

/// What the rules say of a build, for all GPUs.
pub struct BuildAnswer {
    tried: Tried,
    /// Which code of it each GPU runs.
    lines: Vec<RunsOn>,
    /// The row of the build.
    row: String,
    /// Whether it is announced but not confirmed as published.
    announced: bool,
}

impl BuildAnswer {
    /// Tries a build in the environment of these facts.
    pub fn of(facts: &Facts, knowledge: &Knowledge, candidate: &Candidate<'_>) -> Self {
        let tried = try_build(facts, knowledge, candidate);
        Self {
            lines: runs_on(&tried.facts, knowledge, Judged::All),
            row: knowledge.cite_torch(candidate.release, candidate.build),
            announced: candidate.build.published.is_only_expected(),
            tried,
        }
    }

    /// The lines that install it.
    pub fn commands(&self) -> &[Command] {
        &self.tried.commands
    }

    /// Takes over what it says of one GPU.
    pub fn fill(&self, cell: &mut Cell, gpu: &str) {
        let how = self.lines.iter().find(|line| line.gpu == gpu).map_or(Execution::Unknown, |line| line.how);
        let worst = self.tried.concerning(gpu).max_by_key(|finding| finding.severity);
        cell.source = Some(self.row.clone());
        match worst.filter(|finding| finding.severity >= Severity::Warning) {
            Some(finding) => {
                cell.status = if finding.severity == Severity::Error { CellStatus::Fails } else { CellStatus::Warning };
                cell.reason.clone_from(&finding.summary);
                cell.rule = Some(finding.rule);
                // What was asked about decides nothing by itself; what is known of it does.
                let asked = |at: &str| at.starts_with("/facts/gpus") || at.starts_with("/facts/driver");
                let known = |evidence: &&Evidence| !evidence.pointer.as_deref().is_some_and(asked);
                if let Some(evidence) = finding.evidence.iter().rev().find(known) {
                    cell.source = Some(evidence.source.clone());
                }
            }
            None if how == Execution::Unknown => {
                cell.status = CellStatus::Unknown;
                cell.reason = "contents not verified".to_owned();
            }
            None => {
                cell.status = CellStatus::Works;
                cell.reason = how.to_string();
            }
        }
        if self.announced {
            cell.reason.truncate(cell.reason.trim_end_matches('.').len());
            cell.reason += "; announced, but not confirmed as published";
        }
        if cell.status != CellStatus::Fails {
            cell.commands.clone_from(&self.tried.commands);
        }
    }
}
