//! Which versions of other packages a step brings, where a file pins them or a row knows the newest, and what they mean for torch.

use std::collections::{HashMap, HashSet};

use gpucheck_ground::Order as _;

use super::{
    Placed, Terms, brought,
    range::{in_range, reachable},
    renews,
    store::Store,
    stores, written,
};
use crate::{
    facts::{Fact, How, Package, Resolver, Source, Step},
    knowledge::{PackageBuild, TorchRelease},
    python,
};

/// A package that says which torch goes with it.
pub(super) struct Pinned<'s> {
    /// The request that brings it.
    pub by: Placed<'s>,
    /// The range of torch that goes with it; nothing: any.
    pub range: Option<String>,
    /// Whether it brings torch where there is none.
    pub pulls: bool,
    /// Whether it holds torch to one version and no row says to which: those of its other versions do.
    pub unread: bool,
}

/// A package, and the request that brings it.
#[derive(Clone, Copy)]
struct Named<'s> {
    name: &'s str,
    by: Placed<'s>,
    /// Whether the request is about another package, which only requires it.
    free: bool,
}

impl<'s> Named<'s> {
    /// What a request asks for itself.
    fn of(by: Placed<'s>) -> Self {
        Self { name: by.request.name.as_str(), by, free: false }
    }

    fn accepts(&self, version: &str) -> bool {
        self.free || self.by.accepts(version)
    }
}

impl Pinned<'_> {
    /// Whether a version of torch goes with it.
    pub fn admits(&self, version: &str) -> bool {
        self.range.as_deref().is_none_or(|range| in_range(range, python::public_version(version)))
    }
}

/// What the requests of a step say of torch by the versions that they pin.
pub(super) fn pinned<'s>(
    terms: &Terms<'_>,
    packages: &[Package],
    step: &Step,
    asked: &[Placed<'s>],
) -> Vec<Pinned<'s>> {
    // What a step asks of torch itself, the versions of other packages follow; otherwise their newest decide, whatever torch is there.
    let leads = !asked.iter().any(|placed| placed.request.name == "torch" && placed.is_wanted());
    let there: HashSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let stays = |placed: &Placed<'_>| {
        let name = placed.request.name.as_str();
        !renews(step, name) && there.contains(name)
    };
    let wanted = asked.iter().copied().filter(|placed| placed.request.name != "torch");
    wanted.filter_map(|by| pin(terms, step, by, leads && !stays(&by))).collect()
}

fn pin<'s>(terms: &Terms<'_>, step: &Step, by: Placed<'s>, leads: bool) -> Option<Pinned<'s>> {
    let name = by.request.name.as_str();
    let pulls = by.is_wanted();
    let version = by.exact().map(str::to_owned).or_else(|| Some(by.wheel()?.version));
    if ["torchvision", "torchaudio"].contains(&name) {
        let exact = version.as_deref().map(python::public_version);
        let range = exact.and_then(|version| {
            let of: Vec<&TorchRelease> =
                terms.knowledge.torch_releases().filter(|release| companion(release, name) == Some(version)).collect();
            match (of.first(), of.last()) {
                (Some(first), Some(last)) => Some(format!(">={},<={}", first.version, last.version)),
                _ => None,
            }
        });
        return Some(Pinned { by, range, pulls, unread: false });
    }
    if name == "triton" {
        // The other way round: torch holds its triton.
        let range = version.as_deref().and_then(|version| with_triton(terms, version))?;
        return Some(Pinned { by, range: Some(range), pulls: false, unread: false });
    }
    if terms.knowledge.package_file(name).is_some_and(|file| file.package.torch_unnamed) {
        return None;
    }
    let row = match &version {
        Some(version) => terms.knowledge.package_build(name, version, terms.platform),
        None => newest_for(terms, step, Named::of(by), None).filter(|_| leads && by.request.asked.source.is_none()),
    };
    if let Some(range) = row.and_then(|row| row.torch.clone()) {
        return Some(Pinned { by, range: Some(range), pulls, unread: false });
    }
    if version.is_some() && row.is_none() && holds_torch(terms, name) {
        return Some(Pinned { by, range: None, pulls, unread: true });
    }
    let any = terms.knowledge.requires_torch(name, &by.request.asked.extras, terms.platform);
    // What is known of the newest version does not hold for one that is pinned.
    let any = any.map(|range| if version.is_some() { "" } else { range });
    let known =
        any.or_else(|| newest_for(terms, step, Named::of(by), None).and_then(|row| row.torch.as_deref()).map(|_| ""));
    let pinned =
        |range: String| Pinned { by, range: Some(range).filter(|range| !range.is_empty()), pulls, unread: false };
    known.map(|range| pinned(range.to_owned()))
}

