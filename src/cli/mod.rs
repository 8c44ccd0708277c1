//! The command line: one file for each command, the options they share, and how a report gets out.

mod doctor;
mod framework;
mod gates;
mod kb;
mod matrix;
mod network;
mod options;
mod output;
mod probe;
mod progress;
mod recommend;
mod rule;
mod scan;
mod smoke;

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};

use crate::{exit::Exit, start};
use output::complain;

/// Will this software run on this GPU, and if not, what do I paste to fix it?
///
/// Without a command: `gpucheck doctor`.
#[derive(Debug, Parser)]
#[command(name = "gpucheck", version, max_term_width = 120, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    doctor: doctor::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What is wrong on this machine and in this environment, and what fixes it
    Doctor(doctor::Arguments),
    /// The install commands for a GPU, driver, system and Python
    Recommend(recommend::Arguments),
    /// CUDA × PyTorch × GPU: what works, what does not, and why
    Matrix(matrix::Arguments),
    /// Which GPUs can this code run on?
    Scan(scan::Arguments),
    /// Does this GPU really compute? (Wakes it; nothing else does)
    Smoke(smoke::Arguments),
    /// The rules, or the page of one
    Rule(rule::Arguments),
    /// The knowledge base: what is in it, and whether real packages agree
    Kb(kb::Arguments),
    /// Asks one library of the driver, for the other commands, which must survive it
    #[command(name = crate::probe::live::COMMAND, hide = true)]
    Probe(probe::Arguments),
    /// Computes on one GPU, for `smoke`, which must survive it
    #[command(name = crate::probe::smoke::COMMAND, hide = true)]
    Computing(smoke::Child),
}

/// Parses the command line, runs the command, and says how it ended. What went wrong has been printed.
///
/// A panic is a defect of gpucheck; it is said in one line, and whoever reads exit codes is not told that something was found.
pub fn main() -> Exit {
    std::panic::set_hook(Box::new(|panic| output::complain(&anyhow::anyhow!("internal error: {panic}"))));
    start::remember_descriptors();
    std::panic::catch_unwind(|| match Cli::try_parse() {
        Ok(cli) => cli.run(),
        // Help is made again, as it would say what variables hold.
        Err(said) if said.kind() == ErrorKind::DisplayHelp => {
            output::clap(&quiet_about_values(Cli::command()).try_get_matches().err().unwrap_or(said))
        }
        Err(said) => output::clap(&said),
    })
    .unwrap_or(Exit::Internal)
}

/// Help names the variables and leaves out what they hold, which may be a password or act on a terminal.
fn quiet_about_values(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| argument.hide_env_values(true)).mut_subcommands(quiet_about_values)
}

impl Cli {
    /// Runs the command and says how it ended. What went wrong has been printed.
    pub fn run(self) -> Exit {
        let result = match self.command.unwrap_or(Command::Doctor(self.doctor)) {
            Command::Doctor(arguments) => arguments.run(),
            Command::Recommend(arguments) => arguments.run(),
            Command::Matrix(arguments) => arguments.run(),
            Command::Scan(arguments) => arguments.run(),
            Command::Rule(arguments) => arguments.run(),
            Command::Kb(arguments) => arguments.run(),
            Command::Probe(arguments) => arguments.run(),
            Command::Smoke(arguments) => arguments.run(),
            Command::Computing(arguments) => arguments.run(),
        };
        result.unwrap_or_else(|error| {
            complain(&error);
            Exit::from(&error)
        })
    }
}
