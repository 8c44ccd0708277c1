//! What the options of pip and uv have in common: values, addresses, files, and the environment variables that stand for options.

use std::path::{Path, PathBuf};

use super::{CommandWord, Scene, joined};
use crate::{
    facts::{GapWeight, Index, IndexRole, RequestRole},
    manifest::{
        StepSheet,
        project::{self, By, Wish},
        requirements,
    },
    system::redact,
};

/// An option and the value that is attached to it: `--index-url=…`.
pub(super) fn split(word: &str) -> (&str, Option<&str>) {
    match word.split_once('=') {
        Some((option, value)) if option.starts_with("--") => (option, Some(value)),
        _ => (word, None),
    }
}

/// The value of an option: what is attached to it, or the next word. Nothing where it is not known, which is noted.
pub(super) fn value<'w>(
    attached: Option<&str>,
    words: &mut impl Iterator<Item = &'w CommandWord>,
    scene: &mut Scene<'_, '_>,
) -> Option<String> {
    if let Some(attached) = attached {
        return Some(attached.to_owned());
    }
    let word = words.next()?;
    if let Some(name) = &word.unknown {
        scene.sheet.gap(format!("the value of {name}"), GapWeight::Decides, word.at.clone());
        return None;
    }
    Some(word.text.clone())
}

/// The address of an index, which uv lets have a name: `pytorch=https://…`.
pub(super) fn address(value: &str) -> String {
    let url = match value.split_once('=') {
        Some((name, url)) if !name.contains("://") && url.contains("://") => url,
        _ => value,
    };
    redact::urls(url)
}

/// Adds the requirement, the folder or the address that a command names.
pub(super) fn ask(text: &str, word: &CommandWord, by: By, step: &mut StepSheet, scene: &mut Scene<'_, '_>) {
    if let Some((folder, extras)) = folder(text, scene) {
        let path = joined(&scene.folder, &folder);
        let wish = Wish { extras, ..Wish::default() };
        if let Err(why) = bring(&path, by, &wish, step, scene) {
            let what = format!("what the folder {folder} requires ({why})");
            scene.sheet.gap(what, GapWeight::Missing, word.at.clone());
        }
        return;
    }
    match requirements::request(text) {
        Ok(request) => step.ask(request, word.at.clone()),
        Err(unread) => scene.sheet.gap(unread.what, unread.weight, word.at.clone()),
    }
}

/// Puts what the project in a folder asks for into a step of the tool.
///
/// # Errors
/// Why there is no project to read, for people.
pub(super) fn bring(
    folder: &Path,
    by: By,
    wish: &Wish,
    step: &mut StepSheet,
    scene: &mut Scene<'_, '_>,
) -> Result<(), String> {
    let Some(place) = project_folder(folder, scene).or_else(|| scene.files.place(folder)) else {
        return Err(match scene.files.clone_of(folder) {
            Some(address) => format!("it is part of {}", redact::urls(address)),
            None => "it is not among the files that are copied into the image".to_owned(),
        });
    };
    project::bring(scene.reading, scene.sheet, step, &place, by, wish).map_err(|why| why.to_string())
}

/// The folder of the project that has its files in this one; in an image they may be all that was copied of it.
fn project_folder(folder: &Path, scene: &Scene<'_, '_>) -> Option<PathBuf> {
    let names = ["pyproject.toml", "setup.py", "setup.cfg", "Pipfile"];
    let places = names.iter().filter_map(|name| Some((scene.files.place(&joined(folder, name))?, name)));
    let there = places.filter_map(|(path, name)| {
        let folder = path.parent()?.to_owned();
        // A file may have another name in the image.
        (path.file_name()? == *name && scene.reading.shelf.has(&folder, name)).then_some(folder)
    });
    there.into_iter().next()
}

/// The folder of a project and its extras, where a word names one: `.`, `./x[gpu]`, `x/`, and `x` where a folder has that name.
fn folder(text: &str, scene: &Scene<'_, '_>) -> Option<(String, Vec<String>)> {
    let bare = text.split(';').next().unwrap_or(text).trim();
    let bare = bare.strip_prefix("file://").unwrap_or(bare);
    let (path, extras) = match bare.strip_suffix(']').and_then(|bare| bare.split_once('[')) {
        Some((path, extras)) => (path, extras.split(',').map(|extra| extra.trim().to_owned()).collect()),
        None => (bare, Vec::new()),
    };
    let is_other = path.contains("://")
        || path.starts_with("git+")
        || [".whl", ".gz", ".zip"].iter().any(|end| path.ends_with(end));
    if path.is_empty() || is_other {
        return None;
    }
    let is_written = matches!(path, "." | "..")
        || path.starts_with(['/', '\\'])
        || ["./", "../", ".\\", "..\\"].iter().any(|start| path.starts_with(start))
        || path.ends_with('/');
    // A bare name is a folder only if it holds a project, and no requirement otherwise has a slash.
    let is_there = || path.contains('/') && project_folder(&joined(&scene.folder, path), scene).is_some();
    (is_written || is_there()).then(|| (path.replace('\\', "/"), extras))
}

