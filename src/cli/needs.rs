//! `gpucheck needs`: the lowest driver, the GPUs served, and what decides each.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use clap::Args;

use super::{
    archive::{Archive, Opened},
    doctor, installed,
    network::NetworkOptions,
    online::Rows,
    options::{AssumedOs, Sources, project_files},
    output,
    paths::ensure_listable,
    progress,
};
use crate::{
    exit::Exit,
    facts::{Facts, PythonVersion},
    files,
    judge::{self, Asked, Assumed, By, Inputs, Machine, NeedsQuestion, PackageFor, System},
    knowledge::{Knowledge, nearest},
    manifest::{self, Choices},
    probe, python,
    render::{
        ColorChoice,
        needs::{self, NeedsFormat},
    },
    report::{
        Verdict,
        needs::{NeedsOf, NeedsSystem, SubjectOf},
    },
    scan::{Collected, Depth, FetchOptions, Progress, Reader, ScanTarget},
    system::{Root, Surroundings},
};

/// Endings of files that hold an image.
const IMAGES: [&str; 8] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".sif", ".squashfs", ".sqsh", ".sqfs"];
/// Longer than any file that asks for software.
const MAX_TEXT: u64 = 16 << 20;

/// Arguments of `gpucheck needs`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Environment, wheel, library, requirements or lock file, folder or image archive; NAME, NAME==VERSION or the URL of a wheel
    /// [default: the environment that is active here]
    #[arg(value_name = "TARGET")]
    targets: Vec<PathBuf>,
    /// A command that installs something; it is not run
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: NeedsFormat,
    /// Only these GPUs, by name or compute capability (repeatable)
    #[arg(long, value_name = "GPU", env = "GPUCHECK_GPU", value_delimiter = ',')]
    gpu: Vec<String>,
    /// Only this operating system (repeatable) [default: those that the software exists for]
    #[arg(long, value_name = "OS")]
    os: Vec<AssumedOs>,
    /// Python version, such as 3.12
    #[arg(long, value_name = "VERSION", env = "GPUCHECK_PYTHON_VERSION")]
    python_version: Option<PythonVersion>,
    /// What nodes with a feature of a Slurm cluster are, such as a100=A100,driver=535.183.01 (repeatable); gpucheck.toml has them in
    /// [slurm.features]
    #[arg(long, value_name = "FEATURE=MACHINE", env = "GPUCHECK_SLURM_FEATURE", value_delimiter = ';')]
    slurm_feature: Vec<String>,
    /// Root of a file system to look into, such as an unpacked image
    #[arg(long, value_name = "DIR", conflicts_with_all = ["targets", "command"])]
    root: Option<PathBuf>,
    /// The environment of a saved JSON report ("-" reads standard input)
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["targets", "command", "root"])]
    replay: Option<PathBuf>,
    /// Image archive, without unpacking it: the output of `docker save`, an OCI layout, a .sif or a squashfs ("-" reads standard input)
    #[arg(long, value_name = "FILE", env = "GPUCHECK_ARCHIVE", conflicts_with_all = ["targets", "command", "root", "replay"])]
    archive: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkOptions,
    /// Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)
    #[arg(long, help_heading = "Remote packages")]
    online: bool,
    /// Write the answer to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)
    #[arg(long, value_name = "WHEN", env = "GPUCHECK_COLOR", default_value = "auto")]
    color: ColorChoice,
    /// Show only what is served
    #[arg(short, long, env = "GPUCHECK_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    quiet: bool,
    /// Also show every product, and what fails with an older driver
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Reads, asks the rules, answers.
    pub fn run(self) -> anyhow::Result<Exit> {
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        knowledge.read_ahead();
        for gpu in &self.gpu {
            knowledge.find_gpu(gpu.trim())?;
        }
        let features = self.features(knowledge)?;
        ensure_listable(self.targets.iter().chain(&self.root).map(PathBuf::as_path))?;
        let machine = Machine::of(Assumed {
            gpus: self.gpu.clone(),
            python: self.python_version,
            by: By::Target,
            ..Assumed::default()
        });
        let systems: Vec<NeedsSystem> = self.os.iter().map(|os| system(*os)).collect();
        let rows = Rows::new(self.online.then(|| self.network.indexes().network()), knowledge, self.quiet);
        let question = NeedsQuestion { knowledge, machine: &machine, systems: &systems, features: &features, start };
        let mut subjects = Vec::new();
        if let Some(facts) = self.facts(knowledge)? {
            let kind =
                if self.archive.is_some() || self.root.is_some() { SubjectOf::Image } else { SubjectOf::Environment };
            subjects.extend(environment(&question, &rows, facts, kind)?);
        }
        if !self.command.is_empty() {
            subjects.extend(self.declared(&question, &rows, Asked::Command(self.command.clone()))?);
        }
        for target in &self.targets {
            subjects.extend(self.target(&question, &rows, target)?);
        }
        let answer = judge::needs(&NeedsQuestion { knowledge: rows.now(), ..question }, subjects);
        let exit = match answer.verdict {
            Verdict::Error | Verdict::Unknown if !serves(&answer.subjects) => Exit::Found,
            Verdict::Error => Exit::Found,
            _ => Exit::Ok,
        };
        let screen = output::screen(self.color, self.verbose, self.quiet, self.output.is_some());
        let text = needs::render(answer, self.format, &screen)?;
        let people = self.format == NeedsFormat::Human;
        output::text(&text, self.output.as_deref(), people)?;
        Ok(exit)
    }

    /// The features of the options, else those of a file of the current folder.
    fn features(&self, knowledge: &Knowledge) -> anyhow::Result<Vec<(String, Machine)>> {
        let given = self.slurm_feature.iter().filter(|text| !text.trim().is_empty());
        let given =
            given.map(|text| judge::feature(text, knowledge).map_err(|why| anyhow::anyhow!("--slurm-feature: {why}")));
        let given: Vec<(String, Machine)> = given.collect::<anyhow::Result<_>>()?;
        if !given.is_empty() {
            return Ok(given);
        }
        for file in project_files("slurm", None) {
            let (name, text) = file?;
            let features = judge::features_of_file(name, &text, knowledge).map_err(anyhow::Error::msg)?;
            if !features.is_empty() {
                return Ok(features);
            }
        }
        anyhow::ensure!(
            self.format != NeedsFormat::Slurm,
            "a constraint needs the features of the site (`sinfo -o %f` lists them): say which machines they stand for with \
             --slurm-feature a100=A100,driver=535.183.01, or in gpucheck.toml under [slurm.features]"
        );
        Ok(Vec::new())
    }

    /// The facts of the one environment that is not a TARGET: of an image, of a saved report, of this machine.
    fn facts(&self, knowledge: &Knowledge) -> anyhow::Result<Option<Facts>> {
        if let Some(path) = &self.replay {
            return doctor::saved(path).map(Some);
        }
        if let Some(archive) = &self.archive {
            return self.image(archive, knowledge).map(Some);
        }
        if !self.targets.is_empty() || !self.command.is_empty() {
            return Ok(None);
        }
        let options =
            probe::Options { root: self.root.clone(), interests: knowledge.interests(), ..probe::Options::default() };
        probe::facts(&options, &Surroundings::of_process()).map(Some)
    }

    fn image(&self, archive: &Path, knowledge: &Knowledge) -> anyhow::Result<Facts> {
        let image = Archive::of(archive).open(self.quiet)?.context("no image archive was given")?;
        let options = probe::Options {
            tree: Some(Opened::tree(&image)),
            interests: knowledge.interests(),
            ..probe::Options::default()
        };
        let mut facts = probe::facts(&options, &image.surroundings())?;
        image.complete(&mut facts);
        Ok(facts)
    }

    /// The answers about one word of the command line.
    fn target(&self, question: &NeedsQuestion<'_>, rows: &Rows, target: &Path) -> anyhow::Result<Vec<NeedsOf>> {
        let knowledge = question.knowledge;
        let name = target.to_string_lossy();
        if target.is_file() && IMAGES.iter().any(|end| name.ends_with(end)) || target.join("oci-layout").is_file() {
            let facts = self.image(target, knowledge)?;
            return environment(question, rows, facts, SubjectOf::Image);
        }
        if target.is_dir() || interpreter(target) {
            let options = probe::Options {
                python: vec![target.to_owned()],
                interests: knowledge.interests(),
                ..probe::Options::default()
            };
            match probe::facts(&options, &Surroundings::of_process()) {
                Ok(facts) => return environment(question, rows, facts, SubjectOf::Environment),
                Err(error) if target.is_file() => return Err(error),
                // A folder of something else.
                Err(_) => {}
            }
            let inside = std::iter::once(target.to_owned()).collect();
            return match self.declared(question, rows, Asked::Files(inside)) {
                Ok(subjects) => Ok(subjects),
                Err(_) => self.package(question, target),
            };
        }
        if target.is_file() {
            let text = files::whole(target, MAX_TEXT).unwrap_or_default();
            if !text.is_empty() && manifest::claims(&manifest::Text::new(target, &*name, text)) {
                return self.declared(question, rows, Asked::Files(vec![target.to_owned()]));
            }
            return self.package(question, target);
        }
        // A bare name asks the knowledge base; whoever names a version or an index has its wheel read.
        if is_name(&name) && (self.online || !self.network.has_index()) {
            if !self.online {
                ensure_known(knowledge, &name)?;
            }
            let words = ["pip", "install", &*name].map(str::to_owned).to_vec();
            let mut subjects = self.declared(question, rows, Asked::Command(words))?;
            subjects.iter_mut().for_each(|subject| subject.name = name.to_string());
            return Ok(subjects);
        }
        self.package(question, target)
    }

    fn declared(&self, question: &NeedsQuestion<'_>, rows: &Rows, asked: Asked) -> anyhow::Result<Vec<NeedsOf>> {
        let facts = installed::facts(None, &[], false, probe::Options::default(), question.knowledge)?;
        let inputs = Inputs::new(asked)?;
        let knowledge = rows.with(|knowledge, wants| {
            let question = NeedsQuestion { knowledge, ..*question };
            for declared in judge::facts_of_declared(&question, &facts, &inputs, &Choices::default())? {
                wants.add(&declared, knowledge);
            }
            Ok(())
        })?;
        let question = &NeedsQuestion { knowledge, ..*question };
        let subjects = judge::needs_of_declared(question, &facts, &inputs, &Choices::default())?;
        inputs.all_read()?;
        Ok(subjects)
    }

    /// A wheel, a library, a folder of libraries; a package of an index is read for each system.
    fn package(&self, question: &NeedsQuestion<'_>, target: &Path) -> anyhow::Result<Vec<NeedsOf>> {
        let surroundings = Surroundings::of_process();
        let root = Root::new(None, surroundings.home.as_deref())?;
        let wanted = ScanTarget::parse(target, &|_| self.network.has_index())?;
        let shown = match &wanted {
            ScanTarget::Local(path) => root.shown(path),
            ScanTarget::Address(url) => url.to_string(),
            ScanTarget::Package(_) => target.display().to_string(),
        };
        let on_index = matches!(wanted, ScanTarget::Package(_)) && !self.network.has_platform();
        let both = [NeedsSystem::Linux, NeedsSystem::Windows];
        let asked: Vec<NeedsSystem> = match (question.systems.is_empty(), on_index) {
            (true, true) => both.to_vec(),
            (true, false) => Vec::new(),
            (false, _) => question.systems.to_vec(),
        };
        let mut all = Vec::new();
        if asked.is_empty() {
            let read = self.read(question, &wanted, &shown, None)?;
            let platform = read.bundles.first().and_then(|bundle| bundle.platform());
            let windows = platform.is_some_and(|platform| platform.os == crate::facts::Os::Windows);
            let system = if windows { NeedsSystem::Windows } else { NeedsSystem::Linux };
            all.push(PackageFor { system, read: Ok(read) });
        }
        let mut failed = None;
        for system in asked {
            let read = self.read(question, &wanted, &shown, Some(system.into()));
            let read = match read {
                Ok(read) => Ok(read),
                Err(error) => {
                    let said = format!("{error:#}");
                    failed.get_or_insert(error);
                    Err(said)
                }
            };
            all.push(PackageFor { system, read });
        }
        if let Some(error) = failed.filter(|_| all.iter().all(|one| one.read.is_err())) {
            return Err(error);
        }
        Ok(vec![judge::needs_of_package(question, shown, &all)?])
    }

    fn read(
        &self,
        question: &NeedsQuestion<'_>,
        wanted: &ScanTarget,
        shown: &str,
        system: Option<System>,
    ) -> anyhow::Result<Collected> {
        let read = Progress::default();
        let depth = Depth::default();
        let mut reader = Reader::new(depth, &read);
        let assumed = Assumed { system, ..question.machine.assumed.clone() };
        let network = self.network.network(&assumed, question.knowledge);
        let wish = FetchOptions { depth, knowledge: question.knowledge, progress: &read };
        progress::while_shown(&read, self.quiet, || match wanted {
            ScanTarget::Local(path) => reader.read(path, shown),
            ScanTarget::Address(url) => network.address(url, &wish).map(|fetched| reader.add_fetched(fetched)),
            ScanTarget::Package(package) => {
                network.package(package, shown, &wish).map(|fetched| reader.add_fetched(fetched))
            }
        })?;
        Ok(reader.finish())
    }
}

