//! `poetry.lock`: which packages of it are installed for a choice of extras and groups.
//! Format: no public interface; as Poetry 1.0 to 2.4 write it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ground::{Ground, both},
    locked::Locked,
    parts::InForce,
};
use crate::{
    facts::{GapWeight, Request},
    manifest::{
        Sheet, StepSheet,
        tables::{Document, Item},
    },
    python::{normalize, satisfies},
    system::redact,
};

/// Packages of a lock file beyond these many are not looked at.
const MAX_PACKAGES: usize = 50_000;
/// Versions of one package beyond these many are not looked at.
const MAX_VERSIONS: usize = 64;

/// What a project asks for, where there is one beside the lock file.
pub(super) struct Wanted<'w> {
    /// What is in force of it.
    pub force: &'w InForce,
    /// Extras that it has.
    pub extras: Vec<String>,
}

/// Puts what is installed into a step.
pub(super) fn take(
    document: &Document<'_>,
    wanted: Option<&Wanted<'_>>,
    ground: &Ground,
    sheet: &mut Sheet,
    step: &mut StepSheet,
) {
    let packs: Vec<Item<'_>> =
        document.root().get("package").into_iter().flat_map(Item::items).take(MAX_PACKAGES).collect();
    let mut by_name: BTreeMap<String, Vec<Item<'_>>> = BTreeMap::new();
    for pack in &packs {
        by_name.entry(normalize(pack.text_of("name").unwrap_or_default())).or_default().push(*pack);
    }
    let empty = InForce::default();
    let force = wanted.map_or(&empty, |wanted| wanted.force);
    let extras: Vec<&str> = force.extras.iter().map(String::as_str).collect();
    let optional = reached(document, &by_name, force);
    let mut asked: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
    for request in force.lines.iter().filter_map(|(line, _)| line.asked.as_ref().ok()) {
        asked.entry(&request.name).or_default().push(request);
    }
    let mut groups: Vec<&str> = Vec::new();
    if wanted.is_none() || force.base {
        groups.extend(["main", "default"]);
    }
    groups.extend(force.groups.iter().map(String::as_str));
    for (name, all) in &by_name {
        let installed = |pack: &&Item<'_>| {
            let is_in = !pack.is_set("optional") || optional.contains(name);
            is_in && in_groups(**pack, &groups) && !markers(**pack).is_some_and(|it| ground.rules_out(it, &extras))
        };
        let mut left: Vec<Item<'_>> = all.iter().take(MAX_VERSIONS).filter(installed).copied().collect();
        narrow(&mut left, asked.get(name.as_str()).map_or(&[], Vec::as_slice));
        if left.len() > 1 && name == "torch" && extras.is_empty() {
            let which = wanted.map(|wanted| wanted.extras.join(", ")).filter(|names| !names.is_empty());
            let which = which.map(|names| format!(": {names}")).unwrap_or_default();
            let at = left.first().map_or_else(|| document.text.at(0), |pack| document.at(*pack));
            sheet.gap(
                format!("the extra that is installed{which} (the lock file has several versions of torch)"),
                GapWeight::Decides,
                at,
            );
            continue;
        }
        for pack in left {
            ask(document, pack, ground, step);
        }
    }
    step.step.extras = force.extras.clone();
}

/// Whether a package belongs to one of these groups.
fn in_groups(pack: Item<'_>, groups: &[&str]) -> bool {
    let own = pack.get("groups").map(|list| list.texts().collect::<Vec<_>>());
    match (own, pack.text_of("category")) {
        (Some(own), _) => own.iter().any(|group| groups.iter().any(|one| normalize(group) == *one)),
        (None, Some("dev")) => groups.contains(&"dev"),
        (None, _) => true,
    }
}

/// The marker of a package, which may be one for each group.
fn markers(pack: Item<'_>) -> Option<&str> {
    let markers = pack.get("markers")?;
    markers.text().or_else(|| markers.text_of("main"))
}

/// The optional packages that what is in force leads to.
fn reached(document: &Document<'_>, by_name: &BTreeMap<String, Vec<Item<'_>>>, force: &InForce) -> BTreeSet<String> {
    let mut open: Vec<String> =
        force.lines.iter().filter_map(|(line, _)| Some(line.asked.as_ref().ok()?.name.clone())).collect();
    // The extras of the project itself, as older lock files repeat them.
    for (name, list) in document.root().get("extras").map(Item::entries).unwrap_or_default() {
        if force.extras.contains(&normalize(name)) {
            open.extend(list.texts().map(|text| normalize(text.split([' ', '[', '(']).next().unwrap_or(text))));
        }
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while let Some(name) = open.pop() {
        if seen.len() >= MAX_PACKAGES || !seen.insert(name.clone()) {
            continue;
        }
        for pack in by_name.get(&name).into_iter().flatten() {
            let edges = pack.get("dependencies").map(Item::entries).unwrap_or_default();
            // What a package has for extras of its own is in the lock file only where one of them is in force.
            open.extend(edges.into_iter().map(|(name, _)| normalize(name)));
        }
    }
    seen
}

/// Of several versions of a package those that the project asks for.
fn narrow(left: &mut Vec<Item<'_>>, asked: &[&Request]) {
    if left.len() < 2 {
        return;
    }
    for request in asked {
        let of_index = |pack: &Item<'_>| {
            let url = pack.path(&["source", "url"]).and_then(Item::text).map(redact::urls);
            request.index.is_none() || request.index == url
        };
        let fits = |pack: &Item<'_>| {
            let version = pack.text_of("version").unwrap_or_default();
            satisfies(&request.asked.specifiers, version) != Some(false) && of_index(pack)
        };
        if left.iter().any(fits) {
            left.retain(fits);
        }
    }
}

fn ask(document: &Document<'_>, pack: Item<'_>, ground: &Ground, step: &mut StepSheet) {
    let name = pack.text_of("name").unwrap_or_default();
    let source = pack.get("source");
    let of = |key: &str| source.and_then(|source| source.text_of(key));
    let is_index = of("type").is_none_or(|kind| kind == "legacy");
    let python = pack.text_of("python-versions").filter(|versions| *versions != "*");
    // A version that is for another Python is not installed, whatever the markers say.
    let python = python.map(super::poetry::python_marker).filter(|marker| !marker.is_empty());
    let marker = both(markers(pack), python.as_deref());
    let git = of("url").map(|url| if of("type") == Some("git") { format!("git+{url}") } else { url.to_owned() });
    let locked = Locked {
        name,
        version: pack.text_of("version").unwrap_or_default(),
        index: of("url").filter(|_| is_index),
        source: git.as_deref().filter(|_| !is_index),
        marker: marker.as_deref(),
    };
    let old = document.root().path(&["metadata", "files", name]);
    let files = pack.get("files").or(old).into_iter().flat_map(Item::items).filter_map(|file| file.text_of("file"));
    let at = pack.entry("name").map_or_else(|| document.at(pack), |name| document.at(name));
    step.ask(locked.request(files, ground), at);
}
