//! Options that several commands share. Each has an environment variable `GPUCHECK_…` of the same meaning.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum, builder::TypedValueParser as _};

use super::{output::target::Output, store};

use crate::{
    facts::{Expected, Os, Platform, PythonVersion, ShellKind},
    files,
    finding::{Finding, Severity},
    judge::{AskedDriver, Assumed, By, IgnoredRule, Machine, System},
    knowledge::{GpuAnswer, Knowledge},
    probe::slurm::{self, SlurmGpus},
    render::{ColorChoice, Format},
    report::Verdict,
    system::{Root, Surroundings, redact},
};

/// What to assume instead of probing.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Assume instead of probing")]
pub struct Assume {
    /// GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)
    #[arg(long, value_name = "GPU", env = "GPUCHECK_GPU", value_delimiter = ',')]
    pub gpu: Vec<String>,
    /// NVIDIA driver version, such as 580.95.05; or the CUDA version that nvidia-smi shows (12.4), or a release of Jetson Linux (36.4.3)
    #[arg(long, value_name = "VERSION", env = "GPUCHECK_DRIVER")]
    pub driver: Option<AskedDriver>,
    /// Operating system
    #[arg(long, value_name = "OS", env = "GPUCHECK_OS")]
    pub os: Option<AssumedOs>,
    /// Python version, such as 3.12 or 3.14t
    #[arg(long, value_name = "VERSION", env = "GPUCHECK_PYTHON_VERSION")]
    pub python_version: Option<PythonVersion>,
    /// One machine to judge for: its GPUs, then what else is known of it, such as "V100,driver=580.95.05,os=linux"
    /// (repeatable: each is judged alone; keys: driver, os, platform, python, shell; "here" is this machine)
    #[arg(long, value_name = "MACHINE", env = "GPUCHECK_TARGET", value_delimiter = ';', conflicts_with = "gpu")]
    pub target: Vec<String>,
    /// Shell to write commands for [default: sh; on Windows the one that started gpucheck, or PowerShell]
    #[arg(long, value_name = "SHELL", env = "GPUCHECK_SHELL")]
    pub shell: Option<AssumedShell>,
    /// What wheels must be for: each command has an option of its own for it.
    #[arg(skip)]
    pub platform: Option<Platform>,
    /// The folder of the project whose files may name targets; nothing: the current one.
    #[arg(skip)]
    pub folder: Option<PathBuf>,
}

/// `--platform` of the commands that judge for a machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Assume instead of probing")]
pub struct PlatformOption {
    /// System and processor, such as linux-aarch64 or linux-x86_64 [default: what machines with the GPU have, else this machine's]
    #[arg(long, value_name = "PLATFORM", env = "GPUCHECK_PLATFORM", value_parser = platform)]
    pub platform: Option<Platform>,
}

/// A platform that the driver exists for, also as container engines write it: `linux/arm64`.
///
/// # Errors
/// A text that is none.
pub fn platform(text: &str) -> Result<Platform, String> {
    let text = text.trim().to_ascii_lowercase().replace('/', "-");
    let text = text.strip_suffix("-v8").unwrap_or(&text);
    let text = match text.strip_suffix("amd64").or_else(|| text.strip_suffix("arm64")) {
        Some(os) if text.ends_with("amd64") => format!("{os}x86_64"),
        Some(os) => format!("{os}aarch64"),
        None => text.to_owned(),
    };
    let platform: Platform = text.parse().map_err(|_| "expected linux-x86_64 or linux-aarch64".to_owned())?;
    match platform.os {
        Os::Linux | Os::Windows => Ok(platform),
        Os::Macos => Err(format!("CUDA does not exist for {platform}")),
    }
}

impl Assume {
    /// Whether nothing says that the software is meant for another machine than this one: its GPU and its driver may be others.
    pub fn is_here(&self) -> bool {
        self.os.is_none() && self.platform.is_none() && self.python_version.is_none() && self.target.is_empty()
    }

    /// What the options for each single thing mean for the facts.
    pub fn assumed(&self) -> Assumed {
        Assumed {
            platform: self.platform,
            by: By::Options,
            gpus: self.gpu.clone(),
            driver: self.driver.clone(),
            system: self.os.map(|os| match os {
                AssumedOs::Linux => System::Linux,
                AssumedOs::Windows => System::Windows,
                AssumedOs::Wsl => System::Wsl,
            }),
            python: self.python_version,
            shell: self.shell.map(|shell| match shell {
                AssumedShell::Sh => ShellKind::Sh,
                AssumedShell::PowerShell => ShellKind::PowerShell,
                AssumedShell::Cmd => ShellKind::Cmd,
            }),
        }
    }
}

/// Files of the current folder that may name targets, the first that does counts.
const TARGET_FILES: [&str; 2] = ["gpucheck.toml", "pyproject.toml"];
/// Longer than any that people write.
const MAX_FILE: u64 = 4 << 20;

