//! `gpucheck kb`: the knowledge base itself: what is in it, what a row says, and whether real packages agree.

mod card;
mod hardware;
mod list;
mod packages;
mod show;
mod software;
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
    /// What is in it: kinds of rows, how many, when they were checked
    List(list::Arguments),
    /// What it says of one thing, and where that is written
    Show(show::Arguments),
    /// Hold the rows against real packages: wheels, or environments (exit code 1 where they disagree)
    Verify(verify::Arguments),
    /// Where it is: inside the program, and the folder that is laid over it
    Path(list::Path),
}

/// Options of every question.
#[derive(Debug, Clone, Args)]
struct Shared {
    /// How the answer is written
    #[arg(long, value_name = "FORMAT", env = "GPUCHECK_FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    sources: Sources,
}

/// Columns to write in: those of the terminal, else what files are read in.
fn width() -> usize {
    match std::io::stdout().is_terminal() {
        true => terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)).max(40),
        false => 140,
    }
}

/// The error where no row has the name.
fn unknown(what: &str, name: &str, nearest: &[String], otherwise: &str) -> anyhow::Error {
    match nearest {
        [] => anyhow::anyhow!("no {what} '{name}' is known; {otherwise}"),
        near => anyhow::anyhow!("no {what} '{name}' is known; did you mean {}?", near.join(", ")),
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
            Command::Path(arguments) => (arguments.run()?, Exit::Ok),
        };
        output::page(&text)?;
        Ok(exit)
    }
}
