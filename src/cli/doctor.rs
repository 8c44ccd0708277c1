//! `gpucheck doctor`: what is wrong on this machine and in this environment, and what to paste.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};

use super::{
    archive::{Archive, Opened},
    check,
    framework::FrameworkOptions,
    gates::Gates,
    online::OnlineOptions,
    options::{Assume, FailOn, Node, Show, Sources},
    paths::ensure_listable,
    probe::DriverOptions,
    smoke::Compute,
    targets::{deliver, each, needs_driver},
};
use crate::{
    exit::Exit,
    facts::Facts,
    files,
    judge::{self, CheckError, Machine, ensure_environment},
    knowledge::{Knowledge, nearest},
    manifest, probe,
    report::{CommandName, Report},
    rules::Judged,
    system::{Root, Surroundings},
};

/// A report of an environment with a hundred thousand packages has some 30 MB.
const MAX_REPORT: u64 = 128 << 20;

/// Arguments of `gpucheck doctor`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Project folders, virtual environments, interpreters or site-packages to check instead of the active environment
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Same as PATH (repeatable)
    #[arg(long, value_name = "PATH", env = "GPUCHECK_PYTHON")]
    python: Vec<PathBuf>,
    /// Root of the file system to check, such as an unpacked image or a chroot
    #[arg(long, value_name = "DIR", env = "GPUCHECK_ROOT")]
    root: Option<PathBuf>,
    #[command(flatten)]
    archive: Archive,
    /// Check every environment found, not only the selected one
    #[arg(long, env = "GPUCHECK_ALL", value_parser = clap::builder::FalseyValueParser::new())]
    all: bool,
    /// Evaluate the facts of a saved JSON report again ("-" reads standard input)
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["paths", "python", "root"])]
    replay: Option<PathBuf>,
    /// When to exit with code 1
    #[arg(long, value_name = "LEVEL", env = "GPUCHECK_FAIL_ON", default_value = "error")]
    fail_on: FailOn,
    #[command(flatten)]
    assume: Assume,
    #[command(flatten)]
    node: Node,
    #[command(flatten)]
    driver: DriverOptions,
    /// Also run test kernels on the GPUs, as `gpucheck smoke` does; this wakes idle GPUs and disturbs running jobs
    #[arg(long, env = "GPUCHECK_SMOKE", conflicts_with_all = ["replay", "root", "archive", "no_driver"], value_parser = clap::builder::FalseyValueParser::new())]
    smoke: bool,
    #[command(flatten)]
    compute: Compute,
    #[command(flatten)]
    framework: FrameworkOptions,
    #[command(flatten)]
    online: OnlineOptions,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
    /// The project that was named, as it was.
    #[arg(skip)]
    named: Option<PathBuf>,
}

/// Files by which a project says what it needs.
const DECLARES: [&str; 9] = [
    "pyproject.toml",
    "uv.lock",
    "pylock.toml",
    "poetry.lock",
    "environment.yml",
    "environment.yaml",
    "pixi.toml",
    "pixi.lock",
    "requirements.in",
];

/// Whether a folder has a list of requirements, by its name.
fn lists(folder: &Path) -> bool {
    let Ok(root) = Root::new(None, None) else { return false };
    root.names(folder).iter().any(|name| name.starts_with("requirements") && name.ends_with(".txt"))
}

