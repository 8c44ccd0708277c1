//! What files and commands ask for, read for one machine: the files as they are and as they would be, and the judgement of them.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{IgnoredRule, assume::Assumed, installed, judgement::Judgement, machine::Machine};
use crate::{
    facts::{Environment, Facts, Gap, GapWeight, Os, Platform, Step},
    knowledge::{GpuLookupError, Knowledge},
    manifest::{self, Choices, Declared, Put, Reading, Sheet, Shelf, Text, command, edit::Changed},
    parallel,
    report::CommandName,
    rules::Judged,
    system::{Past, Root, Surroundings},
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
                write!(f, "gpucheck does not know '{command}' as a command that installs packages")
            }
            Self::Gpu(error) => write!(f, "{error}"),
            Self::Folder => f.write_str("the current folder does not exist"),
        }
    }
}

impl std::error::Error for CheckError {}

/// How reports name a command.
const COMMAND: &str = "command";

/// What is checked, and the files that it is read from: as they are, and as they would be.
#[derive(Debug)]
pub struct Inputs {
    pub(super) asked: Asked,
    pub(super) shelf: Shelf,
    folder: PathBuf,
    /// Rules whose findings are accepted.
    pub(super) ignored: Vec<IgnoredRule>,
    /// Files that [`mend`](super::mend) changed.
    pub(super) mended: Vec<Changed>,
    /// What asks a resolver for the versions that steps bring, if a person wants that.
    resolve: Option<Resolve>,
    /// Its answers, so that the same question is asked once.
    answers: Arc<Mutex<Answers>>,
    /// Files that were named and not read beside others that were: each with the reason.
    unread: Mutex<Vec<(String, String)>>,
    /// Whether there may be nothing to judge, since it is one state of two.
    may_lack: bool,
}

/// The steps with the versions that a resolver says, or why it says none.
type Answer = Result<Vec<Step>, String>;

/// What was asked, each with the answer.
type Answers = Vec<(Vec<Step>, Answer)>;

/// Fills in the versions that an environment's steps bring.
pub type Resolve = fn(&mut Environment) -> Result<(), String>;

impl Inputs {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// When there is no current folder.
    pub fn new(asked: Asked) -> Result<Self, CheckError> {
        let surroundings = Surroundings::of_process();
        let folder = surroundings.folder.clone().ok_or(CheckError::Folder)?;
        let root = Root::new(None, surroundings.home.as_deref()).map_err(|_| CheckError::Folder)?;
        let mut shelf = Shelf::new(root, folder.clone());
        if let Asked::Command(words) = &asked {
            let text = Put { shown: COMMAND.to_owned(), text: words.join(" ") };
            shelf.put(&folder.join(COMMAND), Some(text));
        }
        Ok(Self {
            asked,
            shelf,
            folder,
            ignored: Vec::new(),
            mended: Vec::new(),
            resolve: None,
            answers: Arc::default(),
            may_lack: false,
            unread: Mutex::default(),
        })
    }

    /// That every file that was named could be read. What the others ask for is judged all the same, so this is asked after the report.
    ///
    /// # Errors
    /// When one could not.
    pub fn all_read(&self) -> Result<(), CheckError> {
        let unread = locked(&self.unread);
        if unread.is_empty() { Ok(()) } else { Err(CheckError::Unread(unread.clone())) }
    }

    /// The same, with rules whose findings are accepted.
    #[must_use]
    pub fn ignoring(self, ignored: Vec<IgnoredRule>) -> Self {
        Self { ignored, ..self }
    }

    /// The same, with a text for `-`, as a file of the current folder with this name; without one, by what it contains.
    #[must_use]
    pub fn with_text(mut self, name: Option<&str>, text: String) -> Self {
        let path = self.folder.join(name.unwrap_or_else(|| manifest::guess(&text)));
        if let Asked::Files(files) = &mut self.asked {
            files.iter_mut().filter(|file| file.as_os_str() == "-").for_each(|file| file.clone_from(&path));
        }
        self.shelf.put(&path, Some(Put { shown: "-".to_owned(), text }));
        self
    }

