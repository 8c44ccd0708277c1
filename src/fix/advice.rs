//! Advice: what people do about a driver, a kernel or a container. The rules cannot try it on facts, so it counts as not proven; each
//! row of `advice.toml` names who says so.

use super::{Case, add, has_remedy};
use crate::{
    finding::{Command, Finding, Fix, Proof},
    knowledge::AdviceRow,
    rules::Remedy,
};

/// Adds the rows that fit this machine.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Advice)) {
        for row in case.knowledge.advice(finding.rule).filter(|row| fits(case, row)) {
            if let Some(fix) = fix(case, row) {
                add(finding, &fix);
            }
        }
    }
}

/// Whether a row is for this machine. What is not known of the machine excludes nothing but distributions.
fn fits(case: &Case<'_>, row: &AdviceRow) -> bool {
    let host = &case.enriched.host;
    let distribution = host.distribution.value().map(|name| name.to_lowercase()).unwrap_or_default();
    let here = |wanted: Option<bool>, there: bool| wanted.is_none_or(|wanted| wanted == there);
    here(row.container, host.container.value().is_some())
        && here(row.wsl, host.wsl.value().is_some())
        && (row.distributions.is_empty() || row.distributions.iter().any(|word| distribution.contains(word)))
}

fn fix(case: &Case<'_>, row: &AdviceRow) -> Option<Fix> {
    let commands = row
        .commands
        .iter()
        .map(|command| Some(Command { tool: command.tool.name(), line: fill(case, &command.line)? }));
    Some(Fix {
        summary: fill(case, &row.summary)?,
        commands: commands.collect::<Option<_>>()?,
        proof: Proof::None,
        needs: Vec::new(),
        unproven: Vec::new(),
        result: None,
    })
}

/// The text with its placeholders filled in; nothing when one of them is not known.
fn fill(case: &Case<'_>, text: &str) -> Option<String> {
    let mut filled = text.to_owned();
    if text.contains("{driver}") || text.contains("{branch}") {
        let version = &case.enriched.driver.value()?.version;
        filled = filled.replace("{driver}", &version.to_string()).replace("{branch}", &version.branch().to_string());
    }
    Some(filled)
}
