//! From files and commands that ask for software to a report, for one machine.

use std::{fmt, path::PathBuf, time::Instant};

use super::{judgement::Judgement, machine::Machine};
use crate::{
    facts::{Facts, Os, Platform},
    knowledge::{GpuLookupError, Knowledge},
    manifest::{Choices, Declared, Reading, Sheet, Shelf, Text, command},
    report::{CommandName, Report},
    rules::Judged,
    system::{Root, Surroundings},
};

/// What is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Files and folders, by path.
    Files(Vec<PathBuf>),
    /// A command, in words.
    Command(Vec<String>),
}

/// Why there is nothing to judge.
#[derive(Debug)]
pub enum CheckError {
    /// None of the files could be read: each with the reason.
    Unread(Vec<(String, String)>),
    /// Nothing that was read asks for anything.
    Nothing(String),
    /// The command is none that installs something.
    Command(String),
    /// A GPU that no product is.
    Gpu(GpuLookupError),
    /// There is no current folder.
    Folder,
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(files) => {
                for (number, (file, why)) in files.iter().enumerate() {
                    if number > 0 {
                        f.write_str("; ")?;
                    }
                    write!(f, "cannot read {file}: {why}")?;
                }
                Ok(())
            }
            Self::Nothing(what) => write!(f, "{what} asks for no software that gpucheck knows how to read"),
            Self::Command(command) => {
                write!(f, "'{command}' is no command that installs something, as far as gpucheck knows")
            }
            Self::Gpu(error) => write!(f, "{error}"),
            Self::Folder => f.write_str("the current folder does not exist"),
        }
    }
}

impl std::error::Error for CheckError {}

/// Reads what is asked for and judges it for one machine. `facts` are those of the machine that gpucheck runs on.
///
/// # Errors
/// When nothing could be read.
pub fn check(
    knowledge: &Knowledge,
    mut facts: Facts,
    machine: &Machine,
    asked: &Asked,
    mut choices: Choices,
    start: Instant,
) -> Result<Report, CheckError> {
    // What is installed and set on this machine says nothing of what files ask for.
    facts.environments.clear();
    facts.toolkits.clear();
    facts.env_vars.clear();
    machine.assumed.apply(&mut facts, knowledge).map_err(CheckError::Gpu)?;
    choices.platform = facts.host.platform.value().copied();
    choices.python = machine.assumed.python;
    let declared = read(asked, &choices)?;
    facts.written = declared.written;
    facts.environments = declared.environments;
    for environment in &mut facts.environments {
        if environment.platform.is_unknown() {
            environment.platform = facts.host.platform.clone();
        }
        if environment.image.is_some()
            && let Some(platform) = environment.platform.value_mut()
            && platform.os == Os::Windows
        {
            // Images are Linux', whatever system starts them.
            *platform = Platform { os: Os::Linux, ..*platform };
        }
    }
    // The Python that is assumed counts for what files leave open and for what they say.
    machine.assumed.python_of(&mut facts);
    Ok(Judgement::of(CommandName::Check, facts, knowledge, Judged::All, start).with_fixes())
}

fn read(asked: &Asked, choices: &Choices) -> Result<Declared, CheckError> {
    let surroundings = Surroundings::of_process();
    let folder = surroundings.folder.clone().ok_or(CheckError::Folder)?;
    let root = Root::new(None, surroundings.home.as_deref()).map_err(|_| CheckError::Folder)?;
    let shelf = Shelf::new(root, folder.clone());
    let mut reading = Reading::new(&shelf, choices);
    let what = match asked {
        Asked::Files(files) => {
            files.iter().for_each(|file| reading.named(file));
            files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
        }
        Asked::Command(words) => {
            let line = words.join(" ");
            let text = Text::new(folder.join("command"), "command", line.clone());
            let mut sheet = Sheet::new(&line, "command");
            if !command::read_line(words, &text, &mut reading, &mut sheet, folder) {
                return Err(CheckError::Command(line));
            }
            reading.sheets.push(sheet);
            line
        }
    };
    let declared = reading.declared();
    if declared.environments.is_empty() {
        return Err(match declared.unread.is_empty() {
            true => CheckError::Nothing(what),
            false => CheckError::Unread(declared.unread),
        });
    }
    Ok(declared)
}
