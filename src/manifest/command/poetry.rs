//! `poetry install`, `poetry add` and `pipenv install`.

use super::{CommandWord, Scene, Tool, joined, options, program};
use crate::{
    facts::{GapWeight, Resolver},
    manifest::{
        StepSheet,
        project::{self, By, Wish},
        requirements,
    },
};

/// Poetry and Pipenv.
pub struct Poetry;

impl Tool for Poetry {
    fn claims(&self, words: &[CommandWord]) -> bool {
        call(words).is_some()
    }

    fn read(&self, words: &[CommandWord], scene: &mut Scene<'_, '_>) {
        if let Some((by, verb, rest)) = call(words) {
            read(by, verb, rest, scene);
        }
    }
}

/// The tool, its command, and what follows.
fn call(words: &[CommandWord]) -> Option<(By, &CommandWord, &[CommandWord])> {
    let (first, rest) = words.split_first()?;
    // `python -m poetry` is as good.
    let (name, rest) = match (program(&first.text), rest) {
        (name, [module, tool, rest @ ..]) if name.starts_with("python") && module.text == "-m" => {
            (tool.text.as_str(), rest)
        }
        (name, rest) => (name, rest),
    };
    let by = match name {
        "poetry" => By::Poetry,
        "pipenv" => By::Pipenv,
        _ => return None,
    };
    let at = rest.iter().position(|word| !word.text.starts_with('-'))?;
    let verb = rest.get(at)?;
    ["install", "add", "sync", "update"].contains(&verb.text.as_str()).then_some((by, verb, rest.get(at + 1..)?))
}

/// The names of a list, which commas or blanks separate.
fn names(list: &str) -> impl Iterator<Item = String> {
    list.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned)
}

fn read(by: By, verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let (mut wish, mut step) = (Wish::default(), StepSheet::default());
    let (mut asked, mut files) = (Vec::new(), Vec::new());
    let mut folder = scene.folder.clone();
    step.step.resolver = if by == By::Poetry { Resolver::Poetry } else { Resolver::Pip };
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if let Some(name) = &word.unknown {
            scene.sheet.gap(format!("the value of {name}"), GapWeight::Decides, word.at.clone());
            continue;
        }
        if !word.text.starts_with('-') {
            asked.push(word.clone());
            continue;
        }
        let (option, attached) = match options::split(&word.text) {
            // -Egpu is as good as -E gpu.
            (option, None) if option.len() > 2 && option.starts_with("-E") => option.split_at(2),
            (option, attached) => (option, attached.unwrap_or_default()),
        };
        let attached = Some(attached).filter(|value| !value.is_empty());
        let mut value = || options::value(attached, &mut words, scene).unwrap_or_default();
        match option {
            "-E" | "--extras" if verb.text != "add" => wish.extras.extend(names(&value())),
            "--all-extras" => wish.all_extras = true,
            "--with" => wish.groups.extend(names(&value())),
            "--all-groups" => wish.all_groups = true,
            "--without" => wish.no_groups.extend(names(&value())),
            "--only" => {
                let only: Vec<String> = names(&value()).collect();
                // The group of what is no group's.
                let main = only.iter().any(|name| name == "main");
                wish.no_defaults = true;
                wish.only_groups = !main;
                wish.groups.extend(only.into_iter().filter(|name| name != "main"));
            }
            "--only-root" => wish.only_groups = true,
            "--no-dev" => wish.no_groups.push("dev".to_owned()),
            "--dev" | "-d" if by == By::Pipenv => wish.groups.push("dev".to_owned()),
            "-C" | "--directory" | "-P" | "--project" => {
                let named = value();
                folder = joined(&scene.folder, &named);
            }
            "-r" | "--requirements" if by == By::Pipenv => files.push((value(), word.clone())),
            "-E" | "--extras" | "--source" | "--group" | "-G" | "--platform" | "--python" | "--markers" | "--index"
            | "-i" | "--categories" | "--extra-pip-args" => {
                value();
            }
            "--allow-prereleases" | "--pre" => step.step.pre = true,
            _ => {}
        }
    }
    if let Err(why) = options::bring(&folder, by, &wish, &mut step, scene) {
        let file = if by == By::Pipenv { "Pipfile" } else { "pyproject.toml" };
        if asked.is_empty() && files.is_empty() {
            scene.sheet.gap(format!("the file {file} ({why})"), GapWeight::Missing, verb.at.clone());
        }
    }
    for word in &asked {
        let written = match by {
            // torch@^2.3, torch=2.3.1, torch:2.3.1
            By::Poetry => project::poetry_request(&word.text),
            _ => None,
        };
        match written.map_or_else(|| requirements::request(&word.text), Ok) {
            Ok(request) => step.ask(request, word.at.clone()),
            Err(unread) => scene.sheet.gap(unread.what, GapWeight::PassedOver, word.at.clone()),
        }
    }
    for (name, word) in &files {
        options::include(name, word, &mut step, scene);
    }
    scene.sheet.step(step, verb.at.clone());
}
