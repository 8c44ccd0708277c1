//! From a log to a report: its facts go through the rules like those of a machine.

use std::time::Instant;

use super::{
    assume::{Assumed, imply},
    judgement::Judgement,
};
use crate::{
    facts::{Cpu, Environment, Fact, Facts, How, Origin, Os, Platform, ShellKind, Source},
    finding::{Command, Excerpt, Finding, Fix, Severity},
    knowledge::{GpuLookupError, Knowledge},
    report::{CommandName, Report, SubjectKind, Verdict},
    rules::{Judged, code::Execution},
    shell::{NoWord, ShellLine, Word},
};

/// Letters of a line that a finding quotes.
const QUOTED: usize = 400;

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
    if assumed.platform.is_none() {
        imply(&mut facts, knowledge);
    }
    let facts = on_any_system(facts, knowledge, start);
    let judgement = Judgement::of(CommandName::Explain, facts, knowledge, Judged::Selected, start);
    let enriched = judgement.enriched.clone();
    let mut report = judgement.with_fixes();
    only_said(&mut report, &enriched);
    report.findings.iter_mut().for_each(|finding| finding.excerpt = quoted(&report.facts, finding));
    for finding in report.findings.iter_mut().filter(|finding| finding.severity >= Severity::Warning) {
        finding.fixes.extend(next_steps(finding, &enriched));
    }
    Ok(report)
}

/// The facts of a log that names no system, with one for its torch if that finds the same on Linux and on Windows.
fn on_any_system(facts: Facts, knowledge: &Knowledge, start: Instant) -> Facts {
    let is_asked = |environment: &Environment| {
        let torch = environment.package("torch").and_then(|torch| torch.version.value());
        environment.origin == Origin::Log && environment.platform.is_unknown() && torch.is_some()
    };
    if !facts.host.platform.is_unknown() || !facts.environments.iter().any(is_asked) {
        return facts;
    }
    let on = |os| {
        let (platform, mut facts) = (Platform { os, cpu: Cpu::X86_64 }, facts.clone());
        let via = Source::new(How::Knowledge, "the log names no system, and on Linux and Windows it is the same");
        for environment in facts.environments.iter_mut().filter(|environment| is_asked(environment)) {
            environment.platform = Fact::known(platform, via.clone());
        }
        let findings =
            Judgement::of(CommandName::Explain, facts.clone(), knowledge, Judged::Selected, start).findings();
        let found = findings.iter().filter(|finding| finding.severity >= Severity::Warning);
        (found.map(|finding| finding.rule).collect::<Vec<_>>(), facts)
    };
    let ((linux, placed), (windows, _)) = (on(Os::Linux), on(Os::Windows));
    if linux == windows && !linux.is_empty() { placed } else { facts }
}

/// A log tells of a part of a machine: what it does not say is no gap in a check.
fn only_said(report: &mut Report, enriched: &Facts) {
    report.checks.unknown.clear();
    report.runs_on.retain(|runs| runs.how != Execution::Unknown);
    let known = |environment: &str| {
        let environment = enriched.environments.iter().find(|one| one.id == environment);
        environment.and_then(|one| one.package("torch")).is_some_and(|torch| torch.build.value().is_some())
    };
    report.readiness.retain(|lines| known(&lines.environment));
    report.subjects.retain(|subject| {
        let unsaid = ["unknown", "no Python"].iter().any(|word| subject.text.starts_with(word));
        subject.label != SubjectKind::Toolkit && !unsaid
    });
    let recognised = enriched.symptoms.iter().any(|symptom| !symptom.means.is_empty());
    let worst = report.findings.iter().map(|finding| finding.severity).max();
    if worst < Some(Severity::Warning) {
        // A line that merely has a word of some error is none.
        let unknown = !recognised && report.findings.iter().any(|finding| finding.rule == "error-in-log");
        report.verdict = if unknown { Verdict::Unknown } else { Verdict::Ok };
    }
}

