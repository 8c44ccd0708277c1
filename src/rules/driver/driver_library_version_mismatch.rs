//! # driver-library-version-mismatch
//!
//! The driver's libraries and its kernel module have different versions: after an update without a restart, or because two drivers are
//! installed.
//!
//! ## How it is decided
//! NVML reports it (code 18), or the version in the file name of a library that the loader picks (libcuda, NVML, the PTX and NVVM
//! compilers) differs from that of the loaded module. With `--root`, where nothing is loaded, the installed module counts; if no module is
//! found, the libraries are compared with each other. If only compilers differ, it is a warning.
//!
//! ## How to fix it
//! Restart, or reload the module. If the mismatch remains, two drivers are installed: remove one.
//!
//! ## In a log
//! `Failed to initialize NVML: Driver/library version mismatch`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); NVIDIA/open-gpu-kernel-modules, osapi.c (API mismatch).

use crate::{
    facts::{DriverPart, DriverVersion, LibraryKind, Os},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::driver_os,
        stack::Asked,
        user_space::{chosen, evidence, module},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-library-version-mismatch",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

/// A library with a version in its name.
struct Versioned<'a> {
    version: &'a DriverVersion,
    /// Whether it is libcuda or NVML, without which nothing works.
    vital: bool,
    evidence: Evidence,
}

fn judge(context: &Context<'_>) -> Outcome {
    let by_nvml = Asked::Nvml.code(context) == Some(18);
    let libraries = versioned(context);
    let module = module(context);
    // Without a module the first library is what the others must agree with.
    let first = libraries.first().map(|library| library.version);
    let wanted = module.map(|(version, ..)| version).or(first.filter(|_| libraries.len() > 1));
    let others: Vec<_> =
        libraries.iter().filter(|library| wanted.is_some_and(|wanted| wanted != library.version)).collect();
    if !by_nvml && others.is_empty() {
        return if wanted.is_some() && !libraries.is_empty() { Outcome::Holds } else { Outcome::NotApplicable };
    }
    let summary = match (others.first(), module, wanted) {
        (Some(other), Some((module, _, is_loaded)), _) => {
            let state = if is_loaded { "loaded" } else { "installed" };
            let version = other.version;
            format!("the driver's libraries are version {version}, but the {state} kernel module is version {module}.")
        }
        (Some(other), None, Some(wanted)) => {
            format!("the driver's libraries have two versions, {wanted} and {}.", other.version)
        }
        _ if driver_os(context) == Some(Os::Windows) => {
            "the driver's libraries and the loaded driver have different versions.".to_owned()
        }
        _ => "the driver's libraries and the loaded kernel module have different versions.".to_owned(),
    };
    let mut draft =
        Draft::new("NVIDIA driver", summary).symptom("Failed to initialize NVML: Driver/library version mismatch");
    draft.evidence.extend(Asked::Nvml.evidence(context).filter(|_| by_nvml));
    if !by_nvml && others.iter().all(|library| !library.vital) {
        draft = draft.severity(Severity::Warning).symptom("PTX JIT compilation failed");
    }
    if !others.is_empty() {
        // Without a module, all libraries are listed; with one, those that differ from it.
        let told = libraries.iter().filter(|library| module.is_none() || wanted != Some(library.version));
        draft.evidence.extend(told.map(|library| library.evidence.clone()));
        if let Some((module, via, is_loaded)) = module {
            let key = if is_loaded { "version" } else { "installed" };
            draft = draft.evidence(
                Evidence::new(format!("module version {module}"), via.to_string()).at(format!("/facts/kernel/{key}")),
            );
        }
    }
    draft.found()
}

/// The installed driver's libraries that the loader picks and whose file names contain a version. An older copy later in the search path
/// does no harm.
fn versioned<'a>(context: &Context<'a>) -> Vec<Versioned<'a>> {
    if context.facts.driver_files.value().is_none() {
        // Facts saved before the driver's files were recorded.
        let libraries = context.facts.driver_libraries.value().map(Vec::as_slice).unwrap_or_default();
        let first = libraries.iter().find(|library| library.kind == LibraryKind::Driver);
        let of = |version| {
            let evidence = Evidence::new(format!("library version {version}"), &first?.path);
            Some(Versioned { version, vital: true, evidence: evidence.at("/facts/driver_libraries") })
        };
        return first.and_then(|library| of(library.version.value()?)).into_iter().collect();
    }
    let of = |part: DriverPart| {
        let (index, file) = chosen(context, part).filter(|(_, file)| file.kind == LibraryKind::Driver)?;
        let version = file.version.value().filter(|_| file.damage.is_none())?;
        let vital = matches!(part, DriverPart::Cuda | DriverPart::Nvml);
        Some(Versioned { version, vital, evidence: evidence(&format!("is version {version}"), index, file) })
    };
    DriverPart::ALL.into_iter().filter_map(of).collect()
}
