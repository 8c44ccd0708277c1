//! `gpucheck check --base`: where the state before a change is read from, and what of the answer makes the command fail.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;

use super::{
    options::{FailOn, Show},
    output,
};
use crate::{
    exit::Exit,
    finding::Severity,
    judge::{self, Asked, Base, CheckError, For, Inputs},
    knowledge::Knowledge,
    manifest::Choices,
    probe::revision::{repository, revision},
    report::{Change, Machines, Verdict},
    rules,
    system::Surroundings,
};

/// What is checked, as a person named it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// `--base`.
    pub base: &'a Path,
    /// Files and folders; "-" is standard input.
    pub files: &'a [PathBuf],
    /// Words of a command.
    pub command: &'a [String],
    /// The name that standard input has (`--as`).
    pub input: Option<&'a str>,
}

impl Named<'_> {
    /// The state before. `prepared` does to it what was done to the state after.
    ///
    /// # Errors
    /// A file that cannot be read, a revision that there is not, and what cannot be held against each other.
    pub fn base(&self, prepared: impl Fn(Inputs) -> Inputs) -> anyhow::Result<Base> {
        let name = self.base.to_string_lossy().into_owned();
        if self.base.is_file() {
            return self.file(name, prepared);
        }
        let surroundings = Surroundings::of_process();
        let folder = surroundings.folder.clone().ok_or(CheckError::Folder)?;
        let asked = match self.command {
            [] => Asked::Files(self.files.iter().map(|file| self.meant(file)).collect::<Result<_, _>>()?),
            words => Asked::Command(words.to_vec()),
        };
        let inputs = Inputs::new(asked.clone())?;
        let paths = match &asked {
            Asked::Files(files) => files.iter().map(|file| inputs.absolute(file)).collect(),
            Asked::Command(_) => vec![folder],
        };
        let first = paths.first().context("no file to hold against the base")?;
        let before = revision(first, &name, &surroundings)?;
        if let Some(other) = paths.iter().find(|path| repository(path) != repository(first)) {
            anyhow::bail!("{} lies in another repository; check it by itself", other.display());
        }
        let renamed = match self.input {
            Some(input) if self.files.iter().any(|file| is_input(file)) => {
                vec![(inputs.shown(Path::new(input)), "-".to_owned())]
            }
            _ => Vec::new(),
        };
        Ok(Base { inputs: prepared(inputs).as_of(before.tree), name, commit: Some(before.commit), renamed })
    }

    /// The path in a revision that a name means.
    fn meant(&self, file: &Path) -> anyhow::Result<PathBuf> {
        match self.input {
            Some(name) if is_input(file) => Ok(name.into()),
            None if is_input(file) => anyhow::bail!("--base needs to know which file standard input is (--as PATH)"),
            _ => Ok(file.to_owned()),
        }
    }

    /// Another file as the state before.
    fn file(&self, name: String, prepared: impl Fn(Inputs) -> Inputs) -> anyhow::Result<Base> {
        let [file] = self.files else {
            anyhow::bail!("'{name}' is a file: it is held against one file, and not against several or a command");
        };
        anyhow::ensure!(!file.is_dir(), "'{name}' is a file, and {} is a folder", file.display());
        let own = self.base.file_name().unwrap_or_default();
        let kind = match self.input {
            Some(input) if is_input(file) => Path::new(input).file_name(),
            _ if is_input(file) => None,
            _ => file.file_name(),
        };
        let kind = kind.unwrap_or(own).to_string_lossy().into_owned();
        let inputs = Inputs::new(Asked::Files(vec![self.base.to_owned()]))?;
        let today = if is_input(file) { "-".to_owned() } else { inputs.shown(file) };
        let renamed = vec![(inputs.shown(self.base), today)];
        Ok(Base { inputs: prepared(inputs).with_file_as(self.base, &kind)?, name, commit: None, renamed })
    }
}

fn is_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Judges a change and writes what it does. It fails where the change makes something worse.
pub fn changed(
    knowledge: &Knowledge,
    meant: For<'_>,
    (base, inputs): (&mut Base, &mut Inputs),
    choices: Choices,
    fail_on: FailOn,
    show: &Show,
    start: Instant,
) -> anyhow::Result<Exit> {
    let Some(said) = judge::change(knowledge, meant, base, inputs, choices, start)? else { return Ok(Exit::Ok) };
    let failed = said.change.as_ref().is_some_and(|change| fails(fail_on, change, &said));
    output::deliver(said, show, &|slug| rules::page(knowledge, slug))?;
    Ok(if failed { Exit::Found } else { Exit::Ok })
}

fn fails(fail_on: FailOn, change: &Change, said: &Machines) -> bool {
    match fail_on {
        FailOn::Never => false,
        FailOn::Error => change.worse >= Some(Severity::Error),
        FailOn::Warning => change.worse >= Some(Severity::Warning),
        FailOn::Unknown => change.worse >= Some(Severity::Warning) || said.verdict == Verdict::Unknown,
    }
}
