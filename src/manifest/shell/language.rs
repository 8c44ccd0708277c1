//! The languages that scripts are written in.

use super::{batch, powershell, syntax, tree::Node};

/// Whether a program is a shell.
pub fn is_shell(program: &str) -> bool {
    ["bash", "sh", "zsh", "dash", "ash", "pwsh", "powershell", "cmd"].contains(&program)
}

/// A language of scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// sh, bash and their kin.
    Shell,
    /// Batch files.
    Batch,
    /// PowerShell.
    PowerShell,
}

impl Language {
    pub(super) fn parse(self, text: &str) -> Node {
        match self {
            Self::Shell => syntax::parse(text),
            Self::Batch => batch::parse(text),
            Self::PowerShell => powershell::parse(text),
        }
    }

    /// Whether names of variables are the same in small letters and in capitals.
    pub fn ignores_case(self) -> bool {
        self != Self::Shell
    }

    /// The language of a file, by its name.
    pub fn of(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().rsplit_once('.')?.1 {
            "sh" | "bash" | "zsh" | "command" => Some(Self::Shell),
            "bat" | "cmd" => Some(Self::Batch),
            "ps1" => Some(Self::PowerShell),
            _ => None,
        }
    }
}
