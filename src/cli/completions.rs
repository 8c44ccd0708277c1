//! `gpucheck completions SHELL`: the script that makes a shell complete gpucheck's commands and options.

use clap::{Args, ValueEnum};

use super::{output, pages};
use crate::exit::Exit;

/// Arguments of `gpucheck completions`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Shell to print the script for
    shell: Script,
}

/// Scripts, by the shell that they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Script {
    /// Save it as ~/.local/share/bash-completion/completions/gpucheck
    Bash,
    /// Save it as _gpucheck in a folder of $fpath
    Zsh,
    /// Save it as ~/.config/fish/completions/gpucheck.fish
    Fish,
    /// In $PROFILE: gpucheck completions powershell | Out-String | Invoke-Expression
    #[value(name = "powershell")]
    PowerShell,
}

impl Script {
    /// The name that the shell expects of the script's file.
    const fn file(self) -> &'static str {
        match self {
            Self::Bash => "gpucheck.bash",
            Self::Zsh => "_gpucheck",
            Self::Fish => "gpucheck.fish",
            Self::PowerShell => "_gpucheck.ps1",
        }
    }
}

impl Arguments {
    /// Prints the script.
    pub fn run(self) -> anyhow::Result<Exit> {
        for (_, text) in pages::named(|name| name == self.shell.file())? {
            output::page(&text)?;
        }
        Ok(Exit::Ok)
    }
}
