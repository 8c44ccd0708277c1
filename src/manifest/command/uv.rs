//! `uv sync`, `uv add`, `uv run` and `uv tool install`: commands on a project and on tools. `uv pip` is `pip.rs`'.

use super::{CommandWord, Scene, Tool, joined, options, program};
use crate::{
    facts::{GapWeight, Index, IndexRole, Resolver},
    manifest::{
        StepSheet,
        project::{self, By, Wish},
        requirements,
    },
    python::normalize,
    system::redact,
};

/// uv on projects.
pub struct Uv;

impl Tool for Uv {
    fn claims(&self, words: &[CommandWord]) -> bool {
        call(words).is_some()
    }

    fn read(&self, words: &[CommandWord], scene: &mut Scene<'_, '_>) {
        if let Some((verb, word, rest)) = call(words) {
            read(verb, word, rest, scene);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Sync,
    Add,
    Run,
    Tool,
}

/// The command, where it stands, and what follows.
fn call(words: &[CommandWord]) -> Option<(Verb, &CommandWord, &[CommandWord])> {
    let (first, rest) = words.split_first()?;
    if program(&first.text) != "uv" {
        return None;
    }
    // Options of uv itself come before its command.
    let at = rest.iter().position(|word| !word.text.starts_with('-'))?;
    let word = rest.get(at)?;
    let after = |skip: usize| rest.get(at + skip..);
    let next = rest.get(at + 1).map(|word| word.text.as_str());
    match word.text.as_str() {
        "sync" => Some((Verb::Sync, word, after(1)?)),
        "add" => Some((Verb::Add, word, after(1)?)),
        "run" => Some((Verb::Run, word, after(1)?)),
        "tool" if next == Some("install") => Some((Verb::Tool, word, after(2)?)),
        _ => None,
    }
}

/// Options with a value that is passed over.
const WITH_VALUE: &[&str] = &[
    "--python",
    "-p",
    "--python-platform",
    "--link-mode",
    "--cache-dir",
    "--config-file",
    "--config-setting",
    "-C",
    "--exclude-newer",
    "--fork-strategy",
    "--keyring-provider",
    "--no-binary-package",
    "--no-build-package",
    "--no-build-isolation-package",
    "--no-install-package",
    "--refresh-package",
    "--resolution",
    "--color",
    "--allow-insecure-host",
    "--branch",
    "--rev",
    "--tag",
    "--marker",
    "-m",
    "--script",
    "-s",
    "--module",
    "--env-file",
    "--output-format",
];

/// What a call says.
#[derive(Debug, Default)]
struct Said {
    wish: Wish,
    step: StepSheet,
    folder: Option<String>,
    /// Requirements that the command names, and files with such.
    asked: Vec<(String, CommandWord)>,
    files: Vec<(String, CommandWord)>,
    /// The script that is run.
    script: Option<String>,
    /// Whether the project is left alone.
    no_project: bool,
}

fn read(verb: Verb, word: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let Some(mut said) = said(verb, rest, scene) else { return };
    options::of_uv_variables(scene, &mut said.step);
    let folder = said.folder.as_ref().map_or_else(|| scene.folder.clone(), |folder| joined(&scene.folder, folder));
    // A script that says what it needs runs in an environment of its own.
    let script =
        said.script.as_ref().and_then(|name| scene.open(name).ok()).filter(|text| project::is_script(&text.text));
    if let Some(text) = &script {
        project::script(text, scene.reading, scene.sheet, &mut said.step);
    }
    let is_of_project = verb != Verb::Tool && !said.no_project && script.is_none();
    if is_of_project {
        // An index on the command line is asked before those of the project.
        match options::bring(&folder, By::Uv, &said.wish, &mut said.step, scene) {
            Ok(()) => {}
            Err(why) if verb == Verb::Sync => {
                let what = format!("the file pyproject.toml ({why})");
                scene.sheet.gap(what, GapWeight::Missing, word.at.clone());
            }
            Err(_) => {}
        }
    }
    let mut own = StepSheet::default();
    let step = match said.step.step.resolver {
        // What is added to a project is resolved, whatever the lock file has.
        Resolver::Lock if !said.asked.is_empty() || !said.files.is_empty() => {
            own.step.resolver = Resolver::Uv;
            own.step.best_match = said.step.step.best_match;
            own.step.renewed = said.step.step.renewed.clone();
            own.step.indexes = said.step.step.indexes.clone();
            &mut own
        }
        _ => &mut said.step,
    };
    for (text, word) in &said.asked {
        options::ask(text, word, By::UvPip, step, scene);
    }
    for (name, word) in &said.files {
        options::include(name, word, step, scene);
    }
    let both = [said.step, own];
    for step in both {
        if !step.step.requests.is_empty() || !step.step.offers.is_empty() {
            scene.sheet.step(step, word.at.clone());
        }
    }
}

fn said(verb: Verb, rest: &[CommandWord], scene: &mut Scene<'_, '_>) -> Option<Said> {
    let mut said = Said::default();
    said.step.step.resolver = Resolver::Uv;
    let mut words = rest.iter();
    let mut inexact = false;
    while let Some(word) = words.next() {
        if !word.text.starts_with('-') {
            match (verb, &word.unknown) {
                // What is run is no package, but a script may say what it needs.
                (Verb::Run, _) => {
                    said.script = Some(word.text.clone()).filter(|name| name.ends_with(".py"));
                    break;
                }
                (Verb::Sync, _) => {}
                (_, Some(name)) => {
                    scene.sheet.gap(format!("the value of {name}"), GapWeight::Decides, word.at.clone());
                }
                (_, None) => said.asked.push((word.text.clone(), word.clone())),
            }
            continue;
        }
        let (option, attached) = options::split(&word.text);
        if WITH_VALUE.contains(&option) {
            if attached.is_none() {
                words.next();
            }
            continue;
        }
        let mut value = || options::value(attached, &mut words, scene);
        match option {
            "--extra" if verb != Verb::Add => said.wish.extras.extend(value()),
            "--all-extras" => said.wish.all_extras = true,
            "--no-extra" => said.wish.no_extras.extend(value()),
            "--group" if verb != Verb::Add => said.wish.groups.extend(value()),
            "--all-groups" => said.wish.all_groups = true,
            "--no-group" => said.wish.no_groups.extend(value()),
            "--only-group" => {
                said.wish.only_groups = true;
                said.wish.groups.extend(value());
            }
            "--dev" => said.wish.groups.extend((verb != Verb::Add).then(|| "dev".to_owned())),
            "--no-dev" => said.wish.no_groups.push("dev".to_owned()),
            "--only-dev" => {
                said.wish.only_groups = true;
                said.wish.groups.push("dev".to_owned());
            }
            "--no-default-groups" => said.wish.no_defaults = true,
            "--no-project" | "--no-sync" => said.no_project = true,
            "--project" | "--directory" => said.folder = value(),
            "--with" => {
                let list = value().unwrap_or_default();
                said.asked.extend(list.split(',').map(|text| (text.trim().to_owned(), word.clone())));
            }
            "--with-requirements" | "-r" | "--requirements" | "--requirement" => {
                said.files.extend(value().map(|name| (name, word.clone())));
            }
            "--with-editable" | "--constraints" | "--constraint" | "-c" | "--overrides" | "--package"
            | "--optional" | "--extra" | "--group" => {
                value();
            }
            "--default-index" | "--index-url" | "-i" => {
                let url = value().map(|url| options::address(&url));
                said.step.step.indexes.extend(url.map(|url| Index { url, role: IndexRole::Default }));
            }
            "--index" | "--extra-index-url" => {
                let url = value().map(|url| options::address(&url));
                said.step.step.indexes.extend(url.map(|url| Index { url, role: IndexRole::Extra }));
            }
            "--find-links" | "-f" => said.step.step.links.extend(value().map(|link| redact::urls(&link))),
            "--prerelease" => said.step.step.pre |= value().as_deref() == Some("allow"),
            "--index-strategy" => {
                let strategy = value();
                if strategy.as_deref() == Some("unsafe-best-match") {
                    said.step.step.best_match = true;
                }
            }
            "--torch-backend" => {
                let backend = value().unwrap_or_default();
                project::torch_backend(&backend, &mut said.step);
            }
            "--upgrade" | "-U" => said.step.step.upgrade = true,
            "--upgrade-package" | "-P" | "--reinstall-package" => {
                said.step.step.renewed.extend(value().map(|name| normalize(&name)));
            }
            "--reinstall" => said.step.step.reinstall = true,
            "--inexact" => inexact = true,
            // A lock is only looked at, and nothing is installed.
            "--dry-run" | "--check" if verb == Verb::Sync => return None,
            _ => {}
        }
    }
    said.step.step.exact = verb == Verb::Sync && !inexact;
    // A tool has an environment of its own.
    said.step.step.elsewhere = verb == Verb::Tool;
    let asked = said.asked.iter().all(|(text, _)| requirements::request(text).is_err());
    (verb != Verb::Tool || !asked).then_some(said)
}
