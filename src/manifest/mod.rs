//! Files that ask for software, and commands that bring it: text → facts. One file a format, one for each tool whose commands are read; what
//! is installed is a list of steps, each with the place where it is written. What is not understood is a gap, never skipped in silence.
//!
//! To add a format: a file here with a [`Format`], and its name in the list `FORMATS`.

mod blanks;
mod cog;
pub mod command;
mod compose;
mod conda_environment;
mod conda_lock;
mod conda_spec;
mod devcontainer;
mod dockerfile;
pub mod edit;
mod excerpt;
mod folder;
mod guess;
mod ignores;
mod launcher;
mod page;
mod pixi;
mod project;
mod requirements;
mod script;
mod sheet;
mod shelf;
pub mod shell;
mod tables;
mod text;
mod ways;
mod workflow;
mod yaml;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub use excerpt::{Excerpt, excerpt};
pub use guess::guess;
pub use sheet::{Sheet, StepSheet};
pub use shelf::{NotRead, Put, Shelf};
pub use text::Text;
pub use ways::each as each_way;

use crate::facts::{Environment, Location, Platform, PythonVersion};

/// What a person chooses of what files offer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Extras of a project (`--extra`).
    pub extras: Vec<String>,
    /// Dependency groups (`--group`).
    pub groups: Vec<String>,
    /// Stage of a Dockerfile (`--stage`).
    pub stage: Option<String>,
    /// Values of ARG (`--build-arg`).
    pub build_args: BTreeMap<String, String>,
    /// Values of anything that is left open (`--set`).
    pub set: BTreeMap<String, String>,
    /// Heading of a page (`--section`).
    pub section: Option<String>,
    /// What is installed on: conditions of scripts hang on it.
    pub platform: Option<Platform>,
    /// The Python that is installed with.
    pub python: Option<PythonVersion>,
    /// Where nobody chose an extra, a group or a stage: each that brings one of these packages, and each stage that could be the last one, is
    /// an environment of its own besides.
    pub each: Option<BTreeSet<String>>,
}

/// A kind of file that is read.
pub trait Format: Sync {
    /// What people call it: `requirements file`.
    fn name(&self) -> &'static str;

    /// Whether a file is one: by its name, else by what it contains.
    fn claims(&self, text: &Text) -> bool;

    /// Whether it only uses what files of the project declare, which are then judged by themselves as well.
    fn is_aside(&self) -> bool {
        false
    }

    /// Reads it. What is declared goes into sheets, one for each environment.
    fn read(&self, text: &Text, reading: &mut Reading<'_>);
}

/// The formats; the first that claims a file reads it.
const FORMATS: &[&dyn Format] = &[
    &pixi::PixiFile::Manifest,
    &pixi::PixiFile::Lock,
    &conda_lock::CondaLock,
    &conda_lock::CondaList,
    &conda_environment::CondaEnvironment,
    &project::ProjectFile::Pyproject,
    &project::ProjectFile::Setup,
    &project::ProjectFile::Pipfile,
    &project::ProjectFile::UvLock,
    &project::ProjectFile::PoetryLock,
    &project::ProjectFile::Pylock,
    &project::ProjectFile::PipenvLock,
    &project::ProjectFile::PipReport,
    &project::ProjectFile::Script,
    &dockerfile::Dockerfile,
    &compose::Compose,
    &requirements::Requirements,
    &script::Script,
    &launcher::Launcher,
    &page::Page,
    &workflow::Workflow,
    &workflow::Gitlab,
    &devcontainer::Devcontainer,
    &cog::Cog,
];

/// Extras and groups, or stages, of one file that are environments of their own.
const MAX_EACH: usize = 16;

/// Projects beyond these many that requirements files name are not read.
const MAX_PROJECTS: u32 = 32;

/// Commands of all scripts together beyond these many are not walked.
const MAX_COMMANDS: u32 = 200_000;

/// One reading: what is known from outside, and what has been read so far.
#[derive(Debug)]
pub struct Reading<'r> {
    /// Where files are read from.
    pub shelf: &'r Shelf,
    /// What a person chose.
    pub choices: &'r Choices,
    /// What was declared.
    pub sheets: Vec<Sheet>,
    /// Files that no format knows, and what is wrong with others: each with the reason.
    pub unread: Vec<(String, String)>,
    /// Files that a person named and that a format read.
    named: Vec<String>,
    /// Files that were read for another one, so that a folder does not judge them twice.
    included: BTreeSet<PathBuf>,
    files: usize,
    /// How many projects requirements files have named.
    projects: u32,
    /// How many launchers call each other.
    launchers: u32,
    /// What was met that nothing says.
    doubts: ways::Doubts,
    /// Commands of scripts that may still be walked.
    commands: u32,
    /// Where a script that another one calls has a command that installs something.
    installs: Option<Location>,
}

/// What was read: environments that are declared, and where everything in them is written.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// The environments.
    pub environments: Vec<Environment>,
    /// Places by JSON pointer into facts.
    pub written: BTreeMap<String, Location>,
    /// Files that could not be read or that no format knows: name and reason.
    pub unread: Vec<(String, String)>,
}

