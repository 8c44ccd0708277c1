//! `gpucheck check`: whether what files or a command ask for will work, before anything is installed.

use std::{path::PathBuf, time::Instant};

use anyhow::Context as _;
use clap::Args;

use super::{
    base::{self, Named},
    installed,
    online::OnlineOptions,
    options::{Assume, FailOn, PlatformOption, Show, Sources, ignored_rules},
    output,
    paths::ensure_listable,
    probe::DriverOptions,
    targets::{deliver, each, needs_driver},
};
use crate::{
    exit::Exit,
    facts::Facts,
    files,
    finding::Severity,
    judge::{self, Asked, For, Inputs, Machine, Seen},
    knowledge::Knowledge,
    manifest::Choices,
    probe,
    report::{CellStatus, MachineRow, Report},
    system::{Root, Surroundings},
};

/// As much as is read of standard input.
const MAX_TEXT: u64 = 16 << 20;

/// Arguments of `gpucheck check`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Files that ask for software, or folders with such files; "-" reads standard input
    #[arg(value_name = "FILE", required_unless_present = "command")]
    files: Vec<PathBuf>,
    /// A command that installs something; it is not run
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Name of the file that standard input stands for, such as requirements.txt [default: by what it contains]
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
    /// Environment that the command or the files would change: what is installed there counts, and the report says before and after
    /// [default: for a command, the active one]
    #[arg(long, value_name = "ENV", conflicts_with_all = ["python_version", "target"])]
    python: Option<PathBuf>,
    /// Print the changes that mend what makes the command fail (--fail-on) as a unified diff for `git apply` and `patch -p1`, and nothing else;
    /// of a command that is checked, those of the files that it reads
    #[arg(long)]
    diff: bool,
    /// Report only what changed since a git revision (main, HEAD~1; "main..." is where the branch left main), or compared with another file
    #[arg(long, value_name = "REVISION|FILE", conflicts_with = "diff")]
    base: Option<PathBuf>,
    /// Ask the uv or pip on PATH which versions the files bring (a dry run over the network; installs, builds and runs nothing)
    #[arg(long)]
    resolve: bool,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    assume: Assume,
    #[command(flatten)]
    platform: PlatformOption,
    #[command(flatten)]
    driver: DriverOptions,
    /// When to exit with code 1
    #[arg(long, value_name = "LEVEL", env = "GPUCHECK_FAIL_ON", default_value = "error")]
    fail_on: FailOn,
    #[command(flatten)]
    online: OnlineOptions,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
    /// Whether the files are those of a project of which nothing is installed yet.
    #[arg(skip)]
    not_installed: bool,
}

/// What a person chooses of what the files offer.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Choices that the files leave open")]
struct Chosen {
    /// Extra of a project (repeatable)
    #[arg(long, value_name = "NAME")]
    extra: Vec<String>,
    /// Dependency group of a project (repeatable)
    #[arg(long, value_name = "NAME")]
    group: Vec<String>,
    /// Stage of a Dockerfile to build [default: the last one]
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Value of an ARG of a Dockerfile (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    build_arg: Vec<(String, String)>,
    /// Value of anything else that is left open: an input, a variable (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Heading of a page whose commands are meant
    #[arg(long, value_name = "HEADING")]
    section: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("'{text}' is not of the form NAME=VALUE")),
    }
}

impl Chosen {
    fn choices(&self) -> Choices {
        Choices {
            extras: self.extra.clone(),
            groups: self.group.clone(),
            stage: self.stage.clone(),
            build_args: self.build_arg.iter().cloned().collect(),
            set: self.set.iter().cloned().collect(),
            section: self.section.clone(),
            platform: None,
            python: None,
            each: None,
        }
    }
}

/// What `doctor` was asked with, for a project of which nothing is installed yet.
pub struct OfProject {
    /// Its folder.
    pub folder: PathBuf,
    /// For which machine.
    pub assume: Assume,
    /// How the driver is asked.
    pub driver: DriverOptions,
    /// What fails.
    pub fail_on: FailOn,
    /// Whether indexes are asked.
    pub online: OnlineOptions,
    /// How it is shown.
    pub show: Show,
    /// Where knowledge comes from.
    pub sources: Sources,
}

impl OfProject {
    /// What the files of the project ask for.
    pub fn run(self) -> anyhow::Result<Exit> {
        let Self { folder, assume, driver, fail_on, online, show, sources } = self;
        let platform = PlatformOption { platform: assume.platform };
        Arguments {
            files: vec![folder],
            command: Vec::new(),
            named: None,
            python: None,
            diff: false,
            base: None,
            resolve: false,
            chosen: Chosen::default(),
            assume,
            platform,
            driver,
            fail_on,
            online,
            show,
            sources,
            not_installed: true,
        }
        .run()
    }
}

