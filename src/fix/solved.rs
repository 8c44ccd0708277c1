//! What one fix solves of the other findings: with what to paste first said, what it makes superfluous is said as well, and so is a fix
//! that would undo it.

use super::Case;
use crate::finding::{Finding, Fix, Severity};

/// Puts the first fix of an earlier finding before those of the later findings that it removes too.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    for index in 1..findings.len() {
        let (earlier, later) = findings.split_at_mut(index);
        let Some(finding) = later.first_mut().filter(|finding| finding.severity >= Severity::Warning) else { continue };
        for other in earlier.iter().take(MOST) {
            let Some(first) = other.fixes.first().filter(|fix| !fix.commands.is_empty()) else { continue };
            if case.proofs.solves(first, finding) {
                finding.fixes.retain(|fix| fix.commands != first.commands);
                finding.fixes.insert(0, first.clone());
                break;
            }
            undoing(case, first, other.rule, finding);
        }
    }
}

/// Earlier findings that are compared with each; a report for people has fewer.
const MOST: usize = 50;

/// Says of fixes that install another version of what the fix of an earlier finding installs that they undo it.
fn undoing(case: &Case<'_>, first: &Fix, rule: &str, finding: &mut Finding) {
    for fix in finding.fixes.iter_mut().filter(|fix| fix.commands != first.commands) {
        if let Some(name) = case.proofs.contradiction(first, fix) {
            let undoes = format!("it undoes the fix for {rule}, which installs another {name}");
            if !fix.remains.contains(&undoes) {
                fix.remains.push(undoes);
            }
        }
    }
}
