//! # versions-disagree
//!
//! A package contradicts itself: the version in its metadata differs from that of its module, or its main library links to a different CUDA
//! version than the one that its module says it was built with. Files of two builds are mixed: from an install over another one, a copy, or
//! one image layer over another.
//!
//! ## How it is decided
//! For torch, torchvision and torchaudio: `Version` in METADATA is compared with `__version__` in `version.py` (the release number, and the
//! local part if both have one), and the CUDA major version in `version.py` with the CUDA libraries that the main library links to.
//!
//! ## How to fix it
//! Run `pip uninstall` until none is left, delete what remains of the package's folder, and install the package again.
//!
//! ## In a log
//! A `torch.__version__` that differs from `pip list`; `undefined symbol`; `libcudart.so.12: cannot open shared object file`.
//!
//! ## Sources
//! PEP 440; PyTorch, `torch/version.py`.

use crate::{
    facts::{Fact, Package, Way},
    finding::{Evidence, Severity},
    python,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        code::linked_major,
        shared::{label, main_libraries},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "versions-disagree",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["torch-shadowed", "installed-twice", "library-damaged"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let shadowed = |package: &Package| {
        environment.elsewhere.iter().any(|other| other.package == package.name && other.way == Way::Pythonpath)
    };
    // The metadata of an editable install dates from the day it was installed.
    let judged = |package: &&Package| package.editable.is_none() && !shadowed(package);
    let drafts: Vec<Draft> =
        environment.packages.iter().filter(judged).filter_map(|package| of_package(context, package)).collect();
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}

fn of_package(context: &Context<'_>, package: &Package) -> Option<Draft> {
    let Fact::Known { value: build, via } = &package.build else { return None };
    let said = Evidence::new(build.version.clone(), via).at(context.pointer(&package.name));
    let mut draft = None;
    if let Fact::Known { value: version, via: from } = &package.version
        && differ(version, &build.version)
    {
        let summary =
            format!("The metadata of {} says {version}, but its module says {}.", package.name, build.version);
        draft = Some(
            Draft::new(label(package), summary)
                .cause(version)
                .evidence(Evidence::new(version.clone(), from).at(context.pointer(&package.name)))
                .evidence(said.clone()),
        );
    }
    let linked = main_libraries(context, package)
        .filter(|_| package.listing.is_some())
        .find_map(|library| Some((library, linked_major(library)?)));
    if let (Some((library, major)), Some(cuda)) = (linked, build.cuda)
        && draft.is_none()
        && major != cuda.major
    {
        let summary = format!(
            "{} says that it was built with CUDA {cuda}, but {} links to CUDA {major}.",
            label(package),
            library.path
        );
        let links = Evidence::new(format!("links to CUDA {major}"), format!("NEEDED of {}", library.path));
        draft = Some(Draft::new(label(package), summary).cause(major).evidence(said).evidence(links));
    }
    Some(draft?.about(package))
}

/// Whether two version strings cannot mean the same build: different numbers, or different local parts if both have one.
fn differ(metadata: &str, module: &str) -> bool {
    let numbers = |version: &str| {
        let public = python::public_version(version).trim_start_matches('v');
        let end = public.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(public.len());
        let release = public.get(..end).unwrap_or_default().trim_end_matches('.').to_owned();
        let mut parts: Vec<u64> = release.split('.').filter_map(|part| part.parse().ok()).collect();
        while parts.last() == Some(&0) {
            parts.pop();
        }
        parts
    };
    let local = |version: &str| version.split_once('+').map(|(_, local)| local.to_ascii_lowercase());
    let locals = local(metadata).zip(local(module)).is_some_and(|(one, other)| one != other);
    numbers(metadata) != numbers(module) || locals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_mean_the_same_do_not_differ() {
        for (metadata, module) in [
            ("2.7.1", "2.7.1+cu126"),
            ("2.7.1+cu128", "2.7.1+cu128"),
            ("2.13.0.dev20261101+cu130", "2.13.0.dev20261101+cu130"),
            ("2.6.0", "2.6.0a0+gitc2a0b4e"),
            ("2.6", "2.6.0"),
            ("2.7.0a0+79aa17489c.nv25.4", "2.7.0a0+79AA17489c.nv25.4"),
        ] {
            assert!(!differ(metadata, module), "{metadata} {module}");
        }
        for (metadata, module) in [("2.7.1", "2.6.0+cu124"), ("2.7.1+cu128", "2.7.1+cu126"), ("2.7.1", "")] {
            assert!(differ(metadata, module), "{metadata} {module}");
        }
    }
}
