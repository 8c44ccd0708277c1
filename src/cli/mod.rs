//! The command line: one file for each command, the options they share, and how a report gets out.

mod archive;
mod base;
mod check;
mod complaint;
mod completions;
mod doctor;
mod explain;
mod framework;
mod gates;
mod help;
mod installed;
mod kb;
mod line;
mod man;
mod matrix;
mod merge;
mod needs;
mod network;
mod online;
mod options;
mod output;
mod pages;
mod paths;
mod probe;
mod progress;
mod recommend;
mod rule;
mod scan;
mod smoke;
mod store;
mod targets;
mod wishes;

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};

use crate::{
    exit::{Exit, INTERNAL},
    scan as packages, start,
};
use complaint::complain;

/// Will this software run on this GPU, and if not, what do I paste to fix it?
///
/// Without a command, runs `gpucheck doctor`.
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
    /// Find what is wrong on this machine, and how to fix it
    Doctor(doctor::Arguments),
    /// Find out whether what files or a command ask for will work
    Check(check::Arguments),
    /// Find out what a log shows, and how to fix it
    Explain(explain::Arguments),
    /// Print the install commands for a GPU, driver and system
    Recommend(recommend::Arguments),
    /// Tabulate CUDA × PyTorch × GPU: what works, and why not
    Matrix(matrix::Arguments),
    /// Find out which GPUs compiled code can run on
    Scan(scan::Arguments),
    /// Find the lowest driver and the GPUs that something needs
    Needs(needs::Arguments),
    /// Put many machines' reports together: what is wrong on which
    Merge(merge::Arguments),
    /// Run test kernels on a GPU, which wakes it
    Smoke(smoke::Arguments),
    /// List the rules, or show the page of one
    Rule(rule::Arguments),
    /// Inspect the knowledge base, compare it with real packages
    Kb(kb::Arguments),
    /// Print the completion script of a shell
    Completions(completions::Arguments),
    /// Write the man pages to a folder
    Man(man::Arguments),
    /// Asks one library of the driver, for the other commands, which must survive it
    #[command(name = crate::probe::live::COMMAND, hide = true)]
    Probe(probe::Arguments),
    /// Computes on one GPU, for `smoke`, which must survive it
    #[command(name = crate::probe::smoke::COMMAND, hide = true)]
    Computing(smoke::Child),
}

/// Parses the command line, runs the command and returns the exit status. Errors have been printed by then.
///
/// A panic is a bug in gpucheck: it is reported in one line, with an exit code that does not mean "problems found".
pub fn main() -> Exit {
    std::panic::set_hook(Box::new(|panic| {
        complain(&anyhow::anyhow!("internal error: {panic}"));
        std::process::exit(INTERNAL.into())
    }));
    start::remember_descriptors();
    if let Some(command) = line::read(std::env::args_os()) {
        return command.run();
    }
    if line::asks_for_version(std::env::args_os()) {
        let described = clap::Command::new(env!("CARGO_PKG_NAME")).version(env!("CARGO_PKG_VERSION"));
        return described.try_get_matches().err().map_or(Exit::Ok, |said| output::clap(&said));
    }
    match Cli::try_parse() {
        Ok(cli) => cli.run(),
        // Help is rendered again without the values of environment variables, and with what is asked for most first.
        Err(said)
            if matches!(said.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) =>
        {
            let command = help::arranged(quiet_about_values(Cli::command()), help::is_short(std::env::args_os()));
            output::clap(&command.try_get_matches().err().unwrap_or(said))
        }
        Err(said) => output::clap(&said),
    }
}

/// Help names the variables but not their values, which may be passwords or contain terminal escapes.
fn quiet_about_values(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| argument.hide_env_values(true)).mut_subcommands(quiet_about_values)
}

/// The command line as people see it, without the commands that gpucheck runs itself with: what completions and man pages are made of.
pub fn described() -> clap::Command {
    let whole = help::arranged(quiet_about_values(Cli::command()), false);
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    // clap removes no command from another.
    let mut described = clap::Command::new(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .args_conflicts_with_subcommands(true)
        .args(whole.get_arguments().cloned())
        .subcommands(shown);
    if let Some(about) = whole.get_about() {
        described = described.about(about.clone());
    }
    if let Some(about) = whole.get_long_about() {
        described = described.long_about(about.clone());
    }
    described
}

impl Cli {
    /// Runs the command and returns the exit status. Errors have been printed by then.
    pub fn run(self) -> Exit {
        self.command.unwrap_or(Command::Doctor(self.doctor)).run()
    }
}

impl Command {
    fn run(self) -> Exit {
        let result = match self {
            Self::Doctor(arguments) => arguments.run(),
            Self::Check(arguments) => arguments.run(),
            Self::Explain(arguments) => arguments.run(),
            Self::Recommend(arguments) => arguments.run(),
            Self::Matrix(arguments) => arguments.run(),
            Self::Scan(arguments) => arguments.run(),
            Self::Needs(arguments) => arguments.run(),
            Self::Merge(arguments) => arguments.run(),
            Self::Rule(arguments) => arguments.run(),
            Self::Kb(arguments) => arguments.run(),
            Self::Completions(arguments) => arguments.run(),
            Self::Man(arguments) => arguments.run(),
            Self::Probe(arguments) => arguments.run(),
            Self::Smoke(arguments) => arguments.run(),
            Self::Computing(arguments) => arguments.run(),
        };
        result.unwrap_or_else(|error| {
            complain(&error);
            // Without a network gpucheck cannot finish what it was asked for, however right the command line is.
            if packages::is_unreachable(&error) { Exit::Internal } else { Exit::from(&error) }
        })
    }
}
