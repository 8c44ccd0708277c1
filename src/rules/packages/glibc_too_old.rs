//! # glibc-too-old
//!
//! A package's library was built for a newer GNU C library than the system has: the loader refuses it, and the import fails.
//!
//! ## How it is decided
//! The library's table of needed versions names a version of glibc (`GLIBC_2.32`) that is newer than the system's own libc.so.6, or than that
//! of the image that the environment is part of. Where no library was read: the tag of PyTorch's wheels (`manylinux_2_28`) for the version
//! that is declared. pip compares that tag, but wheels that are tagged `linux_x86_64`, and environments that were copied from another system,
//! pass unchecked.
//!
//! ## How to fix it
//! Install a version whose wheels are built for an older system, compile the package on this system, or use a newer system or base image: the
//! C library itself cannot be replaced.
//!
//! ## In a log
//! ``ImportError: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.32' not found (required by …)``.
//!
//! ## Sources
//! ld.so(8); PEP 600; Dao-AILab/flash-attention#1762.

use crate::{
    facts::{Environment, Fact, Library, Os, Package, Source},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "glibc-too-old",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

/// How many packages are named one by one: below a system that is too old, all of them fail for the same reason.
const MOST: usize = 8;

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, environment)) = context.environment else { return Outcome::NotApplicable };
    if environment.platform.value().is_some_and(|platform| platform.os != Os::Linux) {
        return Outcome::NotApplicable;
    }
    let (glibc, pointer) = match &environment.image {
        Some(image) => (&image.glibc, format!("/facts/environments/{index}/image/glibc")),
        None => (&context.facts.host.glibc, "/facts/host/glibc".to_owned()),
    };
    let Fact::Known { value, via } = glibc else { return Outcome::NotApplicable };
    let Some(there) = numbers(value) else { return Outcome::NotApplicable };
    let system = System { glibc: value, there, via, pointer };
    let drafts: Vec<_> = environment
        .packages
        .iter()
        .filter_map(|package| too_old(context, environment, package, &system))
        .take(MOST)
        .collect();
    if !drafts.is_empty() {
        return Outcome::Findings(drafts);
    }
    let read =
        environment.packages.iter().flat_map(|package| &package.libraries).any(|library| library.glibc.is_some());
    if read { Outcome::Holds } else { Outcome::NotApplicable }
}

/// The C library that is there.
struct System<'a> {
    glibc: &'a str,
    there: (u32, u32),
    via: &'a Source,
    pointer: String,
}

fn too_old(context: &Context<'_>, environment: &Environment, package: &Package, system: &System<'_>) -> Option<Draft> {
    let needs = |library: &Library| library.glibc.as_deref().and_then(numbers);
    let newest = package.libraries.iter().max_by_key(|library| needs(library));
    let (needed, evidence) = match newest.and_then(|library| Some((library, library.glibc.clone()?))) {
        Some((library, glibc)) => {
            let evidence = Evidence::new(format!("needs GLIBC_{glibc}"), format!("versions of {}", library.path));
            (glibc, evidence.at(context.pointer(&package.name)))
        }
        None => by_tag(context, environment, package)?,
    };
    if numbers(&needed)? <= system.there {
        return None;
    }
    let severity = match package.name == "torch" || package.name.starts_with("nvidia-") {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let summary = format!("{} needs glibc {needed} or newer; the system has {}.", label(package), system.glibc);
    let draft = Draft::new(label(package), summary)
        .about(package)
        .severity(severity)
        .evidence(evidence)
        .evidence(package_evidence(context, package))
        .evidence(Evidence::new(format!("glibc {}", system.glibc), system.via).at(&system.pointer))
        .symptom(format!("version `GLIBC_{needed}' not found"))
        .cause(needed);
    Some(draft)
}

/// What the wheels of this torch are tagged with.
fn by_tag(context: &Context<'_>, environment: &Environment, package: &Package) -> Option<(String, Evidence)> {
    if package.name != "torch" {
        return None;
    }
    let platform = *environment.platform.value()?;
    let build = package.build.value()?;
    let (release, row) = context.knowledge.torch_build(&build.version, platform)?;
    let glibc = release.glibc_of(row)?;
    let source = format!("knowledge: {}", context.knowledge.cite_torch(release, row));
    Some((glibc.to_owned(), Evidence::new(format!("wheels for glibc {glibc} or newer"), source)))
}

/// `2.32`; of `2.2.5` the first two numbers.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
