//! Findings that a person has accepted: in a comment beside them, or in the project's file by `ignore = [{ rule = "…", reason = "…" }]`.
//! They leave the list of findings, decide nothing, and are told with their reason.

use std::fmt;

use gpucheck_model::knowledge::Problem;

use super::project_file::{IgnoredRule, ProjectFile};
use crate::{
    facts::Location,
    finding::Finding,
    knowledge::{Knowledge, nearest},
    report::{Report, Suppressed, Verdict},
    rules::titles,
};

/// What is wrong with a file that says what is ignored.
#[derive(Debug)]
pub enum IgnoreError {
    /// It is no TOML, or holds something else.
    Toml(Problem),
    /// A rule without a reason, in this file.
    NoReason(String, String),
    /// No such rule, and the slugs that are like it.
    NoRule(String, String, Vec<String>),
}

impl fmt::Display for IgnoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(problem) => write!(f, "{problem}"),
            Self::NoReason(file, rule) => write!(f, "{file}: '{rule}' is to be ignored without a reason"),
            Self::NoRule(file, rule, near) => {
                write!(f, "{file}: no rule is called '{rule}'")?;
                match near.first() {
                    Some(near) => write!(f, "; did you mean {near}?"),
                    None => f.write_str("; `gpucheck rule` lists all rules"),
                }
            }
        }
    }
}

impl std::error::Error for IgnoreError {}

impl IgnoredRule {
    /// The rules that a file names: pyproject.toml in `[tool.gpucheck]`, gpucheck.toml at its top.
    ///
    /// # Errors
    /// A file that is no TOML, a rule that there is not, a rule without a reason.
    pub fn of_file(name: &str, text: &str, knowledge: &Knowledge) -> Result<Vec<Self>, IgnoreError> {
        let all = ProjectFile::read(name, text).map_err(IgnoreError::Toml)?.ignore;
        for one in &all {
            let slugs = titles(knowledge);
            if !slugs.iter().any(|(slug, _)| *slug == one.rule) {
                let near = nearest(&one.rule, slugs.iter().map(|(slug, _)| slug.as_str()));
                return Err(IgnoreError::NoRule(name.to_owned(), one.rule.clone(), near));
            }
            if one.reason.trim().is_empty() {
                return Err(IgnoreError::NoReason(name.to_owned(), one.rule.clone()));
            }
        }
        Ok(all)
    }
}

/// Takes out of a report what is accepted, and says what is accepted for nothing.
pub(super) fn apply(report: &mut Report, rules: &[IgnoredRule]) {
    let comments = &report.facts.ignores;
    let mut used = vec![false; comments.len() + rules.len()];
    let mut findings = Vec::new();
    for finding in std::mem::take(&mut report.findings) {
        let by_comment = comments.iter().position(|one| {
            !one.reason.is_empty()
                && one.rule == finding.rule
                && finding.location.as_ref().is_some_and(|at| is_beside(&one.at, at))
        });
        let by_rule = || rules.iter().position(|one| one.rule == finding.rule).map(|index| comments.len() + index);
        match by_comment.or_else(by_rule) {
            Some(index) => {
                used.get_mut(index).into_iter().for_each(|used| *used = true);
                let reason = match comments.get(index) {
                    Some(comment) => comment.reason.clone(),
                    None => rules.get(index - comments.len()).map(|one| one.reason.clone()).unwrap_or_default(),
                };
                report.checks.suppressed.push(suppressed(&finding, reason));
            }
            None => findings.push(finding),
        }
    }
    let known = |slug: &str| crate::rules::find(slug).is_some();
    let comments = comments.iter().map(|one| (&one.rule, &one.reason, Some(&one.at)));
    let all = comments.chain(rules.iter().map(|one| (&one.rule, &one.reason, None)));
    for ((rule, reason, at), _) in all.zip(&used).filter(|(_, used)| !**used) {
        // What is wrong with the comment itself is a finding.
        if !reason.is_empty() && (known(rule) || at.is_none()) {
            let unmatched = Suppressed { rule: rule.clone(), reason: reason.clone(), location: at.cloned() };
            report.checks.unmatched.push(unmatched);
        }
    }
    if !report.checks.suppressed.is_empty() {
        report.verdict = Verdict::of(&findings, !report.checks.unknown.is_empty());
    }
    report.findings = findings;
}

/// Whether a comment stands at the end of a line, or on the line above it.
fn is_beside(comment: &Location, finding: &Location) -> bool {
    comment.path == finding.path && (comment.line == finding.line || comment.line.checked_add(1) == Some(finding.line))
}

fn suppressed(finding: &Finding, reason: String) -> Suppressed {
    Suppressed { rule: finding.rule.to_owned(), reason, location: finding.location.clone() }
}
