//! # library-damaged
//!
//! A native library of an installed package is not there, or is no whole library: cut off, empty, a hole of zeros, the pointer of Git
//! LFS, for another machine, without section headers, nothing that the system's loader takes, or not readable for this user. Or the
//! Python file is so without which the package cannot be imported. What the package was built for says nothing about
//! what is loaded, so no GPU is called served by it.
//!
//! ## How it is decided
//! Of packages that concern GPUs each library that the RECORD lists (without one, each in the package's folder) is opened and its headers
//! are held against its length, the machine and what the loader refuses (no shared object, no segment to load). A torch must have
//! `torch/_C`, the module with which it begins, and where it says that it was built for CUDA its main library. It is an error where the
//! library decides which GPUs its package runs on, is one of those that make up torch or torch links to it, else a warning; text for the
//! linker is harmless where nothing links to it by that name. Of Python files a package's `__init__.py` and torch's `version.py` are
//! looked at: an error where they are absent, without bytes though installed with some, or no source. What no RECORD lists and no folder shows
//! stays unknown: what the knowledge base says of a version never takes the place of a file that could not be read.
//!
//! ## How to fix it
//! Install the same build again. The disk may have been full, the download interrupted, the image layer squashed without links, or the
//! folder copied from another machine.
//!
//! ## In a log
//! `OSError: …/libtorch_cuda.so: file too short`; `invalid ELF header`; `cannot open shared object file: No such file or directory`;
//! `wrong ELF class`; `only ET_DYN and ET_EXEC can be loaded`; `ModuleNotFoundError: No module named 'torch._C'`; `cannot import name
//! '__version__' from 'torch.version'`; `[WinError 193] %1 is not a valid Win32 application`.
//!
//! ## Sources
//! System V ABI, object files and program loading; Microsoft PE format; Python Packaging User Guide, recording installed projects.

use std::collections::BTreeSet;

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

/// So many files are named one by one.
const SHOWN: usize = 3;
/// So many packages have a finding of their own.
const ALONE: usize = 20;
/// And so many stand in the evidence; the facts have all of them.
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
        .map(|package| format!("the libraries of {}: nothing tells where they are", label(package)));
    let unread = looked().filter_map(|package| {
        let record = package.unread.iter().find(|unread| unread.path.ends_with("/RECORD"))?;
        Some(format!("which libraries {} has brought: {}: {}", label(package), record.path, record.why))
    });
    let unseen: Vec<String> = nowhere.chain(unread).collect();
    match (drafts.is_empty(), unseen.is_empty()) {
        (false, _) => Outcome::Findings(with_rest_together(drafts, environment)),
        (true, false) => Outcome::Needs(unseen),
        (true, true) => Outcome::Holds,
    }
}

/// The findings of many packages: the worst by themselves, the rest as one. A folder that was copied without its files has hundreds.
fn with_rest_together(mut drafts: Vec<Draft>, environment: &Environment) -> Vec<Draft> {
    if drafts.len() <= ALONE {
        return drafts;
    }
    drafts.sort_by_key(|draft| draft.severity.is_some());
    let rest = drafts.split_off(ALONE);
    let named: Vec<&str> = rest.iter().take(ALONE).map(|draft| draft.subject.as_str()).collect();
    let more = if rest.len() > named.len() { ", …" } else { "" };
    let summary = format!("{} more packages have libraries that are damaged: {}{more}.", rest.len(), named.join(", "));
    let mut together = Draft::of_environment(environment, summary);
    together.severity = rest.first().and_then(|worst| worst.severity);
    together.causes = rest.into_iter().flat_map(|draft| draft.causes).take(LISTED).collect();
    drafts.push(together);
    drafts
}

fn of_package(context: &Context<'_>, package: &Package, linked: &BTreeSet<&str>) -> Option<Draft> {
    let mut files = broken(context, package, linked);
    files.sort_by_key(|broken| !broken.fatal);
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
        return Some(draft.symptom("OSError: cannot open shared object file, file too short or invalid ELF header"));
    }
    Some(draft.severity(Severity::Warning))
}
