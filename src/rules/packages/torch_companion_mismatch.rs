//! # torch-companion-mismatch
//!
//! torchvision or torchaudio does not match the installed torch: it is for another release, for another CUDA major version, or one is a CPU
//! build and the other a CUDA build. Both are compiled against torch's C++ interface and its CUDA libraries.
//!
//! ## How it is decided
//! In this order: the companion's own `Requires-Dist: torch…` must accept the installed torch; if it names none, the knowledge base's table
//! of releases must contain the pair, or list the companion for several earlier releases; their `version.py` files must name
//! the same CUDA major version, or both none.
//!
//! ## How to fix it
//! Install the companions that match the torch version, from the same index.
//!
//! ## In a log
//! `RuntimeError: operator torchvision::nms does not exist`; `OSError: libcudart.so.13: cannot open shared object file`;
//! `Detected that PyTorch and torchvision were compiled with different CUDA versions`.
//!
//! ## Sources
//! METADATA and version.py of the torch, torchvision and torchaudio wheels; torchvision/extension.py, which compares the CUDA major
//! versions itself.

use crate::{
    facts::{Fact, How, Package},
    finding::{Evidence, Severity},
    python::{self, Requirement},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "torch-companion-mismatch",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(torch) = context.package("torch") else { return Outcome::NotApplicable };
    let companions: Vec<&Package> =
        ["torchvision", "torchaudio"].into_iter().filter_map(|name| context.package(name)).collect();
    if companions.is_empty() {
        return Outcome::NotApplicable;
    }
    let Some(version) = torch.build.value().map(|build| &build.version).or(torch.version.value()) else {
        return Outcome::Needs(vec!["the version of torch".to_owned()]);
    };
    for companion in companions {
        let wrong = by_requirement(companion, version)
            .or_else(|| by_table(context, companion, version))
            .or_else(|| by_cuda(torch, companion));
        if let Some((why, evidence)) = wrong {
            return Draft::new(
                label(companion),
                format!("{} does not match {}: {why}.", label(companion), label(torch)),
            )
            .evidence(package_evidence(context, companion))
            .evidence(package_evidence(context, torch))
            .evidence(evidence)
            .symptom("RuntimeError: operator torchvision::nms does not exist")
            .cause(label(torch))
            .found();
        }
    }
    Outcome::Holds
}

type Wrong = Option<(String, Evidence)>;

/// Checks the companion's own requirement.
fn by_requirement(companion: &Package, torch: &str) -> Wrong {
    let line = companion.requires.iter().find(|line| {
        line.parse::<Requirement>()
            .is_ok_and(|requirement| requirement.name == "torch" && !requirement.specifiers.is_empty())
    })?;
    let requirement: Requirement = line.parse().ok()?;
    (requirement.accepts(torch) == Some(false)).then(|| {
        let at = format!("Requires-Dist in {}/METADATA", companion.at);
        (format!("it requires {line}"), Evidence::new(format!("{} requires {line}", companion.name), at))
    })
}

/// Checks the table of releases, for companions whose metadata does not name torch.
fn by_table(context: &Context<'_>, companion: &Package, torch: &str) -> Wrong {
    if companion
        .requires
        .iter()
        .any(|line| line.parse::<Requirement>().is_ok_and(|requirement| requirement.name == "torch"))
    {
        return None;
    }
    let version = python::public_version(companion.version.value()?);
    // A plan's package has no metadata yet, and the plan took it from this very table.
    if companion.version.via().is_some_and(|via| via.how == How::Plan) {
        return None;
    }
    let here = context.knowledge.torch_release(torch)?;
    if here.companion(&companion.name) == Some(version) {
        return None;
    }
    let others: Vec<&str> = context
        .knowledge
        .torch_releases()
        .filter(|release| release.companion(&companion.name) == Some(version))
        .map(|release| release.version.as_str())
        .collect();
    // A companion that no row names may be newer than the knowledge base.
    let last = others.last()?;
    // One that serves several releases is bound to none, and serves later ones as well.
    let position = |version: &str| context.knowledge.torch_position(version).index;
    if others.len() > 1 && position(&here.version) > position(last) {
        return None;
    }
    Some((
        format!("{} {version} was released for torch {}", companion.name, others.join(", ")),
        Evidence::new(
            format!("{} {version}: torch {}", companion.name, others.join(", ")),
            format!("knowledge: torch.toml, {last}"),
        ),
    ))
}

/// Compares the CUDA versions that they were built with.
fn by_cuda(torch: &Package, companion: &Package) -> Wrong {
    let (Fact::Known { value: torch, .. }, Fact::Known { value: other, via }) = (&torch.build, &companion.build) else {
        return None;
    };
    let (torch, other) = (torch.cuda.map(|cuda| cuda.major), other.cuda.map(|cuda| cuda.major));
    let named = |major: Option<u16>| major.map_or_else(|| "no CUDA".to_owned(), |major| format!("CUDA {major}"));
    (torch != other).then(|| {
        let fact = format!("{} was built with {}, torch with {}", companion.name, named(other), named(torch));
        (format!("it was built with {}, torch with {}", named(other), named(torch)), Evidence::new(fact, via))
    })
}