/// Reads a file that a command names: requirements, a project's own file, a lock file.
pub(super) fn include(name: &str, word: &CommandWord, step: &mut StepSheet, scene: &mut Scene<'_, '_>) {
    include_as(name, RequestRole::Wanted, &Wish::default(), word, step, scene);
}

/// As [`include`], with the extras of the command, and as what becomes of its packages.
pub(super) fn include_as(
    name: &str,
    role: RequestRole,
    wish: &Wish,
    word: &CommandWord,
    step: &mut StepSheet,
    scene: &mut Scene<'_, '_>,
) {
    // A variable that a script sets where nothing is known of it.
    if name.is_empty() {
        let what = "the name of the requirements file that is installed";
        scene.sheet.gap(what, GapWeight::Decides, word.at.clone());
        return;
    }
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let is_project = matches!(file, "pyproject.toml" | "setup.py" | "setup.cfg");
    if is_project && role == RequestRole::Wanted {
        let path = joined(&scene.folder, name);
        let folder = path.parent().map_or_else(|| scene.folder.clone(), Path::to_path_buf);
        if let Err(why) = bring(&folder, By::UvPip, wish, step, scene) {
            scene.sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, word.at.clone());
        }
        return;
    }
    match scene.open(name) {
        Ok(text) if file.starts_with("pylock.") && file.ends_with(".toml") => {
            project::pylock(&text, wish, scene.reading, scene.sheet, step);
        }
        Ok(text) => requirements::include(scene.reading, scene.sheet, step, &text, role),
        Err(why) => scene.sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, word.at.clone()),
    }
}

/// What pip's environment variables add to a step. Options of the command come after them.
pub(super) fn of_pip_variables(scene: &mut Scene<'_, '_>, step: &mut StepSheet) {
    let of = |name: &str| scene.variables.get(name).filter(|value| !value.trim().is_empty());
    let index = |url: &str, role| Index { url: redact::urls(url), role };
    step.step.indexes.extend(of("PIP_INDEX_URL").map(|url| index(url, IndexRole::Default)));
    let extra = of("PIP_EXTRA_INDEX_URL").into_iter().flat_map(|urls| urls.split_whitespace());
    step.step.indexes.extend(extra.map(|url| index(url, IndexRole::Extra)));
    step.step.links.extend(of("PIP_FIND_LINKS").into_iter().flat_map(|urls| urls.split_whitespace()).map(redact::urls));
    step.step.pre |= of("PIP_PRE").is_some_and(|value| value != "0");
    step.step.alone |= of("PIP_NO_DEPS").is_some_and(|value| value != "0");
    let held: Vec<String> =
        of("PIP_CONSTRAINT").into_iter().flat_map(|names| names.split_whitespace()).map(str::to_owned).collect();
    held_by(&held, "PIP_CONSTRAINT", RequestRole::Held, scene, step);
}

/// What uv's environment variables add to a step. Options of the command come before them.
pub(super) fn of_uv_variables(scene: &mut Scene<'_, '_>, step: &mut StepSheet) {
    let of = |name: &str| scene.variables.get(name).filter(|value| !value.trim().is_empty());
    let has_default = step.step.indexes.iter().any(|index| index.role == IndexRole::Default);
    let default = of("UV_DEFAULT_INDEX").or_else(|| of("UV_INDEX_URL")).filter(|_| !has_default);
    step.step.indexes.extend(default.map(|url| Index { url: address(url), role: IndexRole::Default }));
    for name in ["UV_INDEX", "UV_EXTRA_INDEX_URL"] {
        let urls = of(name).into_iter().flat_map(|urls| urls.split_whitespace());
        step.step.indexes.extend(urls.map(|url| Index { url: address(url), role: IndexRole::Extra }));
    }
    step.step.links.extend(of("UV_FIND_LINKS").into_iter().flat_map(|urls| urls.split([',', ' '])).map(redact::urls));
    step.step.pre |= of("UV_PRERELEASE").is_some_and(|value| value == "allow");
    step.step.best_match |= of("UV_INDEX_STRATEGY").is_some_and(|value| value == "unsafe-best-match");
    let lists = |name: &str| -> Vec<String> {
        of(name).into_iter().flat_map(|names| names.split_whitespace()).map(str::to_owned).collect()
    };
    let (held, forced) = (lists("UV_CONSTRAINT"), lists("UV_OVERRIDE"));
    held_by(&held, "UV_CONSTRAINT", RequestRole::Held, scene, step);
    held_by(&forced, "UV_OVERRIDE", RequestRole::Forced, scene, step);
}

/// The backend for PyTorch that a variable sets.
pub(super) fn torch_backend_variable(scene: &Scene<'_, '_>) -> Option<String> {
    scene.variables.get("UV_TORCH_BACKEND").filter(|value| !value.is_empty()).cloned()
}

fn held_by(names: &[String], variable: &str, role: RequestRole, scene: &mut Scene<'_, '_>, step: &mut StepSheet) {
    for name in names {
        match scene.open(name) {
            Ok(text) => requirements::include(scene.reading, scene.sheet, step, &text, role),
            Err(why) => {
                let at = crate::facts::Location { path: variable.to_owned(), line: 1, column: 1 };
                scene.sheet.gap(format!("the file {name} of {variable} ({why})"), GapWeight::Missing, at);
            }
        }
    }
}
