//! What the installation of a project brings: its own files as its tool reads them, or the lock file beside them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    ground::Ground,
    json,
    parts::{InForce, Line, Of, Project, Wish},
    poetry, poetry_lock, pylock as lock_of_pep751, read, setup, uv, uv_lock,
};
use crate::{
    facts::{GapWeight, Index, IndexRole, Location, Manager, Request, Resolver},
    manifest::{
        NotRead, Reading, Sheet, StepSheet, Text,
        tables::{Document, Item},
    },
    python::{exact_version, public_version, satisfies},
};

/// Folders beyond these many that projects name are not looked into, which bounds how deep they lead, too.
const MAX_FOLDERS: usize = 32;
/// As far above a project as its workspace is looked for.
const MAX_ABOVE: usize = 4;

/// Who installs a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::manifest) enum By {
    /// pip, which reads nothing of other tools.
    Pip,
    /// `uv pip`, which reads the sources of `[tool.uv]` and no lock file.
    UvPip,
    /// `uv sync`.
    Uv,
    /// `poetry install`.
    Poetry,
    /// `pipenv install`.
    Pipenv,
}

/// Puts what a project in a folder asks for into a step of the tool.
///
/// # Errors
/// Why there is no project to read.
pub(in crate::manifest) fn bring(
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
    step: &mut StepSheet,
    folder: &Path,
    by: By,
    wish: &Wish,
) -> Result<(), NotRead> {
    let name = if by == By::Pipenv { "Pipfile" } else { "pyproject.toml" };
    match (reading.beside(folder, name), by) {
        (Ok(text), By::Pipenv) => pipfile(&text, wish, reading, sheet, step),
        (Ok(text), _) => of_project(&text, by, wish, reading, sheet, step),
        (Err(why), By::Pip | By::UvPip) => {
            let mut project = Project::default();
            if !setup::add(folder, reading, sheet, &mut project) {
                return Err(why);
            }
            let force = project.chosen(wish, &[]);
            finish(&project, force, wish, sheet, step, &Text::new("", "", "").at(0));
        }
        (Err(why), _) => return Err(why),
    }
    Ok(())
}

/// A `pyproject.toml` that a person named, as its owner would install it. Says whether it is that of a project.
pub(super) fn of_file(
    text: &Text,
    wish: &Wish,
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
    step: &mut StepSheet,
) -> bool {
    let document = Document::new(text);
    let root = document.root();
    let has = |keys: &[&str]| root.path(keys).is_some();
    let beside = |name: &str| reading.shelf.has(text.folder(), name);
    let by = if has(&["tool", "uv"]) || beside("uv.lock") {
        By::Uv
    } else if has(&["tool", "poetry"]) || beside("poetry.lock") {
        By::Poetry
    } else {
        By::Pip
    };
    let is_project = ["project", "dependency-groups"].iter().any(|key| has(&[key])) || by != By::Pip;
    if !is_project && document.fault.is_none() && !beside("setup.py") && !beside("setup.cfg") {
        return false;
    }
    of_project(text, by, wish, reading, sheet, step);
    is_project || document.fault.is_some() || !step.step.requests.is_empty()
}

/// `setup.py` or `setup.cfg` that a person named, with the other one.
pub(super) fn of_setup(
    text: &Text,
    wish: &Wish,
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
    step: &mut StepSheet,
) -> bool {
    let mut project = Project::default();
    let other = if text.name() == "setup.py" { "setup.cfg" } else { "setup.py" };
    let other = reading.beside(text.folder(), other).ok();
    for text in std::iter::once(text).chain(&other) {
        match text.name() {
            "setup.py" => setup::of_script(text, reading, sheet, &mut project),
            _ => setup::of_config(text, &mut project),
        }
    }
    let force = project.chosen(wish, &[]);
    finish(&project, force, wish, sheet, step, &text.at(0));
    text.name() == "setup.py" || other.is_some() || !step.step.requests.is_empty()
}

