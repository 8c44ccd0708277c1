//! `cargo xtask pages`: completion scripts and man pages, from the command line as clap knows it, for the program to contain
//! (`contrib/completions/`, `docs/man/`). They are kept, so that whoever builds gpucheck needs no generator.

use std::{collections::BTreeMap, fs, iter, path::Path, process::ExitCode};

use anyhow::Context as _;
use clap::{Arg, Command, ValueHint, builder::PossibleValuesParser};
use clap_complete::{Generator as _, Shell};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};
use gpucheck::{cli, knowledge::Knowledge, rules};

/// The root of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const COMPLETIONS: &str = "contrib/completions";
const MAN: &str = "docs/man";
const SHELLS: [Shell; 4] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell];
/// What each exit code means; the README says the same.
const EXIT_CODES: [(&str, &str); 4] = [
    ("0", "No error was found (--fail-on moves the bar)."),
    (
        "1",
        "An error was found, recommend has no answer, or a gate (--expect, --require, --baseline, smoke, --framework) failed or could not check.",
    ),
    ("2", "Wrong usage, or input that cannot be read."),
    ("3", "gpucheck could not finish its own work."),
];

/// An apostrophe that stays one in every roff.
const PREAMBLE: [&str; 2] = [r".ie \n(.g .ds Aq \(aq", ".el .ds Aq '"];

/// Arguments of `cargo xtask pages`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Writes the files, and removes those that stand for no command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let files = files()?;
        for folder in [COMPLETIONS, MAN] {
            let folder = Path::new(ROOT).join(folder);
            if folder.exists() {
                fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
            }
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        for (name, text) in &files {
            fs::write(Path::new(ROOT).join(name), text).with_context(|| name.clone())?;
        }
        crate::say(&format!("{COMPLETIONS} and {MAN}: {} files", files.len()));
        Ok(ExitCode::SUCCESS)
    }
}

/// Path below the root and text of each file.
fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for shell in SHELLS {
        let mut text = Vec::new();
        let mut command = completed()?;
        clap_complete::generate(shell, &mut command, "gpucheck", &mut text);
        let mut text = String::from_utf8(text)?;
        match shell {
            Shell::Fish => text += &values_for_fish(&command, &[]),
            Shell::Zsh => text = command_or_path_for_zsh(&text)?,
            _ => {}
        }
        files.insert(format!("{COMPLETIONS}/{}", shell.file_name("gpucheck")), text);
    }
    let mut whole = cli::described().disable_help_subcommand(true);
    whole.build();
    let version = whole.get_version().unwrap_or_default().to_owned();
    pages(&whole, None, &version, &mut files)?;
    Ok(files)
}

