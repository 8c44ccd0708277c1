//! The environment that a command would change: the one that the user names, else the one that the command itself is about, else the one
//! that the shell has activated.

use std::path::{Path, PathBuf};

use crate::{facts::Facts, knowledge::Knowledge, manifest::command::program, probe, system::Surroundings};

/// Variables that say which environment is active.
const ACTIVE: [&str; 2] = ["VIRTUAL_ENV", "CONDA_PREFIX"];

/// Which environment is meant.
#[derive(Debug, PartialEq, Eq)]
enum Meant {
    /// This one.
    Named(PathBuf),
    /// The one that the shell has activated, if it has one.
    Active,
    /// None: what is asked for is judged alone.
    None,
}

/// The facts of this machine, with the environment that would be changed, if one is meant. `named` is what the user names; without it, a
/// command (`here`: and nothing says that it is for another machine) is about one.
///
/// # Errors
/// When what the user named is not a Python environment.
pub fn facts(
    named: Option<&Path>,
    command: &[String],
    here: bool,
    options: probe::Options,
    knowledge: &Knowledge,
) -> anyhow::Result<Facts> {
    let surroundings = Surroundings::of_process();
    let meant = match named {
        Some(path) => Meant::Named(path.to_owned()),
        None if here => of_command(command, &surroundings),
        None => Meant::None,
    };
    let options = probe::Options {
        python: match &meant {
            Meant::Named(path) => vec![path.clone()],
            Meant::Active | Meant::None => Vec::new(),
        },
        without_environments: meant == Meant::None,
        interests: if meant == Meant::None { options.interests } else { knowledge.interests() },
        ..options
    };
    let mut facts = probe::facts(&options, &surroundings)?;
    // Besides, those that lie beside the project and on PATH were found.
    let counts = |found_by: &str| meant != Meant::Active || ACTIVE.contains(&found_by);
    facts.environments.retain(|one| one.selected && counts(&one.found_by));
    Ok(facts)
}

/// The environment that a command changes when it is run here.
fn of_command(command: &[String], surroundings: &Surroundings) -> Meant {
    let Some(first) = command.first() else { return Meant::None };
    let active = || match ACTIVE.iter().any(|name| surroundings.filled(name).is_some()) {
        true => Meant::Active,
        false => Meant::None,
    };
    let there = |path: PathBuf| match surroundings.absolute(path.clone()).is_some_and(|path| path.exists()) {
        true => Meant::Named(path),
        false => Meant::None,
    };
    let name = program(first);
    let of_python = name.starts_with("python") || name.starts_with("pip");
    if of_python && first.contains(['/', '\\']) {
        // A tool in the scripts' folder of an environment is that environment's: only the interpreter itself is always there.
        return there(match name.starts_with("python") {
            true => PathBuf::from(first),
            false => Path::new(first).parent().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default(),
        });
    }
    let words: Vec<&str> = command.iter().skip(1).map(String::as_str).collect();
    match (name, words.first().copied()) {
        ("uv", Some("pip")) => {
            let value = words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
                Some(("--python", value)) => Some(value),
                None if matches!(*word, "--python" | "-p") => words.get(at + 1).copied(),
                _ => None,
            });
            value.map_or_else(active, |value| there(PathBuf::from(value)))
        }
        // A project's own, whichever is active.
        ("uv", Some("sync" | "run" | "add")) => {
            there(PathBuf::from(surroundings.filled("UV_PROJECT_ENVIRONMENT").unwrap_or(".venv")))
        }
        ("uv" | "docker" | "podman" | "pixi" | "bash" | "sh" | "zsh" | "pwsh" | "powershell", _) => Meant::None,
        _ => active(),
    }
}
