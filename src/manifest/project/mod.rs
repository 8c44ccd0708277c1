//! Python projects and their lock files: what an installation of one brings, as the tool that does it reads it.
//!
//! `read` has what a project's own files ask for, in `parts`; `uv` and `poetry` what these tools add of their own; `uv_lock`, `poetry_lock`,
//! `pylock` and `json` which versions are locked; `install` puts it together.

mod ground;
mod included;
mod install;
mod json;
mod locked;
mod parts;
mod poetry;
mod poetry_lock;
mod pylock;
mod ranges;
mod read;
mod script;
mod setup;
#[cfg(test)]
mod tests;
mod uv;
mod uv_lock;

pub(super) use self::{
    install::{By, bring, pylock, torch_backend},
    parts::Wish,
    poetry::named as poetry_request,
    script::{is_script, script},
};

use self::ground::Ground;
use super::tables::Document;
use super::{Choices, Format, MAX_EACH, Reading, Sheet, StepSheet, Text};
use crate::facts::{GapWeight, Manager, Offer, Resolver};

/// The files of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProjectFile {
    Pyproject,
    Setup,
    Pipfile,
    UvLock,
    PoetryLock,
    Pylock,
    PipenvLock,
    PipReport,
    Script,
}

impl Format for ProjectFile {
    fn name(&self) -> &'static str {
        match self {
            Self::Pyproject => "Python project",
            Self::Setup => "setuptools project",
            Self::Pipfile => "Pipfile",
            Self::UvLock => "lock file of uv",
            Self::PoetryLock => "lock file of Poetry",
            Self::Pylock => "pylock.toml",
            Self::PipenvLock => "lock file of Pipenv",
            Self::PipReport => "installation report of pip",
            Self::Script => "Python script",
        }
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name();
        match self {
            Self::Pyproject => name == "pyproject.toml",
            Self::Setup => matches!(name, "setup.py" | "setup.cfg"),
            Self::Pipfile => name == "Pipfile",
            Self::UvLock => name == "uv.lock",
            Self::PoetryLock => name == "poetry.lock",
            Self::Pylock => install::is_pylock(name),
            Self::PipenvLock => name == "Pipfile.lock",
            Self::PipReport => name.ends_with(".json") && json::is_report(&text.text),
            Self::Script => name.ends_with(".py") && is_script(&text.text),
        }
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let Choices { extras, groups, .. } = reading.choices;
        let wish = Wish { extras: extras.clone(), groups: groups.clone(), ..Wish::default() };
        let Some(sheet) = self.sheet(text, &text.shown, &wish, reading) else { return };
        let offers = sheet.environment.steps.iter().flat_map(|step| &step.offers);
        let each = reading.choices.each.as_ref();
        let meant = |offer: &&Offer| each.is_some_and(|names| offer.packages.iter().any(|name| names.contains(name)));
        let offers: Vec<Offer> = offers.filter(meant).take(MAX_EACH).cloned().collect();
        reading.sheets.push(sheet);
        for Offer { name, group, .. } in offers {
            let id = format!("{} [{name}]", text.shown);
            let only = |chosen: bool| if chosen { vec![name.clone()] } else { Vec::new() };
            let wish = Wish { extras: only(!group), groups: only(group), ..Wish::default() };
            let sheet = self.sheet(text, &id, &wish, reading);
            reading.sheets.extend(sheet);
        }
    }
}

impl ProjectFile {
    /// What a choice of extras and groups installs, unless the file is no project.
    fn sheet(self, text: &Text, id: &str, wish: &Wish, reading: &mut Reading<'_>) -> Option<Sheet> {
        let mut sheet = Sheet::new(id, &text.shown);
        let mut step = StepSheet::default();
        let means_something = match self {
            Self::Pyproject => install::of_file(text, wish, reading, &mut sheet, &mut step),
            Self::Setup => install::of_setup(text, wish, reading, &mut sheet, &mut step),
            Self::Pipfile => {
                install::pipfile(text, wish, reading, &mut sheet, &mut step);
                true
            }
            Self::Script => {
                script(text, reading, &mut sheet, &mut step);
                true
            }
            Self::Pylock => {
                pylock(text, wish, reading, &mut sheet, &mut step);
                true
            }
            Self::UvLock | Self::PoetryLock | Self::PipenvLock | Self::PipReport => {
                self.lock(text, wish, reading, &mut sheet, &mut step);
                true
            }
        };
        means_something.then(|| {
            sheet.step(step, text.at(0));
            sheet
        })
    }

    /// A lock file that is read by itself.
    fn lock(self, text: &Text, wish: &Wish, reading: &Reading<'_>, sheet: &mut Sheet, step: &mut StepSheet) {
        let ground = Ground::new(reading, sheet);
        step.step.resolver = Resolver::Lock;
        // The lock file is written by the tool.
        match self {
            Self::UvLock => sheet.manager(Manager::UvProject, &text.at(0)),
            Self::PoetryLock => sheet.manager(Manager::Poetry, &text.at(0)),
            _ => {}
        }
        let fault = match self {
            Self::PipenvLock => json::pipenv(text, &ground, step).err().map(|error| error.to_string()),
            Self::PipReport => json::report(text, &ground, sheet, step).err().map(|error| error.to_string()),
            _ => {
                let document = Document::new(text);
                match self {
                    Self::UvLock => {
                        let found = uv_lock::take(&document, ".", wish, &["dev".to_owned()], &ground, step);
                        install::note(found, wish, sheet, step, text.at(0));
                    }
                    _ => poetry_lock::take(&document, None, &ground, sheet, step),
                }
                document.fault.map(|(what, _)| what)
            }
        };
        if let Some(why) = fault {
            sheet.gap(format!("{} without the fault in it ({why})", text.shown), GapWeight::Decides, text.at(0));
        }
    }
}
