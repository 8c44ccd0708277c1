//! `[tool.poetry]`: dependencies, groups, extras and sources.
//! Format: <https://python-poetry.org/docs/pyproject/>.

use std::collections::BTreeMap;

use super::{
    ground::{Ground, both},
    parts::{InForce, Line, MAX_PARTS, Member, Of, Part, Project},
    ranges,
};
use crate::{
    facts::{Asked, Index, IndexRole, Request},
    manifest::{
        StepSheet,
        tables::{Document, Item},
    },
    python::normalize,
    system::redact,
};

/// Adds what `[tool.poetry]` asks for. What `[project]` has already is only made more exact, which [`sources`] does.
pub(super) fn add(document: &Document<'_>, poetry: Item<'_>, base: bool, extras: bool, project: &mut Project) {
    let mut optional: Vec<Line> = Vec::new();
    if base && let Some(table) = poetry.get("dependencies") {
        for (line, is_optional) in dependencies(document, table) {
            match is_optional {
                true => optional.push(line),
                false => project.base.push(line),
            }
        }
    }
    if extras
        && project.extras.is_empty()
        && let Some(table) = poetry.get("extras")
    {
        for (name, list) in table.entries().into_iter().take(MAX_PARTS) {
            let wanted: Vec<String> =
                list.texts().map(|text| normalize(text.split(['[', ' ']).next().unwrap_or(text))).collect();
            let is_wanted = |line: &&Line| line.asked.as_ref().is_ok_and(|request| wanted.contains(&request.name));
            let members = optional.iter().filter(is_wanted).cloned().map(Member::line).collect();
            project.extras.push(Part { name: normalize(name), members, optional: true });
        }
    }
    let groups = poetry.get("group").map(Item::entries).unwrap_or_default();
    for (name, group) in groups.into_iter().take(MAX_PARTS) {
        let lines = group.get("dependencies").map(|table| dependencies(document, table)).unwrap_or_default();
        project.add_group(name, lines.into_iter().map(|(line, _)| line).collect(), group.is_set("optional"));
    }
    if let Some(table) = poetry.get("dev-dependencies") {
        project.add_group("dev", dependencies(document, table).into_iter().map(|(line, _)| line).collect(), false);
    }
}

/// The dependencies of a table, each with whether it is optional.
fn dependencies(document: &Document<'_>, table: Item<'_>) -> Vec<(Line, bool)> {
    let mut all = Vec::new();
    for (name, item) in table.entries().into_iter().filter(|(name, _)| *name != "python") {
        match item.text() {
            Some(version) => {
                let request = request(name, version, None);
                all.push((Line { asked: Ok(request), at: document.at(item), source: None }, false));
            }
            None => {
                // One table is written where its key is, of several each has a line of its own.
                for entry in item.one_or_many() {
                    let version = entry.text_of("version").unwrap_or_default();
                    let line = Line {
                        asked: Ok(request(name, version, Some(entry))),
                        at: document.at(entry),
                        source: entry.text_of("source").map(str::to_owned),
                    };
                    all.push((line, entry.is_set("optional")));
                }
            }
        }
    }
    all
}

/// A dependency as a request: its version with Poetry's signs, and what a table says besides.
pub(super) fn request(name: &str, version: &str, entry: Option<Item<'_>>) -> Request {
    let text_of = |key: &str| entry.and_then(|entry| entry.text_of(key));
    let python = text_of("python").map(python_marker).filter(|marker| !marker.is_empty());
    let platform = text_of("platform").map(|platform| format!("sys_platform == '{}'", platform.replace('\'', "")));
    let marker = both(text_of("markers"), both(python.as_deref(), platform.as_deref()).as_deref());
    let source = text_of("git").map(|url| format!("git+{url}")).or_else(|| {
        let local = text_of("url").or_else(|| text_of("path")).or_else(|| text_of("file"));
        local.map(str::to_owned)
    });
    let extras = entry.and_then(|entry| entry.get("extras"));
    let asked = Asked {
        text: format!("{name} {version}").trim_end().to_owned(),
        specifiers: ranges::specifiers(version),
        extras: extras.map(|extras| extras.texts().map(normalize).collect()).unwrap_or_default(),
        marker,
        source: source.as_deref().map(redact::urls),
    };
    Request { asked, ..Request::new(&normalize(name)) }
}