/// The command line with the values that shells can offer.
fn completed() -> anyhow::Result<Command> {
    // clap keeps no text of its own; the task ends soon.
    let slugs = rules::titles(&Knowledge::builtin()?).into_iter().map(|(slug, _)| &*slug.leak());
    let slug = |slug: Arg| slug.value_parser(PossibleValuesParser::new(slugs.collect::<Vec<&'static str>>()));
    Ok(hinted(cli::described()).mut_subcommand("rule", |rule| rule.mut_arg("slug", slug)))
}

/// What clap_complete leaves out for fish: the values of arguments that are no options. `above`: the commands before this one.
fn values_for_fish(command: &Command, above: &[&str]) -> String {
    let condition = match above {
        [] => "__fish_gpucheck_needs_command".to_owned(),
        [first, rest @ ..] => iter::once(format!("__fish_gpucheck_using_subcommand {first}"))
            .chain(rest.iter().map(|name| format!("; and __fish_seen_subcommand_from {name}")))
            .collect(),
    };
    let mut out = String::new();
    for value in command.get_positionals().flat_map(Arg::get_possible_values) {
        out += &format!("complete -c gpucheck -n \"{condition}\" -f -a {}", value.get_name());
        if let Some(help) = value.get_help() {
            out += &format!(" -d '{}'", help.to_string().replace('\\', r"\\").replace('\'', r"\'"));
        }
        out.push('\n');
    }
    for below in command.get_subcommands() {
        let path: Vec<&str> = above.iter().copied().chain([below.get_name()]).collect();
        out += &values_for_fish(below, &path);
    }
    out
}

/// The first word is a command or a path; clap_complete makes zsh expect a path and then a command.
fn command_or_path_for_zsh(text: &str) -> anyhow::Result<String> {
    let commands = "\":: :_gpucheck_commands\" \\\n";
    let end = "if [ \"$funcstack[1]\"";
    let (before, after) = text.split_once(commands).context("zsh: no list of commands")?;
    let (before, path) = before.trim_end().rsplit_once('\n').context("zsh: nothing before the commands")?;
    anyhow::ensure!(path.starts_with("'::paths -- "), "zsh: {path} is before the commands, and not the path");
    anyhow::ensure!(after.contains("$line[2]") && after.contains(end), "zsh: no second word, or no end");
    let either = "_gpucheck_command_or_path() {\n    _alternative 'commands:command:_gpucheck_commands' 'paths:path:_files'\n}\n\n";
    let after = after.replace("$line[2]", "$line[1]").replace(end, &format!("{either}{end}"));
    Ok(format!("{before}\n\":: :_gpucheck_command_or_path\" \\\n{after}"))
}

/// A value's explanation without quotes, which clap_complete does not escape for zsh.
fn unquoted(argument: Arg) -> Arg {
    let values = argument.get_possible_values();
    if !argument.get_action().takes_values() || values.is_empty() {
        return argument;
    }
    let plain = values.into_iter().map(|value| match value.get_help().map(|help| help.to_string().replace('"', "")) {
        Some(help) => value.help(&*help.leak()),
        None => value,
    });
    argument.value_parser(PossibleValuesParser::new(plain.collect::<Vec<_>>()))
}

/// Says of each value whether it is a path, so that shells offer files for paths alone.
fn hinted(command: Command) -> Command {
    let hinted = command.mut_args(unquoted).mut_args(|argument| match argument.get_id().as_str() {
        _ if !argument.get_action().takes_values() || argument.get_value_hint() != ValueHint::Unknown => argument,
        "output" => argument.value_hint(ValueHint::FilePath),
        "command" => argument.value_hint(ValueHint::CommandString),
        _ => argument.value_hint(ValueHint::Other),
    });
    hinted.mut_subcommands(self::hinted)
}

/// Adds the page of a command, and those of its commands. `above`: the name of the page that leads to it.
fn pages(
    command: &Command,
    above: Option<&str>,
    version: &str,
    files: &mut BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    man.render_name_section(&mut text)?;
    synopsis(command).to_writer(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    exit_status().to_writer(&mut text)?;
    if let Some(above) = above {
        let mut see = Roff::new();
        see.control("SH", ["SEE ALSO"]).text([bold(above), roman("(1)")]);
        see.to_writer(&mut text)?;
    }
    let text = String::from_utf8(text)?;
    // Each section brings the preamble, and clap_mangen's title cannot leave out the date: what follows it takes its place.
    let title = format!(".TH {name} 1 \"\" \"gpucheck {version}\" \"gpucheck manual\"\n");
    let lines = text.lines().filter(|line| !PREAMBLE.contains(line)).map(|line| format!("{}\n", line.trim_end()));
    let page = PREAMBLE.map(|line| format!("{line}\n")).into_iter().chain([title]).chain(lines).collect();
    files.insert(format!("{MAN}/{name}.1"), page);
    command.get_subcommands().try_for_each(|below| pages(below, Some(&name), version, files))
}

/// As help says it: clap's own synopsis for man pages lists each option.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).control("nf", []);
    for line in usage.trim_start_matches("Usage: ").lines() {
        roff.text([roman(line.trim())]);
    }
    roff.control("fi", []);
    roff
}

fn exit_status() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        roff.control("TP", []).text([bold(code)]).text([roman(meaning)]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_contains_is_of_this_command_line() {
        let files = files().unwrap();
        let kept = |name: &str| fs::read_to_string(Path::new(ROOT).join(name)).ok();
        let stale: Vec<&String> =
            files.iter().filter(|(name, text)| kept(name).as_ref() != Some(text)).map(|(name, _)| name).collect();
        let mut gone = Vec::new();
        for folder in [COMPLETIONS, MAN] {
            for entry in fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
                let name = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
                gone.extend((!files.contains_key(&name)).then_some(name));
            }
        }
        assert!(stale.is_empty() && gone.is_empty(), "`cargo xtask pages` writes {stale:?} and removes {gone:?}");
    }
}
