//! pixi.toml, and `[tool.pixi]` of pyproject.toml: features, which environments put together.
//! Format: <https://pixi.sh/latest/reference/pixi_manifest/>.

use std::collections::BTreeSet;

use super::{id, is_chosen};
use crate::{
    facts::{GapWeight, Index, IndexRole, Manager, Request, RequestRole, Resolver},
    manifest::{
        Reading, Sheet, StepSheet, Text, conda_environment, conda_spec, requirements,
        tables::{Document, Item},
    },
    python,
    system::redact,
};

/// Environments beyond these many are not read.
const MAX_ENVIRONMENTS: usize = 64;

/// Whether pixi has a table in a project's file.
pub(super) fn has_one(text: &Text) -> bool {
    text.text.contains("tool.pixi") && {
        let document = Document::new(text);
        let pixi = document.root().path(&["tool", "pixi"]);
        pixi.is_some_and(|pixi| workspace(pixi).is_some())
    }
}

fn workspace(pixi: Item<'_>) -> Option<Item<'_>> {
    pixi.get("workspace").or_else(|| pixi.get("project"))
}

/// Reads the environments of a workspace, or the one that a command is about into its own.
pub(super) fn read(text: &Text, reading: &mut Reading<'_>, mut into: Option<(&str, &mut Sheet)>) {
    let document = Document::new(text);
    let root = document.root();
    let (pixi, project) = match root.path(&["tool", "pixi"]) {
        Some(pixi) if text.name() == "pyproject.toml" => (pixi, root.get("project")),
        _ => (root, None),
    };
    let mut environments = vec![("default", Vec::new(), true)];
    for (name, value) in pixi.get("environments").map(Item::entries).unwrap_or_default() {
        let features = value.get("features").unwrap_or(value).texts().collect();
        let with_default = !value.is_set("no-default-feature");
        environments.retain(|(other, ..)| *other != name);
        environments.push((name, features, with_default));
    }
    for (name, features, with_default) in environments.into_iter().take(MAX_ENVIRONMENTS) {
        let is_meant = into.as_ref().map_or_else(|| is_chosen(reading, name), |(meant, _)| *meant == name);
        if !is_meant {
            continue;
        }
        let mut tables: Vec<Item<'_>> =
            features.iter().filter_map(|feature| pixi.path(&["feature", feature])).collect();
        if with_default {
            tables.push(pixi);
        }
        let mut own = Sheet::new(id(text, name), &text.shown);
        let sheet = into.as_mut().map_or(&mut own, |(_, sheet)| &mut **sheet);
        sheet.manager(Manager::Pixi, &text.at(0));
        if let Some((what, at)) = &document.fault {
            sheet.gap(format!("{} without the fault in it ({what})", text.shown), GapWeight::Decides, at.clone());
        }
        let lists = project_lists(project, &features, with_default);
        let asks = Environment { document: &document, pixi, tables, lists }.read(reading, sheet);
        if into.is_none() && (asks || !own.environment.gaps.is_empty()) {
            reading.sheets.push(own);
        }
    }
}

/// What the project itself asks for, which pixi installs, too: extras and groups are features.
fn project_lists<'d>(project: Option<Item<'d>>, features: &[&str], with_default: bool) -> Vec<Item<'d>> {
    let Some(project) = project else { return Vec::new() };
    let base = project.get("dependencies").filter(|_| with_default);
    let extras = features.iter().filter_map(|feature| project.path(&["optional-dependencies", feature]));
    base.into_iter().chain(extras).collect()
}

/// One environment, as a list of features: the first one counts most, the one that all have is the last.
struct Environment<'d> {
    document: &'d Document<'d>,
    pixi: Item<'d>,
    tables: Vec<Item<'d>>,
    lists: Vec<Item<'d>>,
}

impl<'d> Environment<'d> {
    /// Says whether it asks for anything.
    fn read(&self, reading: &mut Reading<'_>, sheet: &mut Sheet) -> bool {
        let mut conda = StepSheet::default();
        conda.step.resolver = Resolver::Conda;
        let own = self.tables.iter().filter_map(|table| table.get("channels"));
        let all = own.chain(workspace(self.pixi).and_then(|workspace| workspace.get("channels")));
        let channels = all.flat_map(Item::items).filter_map(|item| item.text().or_else(|| item.text_of("channel")));
        for index in channels.filter_map(conda_environment::channel) {
            if !conda.step.indexes.contains(&index) {
                conda.step.indexes.push(index);
            }
        }
        let mut pypi = StepSheet::default();
        pypi.step.resolver = Resolver::Uv;
        for table in &self.tables {
            self.packages(*table, None, sheet, &mut conda, &mut pypi);
            for (target, table) in table.get("target").map(Item::entries).unwrap_or_default() {
                if let Some(marker) = marker(target) {
                    self.packages(table, Some(marker), sheet, &mut conda, &mut pypi);
                }
            }
            self.indexes(*table, &mut pypi);
        }
        for item in self.lists.iter().flat_map(|list| list.items()) {
            if let Some(written) = item.text() {
                let at = self.document.at(item);
                requirements::line(reading, sheet, &mut pypi, self.document.text, (written, at));
            }
        }
        let asks = !conda.step.requests.is_empty() || !pypi.step.requests.is_empty();
        self.driver(&mut conda);
        let at = self.document.text.at(0);
        sheet.step(conda, at.clone());
        if !pypi.step.requests.is_empty() {
            sheet.step(pypi, at);
        }
        asks
    }