/// A dependency as `poetry add` is given it: `torch@^2.3`, `torch[extra]@latest`. Nothing for what PEP 508 reads as well.
pub(in crate::manifest) fn named(text: &str) -> Option<Request> {
    let (name, version) = text.split_once('@').filter(|(_, version)| !version.contains("://"))?;
    let (name, extras) = name.split_once('[').unwrap_or((name, ""));
    let version = if version.trim() == "latest" { "" } else { version.trim() };
    let mut request = request(name.trim(), version, None);
    let extras = extras.trim_end_matches(']').split(',').filter(|extra| !extra.is_empty());
    request.asked.extras = extras.map(normalize).collect();
    request.asked.text = redact::urls(text);
    Some(request)
}

/// A constraint of Python as a marker: `^3.9` is `python_version >= '3.9' and python_version < '4'`.
pub(super) fn python_marker(constraint: &str) -> String {
    let specifiers = ranges::specifiers(constraint);
    let parts = specifiers.split(',').filter_map(|part| {
        let at = part.find(|c: char| c.is_ascii_digit())?;
        let (operator, version) = part.split_at_checked(at)?;
        let full = version.split('.').count() > 2 && !version.ends_with('*');
        let variable = if full { "python_full_version" } else { "python_version" };
        Some(format!("{variable} {operator} '{}'", version.replace('\'', "")))
    });
    parts.collect::<Vec<_>>().join(" and ")
}

/// The indexes that Poetry asks, and for each request the one that it names.
pub(super) fn sources(document: &Document<'_>, force: &mut InForce, step: &mut StepSheet, ground: &Ground) {
    let Some(poetry) = document.root().path(&["tool", "poetry"]) else { return };
    let mut named: Vec<(&str, String)> = Vec::new();
    for source in poetry.get("source").into_iter().flat_map(Item::items).take(100) {
        let Some(url) = source.text_of("url") else { continue };
        let url = redact::urls(url);
        let legacy = if source.is_set("secondary") { "supplemental" } else { "primary" };
        let role = match source.text_of("priority").unwrap_or(legacy).to_ascii_lowercase().as_str() {
            "explicit" => IndexRole::Explicit,
            "supplemental" | "secondary" => IndexRole::Extra,
            _ => IndexRole::Default,
        };
        named.push((source.text_of("name").unwrap_or_default(), url.clone()));
        step.step.indexes.push(Index { url, role });
    }
    let extras: Vec<&str> = force.extras.iter().map(String::as_str).collect();
    let own = poetry.get("dependencies").map(Item::entries).unwrap_or_default();
    let own: BTreeMap<String, Item<'_>> = own.into_iter().map(|(name, item)| (normalize(name), item)).collect();
    for (line, of) in &mut force.lines {
        let Ok(request) = &mut line.asked else { continue };
        // `[tool.poetry.dependencies]` makes what `[project]` asks for more exact.
        let own = own.get(&request.name).filter(|_| !matches!(of, Of::Group(_)) && line.source.is_none());
        for entry in own.into_iter().flat_map(|item| item.one_or_many()).filter(|entry| entry.is_table()) {
            let marker = entry.text_of("markers");
            if marker.is_some_and(|marker| ground.rules_out(marker, &extras)) {
                continue;
            }
            if let Some(source) = entry.text_of("source") {
                line.source = Some(source.to_owned());
                request.asked.marker = both(request.asked.marker.as_deref(), marker);
                break;
            }
        }
        let url = line.source.as_deref().and_then(|source| {
            named.iter().find(|(name, _)| name.eq_ignore_ascii_case(source)).map(|(_, url)| url.clone())
        });
        request.index = url.or(request.index.take());
    }
    step.step.extras = force.extras.clone();
}