/// The answer about the environment that counts among those of the facts.
fn environment(
    question: &NeedsQuestion<'_>,
    rows: &Rows,
    mut facts: Facts,
    kind: SubjectOf,
) -> anyhow::Result<Vec<NeedsOf>> {
    facts.environments.retain(|environment| environment.selected);
    facts.environments.truncate(1);
    anyhow::ensure!(
        !facts.environments.is_empty(),
        "no Python environment found; name one, or a package, a wheel, a requirements or lock file, an image archive"
    );
    let knowledge = rows.with(|knowledge, wants| {
        wants.add(&facts, knowledge);
        Ok(())
    })?;
    Ok(vec![judge::needs_of_environment(&NeedsQuestion { knowledge, ..*question }, &facts, kind)?])
}

/// Whether any of them serves a GPU.
fn serves(subjects: &[NeedsOf]) -> bool {
    !subjects.is_empty()
        && subjects.iter().all(|subject| subject.systems.iter().any(|system| !system.served.is_empty()))
}

/// Whether a file is a Python interpreter, by its name.
fn interpreter(path: &Path) -> bool {
    let name = path.file_stem().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    path.is_file() && name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') == "python"
}

/// Whether a word is the name of a package and nothing more.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && !is_file_name(text)
}

/// Fails for the name of a package of which no row says what it has or brings: the names that are near, and how to have its wheels read.
fn ensure_known(knowledge: &Knowledge, name: &str) -> anyhow::Result<()> {
    let normal = python::normalize(name);
    let all = knowledge.names_with_gpu_code();
    if knowledge.knows_package(&normal) || all.contains(&normal) {
        return Ok(());
    }
    let near = nearest(&normal, all.iter().map(String::as_str).chain(["torchvision", "torchaudio"]));
    let near = if near.is_empty() { String::new() } else { format!("; or did you mean {}?", near.join(", ")) };
    anyhow::bail!("nothing is known of '{name}': 'gpucheck needs {name}==VERSION' reads its wheels{near}")
}

/// Whether a word looks like a file that is not there.
fn is_file_name(text: &str) -> bool {
    let endings = [".so", ".dll", ".pyd", ".whl", ".txt", ".toml", ".lock", ".yml", ".yaml", ".json", ".conda", ".in"];
    endings.iter().chain(&IMAGES).any(|end| text.ends_with(end))
}

fn system(os: AssumedOs) -> NeedsSystem {
    match os {
        AssumedOs::Linux => NeedsSystem::Linux,
        AssumedOs::Windows => NeedsSystem::Windows,
        AssumedOs::Wsl => NeedsSystem::Wsl,
    }
}
