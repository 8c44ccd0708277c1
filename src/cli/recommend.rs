//! `gpucheck recommend`: what to install for a GPU, driver, system and Python, from options or probes.

use std::time::Instant;

use clap::{Args, ValueEnum};

use super::{
    options::{Assume, Show, Sources},
    probe::DriverOptions,
    targets::{deliver, each, ensure_gpu, needs_driver},
    wishes::Wishes,
};
use crate::{
    exit::Exit,
    facts::{Environment, Fact, Facts, Manager, PythonVersion, Wanted},
    judge::{Machine, hypothetical, judge, made_with},
    knowledge::Knowledge,
    probe,
    report::{CommandName, Report, Verdict},
    rules::Judged,
    system::Surroundings,
};

/// Tools that the commands can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tool {
    /// pip in the active environment
    Pip,
    /// uv pip in the active environment
    Uv,
    /// A uv project: what to write into pyproject.toml, and uv add
    UvProject,
    /// A new conda environment, with pip inside
    Conda,
    /// A pixi workspace: pixi add
    Pixi,
    /// A Poetry project: poetry add
    Poetry,
    /// A Dockerfile: the instruction to write into it
    Docker,
}

impl Tool {
    const fn manager(self) -> Manager {
        match self {
            Self::Pip => Manager::Pip,
            Self::Uv => Manager::Uv,
            Self::UvProject => Manager::UvProject,
            Self::Conda => Manager::Conda,
            Self::Pixi => Manager::Pixi,
            Self::Poetry => Manager::Poetry,
            Self::Docker => Manager::Docker,
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Arguments of `gpucheck recommend`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Tool to write the commands for [default: the one that manages the environment that is here, else pip]
    #[arg(long, value_name = "TOOL", env = "GPUCHECK_TOOL")]
    tool: Option<Tool>,
    #[command(flatten)]
    wishes: Wishes,
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
        let wanted = self.wishes.wanted();
        anyhow::ensure!(
            wanted.is_none() || machines.len() < 2,
            "--torch, --with and --keep are about one machine; name one target"
        );
        let facts = probe::facts(&self.driver.options(needs_driver(&machines)), &Surroundings::of_process())?;
        let mut answered = true;
        let reports = each(&machines, |machine| {
            let report = judged(facts.clone(), machine, self.tool, wanted.as_ref(), knowledge, start)?;
            answered &= has_answer(&report);
            Ok(report)
        })?;
        deliver(knowledge, reports, None, &self.show, start)?;
        Ok(if answered { Exit::Ok } else { Exit::Found })
    }
}

/// What to install on one machine.
fn judged(
    mut facts: Facts,
    machine: &Machine,
    tool: Option<Tool>,
    wanted: Option<&Wanted>,
    knowledge: &Knowledge,
    start: Instant,
) -> anyhow::Result<Report> {
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
    // Whether pip may change a Python says nothing about the Python of another system.
    let counts =
        |here: &&Environment| here.manager.value() != Some(&Manager::System) || here.interpreter.value().is_some();
    environment.manager = here.filter(counts).map_or(environment.manager, |here| here.manager.clone());
    if let Some(tool) = tool {
        environment = made_with(environment, tool.manager(), &format!("--tool {}", tool.name()));
    }
    environment.wanted = wanted.cloned().map(Box::new);
    facts.environments = vec![environment];
    Ok(judge(CommandName::Recommend, facts, knowledge, Judged::Selected, start))
}

/// Whether a report says what to install. A command that needs another driver or Python than requested is a hint, not an answer.
fn has_answer(report: &Report) -> bool {
    let mut fixes = report.findings.iter().flat_map(|finding| &finding.fixes);
    report.verdict != Verdict::Error && fixes.any(|fix| fix.is_written() && fix.needs.is_empty())
}
