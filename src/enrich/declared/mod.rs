//! From the steps that files declare to the packages that would be there: each step changes the environment as its tool would, with the
//! versions that rows know. What no row knows stays unknown; nothing here resolves what a resolver has to.
//!
//! `image` has what is there before the first step, `conda` knows its builds, `store` tells indexes apart, `torch` chooses the build of torch,
//! `others` the versions of what goes with it.

mod conda;
mod image;
mod others;
mod range;
mod store;
#[cfg(test)]
mod tests;
mod torch;

pub(super) use image::missing;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    facts::{
        CudaVersion, Environment, Fact, How, IndexRole, Otherwise, Package, Platform, PythonVersion, Request,
        RequestPlace, RequestRole, Resolver, Source, Step,
    },
    knowledge::Knowledge,
    python::{self, Marker, MarkerEnvironment, WheelName},
};

use self::{conda::Driver, store::Store};

/// What a step meets.
pub(super) struct Terms<'k> {
    pub knowledge: &'k Knowledge,
    pub platform: Option<Platform>,
    pub python: Option<PythonVersion>,
    markers: MarkerEnvironment,
    driver: Driver,
}

/// A request, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Placed<'s> {
    pub request: &'s Request,
    pub place: RequestPlace,
}

/// Puts in the packages that the image and the steps of an environment bring, in order. One without either stays as it is.
/// `cuda` is what the driver serves.
pub(super) fn install(environment: &mut Environment, knowledge: &Knowledge, cuda: Option<CudaVersion>) {
    image::begin(environment, knowledge);
    if environment.steps.is_empty() {
        image::libraries(environment, knowledge);
        image::end(environment, knowledge);
        return;
    }
    let (platform, python) = (environment.platform.value().copied(), environment.python.value().copied());
    let driver = match (&environment.image, cuda) {
        // Where images are built, there is no driver, unless a variable says that there is one.
        (Some(image), _) => image
            .env_vars
            .get("CONDA_OVERRIDE_CUDA")
            .and_then(|value| value.parse().ok())
            .map_or(Driver::Missing, Driver::Serves),
        (None, Some(cuda)) => Driver::Serves(cuda),
        (None, None) => Driver::Unknown,
    };
    let terms = Terms { knowledge, platform, python, markers: MarkerEnvironment::new(python, platform), driver };
    let there = environment.packages.clone();
    let changes = environment.changes.is_some();
    for (index, step) in environment.steps.iter().enumerate() {
        take(&terms, &mut environment.packages, step, index);
    }
    if changes {
        replaced(&mut environment.packages, &there);
    } else {
        environment.otherwise = with_uv(&terms, environment, there).map(Box::new);
    }
    image::libraries(environment, knowledge);
    image::end(environment, knowledge);
}

/// Says of each package that was installed and is another one now what it replaces.
fn replaced(packages: &mut [Package], there: &[Package]) {
    let before: HashMap<&str, &Package> = there.iter().map(|package| (package.name.as_str(), package)).collect();
    for package in packages.iter_mut().filter(|package| package.request.is_some()) {
        let full = |package: &Package| {
            let build = package.build.value().map(|build| build.version.clone());
            build.or_else(|| package.version.value().cloned())
        };
        package.replaces = before.get(package.name.as_str()).and_then(|before| full(before));
    }
}

/// What uv would make of steps that are read as pip's, where the indexes make a difference.
fn with_uv(terms: &Terms<'_>, environment: &Environment, mut packages: Vec<Package>) -> Option<Otherwise> {
    let of_pip = environment.steps.iter().all(|step| step.resolver == Resolver::Pip);
    let asks = environment.steps.iter().any(|step| step.indexes.iter().any(|index| index.role == IndexRole::Extra));
    if !of_pip || !asks {
        return None;
    }
    for (index, step) in environment.steps.iter().enumerate() {
        let step = Step { resolver: Resolver::Uv, ..step.clone() };
        take(terms, &mut packages, &step, index);
    }
    let torch = packages.iter().find(|package| package.name == "torch")?;
    let with_pip = environment.package("torch")?;
    let version = |torch: &Package| torch.version.value().filter(|_| torch.unavailable.is_none()).cloned();
    let differs =
        torch.version.value().is_some() && with_pip.version.value().is_some() && version(torch) != version(with_pip);
    let (torch, why) = (version(torch), torch.unavailable.clone());
    differs.then_some(Otherwise { resolver: Resolver::Uv, torch, why })
}

