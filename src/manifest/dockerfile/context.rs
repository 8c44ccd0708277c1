//! The folder that an image is built from where nothing says it: `docker build -f docker/Dockerfile .` at the top of a project is as usual as a
//! build in the Dockerfile's own folder. The files that the Dockerfile names tell which one it is.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{Instruction, stage::mounted};
use crate::manifest::{Shelf, Text};

/// Folders above the Dockerfile's own that may be the one.
const MAX_ABOVE: usize = 4;
/// Names beyond these many tell no more.
const MAX_NAMES: usize = 200;
/// Endings of files that commands in an image read.
const ENDINGS: &[&str] = &[".txt", ".toml", ".lock", ".yml", ".yaml", ".sh", ".py", ".cfg", ".in"];
/// Files of which a project has one.
const PROJECT: &[&str] = &["pyproject.toml", "setup.py", "setup.cfg"];

/// The folder that has most of what the Dockerfile copies, of its own one and those above it in the project; the nearest of several.
pub(super) fn of(text: &Text, instructions: &[Instruction], shelf: &Shelf) -> PathBuf {
    let own = text.folder();
    let folders = shelf.above(own, MAX_ABOVE);
    if folders.len() < 2 {
        return own.to_owned();
    }
    let needed = Needed::of(instructions);
    let count = |folder: &Path| {
        let names = needed
            .names
            .iter()
            .filter(|name| shelf.is_there(&folder.join(name)) || shelf.is_folder(&folder.join(name)));
        let project = needed.project && PROJECT.iter().any(|name| shelf.has(folder, name));
        names.count() + usize::from(project)
    };
    let mut best = (0, own.to_owned());
    for folder in folders {
        let there = count(&folder);
        if there > best.0 {
            best = (there, folder);
        }
    }
    best.1
}

/// What the folder of a build has to have.
#[derive(Debug, Default)]
struct Needed {
    /// Paths below it.
    names: BTreeSet<String>,
    /// Whether a project is installed from it.
    project: bool,
}

impl Needed {
    fn of(instructions: &[Instruction]) -> Self {
        let mut needed = Self::default();
        // Where in the image the whole folder is copied to.
        let mut whole: Vec<String> = Vec::new();
        for instruction in instructions {
            let (flags, body) = instruction.flags();
            match instruction.name.as_str() {
                "COPY" | "ADD" if flags.iter().all(|(name, _)| name != "from") => {
                    let mut words = Instruction::words(&body.text)
                        .unwrap_or_else(|| body.text.split_whitespace().map(str::to_owned).collect());
                    let to = words.pop().unwrap_or_default();
                    for word in words {
                        match word.trim_start_matches("./").trim_matches('/') {
                            "" | "." => whole.push(format!("{}/", to.trim_end_matches(['/', '.']))),
                            path => needed.name(path),
                        }
                    }
                }
                "RUN" => {
                    let mounts = flags.iter().filter(|(name, value)| name == "mount" && value.contains("type=bind"));
                    let own = mounts.filter(|(_, mount)| mounted(mount, "from").is_none());
                    own.filter_map(|(_, mount)| mounted(mount, "source").or_else(|| mounted(mount, "src")))
                        .for_each(|path| needed.name(path.trim_start_matches("./").trim_matches('/')));
                    if !whole.is_empty() {
                        let documents = instruction.documents.iter().map(|(_, document)| document.text.as_str());
                        documents.chain([body.text.as_str()]).for_each(|text| needed.command(text, &whole));
                    }
                }
                _ => {}
            }
        }
        needed
    }

    /// A path below the folder; one that is not written out tells nothing.
    fn name(&mut self, path: &str) {
        let plain = !path.is_empty() && !path.contains(['$', '*', '?', '[', '\\', '"', '\'']) && !path.contains("://");
        if plain && !path.split('/').any(|part| part == "..") && self.names.len() < MAX_NAMES {
            self.names.insert(path.to_owned());
        }
    }

    /// What commands read of the folder that was copied as a whole.
    fn command(&mut self, text: &str, whole: &[String]) {
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')')) {
            let word = word.trim_matches(['"', '\'']);
            let bare = word.split('[').next().unwrap_or(word);
            if matches!(bare, "." | "./") {
                self.project = true;
            } else if let Some(below) = whole.iter().find_map(|folder| word.strip_prefix(folder.as_str())) {
                self.name(below.split('[').next().unwrap_or(below).trim_matches('/'));
            } else if !word.starts_with(['/', '-', '~']) && ENDINGS.iter().any(|ending| word.ends_with(ending)) {
                self.name(word.trim_start_matches("./"));
            }
        }
    }
}
