//! Commands that bring software, as shells, Dockerfiles, workflows and people write them: one file for each tool.

mod conda;
mod docker;
mod files;
mod interpreter;
mod options;
mod pip;
mod poetry;
mod uv;

use std::{collections::BTreeMap, path::PathBuf};

pub use files::{Files, joined};
pub use interpreter::note as note_interpreter;

use super::{
    NotRead, Reading, Sheet, Text,
    shell::{self, Language},
    ways::Way,
};
use crate::facts::Location;

/// A word of a command, quotes and variables resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandWord {
    /// What the tool gets.
    pub text: String,
    /// Where it is written.
    pub at: Location,
    /// What of it is not known: the name of a variable that nothing sets.
    pub unknown: Option<String>,
}

/// What a command meets.
pub struct Scene<'s, 'r> {
    /// The reading that it is part of.
    pub reading: &'s mut Reading<'r>,
    /// The environment that it changes.
    pub sheet: &'s mut Sheet,
    /// The folder that it runs in, where files are that it names.
    pub folder: PathBuf,
    /// Environment variables that it sees, such as `PIP_INDEX_URL`.
    pub variables: BTreeMap<String, String>,
    /// Which files it finds, where those are not simply those of its folder.
    pub files: Files,
}

impl Scene<'_, '_> {
    /// A file that the command names.
    ///
    /// # Errors
    /// As [`super::Shelf::beside`].
    pub fn open(&mut self, name: &str) -> Result<Text, NotRead> {
        self.files.open(self.reading, &self.folder, name)
    }

    /// Where a file or a folder that the command names lies in the project, if it is part of it.
    pub fn place(&self, name: &str) -> Option<PathBuf> {
        self.files.place(&joined(&self.folder, name))
    }
}

/// A tool whose commands are read.
pub trait Tool: Sync {
    /// Whether these words call it.
    fn claims(&self, words: &[CommandWord]) -> bool;

    /// Reads what the call does.
    fn read(&self, words: &[CommandWord], scene: &mut Scene<'_, '_>);
}

/// The tools; the first that claims a command reads it.
const TOOLS: &[&dyn Tool] = &[&docker::Docker, &conda::Conda, &conda::Pixi, &pip::Pip, &uv::Uv, &poetry::Poetry];

/// Whether a tool reads these words.
pub fn claims(words: &[CommandWord]) -> bool {
    TOOLS.iter().any(|tool| tool.claims(words))
}

/// Reads a command; one that no tool claims does nothing that matters here. Says whether one did.
pub fn read(words: &[CommandWord], scene: &mut Scene<'_, '_>) -> bool {
    match TOOLS.iter().find(|tool| tool.claims(words)) {
        Some(tool) => {
            tool.read(words, scene);
            true
        }
        None => false,
    }
}

/// Reads a command that a person gives as words, in an environment of its own. Says whether a tool claims it. `text` is the line, for places.
/// A script of a shell is read on the way that is given.
pub fn read_line(
    words: &[String],
    text: &Text,
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
    folder: PathBuf,
    way: &Way,
) -> bool {
    let mut offset = 0;
    let words: Vec<CommandWord> = words
        .iter()
        .map(|word| {
            let at = text.at(offset);
            offset += word.len() + 1;
            CommandWord { text: word.clone(), at, unknown: None }
        })
        .collect();
    let calls_script =
        words.first().is_some_and(|word| shell::is_shell(program(&word.text)) || Language::of(&word.text).is_some());
    let calls_launcher = words.first().is_some_and(|word| program(&word.text).starts_with("python"))
        && words.iter().any(|word| word.text.ends_with(".py"));
    let mut scene = Scene { reading, sheet, folder, variables: BTreeMap::new(), files: Files::default() };
    if !calls_script && !calls_launcher {
        note_interpreter(&words, None, &mut scene);
        return read(&words, &mut scene);
    }
    let mut variables = shell::Variables::chosen(&way.set, &scene.reading.choices.set);
    shell::run_words(words, &mut variables, &mut scene);
    true
}

/// The name of a program in a path: `pip` of `/venv/bin/pip` and of `Scripts\pip.exe`.
pub fn program(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}