impl Arguments {
    /// Reads, judges, reports.
    pub fn run(mut self) -> anyhow::Result<Exit> {
        self.assume.platform = self.platform.platform;
        let start = Instant::now();
        self.show.fail_on = Some(self.fail_on);
        let knowledge = self.sources.load()?;
        knowledge.read_ahead();
        let machines = self.assume.machines(true, knowledge)?;
        ensure_listable(self.files.iter().map(PathBuf::as_path))?;
        let mut facts = installed::facts(
            self.python.as_deref(),
            &self.command,
            self.assume.is_here(),
            self.driver.options(needs_driver(&machines)),
            knowledge,
        )?;
        if let Some(folder) = self.files.first().filter(|_| self.not_installed) {
            let surroundings = Surroundings::of_process();
            let root = Root::new(None, surroundings.home.as_deref())?;
            facts.not_installed = surroundings.absolute(folder.clone()).map(|folder| root.shown(&root.tidy(folder)));
        }
        let asked = match self.command.as_slice() {
            [] => Asked::Files(self.files.clone()),
            command => Asked::Command(command.to_vec()),
        };
        let ignored = ignored_rules(self.assume.folder.as_deref(), knowledge)?;
        let prepared = |inputs: Inputs| {
            let inputs = inputs.ignoring(ignored.clone());
            match self.resolve {
                true => {
                    inputs.resolved_by(|environment| probe::resolver::resolve(environment, &Surroundings::of_process()))
                }
                false => inputs,
            }
        };
        let mut inputs = prepared(Inputs::new(asked)?);
        if self.files.iter().any(|file| file.as_os_str() == "-") {
            let text = files::text(std::io::stdin().lock(), MAX_TEXT).context("cannot read standard input")?;
            inputs = inputs.with_text(self.named.as_deref(), text);
        }
        let knowledge = self.online.rows(knowledge, self.show.quiet).with(|knowledge, wants| {
            for machine in &machines {
                let facts = facts.clone();
                let report = judge::plain(knowledge, facts, machine, &inputs, self.chosen.choices(), start)?;
                wants.add(&report.facts, knowledge);
            }
            Ok(())
        })?;
        let nobody = facts.gpus.value().is_none_or(Vec::is_empty);
        let alone = match machines.as_slice() {
            [machine] if machine.assumed.gpus.is_empty() && nobody => Some(machine),
            _ => None,
        };
        if let Some(named) = &self.base {
            let named = Named { base: named, files: &self.files, command: &self.command, input: self.named.as_deref() };
            let mut before = named.base(prepared)?;
            let meant = For { facts: &facts, machines: &machines, survey: alone.is_some() };
            let states = (&mut before, &mut inputs);
            return base::changed(knowledge, meant, states, self.chosen.choices(), self.fail_on, &self.show, start);
        }
        if let Some(machine) = alone {
            return self.surveyed(&facts, machine, &inputs, knowledge, start);
        }
        let mut failed = false;
        let reports = each(&machines, |machine| {
            let report = judge::check(knowledge, facts.clone(), machine, &mut inputs, self.chosen.choices(), start)?;
            failed |= self.fail_on.fails(&report.findings, report.verdict);
            Ok(report)
        })?;
        match self.diff {
            true => self.mended(&facts, &machines, &reports, &mut inputs, knowledge, start)?,
            false => deliver(knowledge, reports, None, &self.show, start)?,
        }
        inputs.all_read()?;
        Ok(if failed { Exit::Found } else { Exit::Ok })
    }

    /// Without a GPU: which generations what is asked for serves. It fails where something serves none of them.
    fn surveyed(
        &self,
        facts: &Facts,
        machine: &Machine,
        inputs: &Inputs,
        knowledge: &Knowledge,
        start: Instant,
    ) -> anyhow::Result<Exit> {
        if let Some(folder) = facts.not_installed.as_ref().filter(|_| !self.show.quiet) {
            // A table has no place for what is no row of it.
            super::complaint::complain(&anyhow::anyhow!(
                "nothing is installed in {folder} yet: this is what its files ask for"
            ));
        }
        anyhow::ensure!(!self.diff, "no GPU found to mend the files for; name one, such as --gpu \"RTX 5090\"");
        let reports = judge::survey(knowledge, facts, machine, inputs, &self.chosen.choices(), start)?;
        let table = judge::environments(&reports);
        let fails = |row: &MachineRow| row.cells.iter().all(|cell| cell.status == CellStatus::Fails);
        let failed = self.fail_on != FailOn::Never && table.rows.iter().any(fails);
        deliver(knowledge, reports, Some(table), &self.show, start)?;
        inputs.all_read()?;
        Ok(if failed { Exit::Found } else { Exit::Ok })
    }

    /// Prints the files' changes. What serves one machine is judged for the others, too.
    fn mended(
        &self,
        facts: &Facts,
        machines: &[Machine],
        reports: &[Seen],
        inputs: &mut Inputs,
        knowledge: &Knowledge,
        start: Instant,
    ) -> anyhow::Result<()> {
        // What makes the command fail is mended.
        let least = self.fail_on.least();
        for machine in machines {
            judge::mend(knowledge, facts.clone(), machine, inputs, self.chosen.choices(), least, start)?;
        }
        let errors = |report: &Report| report.findings.iter().filter(|one| one.severity == Severity::Error).count();
        for (machine, before) in machines.iter().zip(reports).filter(|_| machines.len() > 1) {
            let after = judge::check(knowledge, facts.clone(), machine, inputs, self.chosen.choices(), start)?;
            anyhow::ensure!(
                errors(&after) <= errors(&before.report),
                "no change serves all targets: what serves the others breaks '{}'",
                machine.name
            );
        }
        output::diff(inputs.mended())
    }
}
