//! `[tool.uv]`: indexes, sources, overrides, default groups.
//! Format: <https://docs.astral.sh/uv/reference/settings/>.

use std::collections::BTreeMap;

use super::{
    ground::{Ground, both},
    parts::{InForce, Line, Of, Project},
    read::lines,
};
use crate::{
    facts::{GapWeight, Index, IndexRole, Request, RequestRole},
    manifest::{
        Sheet, StepSheet,
        tables::{Document, Item},
    },
    python::normalize,
    system::redact,
};

/// Indexes beyond these many are not kept.
const MAX_INDEXES: usize = 100;
/// Sources of one package beyond these many are not looked at.
const MAX_SOURCES: usize = 100;

/// What the source of a package is called that is another project of the workspace.
pub(super) const WORKSPACE: &str = "the workspace";

/// The settings of a project, and of the workspace that it is part of.
pub(super) struct Settings<'d> {
    own: Item<'d>,
    /// `[tool.uv]` of the workspace's root, where that is another file.
    workspace: Option<Item<'d>>,
}

impl<'d> Settings<'d> {
    /// The settings in a document, where it has any.
    pub fn new(document: &'d Document<'_>, workspace: Option<&'d Document<'_>>) -> Option<Self> {
        let of = |document: &'d Document<'_>| document.root().path(&["tool", "uv"]);
        let workspace = workspace.and_then(of);
        Some(Self { own: of(document).or(workspace)?, workspace })
    }

    /// A setting: uv reads those of the workspace's root where there is one.
    fn get(&self, key: &str) -> Option<Item<'d>> {
        self.workspace.unwrap_or(self.own).get(key)
    }

    /// The groups that are installed unless somebody says otherwise.
    pub fn default_groups(&self, project: &Project) -> Option<Vec<String>> {
        let list = self.own.get("default-groups")?;
        Some(match list.text() {
            Some("all") => project.groups.iter().map(|group| group.name.clone()).collect(),
            _ => list.texts().map(str::to_owned).collect(),
        })
    }

    /// Puts the indexes into a step, and what else decides which version comes.
    pub fn indexes(&self, step: &mut StepSheet) {
        for index in self.get("index").into_iter().flat_map(Item::items).take(MAX_INDEXES) {
            let Some(url) = index.text_of("url") else { continue };
            let role = match (index.is_set("explicit"), index.is_set("default")) {
                (true, _) => IndexRole::Explicit,
                (false, true) => IndexRole::Default,
                (false, false) => IndexRole::Extra,
            };
            step.step.indexes.push(Index { url: redact::urls(url), role });
        }
        let pip = self.get("pip");
        let of = |key: &str| self.get(key).or_else(|| pip?.get(key));
        if let Some(url) = of("index-url").and_then(Item::text) {
            step.step.indexes.push(Index { url: redact::urls(url), role: IndexRole::Default });
        }
        for url in of("extra-index-url").into_iter().flat_map(Item::texts).take(MAX_INDEXES) {
            step.step.indexes.push(Index { url: redact::urls(url), role: IndexRole::Extra });
        }
        for link in of("find-links").into_iter().flat_map(Item::texts).take(MAX_INDEXES) {
            step.step.links.push(redact::urls(link));
        }
        if let Some(prerelease) = of("prerelease").and_then(Item::text) {
            step.step.pre |= prerelease == "allow";
        }
        // With this strategy uv takes the best version of all indexes together, as pip does.
        if of("index-strategy").and_then(Item::text) == Some("unsafe-best-match") {
            step.step.best_match = true;
        }
    }

    /// The backend for PyTorch that uv is told to take, where it is.
    pub fn torch_backend(&self) -> Option<&'d str> {
        self.get("pip")?.text_of("torch-backend")
    }

    /// For each line the source that it is taken from: an index, a repository, a folder.
    pub fn sources(&self, force: &mut InForce, ground: &Ground) {
        let table = |item: Option<Item<'d>>| item.and_then(|item| item.get("sources")).map(Item::entries);
        // The project's own sources come before those of the workspace.
        let both_tables = [table(self.workspace), table(Some(self.own))].into_iter().flatten().flatten();
        let sources: BTreeMap<String, Item<'_>> = both_tables.map(|(name, item)| (normalize(name), item)).collect();
        let indexes = self.named_indexes();
        for (line, of) in &mut force.lines {
            let Ok(request) = &mut line.asked else { continue };
            let Some(entries) = sources.get(&request.name) else { continue };
            let fits = |entry: &Item<'_>| match (entry.text_of("extra"), entry.text_of("group"), &*of) {
                (Some(extra), _, of) => *of == Of::Extra(normalize(extra)),
                (None, Some(group), of) => *of == Of::Group(normalize(group)),
                (None, None, _) => true,
            };
            let entry = entries
                .one_or_many()
                .take(MAX_SOURCES)
                .filter(fits)
                .find(|entry| !entry.text_of("marker").is_some_and(|marker| ground.rules_out(marker, &[])));
            if let Some(entry) = entry {
                take_from(entry, request, &indexes);
            }
        }
    }

    fn named_indexes(&self) -> BTreeMap<&'d str, String> {
        let of = |item: Item<'d>| item.get("index").into_iter().flat_map(Item::items).take(MAX_INDEXES);
        let all = self.workspace.into_iter().chain([self.own]).flat_map(of);
        all.filter_map(|index| Some((index.text_of("name")?, redact::urls(index.text_of("url")?)))).collect()
    }

    /// Adds what is held (`constraint-dependencies`) and what is forced (`override-dependencies`).
    pub fn held(&self, document: &Document<'_>, ground: &Ground, sheet: &mut Sheet, force: &mut InForce) {
        for (key, role) in
            [("constraint-dependencies", RequestRole::Held), ("override-dependencies", RequestRole::Forced)]
        {
            let Some(list) = self.own.get(key) else { continue };
            for line in lines(document, list) {
                self.hold(line, role, ground, sheet, force);
            }
        }
    }

    fn hold(&self, line: Line, role: RequestRole, ground: &Ground, sheet: &mut Sheet, force: &mut InForce) {
        let Ok(request) = line.asked else { return };
        // An override whose marker never holds keeps a package out: whoever writes that of torch has it from elsewhere.
        let kept_out = role == RequestRole::Forced
            && request.name == "torch"
            && request.asked.marker.as_deref().is_some_and(|marker| ground.rules_out(marker, &[]));
        if kept_out && sheet.environment.image.is_none() {
            let what = "the torch that is there already, such as in the base image (override-dependencies keeps uv from installing torch)";
            sheet.gap(what, GapWeight::Decides, line.at.clone());
        }
        force.lines.push((Line { asked: Ok(Request { role, ..request }), ..line }, Of::Base));
    }
}

fn take_from(entry: Item<'_>, request: &mut Request, indexes: &BTreeMap<&str, String>) {
    let marker = entry.text_of("marker");
    if let Some(name) = entry.text_of("index") {
        // A name, or an address in its place.
        let url = indexes.get(name).cloned().or_else(|| name.contains("://").then(|| redact::urls(name)));
        request.index = url;
    } else if let Some(url) = entry.text_of("git") {
        request.asked.source = Some(redact::urls(&format!("git+{url}")));
    } else if let Some(place) = entry.text_of("url").or_else(|| entry.text_of("path")) {
        request.asked.source = Some(redact::urls(place));
    } else if entry.is_set("workspace") {
        request.asked.source = Some(WORKSPACE.to_owned());
    } else {
        return;
    }
    request.asked.marker = both(request.asked.marker.as_deref(), marker);
}
