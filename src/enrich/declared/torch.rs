//! Which build of torch a step brings: what the tool would choose among those that the rows know on the indexes that it asks.

use std::collections::BTreeSet;

use gpucheck_ground::Order as _;
use pep440_rs::Version;

use super::{Placed, Store, Terms, brought, conda, conda::Driver, others::Pinned, put, stores, written};
use crate::{
    facts::{Build, Fact, How, IndexRole, Package, RequestRole, Resolver, Source, Step},
    knowledge::{TorchBuild, TorchRelease},
    python::{self, TorchVariant},
};

/// A build on an index.
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
    let mut wanted = own.iter().copied().rfind(Placed::is_wanted);
    if step.resolver == Resolver::Conda && wanted.is_none() {
        wanted = asked.iter().copied().rfind(|placed| placed.is_wanted() && conda::stands_for_torch(placed));
    }
    // Of what requires torch, one that pins it decides; else the first is as good as any. A lock file has everything that is installed:
    // nothing is pulled.
    let pullers = || pinned.iter().filter(|pin| !step.alone && pin.pulls && step.resolver != Resolver::Lock);
    let puller =
        pullers().find(|pin| pin.range.as_deref().is_some_and(|range| range.contains("=="))).or(pullers().next());
    let Some(by) = wanted.or(puller.map(|pin| pin.by)) else { return };
    if let Some(wheel) = by.wheel().filter(|_| wanted.is_some()) {
        put(packages, brought(by, "torch", written(by, &wheel.version)));
        return;
    }
    if let Some(source) = by.request.asked.source.as_deref().filter(|_| wanted.is_some()) {
        put(packages, brought(by, "torch", Fact::unknown(format!("it is taken from {source}"))));
        return;
    }
    let there = packages.iter().find(|package| package.name == "torch");
    // The version that an unread row would name is not to be guessed.
    let holds = |pin: &&Pinned<'_>| pin.range.as_deref().is_some_and(|range| range.contains("=="));
    let exact = own.iter().any(|placed| placed.exact().is_some()) || pullers().any(|pin| holds(&pin));
    if let Some(pin) = pullers().find(|pin| pin.unread).filter(|_| !exact && there.is_none()) {
        let why = format!("{} decides which torch comes, and no row says which it requires", pin.by.request.asked.text);
        put(packages, Package { build: Fact::unknown(&why), ..brought(by, "torch", Fact::unknown(why)) });
        return;
    }
    let forced = own.iter().copied().rfind(|placed| placed.request.role == RequestRole::Forced);
    let meets = |version: &str| match forced {
        Some(forced) => forced.accepts(version),
        None => {
            own.iter().chain(&wanted).all(|placed| placed.accepts(version))
                && pinned.iter().filter(|_| !step.alone).all(|pin| pin.admits(version))
        }
    };
    let stays = there.is_some_and(|torch| match torch.version.value() {
        Some(version) => meets(version),
        // Whatever is there: only a version that is asked for replaces it.
        None => own.iter().all(|placed| placed.request.asked.specifiers.is_empty()),
    });
    // What is there and will do stays, unless the newest is wanted of torch itself. With `--force-reinstall`, and with `-U` of uv, what is
    // required is chosen anew, too.
    let named = step.renewed.iter().any(|name| name == "torch");
    let deep = step.reinstall || step.upgrade && step.resolver == Resolver::Uv;
    let renewed = deep || named || step.upgrade && wanted.is_some();
    if stays && !renewed {
        return;
    }
    let torch = match step.resolver {
        Resolver::Lock if by.request.build.is_some() => conda::locked(terms, by),
        Resolver::Lock => locked(by),
        Resolver::Conda => conda::choose(terms, step, asked, by, &meets),
        _ => of_index(terms, step, asked, by, &meets),
    };
    put(packages, torch);
}

