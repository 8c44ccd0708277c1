//! # cudnn-major-mismatch
//!
//! A package needs a different cuDNN major version than the installed one. cuDNN 8 and 9 have different file names, so neither can replace
//! the other.
//!
//! ## How it is decided
//! The knowledge-base row for the package's version names the major version that it loads. The installed one is that of the nvidia-cudnn
//! package in the environment, or the one that the installed PyTorch depends on. If the system loader also finds the required one, there is
//! no problem.
//!
//! ## How to fix it
//! Install a version of the package for the installed cuDNN; failing that, a PyTorch with the other cuDNN version.
//!
//! ## In a log
//! `Could not load library libcudnn_ops_infer.so.8`; `Could not locate cudnn_ops_infer64_8.dll`.
//!
//! ## Sources
//! The wheels themselves; METADATA of PyTorch's releases.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::{cudnn, extension, lacking, major, row_evidence},
        shared::{label, package_evidence, package_row},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "cudnn-major-mismatch",
    scope: Scope::Package,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["cpu-only-torch"],
    remedies: &[Remedy::PackageVersion, Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(package), Some((_, environment))) = (extension(context), context.environment) else {
        return Outcome::NotApplicable;
    };
    let Some(row) = package_row(context, package) else { return Outcome::NotApplicable };
    let Some(wanted) = row.cudnn else { return Outcome::NotApplicable };
    let Some((there, by)) = cudnn(context) else { return Outcome::NotApplicable };
    let Some(major) = major(&there) else { return Outcome::NotApplicable };
    let in_system = |soname: &String| {
        soname.starts_with("libcudnn") && matches!(environment.system_libraries.get(soname), Some(Fact::Known { .. }))
    };
    if major == u64::from(wanted) || row.needs.iter().any(in_system) {
        return Outcome::Holds;
    }
    let symptom = row.needs.iter().find(|soname| soname.contains("cudnn"));
    let symptom = symptom.map_or_else(|| format!("libcudnn.so.{wanted}"), Clone::clone);
    let summary = format!("{} loads cuDNN {wanted}, but {} provides cuDNN {there}.", label(package), label(by));
    let mut draft = Draft::new(label(package), summary)
        .about(package)
        .severity(lacking(context))
        .symptom(format!("Could not load library {symptom}"))
        .evidence(package_evidence(context, package))
        .evidence(Evidence::new(format!("cuDNN {there}"), label(by)).at(context.pointer(&by.name)))
        .cause(major);
    draft.evidence.extend(row_evidence(context, row, format!("{} loads cuDNN {wanted}", package.name)));
    draft.found()
}