/// What a `Pipfile` asks for, or what is locked beside it.
pub(super) fn pipfile(text: &Text, wish: &Wish, reading: &mut Reading<'_>, sheet: &mut Sheet, step: &mut StepSheet) {
    let ground = Ground::new(reading, sheet);
    if let Ok(lock) = reading.beside(text.folder(), "Pipfile.lock") {
        step.step.resolver = Resolver::Lock;
        if json::pipenv(&lock, &ground, step).is_ok() {
            return;
        }
    }
    step.step.resolver = Resolver::Pip;
    let document = Document::new(text);
    let (project, named) = lock_of_pep751::pipfile(&document, step);
    let mut force = project.chosen(wish, &[]);
    for (line, _) in &mut force.lines {
        let source = line.source.as_deref();
        let url = source.and_then(|source| named.iter().find(|(name, _)| name == source)).map(|(_, url)| url.clone());
        if let Ok(request) = &mut line.asked {
            request.index = url;
        }
    }
    fault(&document, sheet);
    finish(&project, force, wish, sheet, step, &text.at(0));
}

/// What a `pylock.toml` installs.
pub(in crate::manifest) fn pylock(
    text: &Text,
    wish: &Wish,
    reading: &Reading<'_>,
    sheet: &mut Sheet,
    step: &mut StepSheet,
) {
    let document = Document::new(text);
    step.step.resolver = Resolver::Lock;
    lock_of_pep751::take(&document, wish, &Ground::new(reading, sheet), step);
    fault(&document, sheet);
}

/// Whether a file is a lock file of PEP 751, by its name.
pub(super) fn is_pylock(name: &str) -> bool {
    name.strip_prefix("pylock.").is_some_and(|rest| rest == "toml" || rest.ends_with(".toml"))
}

/// Notes that a file is no valid TOML.
pub(super) fn fault(document: &Document<'_>, sheet: &mut Sheet) {
    if let Some((what, at)) = &document.fault {
        let name = &document.text.shown;
        sheet.gap(format!("{name} without the fault in it ({what})"), GapWeight::Decides, at.clone());
    }
}

fn of_project(text: &Text, by: By, wish: &Wish, reading: &mut Reading<'_>, sheet: &mut Sheet, step: &mut StepSheet) {
    let document = Document::new(text);
    fault(&document, sheet);
    let project = read::project(&document, reading, sheet);
    let above = if matches!(by, By::Uv | By::UvPip) { workspace(&document, reading) } else { None };
    let above_document = above.as_ref().map(|above| Document::new(&above.text));
    let settings = uv::Settings::new(&document, above_document.as_ref());
    let ground = Ground::new(reading, sheet);
    let defaults = match by {
        By::Uv => {
            settings.as_ref().and_then(|it| it.default_groups(&project)).unwrap_or_else(|| vec!["dev".to_owned()])
        }
        By::Poetry => project.groups.iter().filter(|group| !group.optional).map(|group| group.name.clone()).collect(),
        By::Pip | By::UvPip | By::Pipenv => Vec::new(),
    };
    let mut force = project.chosen(wish, &defaults);
    let manager = match by {
        By::Uv => Some(Manager::UvProject),
        By::Poetry => Some(Manager::Poetry),
        By::Pip | By::UvPip | By::Pipenv => None,
    };
    if let Some(manager) = manager.filter(|_| sheet.environment.image.is_none()) {
        sheet.manager(manager, &text.at(0));
    }
    match by {
        By::Uv => {
            let up = above.as_ref().map_or("", |above| above.up.as_str());
            if let Ok(lock) = reading.beside(text.folder(), &format!("{up}uv.lock")) {
                let folder = above.as_ref().map_or(".", |above| above.down.as_str());
                of_uv_lock(&lock, folder, wish, &defaults, &force, sheet, step, &ground);
                return;
            }
        }
        By::Poetry => {
            poetry::sources(&document, &mut force, step, &ground);
            if let Ok(lock) = reading.beside(text.folder(), "poetry.lock") {
                let extras = project.extras.iter().map(|part| part.name.clone()).collect();
                let wanted = poetry_lock::Wanted { force: &force, extras };
                let lock = Document::new(&lock);
                step.step = crate::facts::Step { resolver: Resolver::Lock, ..Default::default() };
                poetry_lock::take(&lock, Some(&wanted), &ground, sheet, step);
                at_the_pins(&force, step);
                fault(&lock, sheet);
                drift(&force, &ground, sheet, step);
                missing(&force.missing, sheet, &text.at(0));
                if !wish.is_made() {
                    step.step.offers = project.offers(&force);
                }
                return;
            }
        }
        By::Pip | By::UvPip | By::Pipenv => {}
    }
    match by {
        By::Uv | By::UvPip => {
            step.step.resolver = Resolver::Uv;
            if let Some(settings) = &settings {
                settings.indexes(step);
                settings.held(&document, &ground, sheet, &mut force);
                settings.sources(&mut force, &ground);
                if let Some(backend) = settings.torch_backend().filter(|_| by == By::UvPip) {
                    torch_backend(backend, step);
                }
            }
        }
        By::Poetry => step.step.resolver = Resolver::Poetry,
        By::Pip | By::Pipenv => {}
    }
    let mut seen = BTreeSet::from([text.folder().to_owned()]);
    local(text.folder(), by, &mut force, reading, sheet, &mut seen);
    finish(&project, force, wish, sheet, step, &text.at(0));
}

