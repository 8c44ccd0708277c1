//! Options that several commands share. Each has an environment variable `GPUCHECK_…` of the same meaning.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{
    facts::{DriverVersion, PythonVersion},
    finding::{Finding, Severity},
    knowledge::Knowledge,
    report::{ColorChoice, Format, Verdict},
};

/// What to assume instead of probing.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Assume instead of probing")]
pub struct Assume {
    /// GPU by name, alias, PCI id, architecture or compute capability: "RTX 5090", 2b85, sm_120, 12.0 (repeatable)
    #[arg(long, value_name = "GPU", env = "GPUCHECK_GPU", value_delimiter = ',')]
    pub gpu: Vec<String>,
    /// NVIDIA driver version, such as 580.95.05
    #[arg(long, value_name = "VERSION", env = "GPUCHECK_DRIVER")]
    pub driver: Option<DriverVersion>,
    /// Operating system
    #[arg(long, value_name = "OS", env = "GPUCHECK_OS")]
    pub os: Option<AssumedOs>,
    /// Python version, such as 3.12 or 3.14t
    #[arg(long, value_name = "VERSION", env = "GPUCHECK_PYTHON_VERSION")]
    pub python_version: Option<PythonVersion>,
}

/// Operating systems that can be assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AssumedOs {
    /// Linux on the bare machine or in a container
    Linux,
    /// Windows
    Windows,
    /// Linux inside WSL2
    Wsl,
}

/// How the report is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Report")]
pub struct Show {
    /// Format of the report
    #[arg(long, value_name = "FORMAT", env = "GPUCHECK_FORMAT", default_value = "human")]
    pub format: Format,
    /// Write the report to a file instead of standard output
    #[arg(long, value_name = "FILE", env = "GPUCHECK_OUTPUT")]
    pub output: Option<PathBuf>,
    /// Colour: in a terminal only, always or never (NO_COLOR and CLICOLOR_FORCE are honoured)
    #[arg(long, value_name = "WHEN", env = "GPUCHECK_COLOR", default_value = "auto")]
    pub color: ColorChoice,
    /// Only what is wrong and the verdict
    #[arg(short, long, env = "GPUCHECK_QUIET")]
    pub quiet: bool,
    /// Also how things were found, and where to read more
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Errors, warnings, and a verdict that is not known
    Unknown,
    /// Nothing
    Never,
}

impl FailOn {
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
    /// Folder with TOML files that add to or replace rows of the knowledge base
    #[arg(long, value_name = "DIR", env = "GPUCHECK_KNOWLEDGE")]
    pub knowledge: Option<PathBuf>,
}

impl Sources {
    /// The built-in knowledge base with the overlay on top.
    pub fn load(&self) -> anyhow::Result<Knowledge> {
        match &self.knowledge {
            Some(folder) => Knowledge::with_overlay(folder),
            None => Knowledge::builtin(),
        }
    }
}