    /// The same, with the files as they were.
    #[must_use]
    pub fn as_of(self, past: Past) -> Self {
        Self { shelf: self.shelf.as_of(past), ..self }
    }

    /// The same with one file alone, which is read as if it had this name: that decides its kind.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn with_file_as(mut self, file: &Path, name: &str) -> Result<Self, CheckError> {
        let text = self
            .shelf
            .named(file)
            .map_err(|why| CheckError::Unread(vec![(self.shelf.shown(file), why.to_string())]))?;
        let path = text.folder().join(name);
        if path != text.path {
            self.shelf.put(&path, Some(Put { shown: text.shown, text: text.text }));
        }
        self.asked = Asked::Files(vec![path]);
        Ok(self)
    }

    /// A path from the root on.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        self.shelf.absolute(path)
    }

    /// A path as reports name it.
    pub fn shown(&self, path: &Path) -> String {
        self.shelf.shown(path)
    }

    /// Says whether there may be nothing to judge.
    pub fn may_lack(&mut self, may_lack: bool) {
        self.may_lack = may_lack;
    }

    /// What could not be read although it was there: each file with the reason.
    pub(super) fn unread(&self) -> Vec<String> {
        locked(&self.unread).iter().map(|(file, why)| format!("{file}: {why}")).collect()
    }

    /// Whether nothing that was asked for is there.
    fn is_absent(&self, asked: &Asked) -> bool {
        let there = |path: &PathBuf| self.shelf.is_folder(path) || self.shelf.is_there(path);
        matches!(asked, Asked::Files(files) if !files.iter().any(there))
    }

    /// The same inputs, for another thread to change files in memory.
    pub(super) fn copy(&self) -> Self {
        Self {
            asked: self.asked.clone(),
            shelf: self.shelf.copy(),
            folder: self.folder.clone(),
            ignored: Vec::new(),
            mended: Vec::new(),
            resolve: self.resolve,
            answers: Arc::clone(&self.answers),
            unread: Mutex::default(),
            may_lack: self.may_lack,
        }
    }

    /// How many threads may read at once. A resolver is asked one thing at a time, so that it is asked nothing twice.
    pub(super) fn threads(&self) -> usize {
        if self.resolve.is_some() { 1 } else { parallel::available() }
    }

    /// Asks a resolver for what files leave open.
    pub fn resolved_by(mut self, resolve: Resolve) -> Self {
        self.resolve = Some(resolve);
        self
    }

    /// Fills in what a resolver says, if one is asked; where it says nothing, that is what is needed.
    fn resolve(&self, environment: &mut Environment) {
        let Some(resolve) = self.resolve else { return };
        let asked = environment.steps.clone();
        let known = locked(&self.answers).iter().find(|(steps, _)| *steps == asked).map(|(_, answer)| answer.clone());
        let answer = known.unwrap_or_else(|| {
            let answer = resolve(environment).map(|()| environment.steps.clone());
            locked(&self.answers).push((asked.clone(), answer.clone()));
            answer
        });
        match answer {
            Ok(steps) => environment.steps = steps,
            Err(why) => {
                environment.steps = asked;
                environment.gaps.push(Gap { what: format!("a resolver's answer: {why}"), weight: GapWeight::Decides });
            }
        }
    }

    /// Where the command that is checked is, which is read as a file.
    pub(super) fn command(&self) -> Option<PathBuf> {
        matches!(self.asked, Asked::Command(_)).then(|| self.folder.join(COMMAND))
    }

    /// The files that changed, as they were and as they are.
    pub fn mended(&self) -> &[Changed] {
        &self.mended
    }

    fn read(&self, asked: &Asked, choices: &Choices) -> Result<Declared, CheckError> {
        let mut reading = Reading::new(&self.shelf, choices);
        let what = match asked {
            Asked::Files(files) => {
                files.iter().for_each(|file| reading.named(file));
                files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
            }
            Asked::Command(words) => {
                let line = words.join(" ");
                let path = self.folder.join(COMMAND);
                // It was put there as a file, so that it is read as one.
                let text = self.shelf.named(&path).unwrap_or_else(|_| Text::new(path, COMMAND, line.clone()));
                let mut claimed = true;
                let sheets = manifest::each_way(&mut reading, |reading, way| {
                    let mut sheet = Sheet::new(&line, COMMAND);
                    claimed &= command::read_line(words, &text, reading, &mut sheet, self.folder.clone(), way);
                    sheet
                });
                if !claimed {
                    return Err(CheckError::Command(line));
                }
                reading.sheets.extend(sheets);
                line
            }
        };
        let declared = reading.declared();
        if declared.environments.is_empty() && self.may_lack {
            if !self.is_absent(asked) {
                locked(&self.unread).clone_from(&declared.unread);
            }
            return Ok(declared);
        }
        if declared.environments.is_empty() {
            return Err(match declared.unread.is_empty() {
                true => CheckError::Nothing(what),
                false => CheckError::Unread(declared.unread),
            });
        }
        if *asked == self.asked {
            locked(&self.unread).clone_from(&declared.unread);
        }
        Ok(declared)
    }
}

