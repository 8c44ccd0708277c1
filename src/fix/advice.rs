//! Advice: what people do about a driver, a kernel or a container. The rules cannot try it on facts, so it counts as not verified;
//! each row of `advice.toml` names its source. What a row about an error text says to do comes first: it knows more.

use super::{Case, add, has_remedy};
use crate::{
    facts::{DriverVersion, Gpu},
    finding::{Command, Finding, Fix, Remedy},
    knowledge::AdviceRow,
    shell::{NoWord, ShellLine, Word},
};

/// What stands for the driver's version and its branch in a row.
const DRIVER: &str = "{driver}";
const BRANCH: &str = "{branch}";

/// Adds the rows that fit this machine.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    for finding in findings.iter_mut() {
        if let Some(summary) = finding.trace.help.clone() {
            add(finding, &Fix { summary, ..Fix::default() });
        }
    }
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Advice)) {
        let rows =
            case.knowledge.advice(finding.rule).filter(|row| fits(case, finding, row) && !only_elsewhere(case, row));
        for fix in rows.filter_map(|row| fix(case, row)).collect::<Vec<_>>() {
            add(finding, &fix);
        }
    }
}

/// Whether a row applies to this machine. Unknown facts about the machine exclude only rows for certain distributions.
fn fits(case: &Case<'_>, finding: &Finding, row: &AdviceRow) -> bool {
    let host = &case.enriched.host;
    let distribution = host.distribution.value().map(|name| name.to_lowercase()).unwrap_or_default();
    let here = |wanted: Option<bool>, there: bool| wanted.is_none_or(|wanted| wanted == there);
    let system = || host.platform.value().is_some_and(|platform| row.systems.contains(&platform.os));
    here(row.container, host.container.value().is_some())
        && here(row.wsl, host.wsl.value().is_some())
        && (row.systems.is_empty() || system())
        && (row.gpus.is_empty() || has_named(case, &row.gpus))
        && (!row.stands_for_driver || finding.fixes.iter().any(is_driver))
        && row.package.as_ref().is_none_or(|name| Some(name) == finding.trace.package.as_ref())
        && (row.distributions.is_empty() || row.distributions.iter().any(|word| distribution.contains(word)))
}

/// Whether a fix is another driver and nothing else.
fn is_driver(fix: &Fix) -> bool {
    fix.commands.is_empty() && matches!(fix.needs.as_slice(), [only] if only.starts_with("driver "))
}

/// Whether there are GPUs, and each has one of these words in its name.
fn has_named(case: &Case<'_>, words: &[String]) -> bool {
    let named = |gpu: &Gpu| {
        let mut parts = gpu.name.value().into_iter().flat_map(|name| name.split([' ', '-', '/']));
        parts.any(|part| words.iter().any(|word| word == part))
    };
    case.enriched.gpus.value().is_some_and(|gpus| !gpus.is_empty() && gpus.iter().all(named))
}

/// Whether all that a row says is for a Unix shell, and the machine is Windows: there is nothing to do it with.
fn only_elsewhere(case: &Case<'_>, row: &AdviceRow) -> bool {
    let writer = case.writer();
    writer.windows && !row.commands.is_empty() && !row.commands.iter().any(|command| writer.takes(command.tool))
}

fn fix(case: &Case<'_>, row: &AdviceRow) -> Option<Fix> {
    let asked = |text: &str| text.contains(DRIVER) || text.contains(BRANCH);
    let version = case.enriched.driver.value().map(|driver| &driver.version);
    if version.is_none() && (asked(&row.summary) || row.commands.iter().any(|command| asked(&command.line))) {
        return None;
    }
    let writer = case.writer();
    let lines = row.commands.iter().filter(|command| writer.takes(command.tool)).map(|command| {
        let line = ShellLine::of_row(&command.line, &placeholders(version)?)?;
        Ok(Command { tool: command.tool.name(), line })
    });
    let (commands, no_line) = match lines.collect::<Result<Vec<Command>, NoWord>>() {
        Ok(commands) => (commands, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let mut summary = row.summary.clone();
    if let Some(version) = version {
        summary = summary.replace(DRIVER, &version.to_string()).replace(BRANCH, &version.branch().to_string());
    }
    Some(Fix { summary, commands, no_line, ..Fix::default() })
}

/// What stands for the placeholders on a line.
fn placeholders(version: Option<&DriverVersion>) -> Result<Vec<(&'static str, Word)>, NoWord> {
    let Some(version) = version else { return Ok(Vec::new()) };
    Ok(vec![(DRIVER, Word::driver(version)?), (BRANCH, Word::number(version.branch().into()))])
}
