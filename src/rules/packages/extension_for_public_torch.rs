//! # extension-for-public-torch
//!
//! A compiled package was built for PyTorch's own release, but the installed torch is somebody else's build of that release: from one of
//! NVIDIA's containers, for a Jetson, or compiled from source. Such builds can have another C++ interface or another C++ ABI, and then the
//! package does not load.
//!
//! ## How it is decided
//! The local part of the package's version names the minor release of PyTorch (`2.1.2+pt24cu124`), and that is the installed one. The local
//! part of torch's version is none of PyTorch's own (`cu124`, `cpu`, `rocm6.1`, `xpu`): `2.4.0a0+07cecf4168.nv24.5`, `2.5.0a0+git1a2b3c4`.
//! Whether the package loads there is not known, so this is a warning.
//!
//! ## How to fix it
//! Compile the package in this environment, against the torch that is there (`pip install --no-build-isolation --no-binary`). Replacing the
//! torch of a container takes away what the container was made for.
//!
//! ## In a log
//! `undefined symbol: _ZN3c10…`; `undefined symbol: _ZN5torch…`.
//!
//! ## Sources
//! rusty1s/pytorch_scatter#462; release notes of NVIDIA's PyTorch containers.

use crate::{
    finding::{Evidence, Severity},
    python::{self, TorchVariant},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::extension,
        shared::{label, package_evidence, undefined},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "extension-for-public-torch",
    scope: Scope::TaggedPackage,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(package), Some(torch)) = (extension(context), context.package("torch")) else {
        return Outcome::NotApplicable;
    };
    let wanted = package.version.value().and_then(|version| python::built_for(version).torch);
    let version = torch.build.value().map(|build| &build.version).or(torch.version.value());
    let (Some(wanted), Some(version)) = (wanted, version) else { return Outcome::NotApplicable };
    // Another release is another rule's.
    if python::torch_variant(version) != TorchVariant::Foreign || python::minor_release(version) != wanted {
        return Outcome::NotApplicable;
    }
    let summary = format!(
        "{} was built for PyTorch's own torch {wanted}, but {} is a different build of it, whose C++ interface can differ.",
        label(package),
        label(torch)
    );
    let via = package.version.via().map(ToString::to_string).unwrap_or_default();
    Draft::new(label(package), summary)
        .about(package)
        .symptom(undefined(context))
        .evidence(package_evidence(context, package))
        .evidence(package_evidence(context, torch))
        .evidence(Evidence::new(format!("built for torch {wanted}"), via))
        .cause(version)
        .found()
}
