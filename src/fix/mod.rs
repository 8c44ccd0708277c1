//! Fixes: the smallest change that makes the rules pass. A plan is tried on a copy of the facts, and the same rules judge it.

mod advice;
mod candidates;
mod commands;
mod packages;
mod plan;
mod prove;

pub use candidates::{Candidate, Wish};
pub use plan::{Change, Install, Plan};

use crate::{facts::Facts, finding::Finding, knowledge::Knowledge, rules::Judged};

/// Adds to each finding what would remove it. `facts` are those before enrichment, as a plan changes what was seen, not what was
/// concluded.
pub fn attach(findings: &mut [Finding], facts: &Facts, knowledge: &Knowledge, judged: Judged) {
    packages::attach(findings, facts, knowledge, judged);
    advice::attach(findings, facts, knowledge);
}