/// What a mutex has; a thread that died while it had it left it whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A machine that what is read is judged for.
pub(super) struct Bench<'k> {
    pub knowledge: &'k Knowledge,
    /// Of the machine, without environments.
    facts: Facts,
    /// The environment that is there and would be changed, if one is meant.
    pub installed: Option<Environment>,
    assumed: &'k Assumed,
    choices: Choices,
    pub start: Instant,
}

impl<'k> Bench<'k> {
    pub fn of(
        knowledge: &'k Knowledge,
        mut facts: Facts,
        machine: &'k Machine,
        mut choices: Choices,
        start: Instant,
    ) -> Result<Self, CheckError> {
        // What is set on this machine says nothing of what files ask for, unless an environment of it is changed.
        facts.environments.truncate(1);
        if facts.environments.is_empty() {
            facts.toolkits.clear();
            facts.env_vars.clear();
        }
        machine.assumed.apply(&mut facts, knowledge).map_err(CheckError::Gpu)?;
        let installed = facts.environments.pop();
        let there = installed.as_ref();
        choices.platform = there.and_then(|there| there.platform.value()).or(facts.host.platform.value()).copied();
        choices.python = machine.assumed.python.or(there.and_then(|there| there.python.value()).copied());
        Ok(Self { knowledge, facts, installed, assumed: &machine.assumed, choices, start })
    }

    /// Reads what is asked for.
    pub fn read(&self, inputs: &Inputs) -> Result<Declared, CheckError> {
        self.read_of(inputs, &inputs.asked)
    }

    /// Reads something of it.
    pub fn read_of(&self, inputs: &Inputs, asked: &Asked) -> Result<Declared, CheckError> {
        inputs.read(asked, &self.choices)
    }

    /// Judges what was read.
    pub fn judge(&self, inputs: &Inputs, declared: Declared) -> Judgement<'k> {
        let mut facts = self.facts.clone();
        facts.written = declared.written;
        facts.ignores = inputs.shelf.ignores();
        for (number, one) in facts.ignores.iter().enumerate() {
            facts.written.insert(format!("/ignores/{number}"), one.at.clone());
        }
        facts.environments = declared.environments;
        if let Some(there) = &self.installed {
            facts.environments.iter_mut().for_each(|environment| installed::onto(there, environment));
        }
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
        self.assumed.python_of(&mut facts);
        facts.environments.iter_mut().for_each(|environment| inputs.resolve(environment));
        Judgement::of(CommandName::Check, facts, self.knowledge, Judged::All, self.start)
    }
}
