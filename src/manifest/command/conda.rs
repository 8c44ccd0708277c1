//! `conda install …`, `conda env create …` and the same of mamba and micromamba; `pixi add …`, `pixi install`.

use super::{CommandWord, Scene, Tool, program};
use crate::{
    facts::{GapWeight, Index, Request, RequestRole, Resolver},
    manifest::{StepSheet, conda_environment, conda_lock, conda_spec, pixi, requirements},
};

/// Where `conda config --add channels` is kept for the commands after it; conda reads this variable, too.
const CHANNELS: &str = "CONDA_CHANNELS";

/// conda and those that take its commands.
pub struct Conda;

impl Tool for Conda {
    fn claims(&self, words: &[CommandWord]) -> bool {
        words.first().is_some_and(|word| matches!(program(&word.text), "conda" | "mamba" | "micromamba" | "conda.bat"))
    }

    fn read(&self, words: &[CommandWord], scene: &mut Scene<'_, '_>) {
        let Some((verb, rest)) = verb(words) else { return };
        match verb.text.as_str() {
            "install" | "create" | "update" | "upgrade" => install(verb, rest, scene),
            "remove" | "uninstall" => remove(verb, rest, scene),
            "run" => run(rest, scene),
            "config" => config(rest, scene),
            "env" => match first(rest) {
                Some((verb, rest)) if matches!(verb.text.as_str(), "create" | "update") => {
                    let before = scene.sheet.mark();
                    environment(verb, rest, scene);
                    if verb.text == "create" {
                        scene.sheet.elsewhere_since(before);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// What a program is asked to do, and what follows.
fn verb(words: &[CommandWord]) -> Option<(&CommandWord, &[CommandWord])> {
    first(words.get(1..)?)
}

/// The first word that is no option, and what follows.
fn first(words: &[CommandWord]) -> Option<(&CommandWord, &[CommandWord])> {
    words.get(words.iter().position(|word| !word.text.starts_with('-'))?..)?.split_first()
}

/// A word of an installation.
enum Part<'w> {
    /// An option with its value.
    Option(&'static str, &'w CommandWord, String),
    /// Anything else that is no option.
    Word(&'w CommandWord),
}

/// Options that matter, and those with a value that do not; each by what it is called here.
const OPTIONS: &[(&str, &str)] = &[
    ("-c", "channel"),
    ("--channel", "channel"),
    ("-f", "file"),
    ("--file", "file"),
    ("--clone", "clone"),
    ("-n", ""),
    ("--name", ""),
    ("-p", ""),
    ("--prefix", ""),
    ("-r", ""),
    ("--root-prefix", ""),
    ("--solver", ""),
    ("--platform", ""),
    ("--subdir", ""),
    ("--repodata-fn", ""),
    ("--experimental", ""),
    ("--channel-priority", ""),
    ("-e", "environment"),
    ("--environment", "environment"),
    ("--feature", "feature"),
    ("--manifest-path", ""),
    ("--cwd", ""),
];

/// The parts of an installation; a value that is not known is noted and left out.
fn parts<'w>(words: &'w [CommandWord], scene: &mut Scene<'_, '_>) -> Vec<Part<'w>> {
    let mut parts = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(name) = &word.unknown {
            // A folder or a name of an environment may be anything.
            scene.sheet.gap(format!("the value of {name}"), GapWeight::Decides, word.at.clone());
            continue;
        }
        if !word.text.starts_with('-') {
            parts.push(Part::Word(word));
            continue;
        }
        let (option, attached) = match word.text.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (word.text.as_str(), None),
        };
        let known = OPTIONS.iter().find(|(name, _)| *name == option);
        let short = || {
            let (option, value) = word.text.split_at_checked(2)?;
            let known = OPTIONS.iter().find(|(name, _)| *name == option && !option.starts_with("--"))?;
            Some((known.1, value.to_owned()))
        };
        let (name, value) = match (known, attached) {
            (Some((_, name)), Some(value)) => (*name, Some(value.to_owned())),
            (Some((_, name)), None) => match words.next() {
                Some(CommandWord { unknown: Some(variable), at, .. }) if !name.is_empty() => {
                    scene.sheet.gap(format!("the value of {variable}"), GapWeight::Decides, at.clone());
                    continue;
                }
                value => (*name, value.map(|value| value.text.clone())),
            },
            (None, _) => match short() {
                Some((name, value)) => (name, Some(value)),
                None if word.text == "--no-deps" => ("no-deps", Some(String::new())),
                None if word.text == "--pypi" => ("pypi", Some(String::new())),
                None => continue,
            },
        };
        if let Some(value) = value.filter(|_| !name.is_empty()) {
            parts.push(Part::Option(name, word, value));
        }
    }
    parts
}

fn install(verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let mut step = StepSheet::default();
    step.step.resolver = Resolver::Conda;
    step.step.upgrade = matches!(verb.text.as_str(), "update" | "upgrade");
    step.step.elsewhere = verb.text == "create";
    let mut files = Vec::new();
    for part in parts(rest, scene) {
        match part {
            Part::Option("channel", _, value) => {
                step.step.indexes.extend(value.split(',').filter_map(conda_environment::channel));
            }
            Part::Option("file", word, value) => files.push((word, value)),
            Part::Option("clone", word, value) => {
                let what = format!("what the environment {value} has");
                scene.sheet.gap(what, GapWeight::Decides, word.at.clone());
            }
            Part::Option("no-deps", ..) => step.step.alone = true,
            Part::Option(..) => {}
            Part::Word(word) => conda_environment::ask(scene.sheet, &mut step, &word.text, None, word.at.clone()),
        }
    }
    step.step.indexes.extend(configured(scene));
    for (word, name) in files {
        match scene.open(&name) {
            // micromamba takes environments here, too.
            Ok(text) if is_yaml(&name) => conda_environment::include(&text, scene.reading, scene.sheet),
            Ok(text) => {
                if text.text.contains("@EXPLICIT") {
                    step.step.resolver = Resolver::Lock;
                }
                conda_lock::include(&text, scene.sheet, &mut step);
            }
            Err(why) => scene.sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, word.at.clone()),
        }
    }
    if !step.step.requests.is_empty() {
        scene.sheet.step(step, verb.at.clone());
    }
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// The channels that the configuration has, as far as commands have set it.
fn configured(scene: &Scene<'_, '_>) -> Vec<Index> {
    let set = scene.variables.get(CHANNELS).map(String::as_str).unwrap_or_default();
    set.split(',').filter(|name| !name.is_empty()).filter_map(conda_environment::channel).collect()
}

fn environment(verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let mut file = "environment.yml".to_owned();
    let mut at = verb.at.clone();
    for part in parts(rest, scene) {
        match part {
            Part::Option("file", word, value) => (file, at) = (value, word.at.clone()),
            Part::Word(word) if is_yaml(&word.text) => (file, at) = (word.text.clone(), word.at.clone()),
            _ => {}
        }
    }
    match scene.open(&file) {
        Ok(text) => conda_environment::include(&text, scene.reading, scene.sheet),
        Err(why) => scene.sheet.gap(format!("the file {file} ({why})"), GapWeight::Missing, at),
    }
}

fn remove(verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let mut step = StepSheet::default();
    step.step.resolver = Resolver::Conda;
    for part in parts(rest, scene) {
        if let Part::Word(word) = part
            && let Ok(request) = conda_spec::request(&word.text)
        {
            step.ask(Request { role: RequestRole::Removed, ..request }, word.at.clone());
        }
    }
    scene.sheet.step(step, verb.at.clone());
}

/// `conda run -n env pip install …`
fn run(rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let mut words = rest;
    while let Some((word, more)) = words.split_first().filter(|(word, _)| word.text.starts_with('-')) {
        let takes = ["-n", "--name", "-p", "--prefix", "--cwd"].contains(&word.text.as_str());
        words = more.get(usize::from(takes)..).unwrap_or_default();
    }
    if !words.is_empty() {
        super::read(words, scene);
    }
}

/// `conda config --add channels conda-forge`
fn config(rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let words: Vec<&str> = rest.iter().map(|word| word.text.as_str()).collect();
    for call in words.windows(3) {
        let [option, "channels", channel] = call else { continue };
        let known = scene.variables.get(CHANNELS).cloned().unwrap_or_default();
        let all = match *option {
            "--add" | "--prepend" => format!("{channel},{known}"),
            "--append" => format!("{known},{channel}"),
            "--remove" => known.split(',').filter(|name| name != channel).collect::<Vec<_>>().join(","),
            _ => continue,
        };
        scene.variables.insert(CHANNELS.to_owned(), all);
    }
}

/// pixi.
pub struct Pixi;

impl Tool for Pixi {
    fn claims(&self, words: &[CommandWord]) -> bool {
        words.first().is_some_and(|word| program(&word.text) == "pixi")
    }

    fn read(&self, words: &[CommandWord], scene: &mut Scene<'_, '_>) {
        let Some((verb, rest)) = verb(words) else { return };
        match verb.text.as_str() {
            "install" | "shell" | "run" | "reinstall" => {
                let mut name = "default".to_owned();
                // What follows a task's name is the task's own.
                let own = rest.iter().position(|word| verb.text == "run" && !word.text.starts_with('-'));
                for part in parts(rest.get(..own.unwrap_or(rest.len())).unwrap_or(rest), scene) {
                    if let Part::Option("environment", _, value) = part {
                        name = value;
                    }
                }
                workspace(verb, &name, scene);
            }
            "add" => add(verb, rest, scene),
            _ => {}
        }
    }
}

fn workspace(verb: &CommandWord, name: &str, scene: &mut Scene<'_, '_>) {
    let folder = scene.folder.clone();
    if let Err(why) = pixi::include(&folder, name, scene.reading, scene.sheet) {
        scene.sheet.gap(format!("the file pixi.toml ({why})"), GapWeight::Missing, verb.at.clone());
    }
}

fn add(verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let parts = parts(rest, scene);
    let of_pypi = parts.iter().any(|part| matches!(part, Part::Option("pypi", ..)));
    let folder = scene.folder.clone();
    // What is there already; a workspace that is not there has the default channel.
    let known = pixi::include(&folder, "default", scene.reading, scene.sheet).is_ok();
    let before = scene.sheet.environment.steps.iter().rev().find(|step| step.resolver == Resolver::Conda && known);
    let mut step = StepSheet::default();
    step.step.indexes = before.map(|step| step.indexes.clone()).unwrap_or_default();
    step.step.resolver = if of_pypi { Resolver::Uv } else { Resolver::Conda };
    if of_pypi {
        step.step.indexes.clear();
    } else if step.step.indexes.is_empty() {
        step.step.indexes.extend(conda_environment::channel("conda-forge"));
    }
    for part in parts {
        match part {
            Part::Word(word) if of_pypi => match requirements::request(&word.text) {
                Ok(request) => step.ask(request, word.at.clone()),
                Err(unread) => scene.sheet.gap(unread.what, GapWeight::PassedOver, word.at.clone()),
            },
            Part::Word(word) => conda_environment::ask(scene.sheet, &mut step, &word.text, None, word.at.clone()),
            Part::Option(..) => {}
        }
    }
    scene.sheet.step(step, verb.at.clone());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::manifest::{Choices, Reading, Sheet, Shelf, Text, command, tests::steps};

    /// What commands do in a folder with these files, one after the other.
    fn after(files: &[(&str, &str)], lines: &[&str]) -> Sheet {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let shelf = Shelf::new(crate::system::Root::new(None, None).unwrap(), folder.path().to_owned());
        let choices = Choices::default();
        let mut reading = Reading::new(&shelf, &choices);
        let mut sheet = Sheet::new("e", "e");
        let mut variables = BTreeMap::new();
        for line in lines {
            let text = Text::new("command", "command", *line);
            let word = |word: &str| CommandWord {
                text: word.to_owned(),
                at: text.at(0),
                unknown: word.strip_prefix('$').map(str::to_owned),
            };
            let words: Vec<CommandWord> = line.split(' ').map(word).collect();
            let folder = folder.path().to_owned();
            let mut scene =
                Scene { reading: &mut reading, sheet: &mut sheet, folder, variables, files: command::Files::default() };
            assert!(command::read(&words, &mut scene), "{line}");
            variables = scene.variables;
        }
        sheet
    }

    fn channels(sheet: &Sheet, step: usize) -> Vec<&str> {
        sheet.environment.steps[step].indexes.iter().map(|index| index.url.as_str()).collect()
    }

    #[test]
    fn installations_have_channels_and_requests() {
        let sheet = after(
            &[],
            &[
                "conda config --add channels conda-forge",
                "mamba -y create -n x -cpytorch -c nvidia python=3.10 pytorch=2.1 pytorch-cuda=12.1 -y",
            ],
        );
        assert_eq!(steps(&sheet.environment), [["torch==2.1.*", "pytorch-cuda==12.1.*"]]);
        assert_eq!(channels(&sheet, 0), ["pytorch", "nvidia", "conda-forge"]);
        assert_eq!(sheet.environment.python.value().map(ToString::to_string).as_deref(), Some("3.10"));
        let sheet = after(&[], &["conda install -n $ENV pytorch", "conda install $PACKAGES", "conda remove pytorch"]);
        assert_eq!(sheet.environment.gaps.len(), 1, "{:?}", sheet.environment.gaps);
        assert_eq!(sheet.environment.steps[1].requests[0].role, RequestRole::Removed);
        let sheet = after(&[], &["conda run -n x --no-capture-output pip install torch==2.7.1"]);
        assert_eq!(steps(&sheet.environment), [["torch==2.7.1"]]);
    }

    #[test]
    fn files_are_read() {
        let files = [
            ("environment.yml", "channels: [pytorch]\ndependencies: [pytorch=2.0]\n"),
            ("list.txt", "# comment\nnumpy>=1.20\n"),
            (
                "pixi.toml",
                "[workspace]\nchannels = ['conda-forge']\n[dependencies]\npytorch-gpu = '*'\n[feature.cpu.dependencies]\n\
                 pytorch-cpu = '*'\n[environments]\ncpu = ['cpu']\n",
            ),
        ];
        assert_eq!(steps(&after(&files, &["conda env create"]).environment), [["torch==2.0.*"]]);
        assert_eq!(steps(&after(&files, &["micromamba create -f environment.yml"]).environment), [["torch==2.0.*"]]);
        assert_eq!(steps(&after(&files, &["conda install --file list.txt"]).environment), [["numpy>=1.20"]]);
        assert_eq!(after(&files, &["conda env update --file=missing.yml"]).environment.gaps.len(), 1);
        let sheet = after(&files, &["pixi install -e cpu"]);
        assert_eq!(steps(&sheet.environment), [["pytorch-cpu", "pytorch-gpu", "-cuda"]]);
        assert_eq!(steps(&after(&files, &["pixi run train -e cpu"]).environment), [["pytorch-gpu", "-cuda"]]);
        let sheet = after(&files, &["pixi add --pypi torch==2.7.1"]);
        assert_eq!(steps(&sheet.environment), [vec!["pytorch-gpu", "-cuda"], vec!["torch==2.7.1"]]);
        assert_eq!(channels(&after(&[], &["pixi add pytorch"]), 0), ["conda-forge"]);
    }
}