/// What a project pins itself is to be changed there, and not in the lock file, which follows it.
fn at_the_pins(force: &InForce, step: &mut StepSheet) {
    for (line, _) in &force.lines {
        let Ok(asked) = &line.asked else { continue };
        if exact_version(&asked.asked.specifiers).is_some() {
            let same =
                |request: &Request| request.name == asked.name && request.asked.specifiers == asked.asked.specifiers;
            step.place(same, &line.at);
        }
    }
}

/// What a lock file of uv installs for a project, and what it lacks of what the project asks for.
#[expect(clippy::too_many_arguments, reason = "one call, each of another kind")]
fn of_uv_lock(
    lock: &Text,
    folder: &str,
    wish: &Wish,
    defaults: &[String],
    force: &InForce,
    sheet: &mut Sheet,
    step: &mut StepSheet,
    ground: &Ground,
) {
    let lock = Document::new(lock);
    step.step.resolver = Resolver::Lock;
    let found = uv_lock::take(&lock, folder, wish, defaults, ground, step);
    at_the_pins(force, step);
    fault(&lock, sheet);
    drift(force, ground, sheet, step);
    note(found, wish, sheet, step, lock.text.at(0));
}

/// Notes what a lock file has besides what is installed.
pub(super) fn note(found: uv_lock::Found, wish: &Wish, sheet: &mut Sheet, step: &mut StepSheet, at: Location) {
    missing(&found.missing, sheet, &at);
    if !wish.is_made() {
        step.step.offers = found.offers;
    }
}

/// Requirements that the locked versions do not meet.
fn drift(force: &InForce, ground: &Ground, sheet: &mut Sheet, step: &StepSheet) {
    let mut locked: BTreeMap<&str, Vec<(&str, Option<&Location>)>> = BTreeMap::new();
    for (index, request) in step.step.requests.iter().enumerate() {
        let version = request.asked.specifiers.trim_start_matches('=');
        locked.entry(&request.name).or_default().push((version, step.place_of(index)));
    }
    for (line, _) in &force.lines {
        let Ok(request) = &line.asked else { continue };
        let Some(versions) = locked.get(request.name.as_str()) else { continue };
        let marker = request.asked.marker.as_deref();
        if marker.is_some_and(|marker| ground.rules_out(marker, &[])) {
            continue;
        }
        let meets = |(version, _): &(&str, _)| satisfies(&request.asked.specifiers, version) != Some(false);
        if let Some((version, at)) = versions.first().filter(|_| !versions.iter().any(meets)) {
            let place = at.map(|at| format!(" ({}:{})", at.path, at.line)).unwrap_or_default();
            let what = format!("{} {}{place} for '{}'", request.name, public_version(version), request.asked.text);
            sheet.gap(what, GapWeight::Stale, line.at.clone());
        }
    }
}

fn missing(missing: &[String], sheet: &mut Sheet, at: &Location) {
    for part in missing.iter().take(32) {
        sheet.gap(format!("{part}, which the project does not have"), GapWeight::PassedOver, at.clone());
    }
}

