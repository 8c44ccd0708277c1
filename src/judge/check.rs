//! From files and commands that ask for software to a report, for one machine.

use std::{cell::RefCell, fmt, path::PathBuf, time::Instant};

use super::{
    assume::Assumed,
    judgement::Judgement,
    machine::Machine,
    rewrite::{self, Written},
};
use crate::{
    facts::{Environment, Facts, Gap, GapWeight, Os, Platform, Step},
    finding::{Excerpt, Finding, Severity},
    knowledge::{GpuLookupError, Knowledge},
    manifest::{self, Choices, Declared, Reading, Sheet, Shelf, Text, command, edit::Changed},
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

/// What is checked, and the files that it is read from: as they are, and as they would be.
#[derive(Debug)]
pub struct Inputs {
    pub(super) asked: Asked,
    pub(super) shelf: Shelf,
    folder: PathBuf,
    /// Files that [`mend`](super::mend) changed.
    pub(super) mended: Vec<Changed>,
    /// What asks a resolver for the versions that steps bring, if a person wants that.
    resolve: Option<Resolve>,
    /// Its answers, so that the same question is asked once.
    answers: RefCell<Vec<(Vec<Step>, Result<Vec<Step>, String>)>>,
}

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
        Ok(Self {
            asked,
            shelf: Shelf::new(root, folder.clone()),
            folder,
            mended: Vec::new(),
            resolve: None,
            answers: RefCell::default(),
        })
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
        let known = self.answers.borrow().iter().find(|(steps, _)| *steps == asked).map(|(_, answer)| answer.clone());
        let answer = known.unwrap_or_else(|| {
            let answer = resolve(environment).map(|()| environment.steps.clone());
            self.answers.borrow_mut().push((asked.clone(), answer.clone()));
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
                let text = Text::new(self.folder.join("command"), "command", line.clone());
                let mut claimed = true;
                let sheets = manifest::each_way(&mut reading, |reading, way| {
                    let mut sheet = Sheet::new(&line, "command");
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
        if declared.environments.is_empty() {
            return Err(match declared.unread.is_empty() {
                true => CheckError::Nothing(what),
                false => CheckError::Unread(declared.unread),
            });
        }
        Ok(declared)
    }
}

/// A machine that what is read is judged for.
pub(super) struct Bench<'k> {
    pub knowledge: &'k Knowledge,
    /// Of the machine, without environments.
    facts: Facts,
    assumed: &'k Assumed,
    choices: Choices,
    pub start: Instant,
}

impl<'k> Bench<'k> {
    fn of(
        knowledge: &'k Knowledge,
        mut facts: Facts,
        machine: &'k Machine,
        mut choices: Choices,
        start: Instant,
    ) -> Result<Self, CheckError> {
        // What is installed and set on this machine says nothing of what files ask for.
        facts.environments.clear();
        facts.toolkits.clear();
        facts.env_vars.clear();
        machine.assumed.apply(&mut facts, knowledge).map_err(CheckError::Gpu)?;
        choices.platform = facts.host.platform.value().copied();
        choices.python = machine.assumed.python;
        Ok(Self { knowledge, facts, assumed: &machine.assumed, choices, start })
    }

    /// Reads what is asked for, and judges it.
    pub fn judged(&self, inputs: &Inputs, asked: &Asked) -> Result<Judgement<'k>, CheckError> {
        let declared = inputs.read(asked, &self.choices)?;
        let mut facts = self.facts.clone();
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
        self.assumed.python_of(&mut facts);
        facts.environments.iter_mut().for_each(|environment| inputs.resolve(environment));
        Ok(Judgement::of(CommandName::Check, facts, self.knowledge, Judged::All, self.start))
    }
}

/// Reads what is asked for and judges it for one machine. `facts` are those of the machine that gpucheck runs on.
///
/// # Errors
/// When nothing could be read.
pub fn check(
    knowledge: &Knowledge,
    facts: Facts,
    machine: &Machine,
    inputs: &mut Inputs,
    choices: Choices,
    start: Instant,
) -> Result<Report, CheckError> {
    let bench = Bench::of(knowledge, facts, machine, choices, start)?;
    Ok(report(&bench, inputs)?.0)
}

/// The report, with the lines at which findings are, and fixes as lines of the files.
fn report(bench: &Bench<'_>, inputs: &mut Inputs) -> Result<(Report, Vec<Written>), CheckError> {
    let asked = inputs.asked.clone();
    let judgement = bench.judged(inputs, &asked)?;
    let enriched = judgement.enriched.clone();
    let mut report = judgement.with_fixes();
    for finding in &mut report.findings {
        finding.excerpt = quoted(&inputs.shelf, finding);
    }
    let written = rewrite::attach(bench, inputs, &enriched, &mut report.findings);
    Ok((report, written))
}

fn quoted(shelf: &Shelf, finding: &Finding) -> Option<Excerpt> {
    let at = finding.location.as_ref()?;
    let manifest::Excerpt { text, column, end_column } = manifest::excerpt(&shelf.again(&at.path)?, at)?;
    Some(Excerpt { text, column, end_column })
}

/// As often as files are changed and judged again.
const MOST_ROUNDS: usize = 20;

/// Changes the files in memory until nothing is found that a change of theirs would remove; gives the report about what they are then.
///
/// # Errors
/// As [`check`].
pub fn mend(
    knowledge: &Knowledge,
    facts: Facts,
    machine: &Machine,
    inputs: &mut Inputs,
    choices: Choices,
    start: Instant,
) -> Result<Report, CheckError> {
    let bench = Bench::of(knowledge, facts, machine, choices, start)?;
    let (mut said, mut written) = report(&bench, inputs)?;
    for _ in 0..MOST_ROUNDS {
        let wrong = said.findings.iter().filter(|finding| finding.severity >= Severity::Warning);
        let changes = wrong.flat_map(|finding| &finding.fixes).map(|fix| &fix.changes).find(|lines| !lines.is_empty());
        let Some(files) = changes.and_then(|lines| written.iter().find(|one| one.changes == *lines)) else { break };
        rewrite::keep(inputs, &files.files);
        (said, written) = report(&bench, inputs)?;
    }
    Ok(said)
}
