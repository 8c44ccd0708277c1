//! Which build of torch a step brings: what the tool would choose among those that the rows know on the indexes that it asks.

use std::cmp::Ordering;

use pep440_rs::Version;

use super::{Placed, Store, Terms, brought, others::Pinned, put, stores, written};
use crate::{
    facts::{Fact, How, IndexRole, Package, RequestRole, Resolver, Source, Step},
    knowledge::{TorchBuild, TorchRelease},
    python,
};

/// A build on an index.
#[derive(Clone)]
struct Offer<'k> {
    version: String,
    number: Version,
    release: &'k TorchRelease,
    build: &'k TorchBuild,
}

/// Installs torch, or another one than the one that is there, if the step asks for it or brings what requires it.
pub(super) fn choose(
    terms: &Terms<'_>,
    packages: &mut Vec<Package>,
    step: &Step,
    asked: &[Placed<'_>],
    pinned: &[Pinned<'_>],
) {
    let own: Vec<Placed<'_>> = asked.iter().copied().filter(|placed| placed.request.name == "torch").collect();
    let wanted = own.iter().copied().rfind(Placed::is_wanted);
    // Of what requires torch, the one that says most of it is the one to name.
    let puller = pinned.iter().filter(|pin| !step.alone && pin.pulls);
    let puller = puller.max_by_key(|pin| pin.range.as_deref().map_or(0, str::len));
    // A lock file has everything that is installed: nothing is pulled.
    let puller = puller.filter(|_| step.resolver != Resolver::Lock);
    let Some(by) = wanted.or(puller.map(|pin| pin.by)) else { return };
    if let Some(wheel) = by.wheel().filter(|_| wanted.is_some()) {
        put(packages, brought(by, "torch", written(by, &wheel.version)));
        return;
    }
    if wanted.is_some() && by.request.asked.source.is_some() {
        let source = by.request.asked.source.clone().unwrap_or_default();
        put(packages, brought(by, "torch", Fact::unknown(format!("it is taken from {source}"))));
        return;
    }
    let meets = |version: &str| {
        let forced = own.iter().rfind(|placed| placed.request.role == RequestRole::Forced);
        if let Some(forced) = forced {
            return forced.accepts(version);
        }
        own.iter().all(|placed| placed.accepts(version))
            && pinned.iter().filter(|_| !step.alone).all(|pin| pin.admits(version))
    };
    let there = packages.iter().find(|package| package.name == "torch").and_then(|package| package.version.value());
    // What is there and will do stays, unless the newest is wanted of torch itself.
    let newest = step.upgrade && wanted.is_some();
    if there.is_some_and(|version| meets(version)) && !newest {
        return;
    }
    let torch = match step.resolver {
        Resolver::Lock => locked(by),
        Resolver::Conda => of_conda(terms, asked, by),
        _ => of_index(terms, step, asked, by, &meets),
    };
    put(packages, torch);
}

/// A lock file has the version, and where it comes from.
fn locked(by: Placed<'_>) -> Package {
    let version = match by.exact() {
        Some(version) => written(by, version),
        None => Fact::unknown("the lock file names no version"),
    };
    let mut torch = brought(by, "torch", version.clone());
    // A version without a local part from one of PyTorch's own indexes is of that index's variant.
    let variant = by.request.index.as_deref().map(Store::of);
    if let (Some(Store::Torch(Some(variant))), Some(plain)) = (variant, version.value())
        && !plain.contains('+')
    {
        torch.version = written(by, &format!("{plain}+{variant}"));
    }
    torch
}

/// What the indexes of a step give.
fn of_index(
    terms: &Terms<'_>,
    step: &Step,
    asked: &[Placed<'_>],
    by: Placed<'_>,
    meets: &dyn Fn(&str) -> bool,
) -> Package {
    let named = by.request.name == "torch";
    let own = asked.iter().rev().find(|placed| placed.request.name == "torch" && placed.request.index.is_some());
    let stores = stores(step, Some(by.request).filter(|_| named).or(own.map(|placed| placed.request)));
    let exact = by.exact().filter(|_| named);
    // A version that names its own build is that build, wherever it comes from.
    if let Some(exact) = exact.filter(|version| version.contains('+')) {
        return brought(by, "torch", written(by, exact));
    }
    let unknown = stores.iter().find_map(|store| match store {
        Store::Unknown(url) => Some(url.clone()),
        _ => None,
    });
    let first = stores.first().cloned();
    let asked: Vec<Store> = match step.resolver {
        Resolver::Uv => first.into_iter().collect(),
        // Supplemental sources of Poetry are asked for what the others do not have.
        Resolver::Poetry if exact.is_none() => {
            let supplemental = step.indexes.iter().filter(|index| index.role == IndexRole::Extra).count();
            let others = stores.len().checked_sub(supplemental).filter(|others| *others > 0);
            stores.into_iter().take(others.unwrap_or(usize::MAX)).collect()
        }
        _ => stores,
    };
    let said = |why: String| {
        let version = exact.map_or(Fact::unknown(why), |exact| written(by, exact));
        brought(by, "torch", version)
    };
    if let Some(Store::Nightly(variant)) = asked.first().filter(|_| step.pre || exact.is_none()) {
        return said(match variant {
            Some(variant) => format!("the newest nightly build of {variant}"),
            None => "the newest nightly build".to_owned(),
        });
    }
    if let Some(url) = unknown.filter(|_| step.resolver == Resolver::Uv || asked.iter().all(|store| !store.has_torch()))
    {
        return said(format!("{url} decides which torch comes"));
    }
    let Some(platform) = terms.platform else { return said("the platform decides which build comes".to_owned()) };
    let releases = terms.knowledge.torch_releases();
    let offers = releases.flat_map(|release| release.builds.iter().map(move |build| (release, build))).flat_map(
        |(release, build)| {
            let fits = build.platform == platform
                && !build.published.is_only_expected()
                && (exact.is_some() || terms.python.is_none_or(|python| release.python_of(build).contains(&python)));
            let offered = asked.iter().filter(move |store| fits && store.has(build));
            offered.filter_map(move |store| {
                let version = store.version(release, build);
                Some(Offer { number: version.parse().ok()?, version, release, build })
            })
        },
    );
    let best = offers.filter(|offer| meets(&offer.version)).max_by(better);
    let Some(offer) = best else {
        return said("no version that rows know is what is asked for".to_owned());
    };
    let row = terms.knowledge.cite_torch(offer.release, offer.build);
    let via = match exact {
        Some(_) => Source::file(&by.request.asked.text),
        None => Source::new(How::Knowledge, row),
    };
    brought(by, "torch", Fact::known(offer.version, via))
}

/// Which of two offers a tool takes: the higher version, in which a local part counts as more than none.
fn better(one: &Offer<'_>, other: &Offer<'_>) -> Ordering {
    one.number.cmp(&other.number)
}

/// conda: the build is the channel's affair, and that of the packages that hold CUDA's release.
fn of_conda(terms: &Terms<'_>, asked: &[Placed<'_>], by: Placed<'_>) -> Package {
    let _ = (terms, asked);
    let version = match by.exact() {
        Some(version) => written(by, version),
        None => Fact::unknown("the channel decides which version comes"),
    };
    let mut torch = brought(by, "torch", version);
    torch.build = Fact::unknown("the channel decides which build comes");
    torch
}

/// Whether a range admits a version; one that is no range admits all.
pub(super) fn in_range(range: &str, version: &str) -> bool {
    python::satisfies(range, version) != Some(false)
}
