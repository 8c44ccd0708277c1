//! # extension-cuda-major-mismatch
//!
//! A package needs CUDA libraries of a different major version than the installed PyTorch provides, and nothing else provides them.
//!
//! ## How it is decided
//! The major version comes from the names of the CUDA libraries that its main libraries link to (NEEDED, imports) or that it loads at run
//! time (knowledge base): `libcublas.so.12`. Each must be provided by a package in the environment or be found by the system loader. A
//! package that links to PyTorch's own libraries must always use PyTorch's CUDA major version: two of them cannot be mixed in one process.
//!
//! ## How to fix it
//! Install the build of the package for PyTorch's CUDA major version, or PyTorch's build for the package's. For packages that do not link
//! to PyTorch, the missing CUDA libraries can also be installed from their own packages.
//!
//! ## In a log
//! `libcudart.so.12: cannot open shared object file`; `Library libcublas.so.12 is not found or cannot be loaded`.
//!
//! ## Sources
//! System V ABI, dynamic section; the wheels themselves.

use crate::{
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::{Provision, cuda_major, extension, lacking, needs, provision, torch_cuda_major},
        shared::{label, not_found, package_evidence, package_row},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "extension-cuda-major-mismatch",
    scope: Scope::Package,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["cpu-only-torch", "bitsandbytes-binary-missing", "extension-abi-mismatch"],
    remedies: &[Remedy::PackageVersion, Remedy::TorchBuild, Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(package), Some(torch)) = (extension(context), context.package("torch")) else {
        return Outcome::NotApplicable;
    };
    let Some(of_torch) = torch_cuda_major(context) else { return Outcome::NotApplicable };
    let row = package_row(context, package);
    let mut needed = needs(context, package);
    needed.retain(|soname| cuda_major(soname).is_some());
    let claimed = row.and_then(|row| row.cuda).filter(|_| needed.is_empty());
    let foreign: Vec<(String, u16)> = needed
        .into_iter()
        .filter_map(|soname| Some((cuda_major(&soname)?, soname)))
        .filter(|(major, _)| *major != of_torch)
        .map(|(major, soname)| (soname, major))
        .collect();
    let linked = row.is_some_and(|row| row.links_torch);
    let major = match (foreign.first(), claimed) {
        (Some((_, major)), _) => *major,
        (None, Some(major)) if major != of_torch => major,
        _ => return Outcome::Holds,
    };
    let mut missing = None;
    for (soname, _) in foreign.iter().filter(|_| !linked) {
        match provision(context, soname) {
            Provision::Nothing => missing = missing.or(Some(soname)),
            Provision::Unknown => return Outcome::Needs(vec![format!("whether the system loader finds {soname}")]),
            Provision::Package | Provision::System => {}
        }
    }
    if !linked && missing.is_none() {
        return Outcome::Holds;
    }
    let what = match missing {
        Some(soname) => format!("it needs {soname}, which no installed package provides"),
        None => "both are loaded into one process".to_owned(),
    };
    let summary =
        format!("{} is for CUDA {major}, but {} is for CUDA {of_torch}: {what}.", label(package), label(torch));
    let named = missing.or(foreign.first().map(|(soname, _)| soname));
    let soname = named.cloned().unwrap_or_else(|| format!("libcudart.so.{major}"));
    let mut draft = Draft::new(label(package), summary)
        .about(package)
        .severity(lacking(context))
        .symptom(not_found(context, &soname))
        .evidence(package_evidence(context, package))
        .evidence(package_evidence(context, torch))
        .cause(major)
        .cause(of_torch);
    draft.evidence.extend(evidence(context, &soname));
    draft.trace.missing.extend(missing.cloned());
    draft.found()
}

/// The source that says that the package needs this library.
fn evidence(context: &Context<'_>, soname: &str) -> Option<Evidence> {
    let (package, file) = context.subject?;
    let linked = |library: &&crate::facts::Library| library.needed.iter().any(|needed| needed == soname);
    let measured = crate::rules::shared::main_libraries(context, package).find(linked);
    match (measured, package_row(context, package)) {
        (Some(library), _) if !library.path.contains('*') => {
            Some(Evidence::new(format!("{} needs {soname}", library.path), format!("NEEDED of {}", library.path)))
        }
        (_, Some(row)) => Some(Evidence::new(
            format!("{} needs {soname}", package.name),
            format!("knowledge: {}", context.knowledge.cite_build(file, row)),
        )),
        _ => None,
    }
}
