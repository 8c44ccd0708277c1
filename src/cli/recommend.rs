//! `gpucheck recommend`: what to install for a GPU, driver, system and Python, from options or probes.

use std::time::Instant;

use clap::{Args, ValueEnum};

use super::{
    options::{Assume, Show, Sources},
    output,
    probe::DriverOptions,
};
use crate::{
    exit::Exit,
    facts::{Environment, Fact, Manager, PythonVersion},
    judge::{hypothetical, judge, made_with},
    probe,
    report::{CommandName, Verdict},
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
    #[command(flatten)]
    assume: Assume,
    /// Tool to write the commands for [default: the one that manages the environment that is here, else pip]
    #[arg(long, value_name = "TOOL", env = "GPUCHECK_TOOL")]
    tool: Option<Tool>,
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
        let assumed = self.assume.assumed();
        let mut facts = probe::facts(&self.driver.options(assumed.needs_driver()), &Surroundings::of_process())?;
        assumed.apply(&mut facts, knowledge)?;
        anyhow::ensure!(
            facts.gpus.value().is_some_and(|gpus| !gpus.is_empty()),
            "no GPU found; name one, such as --gpu \"RTX 5090\""
        );
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
        if let Some(tool) = self.tool {
            environment = made_with(environment, tool.manager(), &format!("--tool {}", tool.name()));
        }
        facts.environments = vec![environment];
        let report = judge(CommandName::Recommend, facts, knowledge, Judged::Selected, start);
        let fixes = || report.findings.iter().flat_map(|finding| &finding.fixes);
        // A command that needs another driver or Python than requested is a hint, not an answer.
        let answered = report.verdict != Verdict::Error && fixes().any(|fix| fix.is_written() && fix.needs.is_empty());
        output::deliver(report, &self.show)?;
        Ok(if answered { Exit::Ok } else { Exit::Found })
    }
}