impl<'r> Reading<'r> {
    /// Nothing read yet.
    pub fn new(shelf: &'r Shelf, choices: &'r Choices) -> Self {
        Self {
            shelf,
            choices,
            sheets: Vec::new(),
            unread: Vec::new(),
            named: Vec::new(),
            included: BTreeSet::new(),
            files: 0,
            commands: MAX_COMMANDS,
            installs: None,
            launchers: 0,
            projects: 0,
            doubts: ways::Doubts::default(),
        }
    }

    /// Whether one more project that a requirements file names is read. A project may name such files in turn: all of them are counted.
    fn one_more_project(&mut self) -> bool {
        self.projects += 1;
        self.projects <= MAX_PROJECTS
    }

    /// Reads a file or a folder that a person named.
    pub fn named(&mut self, path: &Path) {
        if self.shelf.is_folder(path) {
            self.folder(&self.shelf.absolute(path));
            return;
        }
        match self.shelf.named(path) {
            Ok(text) => {
                if claims(&text) {
                    self.named.push(text.shown.clone());
                }
                self.text(&text);
            }
            Err(why) => self.unread.push((self.shelf.shown(path), why.to_string())),
        }
    }

    /// Reads what a person gave as text, such as standard input.
    pub fn text(&mut self, text: &Text) {
        match FORMATS.iter().find(|format| format.claims(text)) {
            Some(format) => self.with(*format, text),
            None => {
                let why = if text.text.trim().is_empty() { "it is empty" } else { "no format that is read" };
                self.unread.push((text.shown.clone(), why.to_owned()));
            }
        }
    }

    /// Reads a file of a format.
    fn with(&mut self, format: &dyn Format, text: &Text) {
        let included = format.is_aside().then(|| self.included.clone());
        format.read(text, self);
        if let Some(included) = included {
            self.included = included;
        }
    }

    /// A file that another one names. It is read once for each that names it, and not for itself in a folder.
    ///
    /// # Errors
    /// As [`Shelf::beside`].
    pub fn beside(&mut self, folder: &Path, name: &str) -> Result<Text, NotRead> {
        let text = self.shelf.beside(folder, name)?;
        self.included.insert(text.path.clone());
        Ok(text)
    }

    /// Says that a file which another one names is the one that this began with: it has an environment of its own.
    fn is_root(&mut self, path: &Path) {
        self.included.remove(path);
    }

    /// What was read, as facts.
    pub fn declared(self) -> Declared {
        let mut declared = Declared { unread: self.unread, ..Declared::default() };
        // A file that was read for another one has no environment of its own. A project has: it is installed outside of its image, too.
        let read = |sheet: &Sheet| {
            let id = sheet.environment.id.as_str();
            let is_of =
                |file: String| id.strip_prefix(&file).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ["));
            self.included.iter().any(|path| is_of(self.shelf.shown(path)))
        };
        let own = |sheet: &Sheet| sheet.environment.found_by.ends_with("pyproject.toml") || !read(sheet);
        for sheet in self.sheets.into_iter().filter(|sheet| !sheet.is_empty()) {
            if !own(&sheet) {
                continue;
            }
            let (environment, places) = sheet.placed(declared.environments.len());
            declared.written.extend(places);
            declared.environments.push(environment);
        }
        // A file that asks for nothing is no mistake of the person who named it.
        if declared.environments.is_empty() {
            let nothing = self.named.iter().map(|shown| Sheet::new(shown, shown).environment);
            declared.environments.extend(nothing);
        }
        declared
    }
}

/// Reads what the project in a folder asks for into a step, as pip would install it, or uv in its place.
fn bring_project(
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
    step: &mut StepSheet,
    folder: &Path,
    with_uv: bool,
    extras: Vec<String>,
) -> Result<(), NotRead> {
    let by = if with_uv { project::By::UvPip } else { project::By::Pip };
    project::bring(reading, sheet, step, folder, by, &project::Wish { extras, ..project::Wish::default() })
}

/// Whether a text is one that is read, by its name or by what it contains.
pub fn claims(text: &Text) -> bool {
    FORMATS.iter().any(|format| format.claims(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Root;

    /// The one environment that a file declares, and the places of its parts.
    pub(super) fn environment(name: &str, content: &str) -> (Environment, BTreeMap<String, Location>) {
        let mut declared = declared(name, content);
        assert_eq!(declared.environments.len(), 1, "{declared:?}");
        (declared.environments.remove(0), declared.written)
    }

    /// What a file declares.
    pub(super) fn declared(name: &str, content: &str) -> Declared {
        let shelf = Shelf::new(Root::new(None, None).unwrap(), PathBuf::from("/nowhere"));
        let choices = Choices::default();
        let mut reading = Reading::new(&shelf, &choices);
        reading.text(&Text::new(Path::new("/nowhere").join(name), name, content));
        reading.declared()
    }

    /// Names and specifiers of the requests of every step.
    pub(super) fn steps(environment: &Environment) -> Vec<Vec<String>> {
        let of = |request: &crate::facts::Request| format!("{}{}", request.name, request.asked.specifiers);
        environment.steps.iter().map(|step| step.requests.iter().map(of).collect()).collect()
    }
}