/// Whether versions of a package that have rows hold torch to one version each.
fn holds_torch(terms: &Terms<'_>, name: &str) -> bool {
    let holds = |row: &PackageBuild| row.torch.as_deref().is_some_and(|range| range.starts_with("=="));
    terms.knowledge.package_file(name).is_some_and(|file| file.build.iter().any(holds))
}

/// The releases of torch that require this triton, as a range.
fn with_triton(terms: &Terms<'_>, version: &str) -> Option<String> {
    let requires = |release: &&TorchRelease| {
        release.triton.as_deref().is_some_and(|specifier| python::satisfies(specifier, version) == Some(true))
    };
    let mut releases = terms.knowledge.torch_releases().filter(requires);
    let first = releases.next()?;
    Some(format!(">={},<={}", first.version, releases.last().unwrap_or(first).version))
}

/// The version of a companion that belongs to a release.
fn companion<'r>(release: &'r TorchRelease, name: &str) -> Option<&'r str> {
    match name {
        "torchvision" => release.torchvision.as_deref(),
        _ => release.torchaudio.as_deref(),
    }
}

/// Installs everything but torch, and what comes along.
pub(super) fn choose(terms: &Terms<'_>, packages: &mut Vec<Package>, step: &Step, asked: &[Placed<'_>]) {
    // A file may ask for a hundred thousand packages.
    let places: HashMap<String, usize> =
        packages.iter().enumerate().map(|(place, package)| (package.name.clone(), place)).collect();
    let mut held: HashMap<&str, &str> = HashMap::new();
    for placed in asked {
        if let Some(version) = placed.exact() {
            held.insert(&placed.request.name, version);
        }
    }
    let torch = packages.iter().find(|package| package.name == "torch");
    let torch = torch.and_then(|package| package.version.value()).cloned();
    let mut there = There { places, packages };
    for placed in asked.iter().copied().filter(|placed| placed.is_wanted() && placed.request.name != "torch") {
        let name = placed.request.name.as_str();
        let stays = there.get(name).is_some_and(|package| match package.version.value() {
            Some(version) => placed.accepts(version),
            None => placed.exact().is_none(),
        });
        if stays && !renews(step, name) && placed.request.asked.source.is_none() {
            continue;
        }
        let exact = match step.resolver {
            Resolver::Conda => placed.exact_of_conda(),
            _ => placed.exact(),
        };
        let version = match (exact.or(held.get(name).copied()), placed.wheel()) {
            (_, Some(wheel)) => written(placed, &wheel.version),
            (Some(version), None) => {
                let variant = variant_of_companion(terms, step, placed, version, torch.as_deref());
                written(placed, &variant.unwrap_or_else(|| version.to_owned()))
            }
            (None, None) => unpinned(terms, step, Named::of(placed), torch.as_deref()),
        };
        let mut package = brought(placed, name, version);
        package.installer =
            (step.resolver == Resolver::Conda || placed.request.build.is_some()).then(|| "conda".to_owned());
        there.put(package);
    }
    if step.alone || step.resolver == Resolver::Lock {
        return;
    }
    for placed in asked.iter().copied().filter(|placed| placed.is_wanted()) {
        let request = placed.request;
        let rows = terms.knowledge.brought_with(&request.name, &request.asked.extras, terms.platform);
        for (row, name) in rows.flat_map(|row| row.brings.iter().map(move |name| (row, name))) {
            if name == "torch" || there.get(name).is_some() {
                continue;
            }
            let own = placed.exact().filter(|_| row.same_version);
            let version = match own.or(held.get(name.as_str()).copied()) {
                Some(version) => written(placed, version),
                None => unpinned(terms, step, Named { name, by: placed, free: true }, torch.as_deref()),
            };
            there.put(brought(placed, name, version));
        }
    }
}