    fn packages(
        &self,
        table: Item<'d>,
        marker: Option<&str>,
        sheet: &mut Sheet,
        conda: &mut StepSheet,
        pypi: &mut StepSheet,
    ) {
        let marker = marker.map(str::to_owned);
        let of_marker = conda.step.requests.iter().filter(|other| other.asked.marker == marker);
        let of_marker = of_marker.filter(|other| other.role == RequestRole::Wanted);
        let mut known: BTreeSet<String> = of_marker.map(|other| other.name.clone()).collect();
        for (name, item) in table.get("dependencies").map(Item::entries).unwrap_or_default() {
            let at = self.document.at(item);
            let version = item.text().or_else(|| item.text_of("version")).unwrap_or("*");
            match conda_spec::named(name, version, &format!("{name} {version}")) {
                Ok(mut request) => {
                    request.build =
                        item.text_of("build").filter(|build| *build != "*").map(str::to_owned).or(request.build);
                    request.index = item.text_of("channel").map(redact::urls);
                    // What an earlier feature says of a package counts.
                    if known.insert(request.name.clone()) {
                        conda_environment::add(sheet, conda, request, marker.clone(), at);
                    }
                }
                Err(what) => sheet.gap(what, GapWeight::PassedOver, at),
            }
        }
        for (name, item) in table.get("pypi-dependencies").map(Item::entries).unwrap_or_default() {
            let at = self.document.at(item);
            match requirements::request(&requirement(name, item)) {
                Ok(mut request) => {
                    request.index = item.text_of("index").map(redact::urls);
                    request.asked.marker = marker.clone();
                    pypi.ask(request, at);
                }
                Err(unread) => sheet.gap(unread.what, GapWeight::PassedOver, at),
            }
        }
    }

    /// Where the packages of PyPI come from.
    fn indexes(&self, table: Item<'d>, pypi: &mut StepSheet) {
        let of_workspace = workspace(table).and_then(|workspace| workspace.get("pypi-options"));
        for options in table.get("pypi-options").into_iter().chain(of_workspace) {
            let index = |url, role| Index { url: redact::urls(url), role };
            pypi.step.indexes.extend(options.text_of("index-url").map(|url| index(url, IndexRole::Default)));
            let extra = options.get("extra-index-urls").into_iter().flat_map(Item::texts);
            pypi.step.indexes.extend(extra.map(|url| index(url, IndexRole::Extra)));
            let links = options.get("find-links").into_iter().flat_map(Item::items);
            pypi.step.links.extend(links.filter_map(|link| link.text_of("url")).map(redact::urls));
            pypi.step.best_match |= options.text_of("index-strategy") == Some("unsafe-best-match");
        }
    }

    /// What pixi assumes of the driver: nothing, unless a feature says which CUDA it serves.
    fn driver(&self, conda: &mut StepSheet) {
        let said = self.tables.iter().filter_map(|table| table.path(&["system-requirements"])?.entry("cuda"));
        let said = said.into_iter().find_map(|item| Some((item, item.text().or_else(|| item.text_of("version"))?)));
        let mut request = Request { role: RequestRole::Removed, ..Request::new(&python::of_conda("__cuda")) };
        let mut at = self.document.text.at(0);
        if let Some((item, version)) = said {
            request.role = RequestRole::Held;
            request.asked.specifiers = format!("=={version}");
            at = self.document.at(item);
        }
        request.asked.text = "__cuda".to_owned();
        conda.ask(request, at);
    }
}

/// A package of PyPI as a requirement.
fn requirement(name: &str, item: Item<'_>) -> String {
    let extras: Vec<&str> = item.get("extras").into_iter().flat_map(Item::texts).collect();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    if let Some(path) = item.text_of("path") {
        return format!("./{}", path.trim_start_matches("./"));
    }
    if let Some(url) = item.text_of("url") {
        return format!("{name}{extras} @ {url}");
    }
    if let Some(git) = item.text_of("git") {
        return format!("{name}{extras} @ git+{git}");
    }
    let version = item.text().or_else(|| item.text_of("version")).unwrap_or("*").trim();
    match version {
        "*" | "" => format!("{name}{extras}"),
        _ if version.starts_with(|c: char| c.is_ascii_digit()) => format!("{name}{extras}=={version}"),
        _ => format!("{name}{extras}{version}"),
    }
}

/// The systems of a target, in the words of a marker.
fn marker(target: &str) -> Option<&'static str> {
    Some(match target {
        "linux" => "sys_platform == \"linux\"",
        "linux-64" => "sys_platform == \"linux\" and platform_machine == \"x86_64\"",
        "linux-aarch64" => "sys_platform == \"linux\" and platform_machine == \"aarch64\"",
        "win" | "win-64" => "sys_platform == \"win32\"",
        "unix" => "sys_platform != \"win32\"",
        _ => return None,
    })
}
