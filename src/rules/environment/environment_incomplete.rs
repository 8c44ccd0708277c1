//! # environment-incomplete
//!
//! Something that the GPU packages need is missing: a package that their metadata requires is not installed or has the wrong version, or no
//! package provides a shared library that they link to.
//!
//! ## How it is decided
//! The `Requires-Dist` lines (with their markers) of torch, its companions, triton, the nvidia packages and every package that requires
//! torch are compared with what is installed. Then the NEEDED entries of the packages' main libraries are followed through the libraries of
//! all packages; a library that no package contains must be on the system loader's search path, or in the folders below `nvidia` that
//! torch's libraries name themselves. The driver's own libraries are excluded, and so are systems where not even libc is in the usual
//! folders. If a package folder or the metadata of such a package cannot be read, or one of its lines is not a valid requirement, the
//! result is unknown.
//!
//! ## How to fix it
//! Install what is missing; the suggested command names it.
//!
//! ## In a log
//! `ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory`.
//!
//! ## Sources
//! PEP 508; System V ABI, dynamic section; ld.so(8).

use std::collections::{BTreeSet, HashMap};

use gpucheck_ground::Order as _;

use crate::{
    facts::{Environment, Fact, How, Os, Package, Unlisted},
    finding::{Evidence, Severity},
    python::{Marker, MarkerEnvironment, Requirement},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        broken::is_root,
        shared::{marker_environment, package_evidence},
    },
    text,
};

/// Pieces of evidence of each kind to list individually.
const MAX_EVIDENCE: usize = 50;
/// Characters to show of a line that is not a valid requirement.
const MAX_LINE: usize = 60;

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "environment-incomplete",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["torch-companion-mismatch", "extension-abi-mismatch"],
    remedies: &[Remedy::Requirements],
    judge,
};

/// A requirement that the installed packages do not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet<'e> {
    /// Who requires it.
    pub by: &'e Package,
    /// What it requires.
    pub requirement: Requirement,
    /// The version that is installed instead; `None` if the package is missing.
    pub instead: Option<&'e str>,
}

/// The unmet requirements of the GPU packages of an environment.
pub fn unmet(environment: &Environment) -> Vec<Unmet<'_>> {
    let markers = marker_environment(environment);
    let installed: HashMap<&str, &Package> =
        environment.packages.iter().rev().map(|package| (package.name.as_str(), package)).collect();
    let mut unmet = Vec::new();
    let mut answers = HashMap::new();
    for by in environment.packages.iter().filter(|package| concerns_gpu(package)) {
        for requirement in by.requires.iter().filter_map(|line| applying(line, &markers, &mut answers)) {
            match installed.get(requirement.name.as_str()) {
                None => unmet.push(Unmet { by, requirement, instead: None }),
                Some(there) => {
                    let version = there.build.value().map(|build| &build.version).or(there.version.value());
                    if let Some(version) = version
                        && requirement.accepts(version) == Some(false)
                    {
                        unmet.push(Unmet { by, requirement, instead: Some(version) });
                    }
                }
            }
        }
    }
    unmet
}

/// The requirement in a line of METADATA, if its marker applies. `answers` caches the results of markers, because a package has many
/// requirements but few distinct markers.
fn applying<'e>(
    line: &'e str,
    markers: &MarkerEnvironment,
    answers: &mut HashMap<&'e str, bool>,
) -> Option<Requirement> {
    let applies = |marker: &Marker| marker.eval(markers, None) == Some(true);
    // A semicolon after a URL may be part of the URL.
    let Some((asked, marker)) = line.split_once(';').filter(|(asked, _)| !asked.contains('@')) else {
        return line.parse().ok().filter(|requirement: &Requirement| requirement.marker.as_ref().is_none_or(applies));
    };
    let holds = answers.entry(marker).or_insert_with(|| marker.parse().is_ok_and(|marker| applies(&marker)));
    holds.then(|| asked.parse().ok()).flatten()
}

/// Whether a package's requirements matter here, by its name alone.
fn by_name(package: &Package) -> bool {
    ["torch", "torchvision", "torchaudio", "triton"].contains(&package.name.as_str())
        || package.name.starts_with("nvidia-")
}

