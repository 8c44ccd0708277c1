//! `uv.lock`: which packages of it are installed for a choice of extras and groups.
//! Format: <https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile>; it is no public interface.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{
    ground::Ground,
    locked::Locked,
    parts::{MAX_OFFERS, Wish, is_for_developers},
};
use crate::{
    facts::{Location, Offer, Request},
    manifest::{
        StepSheet,
        tables::{Document, Item},
    },
    python::normalize,
};

/// Packages of a lock file beyond these many are not looked at.
const MAX_PACKAGES: usize = 50_000;
/// Versions of one package beyond these many are not looked at.
const MAX_VERSIONS: usize = 64;

/// A package that is locked.
struct Pack<'d> {
    item: Item<'d>,
    name: &'d str,
    version: &'d str,
    /// The folder of a package that is part of the project.
    folder: Option<&'d str>,
}

/// Which of a package's dependencies are followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Base,
    Extra(String),
    Group(String),
}

/// What was found in a lock file besides its packages.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Extras that are in force.
    pub extras: Vec<String>,
    /// Extras and groups of the project that were asked for and are not in the lock file.
    pub missing: Vec<String>,
    /// Extras and groups of the project, each with the packages that only it would bring.
    pub offers: Vec<Offer>,
}

/// Puts what is installed into a step. `folder` is that of the project below the lock file's, `defaults` are the groups that are
/// installed unless somebody says otherwise.
pub(super) fn take(
    document: &Document<'_>,
    folder: &str,
    wish: &Wish,
    defaults: &[String],
    ground: &Ground,
    step: &mut StepSheet,
) -> Found {
    let packs: Vec<Pack<'_>> = packs(document);
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, pack) in packs.iter().enumerate() {
        by_name.entry(pack.name).or_default().push(index);
    }
    let mut walk = Walk { packs: &packs, by_name: &by_name, ground, names: Vec::new(), reached: BTreeMap::new() };
    let roots = roots(&packs, folder);
    let mut found = Found::default();
    match roots.as_slice() {
        // Without a project among the packages nothing tells which of them are wanted: all are.
        [] => {
            for index in 0..packs.len() {
                walk.reached.insert(index, Vec::new());
            }
        }
        roots => {
            let starts: Vec<(usize, Part)> =
                roots.iter().flat_map(|root| wished(&packs, *root, wish, defaults, &mut found)).collect();
            walk.name(&starts);
            found.offers = walk.offers(roots, &starts);
            walk.follow(starts);
        }
    }
    let requests = walk.reached.iter().filter_map(|(index, markers)| Some((packs.get(*index)?, markers)));
    for (pack, markers) in requests.filter(|(pack, _)| pack.folder.is_none()) {
        let (request, at) = request(document, pack, markers, ground);
        step.ask(request, at);
    }
    step.step.extras = walk.names.clone();
    found
}

fn packs<'d>(document: &'d Document<'_>) -> Vec<Pack<'d>> {
    let list = document.root().get("package").or_else(|| document.root().get("distribution"));
    let pack = |item: Item<'d>| {
        let source = item.get("source");
        let own = |key: &str| source.and_then(|source| source.text_of(key));
        Some(Pack {
            item,
            name: item.text_of("name")?,
            version: item.text_of("version").unwrap_or_default(),
            folder: own("editable").or_else(|| own("virtual")).or_else(|| own("directory")),
        })
    };
    list.into_iter().flat_map(Item::items).take(MAX_PACKAGES).filter_map(pack).collect()
}

/// The packages that are the project: that of the folder, else all of the workspace.
fn roots(packs: &[Pack<'_>], folder: &str) -> Vec<usize> {
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let all = packs.iter().enumerate();
        all.filter(|(_, pack)| pack.folder.is_some_and(wanted)).map(|(index, _)| index).collect()
    };
    let own = of(&|path| path == folder);
    match own.is_empty() && folder == "." {
        true => of(&|_| true),
        false => own,
    }
}