impl Assume {
    /// The machines to judge for, each alone: those of `--target`, else the one of the other options; where none of them names a
    /// machine, those that a file of the current folder names, if it is asked (`files`); else this machine.
    ///
    /// # Errors
    /// A target that describes no machine, and a file that cannot be read.
    pub fn machines(&self, files: bool, knowledge: &Knowledge) -> anyhow::Result<Vec<Machine>> {
        let assumed = self.assumed();
        if let (Some(system), Some(platform)) = (assumed.system, assumed.platform) {
            let fits = (system == System::Windows) == (platform.os == Os::Windows);
            anyhow::ensure!(fits, "--platform {platform} belongs to another operating system than --os {system}");
        }
        let mut machines = Vec::new();
        for text in self.target.iter().filter(|text| !text.trim().is_empty()) {
            machines.push(Machine::parse(text, knowledge)?.or(&assumed));
        }
        let nothing = self.gpu.is_empty() && self.driver.is_none() && self.os.is_none() && self.platform.is_none();
        let unnamed = nothing && machines.is_empty();
        if files && unnamed {
            machines =
                of_files(self.folder.as_deref(), knowledge)?.into_iter().map(|machine| machine.or(&assumed)).collect();
        }
        if machines.is_empty() {
            machines.push(Machine::of(assumed));
        }
        Ok(machines)
    }
}

/// The files of a project's folder, else of the current one, that may say something under this key. A file of others is their affair: only what it says of gpucheck
/// must be right.
pub fn project_files(
    key: &'static str,
    folder: Option<&Path>,
) -> impl Iterator<Item = anyhow::Result<(&'static str, String)>> {
    let folder = folder.map(Path::to_owned).unwrap_or_default();
    let own =
        move |name: &str, text: &str| text.contains(key) && (name != "pyproject.toml" || text.contains("gpucheck"));
    TARGET_FILES.into_iter().filter_map(move |name| match files::whole(&folder.join(name), MAX_FILE) {
        Ok(text) => own(name, &text).then_some(Ok((name, text))),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => Some(Err(error).with_context(|| format!("cannot read {name}"))),
    })
}

/// The rules whose findings a file of the current folder accepts.
///
/// # Errors
/// A file that cannot be read, or that says it in another way.
pub fn ignored_rules(folder: Option<&Path>, knowledge: &Knowledge) -> anyhow::Result<Vec<IgnoredRule>> {
    for file in project_files("ignore", folder) {
        let (name, text) = file?;
        let rules = IgnoredRule::of_file(name, &text, knowledge)?;
        if !rules.is_empty() {
            return Ok(rules);
        }
    }
    Ok(Vec::new())
}

/// The machines that a file of the current folder names.
fn of_files(folder: Option<&Path>, knowledge: &Knowledge) -> anyhow::Result<Vec<Machine>> {
    for file in project_files("target", folder) {
        let (name, text) = file?;
        let machines = Machine::of_file(name, &text, knowledge).with_context(|| name.to_owned())?;
        if !machines.is_empty() {
            return Ok(machines);
        }
    }
    Ok(Vec::new())
}

/// Takes the place of what is expected where Slurm's configuration says it.
const SLURM: &str = "slurm";

/// What must be present, for nodes on which a missing GPU is an error.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Nodes")]
pub struct Node {
    /// GPUs that must be present and usable, such as "8x H100" (repeatable); "slurm": those of this node's gres.conf
    #[arg(long, value_name = "COUNTx GPU", env = "GPUCHECK_EXPECT", value_delimiter = ',')]
    pub expect: Vec<String>,
    /// Label for the report, such as node=gpu-17 (repeatable)
    #[arg(long, value_name = "KEY=VALUE", env = "GPUCHECK_LABEL", value_delimiter = ',', value_parser = label)]
    pub label: Vec<(String, String)>,
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        // Labels end up in reports that others read.
        Some((key, value)) if !key.is_empty() => Ok((redact::urls(key), redact::urls(value))),
        _ => Err(format!("'{text}' is not a label (expected KEY=VALUE, such as node=gpu-17)")),
    }
}

impl Node {
    /// What is expected, as facts.
    ///
    /// # Errors
    /// A GPU name that no product has, or that fits products that differ in what matters.
    pub fn expected(&self, knowledge: &Knowledge) -> anyhow::Result<Vec<Expected>> {
        let mut expected = Vec::new();
        for text in &self.expect {
            match text.trim().eq_ignore_ascii_case(SLURM) {
                true => expected.extend(of_slurm(knowledge)?),
                false => expected.push(Self::named(text.trim(), knowledge)?),
            }
        }
        Ok(expected)
    }

    /// `8x H100`.
    fn named(text: &str, knowledge: &Knowledge) -> anyhow::Result<Expected> {
        let (count, name) = match text.split_once(['x', ' ']) {
            Some((count, name)) if count.bytes().all(|b| b.is_ascii_digit()) && !count.is_empty() => {
                (count.parse().with_context(|| format!("--expect '{text}': the count is too large"))?, name.trim())
            }
            _ => (1, text),
        };
        anyhow::ensure!(count > 0, "--expect '{text}': the count must be at least 1");
        Ok(expected(count, name, knowledge.find_gpu(name)?))
    }
}