impl Arguments {
    /// Looks, judges, reports.
    pub fn run(mut self) -> anyhow::Result<Exit> {
        let start = Instant::now();
        self.show.fail_on = Some(self.fail_on);
        if let Some(folder) = self.project() {
            self.assume.folder = Some(folder);
            self.named = self.paths.pop();
        }
        // That of an archive says which image is meant, and the image itself what it is for.
        self.assume.platform = self.archive.platform.filter(|_| self.archive.archive.is_none());
        if let Some(project) = self.not_installed()? {
            match project.run() {
                Err(error) if matches!(error.downcast_ref(), Some(CheckError::Nothing(_))) => {}
                answer => return answer,
            }
        }
        let knowledge = self.sources.load()?;
        knowledge.read_ahead();
        let elsewhere = self.replay.is_some() || self.is_below() || self.smoke || self.framework.framework;
        let machines = self.assume.machines(!elsewhere, knowledge)?;
        let mut facts = match &self.replay {
            Some(path) => saved(path)?,
            None => self.probe(knowledge, &machines).map_err(|error| self.misspelt(error))?,
        };
        self.framework(&mut facts)?;
        if !self.node.expect.is_empty() {
            facts.expected = self.node.expected(knowledge)?;
        }
        let knowledge = self.online.rows(knowledge, self.show.quiet).with(|knowledge, wants| {
            for machine in &machines {
                wants.add(&prepared(facts.clone(), machine, knowledge)?, knowledge);
            }
            Ok(())
        })?;
        let mut failed = false;
        let reports = each(&machines, |machine| {
            let (report, fails) = self.judged(facts.clone(), machine, knowledge, start)?;
            failed |= fails;
            Ok(report)
        })?;
        deliver(knowledge, reports, None, &self.show, start)?;
        Ok(if failed { Exit::Found } else { Exit::Ok })
    }

    /// The folder of the one project that is named: `gpucheck x` looks where `gpucheck` looks inside of x. A folder without anything of a project
    /// is what else the user may mean by it.
    fn project(&self) -> Option<PathBuf> {
        let [path] = self.paths.as_slice() else { return None };
        if !self.python.is_empty() || self.root.is_some() || self.archive.archive.is_some() || !path.is_dir() {
            return None;
        }
        let folder = Surroundings::of_process().absolute(path.clone())?;
        let options = probe::Options { project: Some(folder.clone()), ..probe::Options::default() };
        let itself = ["pyvenv.cfg", "conda-meta", "bin/python", "bin/python3", "python.exe", "Scripts/python.exe"];
        let is_environment = itself.iter().any(|name| folder.join(name).exists());
        let is_project = DECLARES.iter().any(|name| folder.join(name).is_file())
            || lists(&folder)
            || probe::project_has_environment(&options, &Surroundings::of_process());
        (!is_environment && is_project).then_some(folder)
    }

    /// The files of a project that has no environment, where it is the project that is asked about.
    fn not_installed(&self) -> anyhow::Result<Option<check::OfProject>> {
        let other = self.root.is_some() || self.archive.archive.is_some() || self.replay.is_some() || self.all;
        let on_machine =
            self.smoke || self.framework.framework || !self.node.expect.is_empty() || !self.node.label.is_empty();
        if other || on_machine || !self.paths.is_empty() || !self.python.is_empty() {
            return Ok(None);
        }
        let surroundings = Surroundings::of_process();
        let Some(folder) = self.assume.folder.clone().or_else(|| surroundings.folder.clone()) else { return Ok(None) };
        if !(DECLARES.iter().any(|name| folder.join(name).is_file()) || lists(&folder)) {
            return Ok(None);
        }
        let options = probe::Options { project: self.assume.folder.clone(), ..probe::Options::default() };
        if probe::has_own_environment(&options, &surroundings)? {
            return Ok(None);
        }
        Ok(Some(check::OfProject {
            // As it was named: reports name files by it.
            folder: self.named.clone().unwrap_or_else(|| PathBuf::from(".")),
            assume: self.assume.clone(),
            driver: self.driver.clone(),
            fail_on: self.fail_on,
            online: self.online.clone(),
            show: self.show.clone(),
            sources: self.sources.clone(),
        }))
    }

    /// The report of one machine, and whether it fails the command.
    fn judged(
        &self,
        facts: Facts,
        machine: &Machine,
        knowledge: &Knowledge,
        start: Instant,
    ) -> anyhow::Result<(Report, bool)> {
        let facts = prepared(facts, machine, knowledge)?;
        let judged = if self.all { Judged::All } else { Judged::Selected };
        let mut report = judge::judge(CommandName::Doctor, facts, knowledge, judged, start);
        report.labels = self.node.label.iter().cloned().collect();
        let gates =
            Gates { expected: !self.node.expect.is_empty(), smoke: self.smoke, framework: self.framework.framework };
        let shut = gates.shut(&mut report, self.fail_on);
        let fails = shut || self.fail_on.fails(&report.findings, report.verdict);
        Ok((report, fails))
    }

