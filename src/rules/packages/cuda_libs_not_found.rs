//! # cuda-libs-not-found
//!
//! A package needs CUDA toolkit libraries that no installed package provides and the system loader does not find, and no PyTorch with CUDA
//! is installed that would provide them.
//!
//! ## How it is decided
//! As for extension-cuda-major-mismatch, for environments without a CUDA build of PyTorch. If a CUDA toolkit is installed but has a
//! different major version than the missing libraries, that is the cause, and the finding is reported under that rule.
//!
//! ## How to fix it
//! Install the packages that provide them (`nvidia-cublas-cu12`, `nvidia-cudnn-cu12` …), or install the toolkit of that major version and
//! add its library folder to the loader's search path.
//!
//! ## In a log
//! `Could not load dynamic library 'libcudart.so.11.0'`; `Library libcublas.so.12 is not found or cannot be loaded`.
//!
//! ## Sources
//! System V ABI, dynamic section; ld.so(8); the wheels themselves.

use crate::{
    facts::Toolkit,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::{Provision, cuda_major, extension, lacking, needs, provision, torch_cuda_major},
        shared::{has_gpu, label, not_found, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "cuda-libs-not-found",
    scope: Scope::Package,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["cpu-only-torch", "gpu-too-old-for-toolkit"],
    remedies: &[Remedy::PackageVersion],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(package) = extension(context) else { return Outcome::NotApplicable };
    // Without a GPU these packages run on the CPU and need none of this.
    if torch_cuda_major(context).is_some() || !has_gpu(context) {
        return Outcome::NotApplicable;
    }
    let needed = needs(context, package);
    if needed.is_empty() {
        return Outcome::NotApplicable;
    }
    let (mut missing, mut unknown) = (Vec::new(), Vec::new());
    for soname in &needed {
        match provision(context, soname) {
            Provision::Nothing => missing.push(soname.clone()),
            Provision::Unknown => unknown.push(format!("whether the system loader finds {soname}")),
            Provision::Package | Provision::System => {}
        }
    }
    // One library known to be missing is enough.
    let Some(first) = missing.first() else {
        return if unknown.is_empty() { Outcome::Holds } else { Outcome::Needs(unknown) };
    };
    let foreign = foreign_toolkit(context, first);
    let mut summary = format!("{} needs {}, which no installed package provides", label(package), missing.join(", "));
    match foreign.and_then(|(_, toolkit)| toolkit.version.value()) {
        Some(version) => summary.push_str(&format!("; the installed CUDA toolkit is {version}.")),
        None => summary.push('.'),
    }
    let mut draft = Draft::new(label(package), summary)
        .about(package)
        .severity(lacking(context))
        .symptom(not_found(context, first))
        .evidence(package_evidence(context, package))
        .cause(first);
    if let Some((index, toolkit)) = foreign {
        let pointer = format!("{}/{index}", context.toolkits().1);
        draft.slug = Some(super::extension_cuda_major_mismatch::RULE.slug);
        draft.evidence.push(Evidence::new(toolkit.path.clone(), toolkit.leads()).at(pointer));
    }
    draft.trace.missing.clone_from(&missing);
    draft.evidence.push(Evidence::new(format!("{first} not found"), "the loader's search path and all packages"));
    draft.found()
}

/// A toolkit with a different CUDA major version than this library, if no toolkit has the same one.
fn foreign_toolkit<'a>(context: &Context<'a>, soname: &str) -> Option<(usize, &'a Toolkit)> {
    let wanted = cuda_major(soname)?;
    let major = |(_, toolkit): &(usize, &Toolkit)| toolkit.version.value().map(|version| version.major);
    let toolkits = || context.toolkits().0.iter().enumerate();
    if toolkits().any(|toolkit| major(&toolkit) == Some(wanted)) {
        return None;
    }
    toolkits().find(|toolkit| major(toolkit).is_some())
}
