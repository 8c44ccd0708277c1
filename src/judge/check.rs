//! From files and commands that ask for software to a report, for one machine.

use std::{collections::BTreeSet, time::Instant};

use gpucheck_ground::Order as _;

use super::{
    By, Seen,
    assume::Assumed,
    inputs::{Bench, CheckError, Inputs},
    machine::Machine,
    rewrite::{self, Written},
};
use crate::{
    facts::Facts,
    finding::{Excerpt, Finding, Severity},
    knowledge::Knowledge,
    manifest::{self, Choices, Declared, Shelf, Text},
    report::Report,
};

/// Reads what is asked for and judges it for one machine. `facts` are those of the machine that gpucheck runs on, with the environment that
/// would be changed, if one is meant.
///
/// # Errors
/// When nothing could be read.
pub fn check(
    knowledge: &Knowledge,
    facts: Facts,
    machine: &Machine,
    inputs: &mut Inputs,
    choices: Choices,
    start: Instant,
) -> Result<Report, CheckError> {
    let bench = Bench::of(knowledge, facts, machine, choices, start)?;
    Ok(report(&bench, inputs)?.0)
}

/// The same for each generation of GPUs, where nobody named one: by the products that stand for them in the knowledge base, without fixes.
///
/// # Errors
/// As [`check`].
pub fn survey(
    knowledge: &Knowledge,
    facts: &Facts,
    machine: &Machine,
    inputs: &Inputs,
    choices: &Choices,
    start: Instant,
) -> Result<Vec<Seen>, CheckError> {
    let mut products: Vec<_> = knowledge.gpus().filter(|row| row.typical).collect();
    products.order_by_key(|row| row.capability);
    // What is read hangs on the system and on Python, and not on the GPU.
    let mut declared = None;
    let mut of = |name: &str| {
        let assumed = Assumed { gpus: vec![name.to_owned()], by: By::Target, ..machine.assumed.clone() };
        let machine = Machine { name: name.to_owned(), assumed };
        let bench = Bench::of(knowledge, facts.clone(), &machine, choices.clone(), start)?;
        let read = match &declared {
            None => declared.insert(bench.read(inputs)?).clone(),
            Some(read) => Declared::clone(read),
        };
        let report = accepted(bench.judge(inputs, read).without_fixes(), inputs);
        Ok(Seen { target: machine.name, report })
    };
    products.into_iter().map(|row| of(&row.name)).collect()
}

/// The report of one machine, without fixes and without the lines of the files.
///
/// # Errors
/// As [`check`].
pub fn plain(
    knowledge: &Knowledge,
    facts: Facts,
    machine: &Machine,
    inputs: &Inputs,
    choices: Choices,
    start: Instant,
) -> Result<Report, CheckError> {
    let bench = Bench::of(knowledge, facts, machine, choices, start)?;
    Ok(accepted(bench.judge(inputs, bench.read(inputs)?).without_fixes(), inputs))
}

/// The report without what is accepted.
fn accepted(mut report: Report, inputs: &Inputs) -> Report {
    super::ignored::apply(&mut report, &inputs.ignored);
    report
}

/// The report, with the lines at which findings are, and fixes as lines of the files.
fn report(bench: &Bench<'_>, inputs: &mut Inputs) -> Result<(Report, Vec<Written>), CheckError> {
    let judgement = bench.judge(inputs, bench.read(inputs)?);
    let enriched = judgement.enriched.clone();
    let mut report = judgement.with_fixes();
    let mut last = None;
    for finding in &mut report.findings {
        finding.excerpt = quoted(&inputs.shelf, finding, &mut last);
    }
    // A change is held against all that was found: what is accepted must not count as new.
    let before = report.findings.clone();
    if let Some(there) = &bench.installed {
        super::installed::compare(bench.knowledge, bench.start, there, &enriched, &mut report);
    }
    super::ignored::apply(&mut report, &inputs.ignored);
    let written = rewrite::attach(bench, inputs, &enriched, &before, &mut report.findings);
    Ok((report, written))
}

/// The line at which a finding is. Most findings are in one file: the `last` one is not read again.
fn quoted(shelf: &Shelf, finding: &Finding, last: &mut Option<Text>) -> Option<Excerpt> {
    let at = finding.location.as_ref()?;
    if last.as_ref().is_none_or(|text| text.shown != at.path) {
        *last = shelf.again(&at.path);
    }
    let manifest::Excerpt { text, column, end_column } = manifest::excerpt(last.as_ref()?, at)?;
    Some(Excerpt { text, column, end_column })
}

/// As often as files are changed and judged again.
const MOST_ROUNDS: usize = 20;

/// Changes the files in memory until nothing is found, from `least` upwards, that a change of theirs would remove; gives the report about
/// what they are then.
///
/// # Errors
/// As [`check`].
pub fn mend(
    knowledge: &Knowledge,
    facts: Facts,
    machine: &Machine,
    inputs: &mut Inputs,
    choices: Choices,
    least: Severity,
    start: Instant,
) -> Result<Report, CheckError> {
    let bench = Bench::of(knowledge, facts, machine, choices, start)?;
    let (mut said, mut written) = report(&bench, inputs)?;
    for _ in 0..MOST_ROUNDS {
        // What one change does may be what another one would do: in one round, a file and an environment change once.
        let (mut files, mut environments) = (BTreeSet::new(), BTreeSet::new());
        for finding in said.findings.iter().filter(|finding| finding.severity >= least) {
            let changes = finding.fixes.iter().map(|fix| &fix.changes).find(|lines| !lines.is_empty());
            let Some(one) = changes.and_then(|lines| written.iter().find(|one| one.changes == *lines)) else {
                continue;
            };
            let touched = || one.files.iter().map(|file| &file.path);
            if touched().any(|path| files.contains(path)) || !environments.insert(&finding.environment) {
                continue;
            }
            files.extend(touched().cloned());
            rewrite::keep(inputs, &one.files);
        }
        if files.is_empty() {
            break;
        }
        (said, written) = report(&bench, inputs)?;
    }
    Ok(said)
}