/// The line at which a finding is.
fn quoted(facts: &Facts, finding: &Finding) -> Option<Excerpt> {
    let at = finding.location.as_ref()?;
    let symptom = facts.symptoms.iter().find(|symptom| symptom.at.as_ref() == Some(at))?;
    let text: String = symptom.text.chars().take(QUOTED).collect();
    let end_column = u32::try_from(text.chars().count()).unwrap_or(u32::MAX).saturating_add(1);
    Some(Excerpt { text, column: 1, end_column })
}

/// Findings that another torch would remove.
const OF_TORCH: [&str; 5] = [
    "cpu-only-torch",
    "driver-too-old-for-cuda-runtime",
    "gpu-too-new-for-wheel",
    "gpu-too-old-for-wheel",
    "torch-companion-mismatch",
];

/// What tells more, where the log says too little for lines that mend it.
fn next_steps(finding: &Finding, facts: &Facts) -> Vec<Fix> {
    if finding.fixes.iter().any(Fix::is_written) {
        return Vec::new();
    }
    let mut steps = Vec::new();
    let of_torch = OF_TORCH.contains(&finding.rule);
    let gpu = facts.gpus.value().and_then(|gpus| gpus.first()).and_then(|gpu| gpu.capability.value());
    let shell = shell(facts);
    if let (true, Some(capability)) = (of_torch, gpu) {
        let architecture = Word::value(&format!("sm_{}", capability.number()));
        let line = architecture.and_then(|architecture| {
            let mut words = vec![Word::fixed("recommend"), Word::fixed("--gpu"), architecture];
            if let Some(driver) = facts.driver.value() {
                words.extend([Word::fixed("--driver"), Word::value(&driver.version.to_string())?]);
            }
            ShellLine::command(shell, &Word::fixed("gpucheck"), &words)
        });
        steps.extend(step(
            "install a torch for this GPU; this prints the command for your system and your driver",
            line,
        ));
    }
    let environment = facts.environments.first();
    let torch = environment.and_then(|environment| environment.package("torch"));
    if of_torch && torch.is_none_or(|torch| torch.build.value().is_none()) {
        let words = [Word::fixed("-m"), Word::fixed("torch.utils.collect_env")];
        let line = ShellLine::command(shell, &Word::fixed("python"), &words);
        steps.extend(step("for the exact commands, add to the log what this prints in the same environment", line));
    } else if steps.is_empty() && finding.fixes.is_empty() {
        let line = ShellLine::command(shell, &Word::fixed("gpucheck"), &[]);
        steps.extend(step("to see what is wrong on the machine itself, run this there", line));
    }
    steps
}

fn step(summary: &str, line: Result<ShellLine, NoWord>) -> Option<Fix> {
    let command = Command { tool: "sh", line: line.ok()? };
    Some(Fix { summary: summary.to_owned(), commands: vec![command], ..Fix::default() })
}

/// The shell of the log's machine.
fn shell(facts: &Facts) -> ShellKind {
    let windows = facts.host.platform.value().is_some_and(|platform| platform.os == Os::Windows);
    match &facts.host.shell {
        Fact::Known { value, .. } => *value,
        _ if windows => ShellKind::PowerShell,
        _ => ShellKind::Sh,
    }
}

/// Fills in what a log does not say.
fn add(facts: &mut Facts, mut here: Facts) {
    // A log of another system is not for this machine's shell.
    if facts.host.platform.value().is_some_and(|platform| here.host.platform.value() != Some(platform)) {
        here.host.shell = Fact::unknown("the log is another system's");
    }
    macro_rules! fill {
        ($($($field:ident).+),+ $(,)?) => {
            $(if facts.$($field).+.is_unknown() {
                facts.$($field).+ = here.$($field).+;
            })+
        };
    }
    fill!(
        host.platform,
        host.distribution,
        host.kernel,
        host.glibc,
        host.container,
        host.wsl,
        host.container_tools,
        host.shell,
        gpus,
        driver,
        driver_libraries,
        driver_files,
        nvml,
        cuda,
        kernel.version,
        kernel.flavour,
        kernel.loaded,
        kernel.installed,
        kernel.installed_flavour,
        kernel.nodes,
        kernel.secure_boot,
        kernel.nvswitches,
        kernel.fabric_manager,
    );
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
