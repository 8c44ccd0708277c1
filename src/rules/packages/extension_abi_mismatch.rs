//! # extension-abi-mismatch
//!
//! A compiled package was built for a different PyTorch than the installed one: for another release, or for the other of libstdc++'s two
//! C++ ABIs. PyTorch's libraries lack the symbols that it needs.
//!
//! ## How it is decided
//! The local part of the package's version, if the publisher sets one (`2.8.3+cu12torch2.8cxx11abiTRUE`, `2.1.2+pt26cu124`), names
//! PyTorch's minor release, the ABI and the CUDA major version: this holds for every package, known or not. Otherwise the knowledge-base row for the version names the PyTorch that it was compiled for.
//! A row that names one release is about that release's minor release: PyTorch 2.1.1 and 2.1.0 have the same symbols, and to mix them is worth a
//! warning only.
//! PyTorch's own ABI comes from the knowledge base: the old one up to 2.6 (with exceptions), the new one from 2.7 on. A name that says
//! "the old ABI" of a package for such a PyTorch is not believed: no compiler makes that.
//!
//! ## How to fix it
//! Install the build of the package for this PyTorch. If there is none, compile it in this environment (`--no-build-isolation`), or install
//! the PyTorch that it was built for.
//!
//! ## In a log
//! `undefined symbol: _ZN3c104cuda9SetDeviceEa`; `undefined symbol: _ZN2at4_ops…`; `__cxx11` in the name of the symbol.
//!
//! ## Sources
//! Symbols that xformers 0.0.23 (for torch 2.1.1) needs, all of which the libraries of torch 2.1.0 have, read from both wheels.
//! File names of the release wheels of flash-attention, mamba and causal-conv1d; METADATA of the packages; `TorchConfig.cmake` of
//! PyTorch 2.5.1, 2.6.0, 2.7.1.

use pep440_rs::Version;

use crate::{
    facts::Package,
    finding::{Evidence, Severity},
    python::{self, BuiltFor},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::{extension, is_linux, torch_cuda_major},
        shared::{label, package_evidence, package_row, undefined},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "extension-abi-mismatch",
    scope: Scope::TaggedPackage,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["cpu-only-torch"],
    remedies: &[Remedy::PackageVersion, Remedy::TorchBuild, Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(package), Some(torch)) = (extension(context), context.package("torch")) else {
        return Outcome::NotApplicable;
    };
    let version = torch.build.value().map(|build| &build.version).or(torch.version.value());
    let Some(version) = version else { return Outcome::NotApplicable };
    let compiled = package.version.value().map(|version| python::built_for(version)).unwrap_or_default();
    let wrong = by_release(package, &compiled, version)
        .or_else(|| by_cuda(context, package, &compiled))
        .or_else(|| by_abi(context, package, &compiled, version))
        .map(|wrong| (wrong, Severity::Error))
        .or_else(|| by_row(context, package, version));
    let Some(((why, evidence), severity)) = wrong else {
        let judged = compiled != BuiltFor::default()
            || package_row(context, package).is_some_and(|row| row.links_torch && row.torch.is_some());
        return if judged { Outcome::Holds } else { Outcome::NotApplicable };
    };
    Draft::new(label(package), format!("{} {why}.", label(package)))
        .severity(severity)
        .about(package)
        .symptom(undefined(context))
        .evidence(package_evidence(context, package))
        .evidence(package_evidence(context, torch))
        .evidence(evidence)
        .cause(python::public_version(version))
        .found()
}

/// What follows the package's name in the summary, and what that rests on.
type Wrong = Option<(String, Evidence)>;

fn own(package: &Package, fact: String) -> Evidence {
    Evidence::new(fact, package.version.via().map(ToString::to_string).unwrap_or_default())
}

fn by_release(package: &Package, compiled: &BuiltFor, torch: &str) -> Wrong {
    let wanted = compiled.torch.as_ref()?;
    let there = python::minor_release(torch);
    let later = || {
        let number = |minor: &str| minor.parse::<Version>().ok();
        compiled.torch_or_later && number(&there).zip(number(wanted)).is_some_and(|(there, wanted)| there >= wanted)
    };
    (there != *wanted && !later()).then(|| {
        let why = format!("was built for torch {wanted}; {} is installed", python::public_version(torch));
        (why, own(package, format!("built for torch {wanted}")))
    })
}

fn by_cuda(context: &Context<'_>, package: &Package, compiled: &BuiltFor) -> Wrong {
    let (built, there) = (compiled.cuda?.major, torch_cuda_major(context)?);
    (built != there).then(|| {
        let why = format!("was built for CUDA {built}; the installed torch is built for CUDA {there}");
        (why, own(package, format!("built for CUDA {built}")))
    })
}

fn by_abi(context: &Context<'_>, package: &Package, compiled: &BuiltFor, torch: &str) -> Wrong {
    let (_, environment) = context.environment.filter(|(_, environment)| is_linux(environment))?;
    let built = compiled.cxx11?;
    let variant = torch.split_once('+').map(|(_, local)| local);
    let platform = *environment.platform.value()?;
    let row = context.knowledge.torch_abi(torch, variant, platform)?;
    let name = |cxx11: bool| if cxx11 { "the new C++ ABI (cxx11abiTRUE)" } else { "the old C++ ABI (cxx11abiFALSE)" };
    // An extension takes the ABI of the torch that it is compiled against; scripts force the new one on it, never the old one. A file name that says
    // "FALSE" of a torch that has the new ABI in every build says so by mistake, as those of flash-attn for torch 2.7 and later do.
    let always_new = || context.knowledge.torch_abi(torch, None, platform).is_some_and(|row| row.cxx11);
    if !built && compiled.torch.as_deref() == Some(&python::minor_release(torch)) && always_new() {
        return None;
    }
    (built != row.cxx11).then(|| {
        let why = format!("was built for {}; the installed torch uses {}", name(built), name(row.cxx11));
        (why, own(package, format!("built for {}", name(built))))
    })
}

/// The row's own word, and how bad that is.
fn by_row(context: &Context<'_>, package: &Package, torch: &str) -> Option<((String, Evidence), Severity)> {
    let (row, (_, file)) = (package_row(context, package).filter(|row| row.links_torch)?, context.subject?);
    let range = row.torch.as_ref()?;
    (python::in_range(range, torch) == Some(false)).then(|| {
        let evidence = Evidence::new(
            format!("{} {}: torch {range}", package.name, row.versions),
            format!("knowledge: {}", context.knowledge.cite_build(file, row)),
        );
        let there = python::public_version(torch);
        let same = python::exact_version(range)
            .is_some_and(|built| python::minor_release(built) == python::minor_release(torch));
        let (why, severity) = match same {
            true => ("; releases that differ in their last number have the same symbols, as a rule", Severity::Warning),
            false => ("", Severity::Error),
        };
        ((format!("was built for torch {range}; {there} is installed{why}"), evidence), severity)
    })
}