/// The parts of the project's own package that are asked for.
fn wished(packs: &[Pack<'_>], root: usize, wish: &Wish, defaults: &[String], found: &mut Found) -> Vec<(usize, Part)> {
    let Some(pack) = packs.get(root) else { return Vec::new() };
    let names = |key: &str| {
        let table = pack.item.get(key).map(Item::entries).unwrap_or_default();
        table.into_iter().map(|(name, _)| normalize(name)).collect::<Vec<String>>()
    };
    let mut parts = Vec::new();
    if !wish.only_groups {
        parts.push(Part::Base);
        let not = |name: &String| !wish.no_extras.iter().any(|no| normalize(no) == *name);
        let there = names("optional-dependencies");
        let wanted = wish.extras.iter().map(|name| normalize(name));
        for name in wanted.filter(|name| !there.contains(name)) {
            found.missing.push(format!("extra {name}"));
        }
        let wanted = |name: &String| wish.all_extras || wish.extras.iter().any(|wish| normalize(wish) == *name);
        let extras: Vec<String> = there.into_iter().filter(wanted).filter(not).collect();
        found.extras.extend(extras.iter().cloned());
        parts.extend(extras.into_iter().map(Part::Extra));
    }
    let there = names("dev-dependencies");
    let among = |list: &[String], name: &String| list.iter().any(|one| normalize(one) == *name);
    for name in wish.groups.iter().map(|name| normalize(name)).filter(|name| !there.contains(name)) {
        found.missing.push(format!("group {name}"));
    }
    let with_defaults = !wish.no_defaults && !wish.only_groups;
    let wanted = |name: &String| {
        let chosen = wish.all_groups || among(&wish.groups, name) || (with_defaults && among(defaults, name));
        chosen && !among(&wish.no_groups, name)
    };
    parts.extend(there.into_iter().filter(wanted).map(Part::Group));
    parts.into_iter().map(|part| (root, part)).collect()
}

struct Walk<'w, 'd> {
    packs: &'w [Pack<'d>],
    by_name: &'w HashMap<&'d str, Vec<usize>>,
    ground: &'w Ground,
    /// Extras and groups in force, as the markers of the file call them.
    names: Vec<String>,
    /// Packages that are installed, each with the markers of what leads there; none where one way has no marker.
    reached: BTreeMap<usize, Vec<&'d str>>,
}

