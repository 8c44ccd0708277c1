//! # library-damaged
//!
//! A native library of an installed package is missing or damaged: truncated, empty, partly zeroed, a Git LFS pointer, for another
//! machine, without section headers, not accepted by the system's loader, or not readable by this user. Or the same is true of the Python
//! file without which the package cannot be imported. What the package was built for says nothing about what would be loaded, so no GPU is
//! reported as supported by it.
//!
//! ## How it is decided
//! For GPU-related packages, each library that the RECORD lists (or, without a RECORD, each one in the package's folder) is opened, and its
//! headers are checked against its length, the machine and what the loader rejects (not a shared object, no segment to load). A torch must
//! have `torch/_C`, the module that it loads first, and its main library if it says that it was built for CUDA. It is an error if the
//! library decides which GPUs its package runs on, is one of those that make up torch, or torch links to it; otherwise a warning. Linker
//! scripts are harmless if nothing links to them by that name. Of Python files, a package's `__init__.py` and torch's `version.py` are
//! checked: an error if they are missing, empty although they were installed with content, or not source code. Files that neither a RECORD
//! nor a folder shows stay unknown: the knowledge base's data on a version never replaces a file that could not be read.
//!
//! ## How to fix it
//! Reinstall the same build. Possible causes: the disk was full, the download was interrupted, an image layer was squashed without links,
//! or the folder was copied from another machine.
//!
//! ## In a log
//! `OSError: …/libtorch_cuda.so: file too short`; `invalid ELF header`; `cannot open shared object file: No such file or directory`;
//! `wrong ELF class`; `only ET_DYN and ET_EXEC can be loaded`; `ModuleNotFoundError: No module named 'torch._C'`; `cannot import name
//! '__version__' from 'torch.version'`; `[WinError 193] %1 is not a valid Win32 application`.
//!
//! ## Sources
//! System V ABI, object files and program loading; Microsoft PE format; Python Packaging User Guide, recording installed projects.

use std::collections::BTreeSet;

use gpucheck_ground::Order as _;

use crate::{
    facts::{Environment, Package},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        broken::{Broken, broken, linked, unseen},
        shared::label,
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "library-damaged",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Reinstall],
    judge,
};

/// Files to name in the summary.
const SHOWN: usize = 3;
/// Packages that get a finding of their own.
const ALONE: usize = 20;
/// Files to list as evidence; the facts contain all of them.
const LISTED: usize = 20;

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let looked = || environment.packages.iter().filter(|package| package.listing.is_some());
    if looked().next().is_none() {
        return Outcome::NotApplicable;
    }
    let linked = linked(context);
    let drafts: Vec<Draft> = looked().filter_map(|package| of_package(context, package, &linked)).collect();
    let nowhere = looked()
        .filter(|package| unseen(context, package))
        .map(|package| format!("where the libraries of {} are", label(package)));
    let unread = looked().filter_map(|package| {
        let record = package.unread.iter().find(|unread| unread.path.ends_with("/RECORD"))?;
        Some(format!("which libraries {} installed: {}: {}", label(package), record.path, record.why))
    });
    let unseen: Vec<String> = nowhere.chain(unread).collect();
    match (drafts.is_empty(), unseen.is_empty()) {
        (false, _) => Outcome::Findings(with_rest_together(drafts, environment)),
        (true, false) => Outcome::Needs(unseen),
        (true, true) => Outcome::Holds,
    }
}

/// Findings about many packages: the worst individually, the rest as one. A folder copied without its files has hundreds.
fn with_rest_together(mut drafts: Vec<Draft>, environment: &Environment) -> Vec<Draft> {
    if drafts.len() <= ALONE {
        return drafts;
    }
    drafts.order_by_key(|draft| draft.severity.is_some());
    let rest = drafts.split_off(ALONE);
    let named: Vec<&str> = rest.iter().take(ALONE).map(|draft| draft.subject.as_str()).collect();
    let more = if rest.len() > named.len() { ", …" } else { "" };
    let summary = format!("{} more packages have damaged libraries: {}{more}.", rest.len(), named.join(", "));
    let mut together = Draft::of_environment(environment, summary);
    together.severity = rest.first().and_then(|worst| worst.severity);
    together.causes = rest.into_iter().flat_map(|draft| draft.causes).take(LISTED).collect();
    drafts.push(together);
    drafts
}

fn of_package(context: &Context<'_>, package: &Package, linked: &BTreeSet<&str>) -> Option<Draft> {
    let mut files = broken(context, package, linked);
    files.order_by_key(|broken| !broken.fatal);
    let fatal = files.first()?.fatal;
    let told = |broken: &Broken<'_>| format!("{} {}", broken.file.path, broken.file.why);
    let shown: Vec<String> = files.iter().take(SHOWN).map(told).collect();
    let more = match files.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let summary = format!("{}{more}.", shown.join("; "));
    let mut draft = Draft::new(label(package), summary).about(package);
    for broken in files.iter().take(LISTED) {
        let evidence = Evidence::new(told(broken), format!("the files of {}", package.at));
        draft = draft.cause(&broken.file.path).evidence(evidence.at(context.pointer(&package.name)));
    }
    if fatal {
        let windows =
            files.iter().any(|broken| broken.file.path.ends_with(".dll") || broken.file.path.ends_with(".pyd"));
        return Some(draft.symptom(match windows {
            // What torch/__init__.py makes of the loader's error there, and the system's own text for a file that is no library.
            true => "OSError: [WinError 126] The specified module could not be found, or [WinError 193] not a valid Win32 application",
            false => "OSError: cannot open shared object file, file too short or invalid ELF header",
        }));
    }
    Some(draft.severity(Severity::Warning))
}