    /// Without a command a word is a path: one that does not exist and is like a command was meant as that.
    /// A file that asks for software is read by another command.
    fn misspelt(&self, error: anyhow::Error) -> anyhow::Error {
        let cli = super::Cli::command();
        let commands = || cli.get_subcommands().filter(|command| !command.is_hide_set()).map(clap::Command::get_name);
        let missing = self.paths.iter().filter(|path| !path.exists()).filter_map(|path| path.to_str());
        match missing.flat_map(|word| nearest(word, commands())).next() {
            Some(command) => anyhow::anyhow!("{error:#}; did you mean `gpucheck {command}`?"),
            None if self.paths.iter().any(|path| asks_for_software(path)) => {
                anyhow::anyhow!("{error:#}; files that ask for software are read by `gpucheck check FILE`")
            }
            None => error,
        }
    }

    /// torch runs on this machine, so an assumed machine has nothing to run.
    fn framework(&self, facts: &mut Facts) -> anyhow::Result<()> {
        let elsewhere = [
            ("--replay", self.replay.is_some()),
            ("--root", self.root.is_some()),
            ("--archive", self.archive.archive.is_some()),
            ("--gpu", !self.assume.gpu.is_empty()),
            ("--target", !self.assume.target.is_empty()),
            ("--os", self.assume.os.is_some()),
            ("--platform", self.assume.platform.is_some()),
        ];
        if let Some((option, _)) = elsewhere.iter().find(|(_, given)| *given).filter(|_| self.framework.framework) {
            anyhow::bail!("--framework runs torch on this machine and cannot be combined with {option}");
        }
        self.framework.run(facts);
        Ok(())
    }

    fn probe(&self, knowledge: &Knowledge, machines: &[Machine]) -> anyhow::Result<Facts> {
        let named = self.paths.iter().chain(&self.python).chain(&self.root);
        ensure_listable(named.map(PathBuf::as_path))?;
        let image = self.archive.open(self.show.quiet)?;
        let options = probe::Options {
            root: self.root.clone(),
            tree: image.as_ref().map(Opened::tree),
            python: self.paths.iter().chain(&self.python).cloned().collect(),
            project: self.assume.folder.clone(),
            all: self.all,
            interests: knowledge.interests(),
            smoke: self.smoke.then(|| self.compute.options()),
            ..self.driver.options(needs_driver(machines) && !self.is_below())
        };
        let Some(image) = image else { return probe::facts(&options, &Surroundings::of_process()) };
        let mut facts = probe::facts(&options, &image.surroundings())?;
        image.complete(&mut facts);
        Ok(facts)
    }

    /// Whether other files than this machine's are looked at.
    fn is_below(&self) -> bool {
        self.root.is_some() || self.archive.archive.is_some()
    }
}

/// The facts of one machine. Where nothing is installed, they are about an environment that is to be made.
fn prepared(mut facts: Facts, machine: &Machine, knowledge: &Knowledge) -> anyhow::Result<Facts> {
    machine.assumed.apply(&mut facts, knowledge)?;
    ensure_environment(&mut facts, machine.assumed.python);
    Ok(facts)
}

/// Whether a path is a file that `gpucheck check` reads.
fn asks_for_software(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let text = files::whole(path, 1 << 20).unwrap_or_default();
    manifest::claims(&manifest::Text::new(path, path.to_string_lossy(), text))
}

/// The facts of a saved report.
pub fn saved(path: &Path) -> anyhow::Result<Facts> {
    let text = if path.as_os_str() == "-" {
        files::text(std::io::stdin().lock(), MAX_REPORT).context("cannot read standard input")?
    } else {
        files::whole(path, MAX_REPORT)
            .with_context(|| format!("cannot read {} (\"-\" reads standard input)", path.display()))?
    };
    Ok(judge::saved(&path.display().to_string(), &text)?)
}
