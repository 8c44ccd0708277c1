//! Gates: what a command was asked to ensure. A gate that could not check, or had nothing to check, stays shut.

use crate::{
    report::{Report, Verdict},
    rules::Family,
};

use super::options::FailOn;

/// What must have been checked for the command to succeed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gates {
    /// The GPUs of `--expect`.
    pub expected: bool,
    /// Computing on a GPU.
    pub smoke: bool,
    /// torch computing on a GPU.
    pub framework: bool,
}

impl Gates {
    /// Whether one of them was left undecided. If so, the verdict says so unless it is already an error, and the command fails unless
    /// `--fail-on never` is set.
    pub fn shut(self, report: &mut Report, fail_on: FailOn) -> bool {
        let is_gate = |rule: &str| {
            self.expected && rule == "expected-gpu-missing"
                || self.smoke && Family::of(rule) == Some(Family::Smoke)
                || self.framework && Family::of(rule) == Some(Family::Framework)
        };
        if !report.checks.unknown.iter().any(|undecided| is_gate(undecided.rule)) {
            return false;
        }
        if report.verdict != Verdict::Error {
            report.verdict = Verdict::Unknown;
        }
        fail_on != FailOn::Never
    }
}