impl<'d> Walk<'_, 'd> {
    /// Notes the extras and groups in force by the names that markers have for them: `extra-7-project-cu128`.
    fn name(&mut self, starts: &[(usize, Part)]) {
        for (index, part) in starts {
            let Some(pack) = self.packs.get(*index) else { continue };
            let (kind, name) = match part {
                Part::Base => continue,
                Part::Extra(name) => ("extra", name),
                Part::Group(name) => ("group", name),
            };
            self.names.push(format!("{kind}-{}-{}-{name}", pack.name.len(), pack.name));
        }
    }

    /// Follows the dependencies. Each part of each package is looked at once.
    fn follow(&mut self, starts: Vec<(usize, Part)>) {
        let mut seen: BTreeSet<(usize, Part)> = starts.iter().cloned().collect();
        let mut open: VecDeque<(usize, Part)> = starts.into();
        let names: Vec<String> = self.names.clone();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        while let Some((index, part)) = open.pop_front() {
            let Some(pack) = self.packs.get(index) else { continue };
            for edge in edges(pack, &part) {
                let marker = edge.text_of("marker");
                if marker.is_some_and(|marker| self.ground.rules_out(marker, &names)) {
                    continue;
                }
                for target in self.targets(edge) {
                    self.reach(target, marker);
                    let extras = edge.get("extra").or_else(|| edge.get("extras"));
                    let extras = extras.into_iter().flat_map(Item::texts).map(|name| Part::Extra(normalize(name)));
                    for part in std::iter::once(Part::Base).chain(extras) {
                        if seen.insert((target, part.clone())) {
                            open.push_back((target, part));
                        }
                    }
                }
            }
        }
    }

    fn reach(&mut self, target: usize, marker: Option<&'d str>) {
        match (self.reached.get_mut(&target), marker) {
            (None, marker) => {
                self.reached.insert(target, marker.into_iter().collect());
            }
            (Some(markers), None) => markers.clear(),
            (Some(markers), Some(marker)) => {
                // An empty list is a way without conditions, and more than a few ways are as good as one.
                if !markers.is_empty() && !markers.contains(&marker) {
                    match markers.len() < 4 {
                        true => markers.push(marker),
                        false => markers.clear(),
                    }
                }
            }
        }
    }

    /// The packages that a dependency leads to: the versions that fit what it says and this machine.
    fn targets(&self, edge: Item<'d>) -> Vec<usize> {
        let Some(all) = edge.text_of("name").and_then(|name| self.by_name.get(name)) else { return Vec::new() };
        let (version, source) = (edge.text_of("version"), edge.get("source"));
        let fits = |index: &&usize| {
            let Some(pack) = self.packs.get(**index) else { return false };
            let same_source = source
                .and_then(address)
                .is_none_or(|wanted| pack.item.get("source").and_then(address).is_none_or(|is| is == wanted));
            version.is_none_or(|version| version == pack.version) && same_source
        };
        all.iter().take(MAX_VERSIONS).filter(fits).copied().collect()
    }

    /// Extras and groups that are not in force, each with the packages that it names itself.
    fn offers(&self, roots: &[usize], starts: &[(usize, Part)]) -> Vec<Offer> {
        let mut offers = Vec::new();
        let in_force = |name: &str| {
            starts.iter().any(|(_, part)| matches!(part, Part::Extra(one) | Part::Group(one) if one == name))
        };
        for pack in roots.iter().filter_map(|root| self.packs.get(*root)) {
            for key in ["optional-dependencies", "dev-dependencies"] {
                for (name, list) in pack.item.get(key).map(Item::entries).unwrap_or_default() {
                    let is_open = !in_force(&normalize(name)) && !is_for_developers(name);
                    if offers.len() < MAX_OFFERS && is_open {
                        let packages = list.items().filter_map(|edge| edge.text_of("name"));
                        let packages = packages.take(64).map(str::to_owned).collect();
                        let group = key == "dev-dependencies";
                        offers.push(Offer { name: normalize(name), packages, group });
                    }
                }
            }
        }
        offers
    }
}

/// The dependencies of one part of a package.
fn edges<'d>(pack: &Pack<'d>, part: &Part) -> Vec<Item<'d>> {
    let list = match part {
        Part::Base => pack.item.get("dependencies"),
        Part::Extra(name) => by_normal_name(pack.item.get("optional-dependencies"), name),
        Part::Group(name) => by_normal_name(pack.item.get("dev-dependencies"), name),
    };
    list.into_iter().flat_map(Item::items).collect()
}

fn by_normal_name<'d>(table: Option<Item<'d>>, name: &str) -> Option<Item<'d>> {
    let table = table?;
    table
        .get(name)
        .or_else(|| table.entries().into_iter().find(|(key, _)| normalize(key) == name).map(|(_, item)| item))
}

/// What a source is told apart by.
fn address<'d>(source: Item<'d>) -> Option<&'d str> {
    ["registry", "url", "git", "path", "editable", "virtual", "directory"].iter().find_map(|key| source.text_of(key))
}

fn request(document: &Document<'_>, pack: &Pack<'_>, markers: &[&str], ground: &Ground) -> (Request, Location) {
    let source = pack.item.get("source");
    let of = |key: &str| source.and_then(|source| source.text_of(key));
    let marker = match markers {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => Some(several.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" or ")),
    };
    let git = of("git").map(|url| format!("git+{url}"));
    let locked = Locked {
        name: pack.name,
        version: pack.version,
        index: of("registry"),
        source: git.as_deref().or_else(|| of("url")).or_else(|| of("path")),
        marker: marker.as_deref(),
    };
    let wheels = pack.item.get("wheels").into_iter().flat_map(Item::items);
    let wheels = wheels.filter_map(|wheel| ["url", "filename", "path"].iter().find_map(|key| wheel.text_of(key)));
    let at = pack.item.entry("name").map_or_else(|| document.at(pack.item), |name| document.at(name));
    (locked.request(wheels, ground), at)
}
