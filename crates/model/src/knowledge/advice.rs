//! Rows of `advice.toml`: what people do about findings that no plan can fix by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::Os;

/// `advice.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdviceFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// Rows of one rule, the best first.
    #[serde(default)]
    pub advice: Vec<AdviceRow>,
}

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdviceRow {
    /// Slug of the rule whose findings it is for.
    pub rule: String,
    /// What it does; `{driver}` and `{branch}` stand for the driver's version and branch.
    pub summary: String,
    /// Lines to paste, each with its tool; the same placeholders.
    #[serde(default)]
    pub commands: Vec<AdviceCommand>,
    /// Only on these distributions: words of their names, in lower case.
    #[serde(default)]
    pub distributions: Vec<String>,
    /// Only inside (or only outside) a container.
    pub container: Option<bool>,
    /// Only inside (or only outside) WSL.
    pub wsl: Option<bool>,
    /// Only on these operating systems.
    #[serde(default)]
    pub systems: Vec<Os>,
    /// Only where the name of every GPU has one of these words: `H100`.
    #[serde(default)]
    pub gpus: Vec<String>,
    /// Only where another driver alone would do: it stands for one.
    #[serde(default)]
    pub stands_for_driver: bool,
    /// Only for findings about this package.
    pub package: Option<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// A line to paste.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdviceCommand {
    /// The program it is for.
    pub tool: AdviceTool,
    /// The line.
    pub line: String,
}

/// Programs that advice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AdviceTool {
    /// A shell.
    Sh,
    /// Debian's and Ubuntu's package manager.
    Apt,
    /// The container engine.
    Docker,
    /// Windows' shell.
    PowerShell,
}

impl AdviceTool {
    /// As reports name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Apt => "apt",
            Self::Docker => "docker",
            Self::PowerShell => "powershell",
        }
    }
}
