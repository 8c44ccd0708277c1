//! From a log to a report: its facts go through the rules like those of a machine.

use std::time::Instant;

use super::{assume::Assumed, judgement::Judgement};
use crate::{
    facts::{Facts, Origin},
    finding::Excerpt,
    knowledge::{GpuLookupError, Knowledge},
    report::{CommandName, Report, Verdict},
    rules::Judged,
};

/// Judges what a log says. `here` are the facts of this machine, where the log was written on it: they fill in what it does not say.
///
/// # Errors
/// A GPU name that no product has.
pub fn explain(
    knowledge: &Knowledge,
    mut facts: Facts,
    here: Option<Facts>,
    assumed: &Assumed,
    start: Instant,
) -> Result<Report, GpuLookupError> {
    if let Some(here) = here {
        add(&mut facts, here);
    }
    assumed.apply(&mut facts, knowledge)?;
    let mut report = Judgement::of(CommandName::Explain, facts, knowledge, Judged::Selected, start).with_fixes();
    // A log tells of a part of a machine: only what is asked about its errors is missing.
    report.checks.unknown.clear();
    if report.verdict == Verdict::Unknown {
        report.verdict = Verdict::Ok;
    }
    let symptoms = &report.facts.symptoms;
    for finding in &mut report.findings {
        let Some(at) = &finding.location else { continue };
        let Some(symptom) = symptoms.iter().find(|symptom| symptom.at.as_ref() == Some(at)) else { continue };
        let text: String = symptom.text.chars().take(400).collect();
        let end_column = u32::try_from(text.chars().count()).unwrap_or(u32::MAX).saturating_add(1);
        finding.excerpt = Some(Excerpt { text, column: 1, end_column });
    }
    Ok(report)
}

/// Fills in what a log does not say.
fn add(facts: &mut Facts, here: Facts) {
    macro_rules! fill {
        ($($field:ident).+) => {
            if facts.$($field).+.is_unknown() {
                facts.$($field).+ = here.$($field).+;
            }
        };
    }
    fill!(host.platform);
    fill!(host.distribution);
    fill!(host.kernel);
    fill!(host.glibc);
    fill!(host.container);
    fill!(host.wsl);
    fill!(host.container_tools);
    fill!(host.shell);
    fill!(gpus);
    fill!(driver);
    fill!(driver_libraries);
    fill!(driver_files);
    fill!(nvml);
    fill!(cuda);
    fill!(kernel.version);
    fill!(kernel.flavour);
    fill!(kernel.loaded);
    fill!(kernel.installed);
    fill!(kernel.installed_flavour);
    fill!(kernel.nodes);
    fill!(kernel.secure_boot);
    fill!(kernel.nvswitches);
    fill!(kernel.fabric_manager);
    if facts.toolkits.is_empty() {
        facts.toolkits = here.toolkits;
    }
    for (name, value) in here.env_vars {
        facts.env_vars.entry(name).or_insert(value);
    }
    // An environment of this machine is looked at instead of the few packages that a log names.
    if here.environments.iter().any(|environment| environment.selected) {
        facts.environments.retain(|environment| environment.origin != Origin::Log);
        facts.written.retain(|pointer, _| !pointer.starts_with("/environments/"));
        facts.environments.extend(here.environments);
    }
}