/// The name that PyTorch's own index gives to a companion which is asked for by its version alone, where it comes from the index that torch
/// has come from.
fn variant_of_companion(
    terms: &Terms<'_>,
    step: &Step,
    placed: Placed<'_>,
    version: &str,
    torch: Option<&str>,
) -> Option<String> {
    let (release, variant) = torch?.split_once('+')?;
    let is_companion = ["torchvision", "torchaudio"].contains(&placed.request.name.as_str());
    if !is_companion || version.contains('+') || matches!(step.resolver, Resolver::Conda | Resolver::Lock) {
        return None;
    }
    let release = terms.knowledge.torch_release(release)?;
    if terms.platform.is_some_and(|platform| release.leaves_out_variant(&placed.request.name, platform)) {
        return None;
    }
    let own = Store::Torch(Some(variant.to_owned()));
    let stores = stores(step, Some(placed.request));
    // pip takes the highest version of all indexes, and a local part is higher than none; uv asks them in order.
    let comes = match step.resolver {
        Resolver::Uv => stores.first() == Some(&own),
        _ => stores.contains(&own),
    };
    comes.then(|| format!("{version}+{variant}"))
}

/// The packages of an environment, and where each stands.
struct There<'p> {
    places: HashMap<String, usize>,
    packages: &'p mut Vec<Package>,
}

impl There<'_> {
    fn get(&self, name: &str) -> Option<&Package> {
        self.packages.get(*self.places.get(name)?)
    }

    /// Puts a package in, in place of another version of it.
    fn put(&mut self, package: Package) {
        let place = self.places.get(&package.name).copied();
        match place.and_then(|place| self.packages.get_mut(place)) {
            Some(there) => *there = package,
            None => {
                self.places.insert(package.name.clone(), self.packages.len());
                self.packages.push(package);
            }
        }
    }
}

/// What an index would give of a package that no version is asked of.
fn unpinned(terms: &Terms<'_>, step: &Step, named: Named<'_>, torch: Option<&str>) -> Fact<String> {
    let name = named.name;
    if !named.free && named.by.request.asked.source.is_some() {
        return Fact::unknown("it is not taken from an index");
    }
    if ["torchvision", "torchaudio"].contains(&name) {
        let release = torch.and_then(|torch| terms.knowledge.torch_release(torch));
        let version = release.and_then(|release| companion(release, name)).filter(|version| named.accepts(version));
        return match (version, torch.and_then(|torch| torch.split_once('+'))) {
            (Some(version), Some((_, variant))) => claimed(format!("{version}+{variant}"), "torch.toml"),
            (Some(version), None) => claimed(version.to_owned(), "torch.toml"),
            (None, _) => Fact::unknown("whatever version goes with torch"),
        };
    }
    if step.resolver == Resolver::Conda {
        return Fact::unknown("the channel decides which version comes");
    }
    match newest_for(terms, step, named, torch) {
        Some(row) => {
            let version = row.newest.clone().unwrap_or_default();
            match terms.knowledge.was_read(name, &version) {
                true => Fact::known(version, Source::new(How::Index, "its newest version there")),
                false => claimed(version, &format!("packages/{name}.toml")),
            }
        }
        None => Fact::unknown("no version is asked for"),
    }
}

fn claimed(version: String, at: &str) -> Fact<String> {
    Fact::known(version, Source::new(How::Knowledge, at))
}

/// The row of the newest version of a package that is asked for, that goes with a torch which the step's indexes have, or with this one.
fn newest_for<'k>(terms: &Terms<'k>, step: &Step, named: Named<'_>, torch: Option<&str>) -> Option<&'k PackageBuild> {
    let name = named.name;
    let stores = stores(step, None);
    // Whether a build of torch goes with it takes longest to find out, and is asked of the newest first.
    let goes = |row: &&PackageBuild| {
        row.torch.as_deref().is_none_or(|range| match torch {
            Some(torch) => in_range(range, python::public_version(torch)),
            None => reachable(terms, &stores, range),
        })
    };
    let rows = terms.knowledge.package_file(name)?.build.iter().filter(|row| {
        let version = row.newest.as_deref();
        let python = row.python.as_deref().zip(terms.python);
        let admits = || python.is_none_or(|(range, python)| in_range(range, &python.to_string()));
        let accepted = || version.is_some_and(|version| named.accepts(version));
        row.concerns(name, terms.platform) && accepted() && admits()
    });
    let number = |row: &&PackageBuild| row.newest.as_deref().and_then(python::version);
    let mut rows: Vec<&PackageBuild> = rows.collect();
    rows.order_by_cached_key(number);
    rows.into_iter().rev().find(goes)
}