/// Whether a package is one whose requirements matter here.
fn concerns_gpu(package: &Package) -> bool {
    by_name(package)
        || package
            .requires
            .iter()
            // Most lines begin with another letter, and parsing one takes a thousand times as long as checking that.
            .filter(|line| line.trim_start().starts_with(['t', 'T', 'n', 'N']))
            .filter_map(|line| line.parse::<Requirement>().ok())
            .any(|requirement| requirement.name == "torch" || requirement.name.starts_with("nvidia-"))
}

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let Some(torch) = environment.package("torch") else { return Outcome::NotApplicable };
    let mut unmet = unmet(environment);
    // A package missing from the folders that could be listed may be in the others.
    if !environment.unlisted.is_empty() {
        unmet.retain(|unmet| unmet.instead.is_some());
    }
    let libraries = if environment.unlisted.is_empty() { missing_libraries(context, environment) } else { Vec::new() };
    if unmet.is_empty() && libraries.is_empty() {
        let unknown = unknown(environment);
        return if unknown.is_empty() { Outcome::Holds } else { Outcome::Needs(unknown) };
    }
    let required = unmet.iter().map(|unmet| {
        let line = wanted(&unmet.requirement);
        match unmet.instead {
            Some(version) => format!("{} requires {line}, but {version} is installed", unmet.by.name),
            None => format!("{} requires {line}, which is not installed", unmet.by.name),
        }
    });
    let linked =
        libraries.iter().map(|(library, by)| format!("{by} links to {library}, which no installed package provides"));
    let shown = required.chain(linked).take(3).collect::<Vec<_>>().join("; ");
    let more = (unmet.len() + libraries.len()).saturating_sub(3);
    let summary = if more > 0 { format!("{shown}; and {more} more.") } else { format!("{shown}.") };
    let mut draft = Draft::of_environment(environment, summary).evidence(package_evidence(context, torch));
    // The identity includes everything; the evidence is limited to what a person may read.
    draft.causes.extend(unmet.iter().map(|unmet| wherever(&unmet.requirement)));
    draft.causes.extend(libraries.iter().map(|(library, _)| library.clone()));
    for unmet in unmet.iter().take(MAX_EVIDENCE) {
        draft = draft.evidence(
            Evidence::new(
                format!("{} requires {}", unmet.by.name, wanted(&unmet.requirement)),
                format!("Requires-Dist in {}/METADATA", unmet.by.at),
            )
            .at(context.pointer(&unmet.by.name)),
        );
    }
    for (library, by) in libraries.iter().take(MAX_EVIDENCE) {
        draft = draft.evidence(Evidence::new(format!("{library} not found"), format!("NEEDED of {by}")));
    }
    for (count, what, source) in [
        (unmet.len(), "requirements are not met", "Requires-Dist"),
        (libraries.len(), "libraries are missing", "NEEDED"),
    ] {
        if let Some(more) = count.checked_sub(MAX_EVIDENCE).filter(|more| *more > 0) {
            draft = draft.evidence(Evidence::new(format!("{more} more {what}"), source));
        }
    }
    // What of CUDA is missing, the loader misses; other packages are imported.
    let imported = unmet.iter().find(|unmet| unmet.instead.is_none() && !unmet.requirement.name.starts_with("nvidia-"));
    if let Some(unmet) = imported.filter(|_| libraries.is_empty()) {
        let module = unmet.requirement.name.replace('-', "_");
        draft = draft.symptom(format!("ModuleNotFoundError: No module named '{module}'"));
    }
    draft.found()
}

/// Unreadable places that may contain unmet requirements, or packages that meet them.
fn unknown(environment: &Environment) -> Vec<String> {
    let folder = |folder: &Unlisted| format!("the contents of {}: {}", folder.path, folder.why);
    let metadata = |package: &Package| {
        by_name(package).then_some(())?;
        // Which files a package installed is another rule's question.
        let unread = package.unread.iter().find(|unread| !unread.path.ends_with("/RECORD"));
        let why = unread.map(|unread| format!("{}: {}", unread.path, unread.why)).or_else(|| {
            let line = package.requires.iter().find(|line| line.parse::<Requirement>().is_err())?;
            Some(format!("invalid requirement {}: {}", text::in_short(line, MAX_LINE), package.at))
        })?;
        Some(format!("the requirements of {}: {why}", package.name))
    };
    environment.unlisted.iter().map(folder).chain(environment.packages.iter().filter_map(metadata)).collect()
}

/// A requirement without its marker.
pub fn wanted(requirement: &Requirement) -> String {
    let extras = match requirement.extras.as_slice() {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    };
    match &requirement.url {
        Some(url) => format!("{}{extras} @ {url}", requirement.name),
        None => format!("{}{extras}{}", requirement.name, requirement.specifiers.to_string().replace(' ', "")),
    }
}

/// The same for a fingerprint, which leaves out paths on this machine.
fn wherever(requirement: &Requirement) -> String {
    match &requirement.url {
        Some(url) if url.starts_with("file:") => format!("{} @ a file", requirement.name),
        _ => wanted(requirement),
    }
}

/// Sonames that the main libraries of the GPU packages need and nothing provides, each with the library that names it first.
fn missing_libraries(context: &Context<'_>, environment: &Environment) -> Vec<(String, String)> {
    let linux = environment.platform.value().is_some_and(|platform| platform.os == Os::Linux);
    // The files of planned packages have not been read yet, so nothing can be called missing.
    let planned =
        environment.packages.iter().any(|package| package.version.via().is_some_and(|via| via.how == How::Plan));
    // If libc itself is not in the usual folders (NixOS, Guix), the loader works differently.
    let usual = matches!(environment.system_libraries.get("libc.so.6"), Some(Fact::Known { .. }));
    if !linux || planned || !usual {
        return Vec::new();
    }
    let all = || environment.packages.iter().flat_map(|package| &package.libraries);
    let file_name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let by_name: std::collections::BTreeMap<String, &crate::facts::Library> =
        all().map(|library| (file_name(&library.path), library)).collect();
    let mut queue: Vec<&crate::facts::Library> = environment
        .packages
        .iter()
        .flat_map(|package| package.libraries.iter().map(move |library| (package, library)))
        // Libraries that other packages link to have rules of their own.
        .filter(|(package, _)| ["torch", "torchvision", "torchaudio"].contains(&package.name.as_str()))
        .filter(|(package, library)| {
            is_root(package, &library.path) || context.knowledge.is_main_library(&package.name, &library.path, None)
        })
        .map(|(_, library)| library)
        .collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut missing = Vec::new();
    while let Some(library) = queue.pop() {
        for soname in &library.needed {
            if !seen.insert(soname) || belongs_to_driver(soname) {
                continue;
            }
            match by_name.get(soname) {
                Some(found) => queue.push(found),
                None if matches!(environment.system_libraries.get(soname), Some(Fact::Absent { .. })) => {
                    missing.push((soname.clone(), library.path.clone()));
                }
                None => {}
            }
        }
    }
    missing.order();
    missing
}

/// Libraries that come with the driver; rules about the driver cover their absence.
fn belongs_to_driver(soname: &str) -> bool {
    soname.starts_with("libcuda.so") || soname.starts_with("libnvidia-")
}