/// A lock file has the version, and where it comes from.
fn locked(by: Placed<'_>) -> Package {
    let Some(version) = by.exact() else {
        return brought(by, "torch", Fact::unknown("the lock file names no version"));
    };
    // A version without a local part from one of PyTorch's own indexes is of that index's variant.
    let version = match by.request.index.as_deref().map(Store::of) {
        Some(Store::Torch(Some(variant))) if !version.contains('+') => format!("{version}+{variant}"),
        _ => version.to_owned(),
    };
    brought(by, "torch", written(by, &version))
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
    let mut asked = stores(step, Some(by.request).filter(|_| named).or(own.map(|placed| placed.request)));
    match step.resolver {
        // The first index that has the name.
        Resolver::Uv if !step.best_match => asked.truncate(1),
        // Supplemental sources are asked for what the others do not have.
        Resolver::Poetry if by.exact().filter(|_| named).is_none() => {
            let supplemental = step.indexes.iter().filter(|index| index.role == IndexRole::Extra).count();
            let others = asked.len().checked_sub(supplemental).filter(|others| *others > 0);
            asked.truncate(others.unwrap_or(usize::MAX));
        }
        _ => {}
    }
    let exact = by.exact().filter(|_| named);
    let said = |why: String| {
        let version = exact.map_or(Fact::unknown(&why), |exact| written(by, exact));
        Package { build: Fact::unknown(why), ..brought(by, "torch", version) }
    };
    let is_auto = asked.first() == Some(&Store::Auto);
    if is_auto {
        match backends(terms) {
            Some(stores) => asked = stores,
            None => return said("the driver decides which build --torch-backend=auto chooses".to_owned()),
        }
    }
    let unknown = asked.iter().find_map(|store| match store {
        Store::Unknown(url) => Some(url),
        _ => None,
    });
    let all_unknown = asked.iter().all(|store| !store.has_torch());
    if let Some(Store::Nightly(variant)) = asked.iter().find(|store| matches!(store, Store::Nightly(_)))
        && exact.is_none()
    {
        return nightly(by, variant.as_deref());
    }
    let Some(platform) = terms.platform else { return said("the platform decides which build comes".to_owned()) };
    let builds =
        || terms.knowledge.torch_releases().flat_map(|release| release.builds.iter().map(move |it| (release, it)));
    let fits = |release: &TorchRelease, build: &TorchBuild, any: bool| {
        let python = any || terms.python.is_none_or(|python| release.python_of(build).contains(&python));
        build.platform == platform && python
    };
    let best_for = |any_python: bool, stores: &[Store]| {
        let fitting = builds().filter(|(release, build)| fits(release, build, any_python));
        let offers = fitting.flat_map(|(release, build)| {
            stores.iter().filter(move |store| store.has(build)).filter_map(move |store| {
                let version = store.version(release, build);
                Some(Offer { number: version.parse().ok()?, version, release, build })
            })
        });
        // A local part counts as more than none. The newest that will do is found soon.
        let mut offers: Vec<Offer<'_>> = offers.collect();
        offers.order_by(|one, other| one.number.cmp(&other.number));
        offers.into_iter().rfind(|offer| meets(&offer.version))
    };
    // Of the backends for a driver uv takes the first that has what is asked for.
    let best = |any_python: bool| match is_auto {
        true => asked.chunks(1).find_map(|stores| best_for(any_python, stores)),
        false => best_for(any_python, &asked),
    };
    // What a file pins is judged for its Python by a rule of its own; so is a range that ends before the newest release, if nothing in it is
    // for this Python. In one that is open, a release that no row knows may be.
    let ends = terms.knowledge.torch_releases().last().is_some_and(|newest| !meets(&newest.version));
    let best = best(exact.is_some()).or_else(|| best(true).filter(|_| ends));
    if let Some(offer) = best {
        let via = match exact {
            Some(_) => Source::file(&by.request.asked.text),
            None => terms.knowledge.torch_source(offer.release, offer.build),
        };
        return brought(by, "torch", Fact::known(offer.version, via));
    }
    if let Some(url) = unknown.filter(|_| all_unknown || exact.is_none()) {
        return said(format!("{url} decides which torch comes"));
    }
    let torch = said("no known version matches the request".to_owned());
    let Some(exact) = exact else { return torch };
    // A version of which the rows have no release at all may be older or newer than they are.
    let Some(release) = terms.knowledge.torch_release(exact) else {
        return match exact.contains('+') {
            true => brought(by, "torch", written(by, exact)),
            false => torch,
        };
    };
    if unknown.is_some()
        || !step.links.is_empty()
        || matches!(python::torch_variant(exact), TorchVariant::Foreign | TorchVariant::OtherGpus)
    {
        return brought(by, "torch", written(by, exact));
    }
    let exists = release.builds.iter().any(|build| {
        build.platform == platform
            && (build.full_version(release) == exact || (!exact.contains('+') && build.pypi_default))
    });
    let why = match exists {
        true => format!("none of the indexes that are asked has torch {exact}{}", elsewhere(exact)),
        false => format!("torch {exact} does not exist for {platform}"),
    };
    // It is judged as what it says that it is, too.
    Package { unavailable: Some(why), ..brought(by, "torch", written(by, exact)) }
}

/// The indexes that uv tries for a driver, the newest CUDA first: releases of the same major version run on older drivers, too. Without
/// a driver it is the one for CPUs.
fn backends(terms: &Terms<'_>) -> Option<Vec<Store>> {
    let cuda = match terms.driver {
        Driver::Serves(cuda) => cuda,
        Driver::Missing => return Some(vec![Store::Torch(Some("cpu".to_owned()))]),
        Driver::Unknown => return None,
    };
    let builds = terms.knowledge.torch_releases().flat_map(|release| &release.builds);
    let of =
        |build: &TorchBuild| Some((python::cuda_of_local(&format!("0+{}", build.variant))?, build.variant.clone()));
    let all: BTreeSet<_> = builds.filter_map(of).filter(|(of, _)| of.major <= cuda.major).collect();
    Some(all.into_iter().rev().map(|(_, variant)| Store::Torch(Some(variant))).collect())
}

/// Where a build with a local part is, for people.
fn elsewhere(version: &str) -> String {
    match version.split_once('+') {
        Some((_, variant)) => format!(": it is on PyTorch's own index, whl/{variant}"),
        None => String::new(),
    }
}

/// The newest nightly build of a variant: of which night is not known, what it holds is as the last row about such builds says.
fn nightly(by: Placed<'_>, variant: Option<&str>) -> Package {
    let why = "the newest nightly build comes";
    let mut torch = brought(by, "torch", Fact::unknown(why));
    let Some(variant) = variant else { return torch };
    let cuda = python::cuda_of_local(&format!("0+{variant}"));
    let claim = |at: String| Source::new(How::Knowledge, at);
    torch.version = Fact::known(format!("nightly+{variant}"), Source::file(&by.request.asked.text));
    torch.build =
        Fact::known(Build { version: format!("nightly+{variant}"), cuda }, claim("the name of the index".to_owned()));
    torch
}