/// One step.
fn take(terms: &Terms<'_>, packages: &mut Vec<Package>, step: &Step, index: usize) {
    let all = step
        .requests
        .iter()
        .enumerate()
        .map(|(request, one)| Placed { request: one, place: RequestPlace { step: index, request } });
    let mut asked: Vec<Placed<'_>> = all.filter(|placed| terms.applies(step, placed.request)).collect();
    // An override that does not apply here keeps its package out, whoever asks for it.
    let kept_out: BTreeSet<&str> = kept_out(step, &asked);
    asked.retain(|placed| !placed.is_wanted() || !kept_out.contains(placed.request.name.as_str()));
    for gone in asked.iter().filter(|placed| placed.request.role == RequestRole::Removed) {
        packages.retain(|package| package.name != gone.request.name);
    }
    // What rows know of the versions of other packages decides which torch will do, and the other way round.
    let pinned = others::pinned(terms, packages, step, &asked);
    if !kept_out.contains("torch") {
        torch::choose(terms, packages, step, &asked, &pinned);
    }
    others::choose(terms, packages, step, &asked);
    if step.exact {
        let asked: HashSet<&str> = asked.iter().map(|placed| placed.request.name.as_str()).collect();
        // What has come with this step is required by what is asked for.
        let came = |package: &Package| package.request.is_some_and(|place| place.step == index);
        packages.retain(|package| came(package) || asked.contains(package.name.as_str()));
    }
}

/// Packages that are overridden, by overrides of which none applies here.
fn kept_out<'s>(step: &'s Step, asked: &[Placed<'s>]) -> BTreeSet<&'s str> {
    let is_forced = |request: &&Request| request.role == RequestRole::Forced;
    let applies = |name: &str| asked.iter().any(|placed| is_forced(&placed.request) && placed.request.name == name);
    step.requests.iter().filter(is_forced).map(|request| request.name.as_str()).filter(|name| !applies(name)).collect()
}

/// Whether a step replaces a package although what is there will do.
fn renews(step: &Step, name: &str) -> bool {
    step.upgrade || step.reinstall || step.renewed.iter().any(|renewed| renewed == name)
}

impl Terms<'_> {
    /// Whether a request counts in an environment like this; what hangs on something unknown counts.
    fn applies(&self, step: &Step, request: &Request) -> bool {
        let Some(text) = &request.asked.marker else { return true };
        let Ok(marker) = text.parse::<Marker>() else { return true };
        let extras: Vec<&str> = step.extras.iter().map(String::as_str).collect();
        marker.eval_with(&self.markers, &extras) != Some(false)
    }
}

impl Placed<'_> {
    /// Whether it asks for something to be installed.
    fn is_wanted(&self) -> bool {
        self.request.role == RequestRole::Wanted
    }

    /// Whether a version is one that is asked for; a specifier that is none accepts everything.
    fn accepts(&self, version: &str) -> bool {
        python::satisfies(&self.request.asked.specifiers, version) != Some(false)
    }

    /// The one version that is asked for, as written: `2.7.1+cu128` of `==2.7.1+cu128`.
    fn exact(&self) -> Option<&str> {
        let resolved = self.request.resolved.as_ref().map(|resolved| resolved.version.as_str());
        resolved.or_else(|| python::exact_version(&self.request.asked.specifiers))
    }

    /// The same of conda, where `=2.0.1` is that version and builds of it, and `=2.0` any that begins so.
    fn exact_of_conda(&self) -> Option<&str> {
        let pinned = python::pinned(&self.request.asked.specifiers)?;
        self.exact().or_else(|| (pinned.split('.').count() >= 3).then_some(pinned))
    }

    /// The wheel that its address leads to.
    fn wheel(&self) -> Option<WheelName> {
        let source = self.request.asked.source.as_deref()?;
        let file = source.split(['?', '#']).next()?.rsplit('/').next()?.replace("%2B", "+").replace("%2b", "+");
        WheelName::parse(&file)
    }
}

/// The stores that are asked for a package, in the tool's own order: additional ones first with uv.
fn stores(step: &Step, request: Option<&Request>) -> Vec<Store> {
    if let Some(own) = request.and_then(|request| request.index.as_deref()) {
        return vec![Store::of(own)];
    }
    let of = |role: IndexRole| {
        step.indexes.iter().filter(move |index| index.role == role).map(|index| Store::of(&index.url))
    };
    let mut default: Vec<Store> = of(IndexRole::Default).collect();
    if default.is_empty() {
        default.push(Store::Default);
    }
    let links = step.links.iter().map(|link| Store::of(link)).filter(Store::has_torch);
    match step.resolver {
        Resolver::Uv => links.chain(of(IndexRole::Extra)).chain(default).collect(),
        _ => default.into_iter().chain(of(IndexRole::Extra)).chain(links).collect(),
    }
}

/// Puts a package in, in place of another version of it.
fn put(packages: &mut Vec<Package>, package: Package) {
    match packages.iter_mut().find(|there| there.name == package.name) {
        Some(there) => *there = package,
        None => packages.push(package),
    }
}

/// A package that a request brings.
fn brought(placed: Placed<'_>, name: &str, version: Fact<String>) -> Package {
    let own = placed.request.name == name;
    Package {
        version,
        asked: own.then(|| Box::new(placed.request.asked.clone())),
        request: Some(placed.place),
        ..Package::unknown(name, NOT_YET)
    }
}

/// Why nothing of a declared package was measured.
const NOT_YET: &str = "it is not installed yet";

/// A version as a file has it.
fn written(placed: Placed<'_>, version: &str) -> Fact<String> {
    let via = match &placed.request.resolved {
        Some(resolved) => Source::new(How::Resolver, &resolved.by),
        None => Source::file(&placed.request.asked.text),
    };
    Fact::known(version.to_owned(), via)
}
