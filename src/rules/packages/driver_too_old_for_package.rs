//! # driver-too-old-for-package
//!
//! A package was built for a CUDA major version that needs a newer driver.
//!
//! ## How it is decided
//! As for PyTorch, by minor-version compatibility: the CUDA libraries that the package's main libraries link to give the CUDA major
//! version, and each major version has a minimum driver. A library that links to none has the runtime inside: then its code gives the
//! oldest CUDA release that can have compiled it. Packages without a row in the knowledge base are covered by `code-lacks-gpu`.
//!
//! ## How to fix it
//! Update the driver (for a container, on the host; for WSL2, the Windows driver), or install a version of the package that was built for
//! an older CUDA major version.
//!
//! ## In a log
//! `CUDA driver version is insufficient for CUDA runtime version`.
//!
//! ## Sources
//! CUDA Toolkit release notes, minimum driver for minor-version compatibility; the binaries themselves.

use crate::{
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        code::{self, Floor, Terms},
        extension::{extension, lacking},
        shared::{driver, driver_evidence, driver_os, has_gpu, label, main_libraries, package_row},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-too-old-for-package",
    scope: Scope::Package,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &["driver-too-old-for-cuda-runtime"],
    remedies: &[Remedy::Driver, Remedy::PackageVersion],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(package) = extension(context).filter(|_| has_gpu(context)) else { return Outcome::NotApplicable };
    let driver = driver(context);
    if driver.version.is_none() {
        return Outcome::NotApplicable;
    }
    // If the libraries do not name it, the requirements or the knowledge-base row may.
    let row = package_row(context, package).and_then(|row| row.cuda);
    let major = code::major_of(&package.requires, row, &package.name, package.version.value().map(String::as_str));
    let terms = Terms { major, os: driver_os(context), ..Terms::new(context.knowledge, &driver, None) };
    let mut main = main_libraries(context, package).peekable();
    if main.peek().is_none() {
        return Outcome::NotApplicable;
    }
    let Some((library, floor)) = main.find_map(|library| Some((library, code::runtime(&terms, library)?))) else {
        return Outcome::Holds;
    };
    let Floor::Runtime { major, first, driver } = &floor else { return Outcome::Holds };
    let summary = format!(
        "{} was built for CUDA {major}, which needs driver {first} or newer; driver {driver} is too old.",
        label(package)
    );
    let mut draft = Draft::new(label(package), summary)
        .about(package)
        .severity(lacking(context))
        .symptom("CUDA driver version is insufficient for CUDA runtime version")
        .evidence(
            match (code::linked_major(library), terms.major, code::compiled_with(context.knowledge, library)) {
                (Some(major), ..) => {
                    Evidence::new(format!("links to CUDA {major}"), format!("NEEDED of {}", library.path))
                }
                (None, None, Some(cuda)) => {
                    Evidence::new(format!("its code was compiled with CUDA {cuda} or newer"), library.path.clone())
                }
                _ => Evidence::new(format!("needs CUDA {major}"), format!("METADATA or row of {}", label(package))),
            }
            .at(context.pointer(&package.name)),
        )
        .cause(format!("CUDA {major}"))
        .cause(first);
    draft.evidence.extend(driver_evidence(context));
    // What is wrong is the same as with torch, and has the same name.
    draft.slug = Some("driver-too-old-for-cuda-runtime");
    draft.found()
}
