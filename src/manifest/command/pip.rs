//! `pip install …` and `uv pip install …`.

use super::{CommandWord, Scene, Tool, program};
use crate::{
    facts::{GapWeight, Index, IndexRole, Request, RequestRole, Resolver},
    manifest::{StepSheet, requirements},
    system::redact,
};

/// pip, and uv in its place.
pub struct Pip;

impl Tool for Pip {
    fn claims(&self, words: &[CommandWord]) -> bool {
        arguments(words).is_some()
    }

    fn read(&self, words: &[CommandWord], scene: &mut Scene<'_, '_>) {
        let Some((resolver, arguments)) = arguments(words) else { return };
        let Some((verb, rest)) = arguments.split_first() else { return };
        match verb.text.as_str() {
            "install" | "wheel" | "download" | "sync" => install(resolver, verb, rest, scene),
            "uninstall" => uninstall(verb, rest, scene),
            _ => {}
        }
    }
}

/// What follows `pip`, and who resolves it.
fn arguments(words: &[CommandWord]) -> Option<(Resolver, &[CommandWord])> {
    let at = |index: usize| words.get(index).map(|word| word.text.as_str());
    let name = program(at(0)?);
    let is_pip = |name: &str| {
        name.strip_prefix("pip").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    };
    let is_python = |name: &str| {
        let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("py"));
        rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'w')))
    };
    if is_pip(name) {
        return Some((Resolver::Pip, words.get(1..)?));
    }
    if name == "uv" && at(1) == Some("pip") {
        return Some((Resolver::Uv, words.get(2..)?));
    }
    if is_python(name) {
        // Options of the interpreter come before: `python -s -m pip`, `py -3.11 -m pip`.
        let module = words.iter().position(|word| word.text == "-m")?;
        let before = words.get(1..module)?.iter().all(|word| word.text.starts_with('-'));
        return (before && at(module + 1) == Some("pip"))
            .then(|| Some((Resolver::Pip, words.get(module + 2..)?)))
            .flatten();
    }
    None
}

/// Options with a value that say nothing of what is installed.
const WITH_VALUE: &[&str] = &[
    "--target",
    "-t",
    "--prefix",
    "--root",
    "--src",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--cache-dir",
    "--log",
    "--proxy",
    "--retries",
    "--timeout",
    "--cert",
    "--client-cert",
    "--trusted-host",
    "--progress-bar",
    "--python",
    "-p",
    "--report",
    "--config-settings",
    "-C",
    "--global-option",
    "--build-option",
    "--no-binary",
    "--only-binary",
    "--use-feature",
    "--upgrade-strategy",
    "--root-user-action",
    "--exists-action",
    "--keyring-provider",
    "-w",
    "--wheel-dir",
    "-d",
    "--dest",
    "--link-mode",
    "--exclude-newer",
    "--resolution",
    "--prerelease",
    "--index-strategy",
    "--torch-backend",
    "-b",
    "--build",
    "--break-system-packages-policy",
    "--allow-insecure-host",
];

fn install(resolver: Resolver, verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let mut step = StepSheet::default();
    step.step.resolver = resolver;
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if let Some(name) = &word.unknown {
            scene.sheet.gap(format!("the value of {name}"), GapWeight::Decides, word.at.clone());
            continue;
        }
        if !word.text.starts_with('-') || word.text == "-" {
            match requirements::request(&word.text) {
                Ok(request) => step.ask(request, word.at.clone()),
                Err(what) => scene.sheet.gap(what, GapWeight::PassedOver, word.at.clone()),
            }
            continue;
        }
        let (option, attached) = match word.text.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option.to_owned(), Some(value.to_owned())),
            _ => match word.text.split_at_checked(2) {
                Some((short, value)) if !value.is_empty() && ["-r", "-c", "-i", "-f", "-e"].contains(&short) => {
                    (short.to_owned(), Some(value.to_owned()))
                }
                _ => (word.text.clone(), None),
            },
        };
        let takes = matches!(
            option.as_str(),
            "-r" | "--requirement"
                | "--requirements"
                | "-c"
                | "--constraint"
                | "--constraints"
                | "-i"
                | "--index-url"
                | "--default-index"
                | "--extra-index-url"
                | "--index"
                | "-f"
                | "--find-links"
                | "-e"
                | "--editable"
                | "--override"
                | "--overrides"
        ) || WITH_VALUE.contains(&option.as_str());
        let value = match (attached, takes) {
            (Some(value), _) => value,
            (None, true) => match words.next() {
                Some(CommandWord { unknown: Some(name), at, .. }) => {
                    scene.sheet.gap(format!("the value of {name}"), GapWeight::Decides, at.clone());
                    continue;
                }
                Some(word) => word.text.clone(),
                None => String::new(),
            },
            (None, false) => String::new(),
        };
        let index = |role| Index { url: redact::urls(&value), role };
        match option.as_str() {
            "-r" | "--requirement" | "--requirements" => include(scene, &mut step, word, &value, RequestRole::Wanted),
            "-c" | "--constraint" | "--constraints" => include(scene, &mut step, word, &value, RequestRole::Held),
            "--override" | "--overrides" => include(scene, &mut step, word, &value, RequestRole::Forced),
            "-i" | "--index-url" | "--default-index" => step.step.indexes.push(index(IndexRole::Default)),
            "--extra-index-url" | "--index" => step.step.indexes.push(index(IndexRole::Extra)),
            "-f" | "--find-links" => step.step.links.push(redact::urls(&value)),
            "-e" | "--editable" => match requirements::request(&value) {
                Ok(request) => step.ask(request, word.at.clone()),
                Err(what) => scene.sheet.gap(what, GapWeight::PassedOver, word.at.clone()),
            },
            "--pre" => step.step.pre = true,
            "--prerelease" => step.step.pre = value == "allow",
            "-U" | "--upgrade" => step.step.upgrade = true,
            "--no-deps" => step.step.alone = true,
            _ => {}
        }
    }
    scene.sheet.step(step, verb.at.clone());
}

fn include(scene: &mut Scene<'_, '_>, step: &mut StepSheet, word: &CommandWord, name: &str, role: RequestRole) {
    match scene.open(name) {
        Ok(text) => requirements::include(scene.reading, scene.sheet, step, &text, role),
        Err(why) => scene.sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, word.at.clone()),
    }
}

fn uninstall(verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let mut step = StepSheet::default();
    for word in rest.iter().filter(|word| !word.text.starts_with('-') && word.unknown.is_none()) {
        if let Ok(request) = requirements::request(&word.text) {
            step.ask(Request { role: RequestRole::Removed, ..request }, word.at.clone());
        }
    }
    scene.sheet.step(step, verb.at.clone());
}
