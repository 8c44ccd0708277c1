//! # bitsandbytes-binary-missing
//!
//! bitsandbytes ships one compiled library per CUDA release and loads the one that matches the installed PyTorch. It has no library for
//! this release, so it falls back to the CPU or stops.
//!
//! ## How it is decided
//! The names of its libraries (`libbitsandbytes_cuda128.so`), or the list in the knowledge-base row for its version, are compared with the
//! CUDA release of the PyTorch build, or with `BNB_CUDA_VERSION` if that is set. Up to 0.49 the release must match exactly; from 0.50 on, a
//! library for an older release of the same major version is accepted. The rule applies to every package whose row says that it selects its
//! library this way.
//!
//! ## How to fix it
//! Install a version that has the library, or a PyTorch build for a CUDA release that it has a library for; or unset `BNB_CUDA_VERSION`.
//!
//! ## In a log
//! `Configured CUDA binary not found at …/libbitsandbytes_cuda132.so`; `The installed version of bitsandbytes was compiled without GPU
//! support`.
//!
//! ## Sources
//! `bitsandbytes/cextension.py` of 0.48.1 and 0.50.2; file lists of the wheels.

use gpucheck_ground::Order as _;

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::extension,
        shared::{chosen_cuda, label, package_evidence, package_row, runs_windows, variants, wanted_cuda},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "bitsandbytes-binary-missing",
    scope: Scope::Package,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["cpu-only-torch"],
    remedies: &[Remedy::PackageVersion, Remedy::Variables, Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(package), Some((_, file))) = (extension(context), context.subject) else {
        return Outcome::NotApplicable;
    };
    let patterns = file.package.main.iter().any(|main| main.contains("{cuda}"));
    let torch = context.package("torch").filter(|_| patterns);
    let (Some(torch), Some(wanted)) = (torch, wanted_cuda(context, package)) else { return Outcome::NotApplicable };
    let row = package_row(context, package);
    let mut there = variants(context, package);
    let measured = !there.is_empty();
    if !measured {
        there = row.into_iter().flat_map(|row| &row.variants).flat_map(|variant| variant.cuda.clone()).collect();
    }
    if there.is_empty() {
        return Outcome::NotApplicable;
    }
    if chosen_cuda(context, package).is_some() {
        return Outcome::Holds;
    }
    there.order();
    there.dedup();
    let variable = file.package.override_variable.as_deref().filter(|name| context.variable(name).is_some());
    let asks = match variable {
        Some(name) => format!("{name} asks for {wanted}"),
        None => format!("{} is built for {wanted}", label(torch)),
    };
    let list = there.join(", ");
    let summary = format!(
        "{} has no library for the CUDA release in use: it has libraries for {list}, but {asks}.",
        label(package)
    );
    let source = match (measured, row) {
        (false, Some(row)) => format!("knowledge: {}", context.knowledge.cite_build(file, row)),
        _ => match &package.version {
            Fact::Known { .. } => format!("RECORD in {}", package.at),
            _ => package.at.clone(),
        },
    };
    let mut draft = Draft::new(label(package), summary)
        .about(package)
        .symptom(match runs_windows(context) {
            true => format!(r"Configured CUDA binary not found at …\lib{}_cuda{wanted}.dll", package.name),
            false => format!("Configured CUDA binary not found at …/lib{}_cuda{wanted}.so", package.name),
        })
        .evidence(package_evidence(context, package))
        .evidence(package_evidence(context, torch))
        .evidence(Evidence::new(format!("libraries for CUDA {list}"), source))
        .cause(&wanted);
    if let Some(name) = variable {
        draft = draft.evidence(context.variable_evidence(name));
    }
    draft.found()
}
