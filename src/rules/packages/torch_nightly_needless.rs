//! # torch-nightly-needless
//!
//! A nightly build of PyTorch is installed or requested, but its release is out. Releases stay on the index; nightlies are removed after
//! some weeks, and no other packages are built for them.
//!
//! ## How it is decided
//! The version has a `.dev` part, and the knowledge base lists the release of the same number, or a newer one, with a build for the same
//! CUDA release on this platform.
//!
//! ## How to fix it
//! Install the release from the index for the same CUDA release.
//!
//! ## In a log
//! `ERROR: Could not find a version that satisfies the requirement torch==2.8.0.dev20250601+cu128`.
//!
//! ## Sources
//! `knowledge/torch.toml`; its rows name their sources.

use crate::{
    finding::{Evidence, Severity},
    python,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "torch-nightly-needless",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &["gpu-too-new-for-wheel", "gpu-too-old-for-wheel", "cpu-only-torch"],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(torch), Some((_, environment))) = (context.package("torch"), context.environment) else {
        return Outcome::NotApplicable;
    };
    let (Some(build), Some(&platform)) = (torch.build.value(), environment.platform.value()) else {
        return Outcome::NotApplicable;
    };
    let Some((release, _)) = python::public_version(&build.version).split_once(".dev") else { return Outcome::Holds };
    let mut releases = context.knowledge.torch_releases().filter(|row| {
        let not_older = python::in_range(&format!(">={release}"), &row.version) == Some(true);
        not_older && row.builds.iter().any(|other| other.platform == platform && other.cuda() == build.cuda)
    });
    let Some(out) = releases.next() else { return Outcome::Holds };
    let summary = format!(
        "{} is a nightly build, but torch {} has been released for the same CUDA version.",
        label(torch),
        out.version
    );
    Draft::new(label(torch), summary)
        .evidence(package_evidence(context, torch))
        .evidence(Evidence::new(
            format!("torch {} was released on {}", out.version, out.released),
            format!("knowledge: torch.toml, {}", out.version),
        ))
        .cause(&out.version)
        .found()
}
