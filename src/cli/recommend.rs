//! `gpucheck recommend`: what to install for a GPU, driver, system and Python, from options or probes.

use std::time::Instant;

use clap::Args;

use super::{
    options::{Assume, Show, Sources},
    probe::DriverOptions,
    targets::{deliver, each, ensure_gpu, needs_driver},
};
use crate::{
    exit::Exit,
    facts::{Fact, Facts, PythonVersion},
    judge::{Machine, hypothetical, judge},
    knowledge::Knowledge,
    probe,
    report::{CommandName, Report, Verdict},
    rules::Judged,
    system::Surroundings,
};

/// Arguments of `gpucheck recommend`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    #[command(flatten)]
    assume: Assume,
    #[command(flatten)]
    driver: DriverOptions,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Searches from scratch and prints the commands.
    pub fn run(self) -> anyhow::Result<Exit> {
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        let machines = self.assume.machines(true, knowledge)?;
        let facts = probe::facts(&self.driver.options(needs_driver(&machines)), &Surroundings::of_process())?;
        let mut answered = true;
        let reports = each(&machines, |machine| {
            let report = judged(facts.clone(), machine, knowledge, start)?;
            answered &= has_answer(&report);
            Ok(report)
        })?;
        deliver(knowledge, reports, None, &self.show, start)?;
        Ok(if answered { Exit::Ok } else { Exit::Found })
    }
}

/// What to install on one machine.
fn judged(mut facts: Facts, machine: &Machine, knowledge: &Knowledge, start: Instant) -> anyhow::Result<Report> {
    let assumed = &machine.assumed;
    assumed.apply(&mut facts, knowledge)?;
    ensure_gpu(&facts)?;
    // The Python that is here counts unless another one is named; what is installed in it does not.
    let here = facts.environments.iter().find(|environment| environment.selected);
    let python: Option<PythonVersion> = here.and_then(|environment| environment.python.value().copied());
    let mut environment = hypothetical(&facts, assumed.python);
    if let (Fact::Unknown { .. }, Some(python), Some(here)) = (&environment.python, python, here)
        && let Some(via) = here.python.via()
    {
        environment.python = Fact::known(python, via.clone());
    }
    environment.manager = here.map_or(environment.manager, |here| here.manager.clone());
    facts.environments = vec![environment];
    Ok(judge(CommandName::Recommend, facts, knowledge, Judged::Selected, start))
}

/// Whether a report says what to install. A command that needs another driver or Python than requested is a hint, not an answer.
fn has_answer(report: &Report) -> bool {
    let mut fixes = report.findings.iter().flat_map(|finding| &finding.fixes);
    report.verdict != Verdict::Error && fixes.any(|fix| !fix.commands.is_empty() && fix.needs.is_empty())
}
