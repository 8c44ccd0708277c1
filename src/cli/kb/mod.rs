//! `gpucheck kb`: inspects the knowledge base, shows its rows, and compares them with real packages.

mod card;
mod hardware;
mod list;
mod packages;
mod show;
mod software;
mod update;
mod verify;

use std::io::IsTerminal;

use clap::{Args, Subcommand, ValueEnum};

use super::{options::Sources, output};
use crate::exit::Exit;

/// Arguments of `gpucheck kb`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the kinds of rows, how many there are and when they were checked
    List(list::Arguments),
    /// Show what the knowledge base says about one thing, with its sources
    Show(show::Arguments),
    /// Compare rows with real packages: wheels or environments (exit code 1 if they disagree)
    Verify(verify::Arguments),
    /// Take newer rows from one signed file, or go back to the program's own
    Update(update::Arguments),
    /// Show where the knowledge base comes from: the program itself, an update, and any overlay folders
    Path(list::Path),
}

/// Options of every question.
#[derive(Debug, Clone, Args)]
struct Shared {
    /// Output format
    #[arg(long, value_name = "FORMAT", env = "GPUCHECK_FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    sources: Sources,
}

/// Columns to write in: those of the terminal, else a width that suits files.
fn width() -> usize {
    match std::io::stdout().is_terminal() {
        true => terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)).max(40),
        false => 140,
    }
}

/// The error where no row has the name.
fn unknown(what: &str, name: &str, nearest: &[String], otherwise: &str) -> anyhow::Error {
    match nearest {
        [] => anyhow::anyhow!("unknown {what} '{name}'; {otherwise}"),
        near => anyhow::anyhow!("unknown {what} '{name}'; did you mean {}?", near.join(", ")),
    }
}

/// Ways to write the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

impl Arguments {
    /// Answers and prints.
    pub fn run(self) -> anyhow::Result<Exit> {
        let (text, exit) = match self.command {
            Command::List(arguments) => (arguments.run()?, Exit::Ok),
            Command::Show(arguments) => (arguments.run()?, Exit::Ok),
            Command::Verify(arguments) => arguments.run()?,
            Command::Update(arguments) => (arguments.run()?, Exit::Ok),
            Command::Path(arguments) => (arguments.run()?, Exit::Ok),
        };
        output::page(&text)?;
        Ok(exit)
    }
}
