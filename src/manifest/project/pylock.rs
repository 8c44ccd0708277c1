//! `pylock.toml` (PEP 751), and Pipenv's two files.
//! Format: <https://packaging.python.org/en/latest/specifications/pylock-toml/>.

use super::{
    ground::Ground,
    locked::Locked,
    parts::{Line, Member, Part, Project, Wish},
    poetry,
};
use crate::{
    facts::{Index, IndexRole},
    manifest::{
        StepSheet,
        tables::{Document, Item},
    },
    python::normalize,
    system::redact,
};

/// Packages beyond these many are not looked at.
const MAX_PACKAGES: usize = 50_000;

/// Puts what a `pylock.toml` installs into a step.
pub(super) fn take(document: &Document<'_>, wish: &Wish, ground: &Ground, step: &mut StepSheet) {
    let root = document.root();
    let defaults = root.get("default-groups").into_iter().flat_map(Item::texts).filter(|_| !wish.no_defaults);
    let chosen = wish.extras.iter().chain(&wish.groups).map(|name| normalize(name));
    let names: Vec<String> = chosen.chain(defaults.map(normalize)).collect();
    let extras: Vec<&str> = names.iter().map(String::as_str).collect();
    for pack in root.get("packages").into_iter().flat_map(Item::items).take(MAX_PACKAGES) {
        let Some(name) = pack.text_of("name") else { continue };
        let marker = pack.text_of("marker");
        if marker.is_some_and(|marker| ground.rules_out(marker, &extras)) {
            continue;
        }
        let of = |table: &str, key: &str| pack.path(&[table, key]).and_then(Item::text);
        let git = of("vcs", "url").map(|url| format!("git+{url}"));
        let archive = of("archive", "url").or_else(|| of("archive", "path")).or_else(|| of("directory", "path"));
        let locked = Locked {
            name,
            version: pack.text_of("version").unwrap_or_default(),
            index: pack.text_of("index"),
            source: git.as_deref().or(archive),
            marker,
        };
        let wheels = pack.get("wheels").into_iter().flat_map(Item::items);
        let wheels = wheels.filter_map(|wheel| ["name", "url", "path"].iter().find_map(|key| wheel.text_of(key)));
        let at = pack.entry("name").map_or_else(|| document.at(pack), |name| document.at(name));
        step.ask(locked.request(wheels, ground), at);
    }
    step.step.extras.extend(names);
}

/// What a `Pipfile` asks for; its packages for development are a group. Its first source is the default one, others are asked for
/// what names them.
pub(super) fn pipfile(document: &Document<'_>, step: &mut StepSheet) -> (Project, Vec<(String, String)>) {
    let root = document.root();
    let mut named = Vec::new();
    for (number, source) in root.get("source").into_iter().flat_map(Item::items).take(100).enumerate() {
        let Some(url) = source.text_of("url").map(redact::urls) else { continue };
        named.push((source.text_of("name").unwrap_or_default().to_owned(), url.clone()));
        let role = if number == 0 { IndexRole::Default } else { IndexRole::Explicit };
        step.step.indexes.push(Index { url, role });
    }
    let lines = |key: &str| -> Vec<Line> {
        let table = root.get(key).map(Item::entries).unwrap_or_default();
        table.into_iter().map(|(name, item)| pipfile_line(document, name, item)).collect()
    };
    let dev = Part {
        name: "dev".to_owned(),
        members: lines("dev-packages").into_iter().map(Member::line).collect(),
        optional: true,
    };
    (Project { base: lines("packages"), groups: vec![dev], ..Project::default() }, named)
}

fn pipfile_line(document: &Document<'_>, name: &str, item: Item<'_>) -> Line {
    let table = item.is_table().then_some(item);
    let version = item.text().or_else(|| item.text_of("version")).unwrap_or_default();
    let mut request = poetry::request(name, "", table);
    request.asked.text = format!("{name}{}", version.trim_matches('*'));
    request.asked.specifiers = if version == "*" { String::new() } else { version.replace(' ', "") };
    Line { asked: Ok(request), at: document.at(item), source: item.text_of("index").map(str::to_owned) }
}
