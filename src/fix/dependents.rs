//! What was compiled for torch and moves with it: for another build of torch, the version of each such package that rows have for it, and
//! the packages that no row has one for; and which requirements on torch a build would break.

use super::{Candidate, Case, Install};
use crate::{
    facts::{Environment, Package, Platform, PythonVersion},
    knowledge::{Knowledge, PackageBuild},
    python::{self, MarkerEnvironment, Requirement},
    rules::COMPANIONS,
};

/// What another build of torch means for the packages that are there.
#[derive(Debug, Default)]
pub(super) struct Dependents {
    /// Versions that belong to the build.
    pub moves: Vec<Install>,
    /// Packages for another torch, of which no row has a version for this one.
    pub left: Vec<String>,
}

impl Dependents {
    /// For this build in place of the torch of `environment`.
    pub fn of(case: &Case<'_>, environment: &Environment, candidate: &Candidate<'_>) -> Self {
        let platform = environment.platform.value().copied();
        let mut dependents = Self::default();
        for package in environment.packages.iter().filter(|package| !is_of_torch(&package.name)) {
            let Some(version) = package.version.value() else { continue };
            let Some(row) = case.knowledge.package_build(&package.name, version, platform) else { continue };
            if !row.links_torch || fits(row, candidate) {
                continue;
            }
            match pair(case.knowledge, environment, package, candidate) {
                Some(version) => dependents.moves.push(Install::exact(&package.name, version)),
                None => dependents.left.push(format!("{} {}", package.name, python::public_version(version))),
            }
        }
        dependents
    }
}

fn is_of_torch(name: &str) -> bool {
    name == "torch" || COMPANIONS.contains(&name)
}

/// Whether what a row is about was compiled for this build, and can be installed beside it.
pub(super) fn fits(row: &PackageBuild, candidate: &Candidate<'_>) -> bool {
    let version = &candidate.release.version;
    let within = |range: &String| python::in_range(range, version) != Some(false);
    let cuda = candidate.build.cuda();
    let major = row.cuda.zip(cuda).is_none_or(|(needed, cuda)| needed == cuda.major);
    let beside = row.beside.as_ref().is_none_or(|beside| {
        beside.torch.as_ref().is_none_or(within)
            && beside.cuda.as_ref().zip(cuda).is_none_or(|(range, cuda)| range.contains(&cuda))
    });
    row.torch.as_ref().is_none_or(within) && major && beside
}

/// Whether the newest version that a row names has a file for a Python; an unknown Python, or a row that does not say, excludes nothing.
pub(super) fn admits(row: &PackageBuild, python: Option<PythonVersion>) -> bool {
    let range = row.python.as_deref().zip(python);
    range.and_then(|(range, python)| python::in_range(range, &python.to_string())) != Some(false)
}

/// The version of a package that belongs to a build: of the rows that name a torch the nearest newer one, else the nearest older one, that
/// everything else in the environment accepts.
fn pair<'k>(
    knowledge: &'k Knowledge,
    environment: &Environment,
    package: &Package,
    candidate: &Candidate<'_>,
) -> Option<&'k str> {
    let platform: Option<Platform> = environment.platform.value().copied();
    let current = python::version(package.version.value()?)?;
    let rows = knowledge.package_file(&package.name)?.build.iter().filter(|row| {
        row.concerns(&package.name, platform)
            && row.torch.is_some()
            && fits(row, candidate)
            && admits(row, environment.python.value().copied())
    });
    let versions = rows.filter_map(|row| Some((python::version(row.newest.as_deref()?)?, row.newest.as_deref()?)));
    let accepted = |version: &str| {
        let asked = requirements_on(environment, |name| name == package.name);
        asked.iter().all(|(_, requirement)| requirement.accepts(version) != Some(false))
    };
    let fitting = versions.filter(|(_, version)| accepted(version));
    // A file that names the package and no version of it gets the newest that fits, whatever is moved.
    let request = package.request.and_then(|place| environment.steps.get(place.step)?.requests.get(place.request));
    if request.is_some_and(|request| request.name == package.name && request.asked.specifiers.is_empty()) {
        return fitting.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, version)| version);
    }
    let (newer, older): (Vec<_>, Vec<_>) = fitting.partition(|(version, _)| *version >= current);
    let newer = newer.into_iter().min_by(|a, b| a.0.cmp(&b.0));
    newer.or_else(|| older.into_iter().max_by(|a, b| a.0.cmp(&b.0))).map(|(_, version)| version)
}

/// What installed packages require of the packages that are meant, each with who requires it.
pub(super) fn requirements_on(environment: &Environment, meant: impl Fn(&str) -> bool) -> Vec<(&Package, Requirement)> {
    let markers = MarkerEnvironment::new(environment.python.value().copied(), environment.platform.value().copied());
    // Parsing a line takes a thousand times as long as looking at the name that it begins with.
    let name = |line: &str| {
        let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(line.len());
        python::normalize(line.get(..end).unwrap_or_default())
    };
    let lines = environment
        .packages
        .iter()
        .flat_map(|package| package.requires.iter().map(move |line| (package, line)))
        .filter(|(_, line)| meant(&name(line.trim_start())));
    let parsed = lines.filter_map(|(package, line)| Some((package, line.parse::<Requirement>().ok()?)));
    let applies = |requirement: &Requirement| {
        requirement.marker.as_ref().is_none_or(|marker| marker.eval(&markers, None) == Some(true))
    };
    parsed.filter(|(_, requirement)| applies(requirement)).collect()
}

/// What installed packages require of torch and its companions.
pub(super) fn pins(environment: &Environment) -> Vec<(&Package, Requirement)> {
    requirements_on(environment, is_of_torch)
}

/// Whether a build, and the companions that come with it, are what a requirement asks for; nothing where it is about something else.
pub(super) fn meets(requirement: &Requirement, candidate: &Candidate<'_>) -> Option<bool> {
    let Candidate { release, build } = candidate;
    match requirement.name.as_str() {
        "torch" => requirement.accepts(&build.full_version(release)),
        name => requirement.accepts(release.companion(name)?),
    }
}

/// Packages with machine code that was compiled for the torch that is there, where nothing says which other torch they run with.
pub(super) fn undecided(case: &Case<'_>, environment: &Environment) -> Vec<String> {
    let platform = environment.platform.value().copied();
    let linked = |package: &Package| {
        let row =
            package.version.value().and_then(|version| case.knowledge.package_build(&package.name, version, platform));
        match row {
            Some(row) => row.links_torch && row.torch.is_none(),
            None => {
                let requires = |line: &String| line.parse::<Requirement>().is_ok_and(|wanted| wanted.name == "torch");
                !package.libraries.is_empty() && package.requires.iter().any(requires)
            }
        }
    };
    let shown = |package: &Package| match package.version.value() {
        Some(version) => format!("{} {}", package.name, python::public_version(version)),
        None => package.name.clone(),
    };
    let others = environment.packages.iter().filter(|package| !is_of_torch(&package.name));
    others.filter(|package| linked(package)).map(shown).collect()
}
