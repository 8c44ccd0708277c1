//! Reads a command line by the description of the one command that it names: to describe all of them takes longer than to find out what a library of a
//! gigabyte has for GPUs.

use std::ffi::OsString;

use clap::Args;

use super::Command;
use crate::probe::{live, smoke};

/// What a line asks for, where it is right and asks for no help: the description of all commands says what is wrong with any other.
pub fn read(words: impl IntoIterator<Item = OsString>) -> Option<Command> {
    let words: Vec<OsString> = words.into_iter().skip(1).collect();
    let (first, rest) = words.split_first().unzip();
    let rest = rest.unwrap_or_default();
    match first.and_then(|word| word.to_str()) {
        Some("doctor") => alone(rest, Command::Doctor),
        Some("check") => alone(rest, Command::Check),
        Some("explain") => alone(rest, Command::Explain),
        Some("recommend") => alone(rest, Command::Recommend),
        Some("matrix") => alone(rest, Command::Matrix),
        Some("scan") => alone(rest, Command::Scan),
        Some("needs") => alone(rest, Command::Needs),
        Some("merge") => alone(rest, Command::Merge),
        Some("smoke") => alone(rest, Command::Smoke),
        Some("rule") => alone(rest, Command::Rule),
        Some("kb") => alone(rest, Command::Kb),
        Some("completions") => alone(rest, Command::Completions),
        Some("man") => alone(rest, Command::Man),
        Some(live::COMMAND) => alone(rest, Command::Probe),
        Some(smoke::COMMAND) => alone(rest, Command::Computing),
        // A command of clap's own.
        Some("help") => None,
        _ => alone(&words, Command::Doctor),
    }
}

/// The command with these arguments.
fn alone<A: Args>(words: &[OsString], command: fn(A) -> Command) -> Option<Command> {
    let described = A::augment_args(clap::Command::new(env!("CARGO_PKG_NAME")).no_binary_name(true));
    let mut matches = described.try_get_matches_from(words).ok()?;
    A::from_arg_matches_mut(&mut matches).ok().map(command)
}

/// Whether a line asks for nothing but the version.
pub fn asks_for_version(words: impl IntoIterator<Item = OsString>) -> bool {
    let mut words = words.into_iter().skip(1);
    let asked = words.next().is_some_and(|word| word == "--version" || word == "-V");
    asked && words.next().is_none()
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;
    use crate::cli::Cli;

    fn words(line: &str) -> impl Iterator<Item = OsString> {
        line.split_whitespace().map(Into::into)
    }

    /// What the description of all commands makes of it.
    fn by_all(line: &str) -> Option<String> {
        let cli = Cli::try_parse_from(words(line)).ok()?;
        Some(format!("{:?}", cli.command.unwrap_or(Command::Doctor(cli.doctor))))
    }

    #[test]
    fn one_description_reads_what_all_of_them_read() {
        for line in [
            "gpucheck",
            "gpucheck .venv other --gpu 5090,V100 -q",
            "gpucheck doctor .venv --fail-on never --format json --output x.json",
            "gpucheck --format json scan",
            "gpucheck -q doctor",
            "gpucheck -- scan",
            "gpucheck doctr",
            "gpucheck scan libfoo.so --gpu 5090 --require 8.0;9.0+PTX",
            "gpucheck scan a b --quick -v",
            "gpucheck check requirements.txt --gpu 5090 --driver 580.95.05 --diff",
            "gpucheck check -- pip install torch==2.7.1",
            "gpucheck explain - --here",
            "gpucheck recommend --gpu 5090 --os linux --tool uv",
            "gpucheck matrix --gpu V100 --torch >=2.6",
            "gpucheck needs vllm==0.19.1 --format k8s",
            "gpucheck merge reports --expect 8xH100 --group-by rack",
            "gpucheck smoke --device 0",
            "gpucheck rule",
            "gpucheck rule gpu-too-new-for-wheel",
            "gpucheck kb list",
            "gpucheck kb show gpu 5090",
            "gpucheck completions fish",
            "gpucheck man folder",
        ] {
            assert_eq!(read(words(line)).map(|command| format!("{command:?}")), by_all(line), "{line}");
            assert!(by_all(line).is_some(), "{line}");
        }
        for line in [
            "gpucheck --version",
            "gpucheck -h",
            "gpucheck help scan",
            "gpucheck scan --help",
            "gpucheck scan --version",
            "gpucheck kb",
            "gpucheck --no-such",
            "gpucheck doctor --gpu",
            "gpucheck completions nosuch",
            "gpucheck --gpu 5090 --target V100",
        ] {
            assert!(read(words(line)).is_none() && by_all(line).is_none(), "{line}");
        }
        assert!(asks_for_version(words("gpucheck -V")) && !asks_for_version(words("gpucheck -V scan")));
    }

    #[test]
    fn every_command_is_read_alone() {
        // With an option that none has, which the message about it names as the command's own.
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let line = format!("gpucheck {name}");
            let whole = by_all(&line);
            assert_eq!(read(words(&line)).map(|command| format!("{command:?}")), whole, "{name}");
        }
    }
}