/// Puts what is in force into a step.
pub(super) fn finish(
    project: &Project,
    force: InForce,
    wish: &Wish,
    sheet: &mut Sheet,
    step: &mut StepSheet,
    at: &Location,
) {
    missing(&force.missing, sheet, at);
    if !wish.is_made() {
        step.step.offers = project.offers(&force);
    }
    for extra in force.extras {
        if !step.step.extras.contains(&extra) {
            step.step.extras.push(extra);
        }
    }
    for (line, _) in force.lines {
        match line.asked {
            Ok(request) => step.ask(request, line.at),
            Err(what) => sheet.gap(what, GapWeight::PassedOver, line.at),
        }
    }
}

/// Adds what the folders ask for that requirements lead to (`{ path = "../lib" }`).
fn local(
    folder: &Path,
    by: By,
    force: &mut InForce,
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
    seen: &mut BTreeSet<PathBuf>,
) {
    let is_folder = |source: &str| !source.contains("://") && !source.starts_with("git+") && !source.contains(' ');
    let mut more: Vec<(Line, Of)> = Vec::new();
    for (line, of) in force.lines.iter().take(100) {
        let Ok(request) = &line.asked else { continue };
        let source = request.asked.source.as_deref();
        if source == Some(uv::WORKSPACE) {
            let what = format!("what {} requires, which is of the workspace", request.name);
            sheet.gap(what, GapWeight::PassedOver, line.at.clone());
        }
        let Some(path) = source.filter(|source| is_folder(source)) else { continue };
        let is_file = [".whl", ".zip", ".gz"].iter().any(|end| path.ends_with(end));
        if is_file || seen.len() >= MAX_FOLDERS || !seen.insert(reading.shelf.absolute(&folder.join(path))) {
            continue;
        }
        let Ok(text) = reading.beside(folder, &format!("{path}/pyproject.toml")) else {
            sheet.gap(format!("what the folder {path} requires"), GapWeight::PassedOver, line.at.clone());
            continue;
        };
        let document = Document::new(&text);
        let project = read::project(&document, reading, sheet);
        let wish = Wish { extras: request.asked.extras.clone(), ..Wish::default() };
        let mut force = project.chosen(&wish, &[]);
        let ground = Ground::new(reading, sheet);
        if let Some(settings) = uv::Settings::new(&document, None).filter(|_| matches!(by, By::Uv | By::UvPip)) {
            settings.sources(&mut force, &ground);
        }
        local(text.folder(), by, &mut force, reading, sheet, seen);
        more.extend(force.lines.into_iter().map(|(line, _)| (line, of.clone())));
    }
    force.lines.extend(more);
}

/// The root of a workspace of uv, above a project.
struct Above {
    text: Text,
    /// The way up: `../../`.
    up: String,
    /// The way down again: `packages/one`.
    down: String,
}

fn workspace(document: &Document<'_>, reading: &Reading<'_>) -> Option<Above> {
    let folder = document.text.folder();
    let is_root = document.root().path(&["tool", "uv", "workspace"]).is_some();
    if is_root || reading.shelf.has(folder, "uv.lock") {
        return None;
    }
    let mut up = String::new();
    for _ in 0..MAX_ABOVE {
        up.push_str("../");
        let Ok(text) = reading.shelf.beside(folder, &format!("{up}pyproject.toml")) else { continue };
        let is_root = Document::new(&text).root().path(&["tool", "uv", "workspace"]).is_some_and(Item::is_table);
        if is_root {
            let down = folder.strip_prefix(text.folder()).ok()?;
            let down = down.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
            return Some(Above { text, up, down });
        }
    }
    None
}

/// The index that uv takes PyTorch's packages from (`--torch-backend`); `auto` is the one that fits the driver.
pub(in crate::manifest) fn torch_backend(backend: &str, step: &mut StepSheet) {
    let is_plain = !backend.is_empty() && backend.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    if is_plain {
        let url = format!("https://download.pytorch.org/whl/{backend}");
        step.step.indexes.insert(0, Index { url, role: IndexRole::Extra });
    }
}
