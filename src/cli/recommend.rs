//! `gpucheck recommend`: what to install for a GPU, driver, system and Python, from options or probes.

use std::time::Instant;

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser},
};

use super::{
    online::OnlineOptions,
    options::{Assume, PlatformOption, Show, Sources},
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

/// Tools that the commands can be written for: the word of the option, the tool, and what the help says of it.
const TOOLS: [(&str, Manager, &str); 7] = [
    ("pip", Manager::Pip, "pip in the active environment"),
    ("uv", Manager::Uv, "uv pip in the active environment"),
    ("uv-project", Manager::UvProject, "A uv project: what to write into pyproject.toml, and uv add"),
    ("conda", Manager::Conda, "A new conda environment, with pip inside"),
    ("pixi", Manager::Pixi, "A pixi workspace: pixi add"),
    ("poetry", Manager::Poetry, "A Poetry project: poetry add"),
    ("docker", Manager::Docker, "A Dockerfile: the instruction to write into it"),
];

fn tools() -> PossibleValuesParser {
    TOOLS.map(|(word, _, help)| PossibleValue::new(word).help(help)).into()
}

/// Arguments of `gpucheck recommend`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Tool to write the commands for [default: the one that manages the environment that is here, else pip]
    #[arg(long, value_name = "TOOL", env = "GPUCHECK_TOOL", value_parser = tools())]
    tool: Option<String>,
    #[command(flatten)]
    wishes: Wishes,
    #[command(flatten)]
    assume: Assume,
    #[command(flatten)]
    platform: PlatformOption,
    #[command(flatten)]
    driver: DriverOptions,
    #[command(flatten)]
    online: OnlineOptions,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Searches from scratch and prints the commands.
    pub fn run(mut self) -> anyhow::Result<Exit> {
        self.assume.platform = self.platform.platform;
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        let machines = self.assume.machines(true, knowledge)?;
        let wanted = self.wishes.wanted();
        anyhow::ensure!(
            wanted.is_none() || machines.len() < 2,
            "--torch, --with and --keep are about one machine; name one target"
        );
        let facts = probe::facts(&self.driver.options(needs_driver(&machines)), &Surroundings::of_process())?;
        let prepared = |machine: &Machine, knowledge: &Knowledge| {
            prepared(facts.clone(), machine, self.tool.as_deref(), wanted.as_ref(), knowledge)
        };
        let knowledge = self.online.rows(knowledge, self.show.quiet).with(|knowledge, wants| {
            for machine in &machines {
                wants.add(&prepared(machine, knowledge)?, knowledge);
            }
            Ok(())
        })?;
        let mut answered = true;
        let reports = each(&machines, |machine| {
            let facts = prepared(machine, knowledge)?;
            let report = judge(CommandName::Recommend, facts, knowledge, Judged::Selected, start);
            answered &= has_answer(&report);
            Ok(report)
        })?;
        deliver(knowledge, reports, None, &self.show, start)?;
        Ok(if answered { Exit::Ok } else { Exit::Found })
    }
}

/// The facts of one machine with the environment that is to be made.
fn prepared(
    mut facts: Facts,
    machine: &Machine,
    tool: Option<&str>,
    wanted: Option<&Wanted>,
    knowledge: &Knowledge,
) -> anyhow::Result<Facts> {
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
    if let Some((word, manager, _)) = TOOLS.into_iter().find(|(word, ..)| Some(*word) == tool) {
        environment = made_with(environment, manager, &format!("--tool {word}"));
    }
    environment.wanted = wanted.cloned().map(Box::new);
    facts.environments = vec![environment];
    Ok(facts)
}

/// Whether a report says what to install. A command that needs another driver or Python than requested is a hint, not an answer.
fn has_answer(report: &Report) -> bool {
    let mut fixes = report.findings.iter().flat_map(|finding| &finding.fixes);
    report.verdict != Verdict::Error && fixes.any(|fix| fix.is_written() && fix.needs.is_empty())
}
