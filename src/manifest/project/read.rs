//! What a project's files ask for, whoever installs it: `[project]` (PEP 621), `[dependency-groups]` (PEP 735), `[tool.poetry]`, and what
//! setuptools takes from other files.

use std::path::Path;

use super::{
    included,
    parts::{Line, MAX_PARTS, Member, Part, Project},
    poetry, setup,
};
use crate::{
    facts::GapWeight,
    manifest::{
        Reading, Sheet,
        tables::{Document, Item},
    },
    python::normalize,
};

/// Lines beyond these many of one list are not kept.
const MAX_LINES: usize = 10_000;

/// Reads the project of a `pyproject.toml`. What it leaves to other files is read from those.
pub(super) fn project(document: &Document<'_>, reading: &mut Reading<'_>, sheet: &mut Sheet) -> Project {
    let root = document.root();
    let table = root.get("project");
    let poetry = root.path(&["tool", "poetry"]);
    let name = table.and_then(|it| it.text_of("name")).or_else(|| poetry?.text_of("name"));
    let mut project = Project { name: name.map(normalize).unwrap_or_default(), ..Project::default() };
    if let Some(list) = table.and_then(|it| it.get("dependencies")) {
        project.base = lines(document, list);
    }
    if let Some(extras) = table.and_then(|it| it.get("optional-dependencies")) {
        project.extras = parts(document, extras);
    }
    if let Some(groups) = root.get("dependency-groups") {
        project.groups = parts(document, groups);
    }
    if let Some(list) = root.path(&["tool", "uv", "dev-dependencies"]) {
        project.add_group("dev", lines(document, list), false);
    }
    let dynamic = |what: &str| {
        let declared = table.and_then(|it| it.get("dynamic"));
        table.is_none() || declared.is_some_and(|list| list.texts().any(|name| name == what))
    };
    let (base, extras) = (dynamic("dependencies"), dynamic("optional-dependencies"));
    if let Some(poetry) = poetry {
        poetry::add(document, poetry, base && project.base.is_empty(), extras, &mut project);
        return project;
    }
    let folder = document.text.folder().to_owned();
    let setuptools = root.path(&["tool", "setuptools", "dynamic"]);
    let hatch = root.path(&["tool", "hatch", "metadata", "hooks", "requirements_txt", "files"]);
    if base {
        let files = setuptools.and_then(|it| it.path(&["dependencies", "file"])).or(hatch);
        match files {
            Some(files) => project.base = of_files(document, files, &folder, reading, sheet),
            None => {
                setup::add(&folder, reading, sheet, &mut project);
            }
        }
    }
    if extras && let Some(table) = setuptools.and_then(|it| it.get("optional-dependencies")) {
        for (name, item) in table.entries().into_iter().take(MAX_PARTS) {
            if let Some(files) = item.get("file") {
                let members =
                    of_files(document, files, &folder, reading, sheet).into_iter().map(Member::line).collect();
                project.extras.push(Part { name: normalize(name), members, optional: true });
            }
        }
    }
    project
}

/// The lines of a list of requirements.
pub(super) fn lines(document: &Document<'_>, list: Item<'_>) -> Vec<Line> {
    let texts = list.items().filter_map(|item| Some((item.text()?, document.at(item))));
    texts.take(MAX_LINES).map(|(text, at)| Line::new(text, at)).collect()
}

/// The extras or groups of a table of lists.
fn parts(document: &Document<'_>, table: Item<'_>) -> Vec<Part> {
    let member = |item: Item<'_>| match (item.text(), item.text_of("include-group")) {
        (Some(text), _) => Some(Member::line(Line::new(text, document.at(item)))),
        (None, Some(group)) => Some(Member::Group(normalize(group))),
        (None, None) => None,
    };
    let entries = table.entries().into_iter().take(MAX_PARTS);
    let part = |(name, list): (&str, Item<'_>)| Part {
        name: normalize(name),
        members: list.items().filter_map(member).take(MAX_LINES).collect(),
        optional: false,
    };
    entries.map(part).collect()
}

/// The lines of requirements files that a project names.
fn of_files(
    document: &Document<'_>,
    files: Item<'_>,
    folder: &Path,
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
) -> Vec<Line> {
    let mut all = Vec::new();
    for item in files.one_or_many().take(32) {
        let Some(name) = item.text() else { continue };
        match included::of_file(name, folder, reading, sheet) {
            Ok(lines) => all.extend(lines),
            Err(why) => sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, document.at(item)),
        }
    }
    all
}