/// So many of a product.
fn expected(count: u32, text: &str, GpuAnswer { name, capability, .. }: GpuAnswer) -> Expected {
    let exact = name.eq_ignore_ascii_case(text);
    Expected { count, text: text.to_owned(), exact, name, capability: Some(capability) }
}

/// The GPUs of Slurm's configuration. A type that is no product's name, or that of several, is the site's own: then any will do.
fn of_slurm(knowledge: &Knowledge) -> anyhow::Result<Vec<Expected>> {
    let surroundings = Surroundings::of_process();
    let root = Root::new(None, surroundings.home.as_deref())?;
    let gpus = slurm::gpus(&root, &surroundings).map_err(|why| anyhow::anyhow!("--expect {SLURM}: {why}"))?;
    let read = |SlurmGpus { count, kind }: SlurmGpus| {
        let words = kind.as_deref().map(|kind| kind.replace(['_', '-'], " "));
        match words.and_then(|words| Some((knowledge.find_gpu(&words).ok()?, words))) {
            Some((answer, words)) => expected(count, &words, answer),
            None => {
                let text = kind.map_or_else(|| "GPUs".to_owned(), |kind| format!("GPUs (gpu:{kind})"));
                Expected { count, name: text.clone(), text, capability: None, exact: false }
            }
        }
    };
    Ok(gpus.into_iter().map(read).collect())
}

/// Operating systems that can be assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AssumedOs {
    /// Linux on bare metal or in a container
    Linux,
    /// Windows
    Windows,
    /// Linux inside WSL2
    Wsl,
}

/// Shells that lines can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AssumedShell {
    /// POSIX shells: sh, bash, zsh
    Sh,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// Windows Command Prompt
    Cmd,
}

/// How the report is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Report")]
pub struct Show {
    /// Report format
    #[arg(long, value_name = "FORMAT", env = "GPUCHECK_FORMAT", default_value = "human")]
    pub format: Format,
    /// Write the report to FILE instead of standard output; FORMAT=FILE (sarif=FILE, json=FILE) writes an additional one (repeatable)
    #[arg(long, value_name = "[FORMAT=]FILE", env = "GPUCHECK_OUTPUT",
        value_parser = clap::builder::OsStringValueParser::new().try_map(Output::try_from))]
    pub output: Vec<Output>,
    /// When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)
    #[arg(long, value_name = "WHEN", env = "GPUCHECK_COLOR", default_value = "auto")]
    pub color: ColorChoice,
    /// Show only findings and the verdict
    #[arg(short, long, env = "GPUCHECK_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub quiet: bool,
    /// Also show how things were found and where to read more
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What makes the command fail, for formats that say it of each problem; no option of its own.
    #[arg(skip)]
    pub fail_on: Option<FailOn>,
}

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// On errors
    Error,
    /// On errors and warnings
    Warning,
    /// On errors, warnings and an unknown verdict
    Unknown,
    /// Never
    Never,
}

impl FailOn {
    /// The least severity that counts: errors do, even where they fail nothing.
    pub const fn least(self) -> Severity {
        match self {
            Self::Error | Self::Never => Severity::Error,
            Self::Warning | Self::Unknown => Severity::Warning,
        }
    }

    /// Whether this report fails.
    pub fn fails(self, findings: &[Finding], verdict: Verdict) -> bool {
        let worst = findings.iter().map(|finding| finding.severity).max();
        match self {
            Self::Never => false,
            Self::Error => worst >= Some(Severity::Error),
            Self::Warning => worst >= Some(Severity::Warning),
            Self::Unknown => worst >= Some(Severity::Warning) || verdict == Verdict::Unknown,
        }
    }
}

/// Where knowledge comes from.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Knowledge")]
pub struct Sources {
    /// Folder of TOML files that add rows to the knowledge base or replace them
    #[arg(long, value_name = "DIR", env = "GPUCHECK_KNOWLEDGE")]
    pub knowledge: Option<PathBuf>,
}

impl Sources {
    /// The rows in force with the overlay on top. They are leaked: freeing some ten thousand rows one by one takes a millisecond.
    pub fn load(&self) -> anyhow::Result<&'static Knowledge> {
        let mut knowledge = store::in_force()?;
        if let Some(folder) = &self.knowledge {
            knowledge = knowledge.overlaid(folder)?;
        }
        if !knowledge.overlays.is_empty() {
            let home = Surroundings::of_process().home;
            let root = Root::new(None, home.as_deref())?;
            // The report names them.
            knowledge.overlays.iter_mut().for_each(|folder| *folder = root.shown(Path::new(folder.as_str())));
        }
        Ok(Box::leak(Box::new(knowledge)))
    }
}
