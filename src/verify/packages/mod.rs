//! Packages with rows in `packages/*.toml`: what a range of versions holds and needs, against what a package of such a version does.
//!
//! Agreement means that the rules would say the same from the row as from the binary, so they are asked here too: which libraries
//! decide, what is built for what, which names tell a CUDA major.

mod code;
mod contents;
mod libraries;
mod requirements;

use std::collections::BTreeSet;

pub use contents::Contents;

use super::{Check, Evidence, Outcome, Verified};
use crate::{
    facts::Platform,
    knowledge::{Knowledge, PackageBuild, PackageFile},
    python,
};

/// One package, its file and its row.
struct Case<'c> {
    knowledge: &'c Knowledge,
    file: &'c PackageFile,
    row: &'c PackageBuild,
    evidence: &'c Evidence,
}

/// Every fact that the row of this version has.
pub fn verify(knowledge: &Knowledge, evidence: &Evidence, verified: &mut Verified) {
    let Some(file) = knowledge.package_file(&evidence.name) else {
        return verified.checks.push(none("package", evidence.name.clone()));
    };
    let version = python::public_version(&evidence.version);
    if file.ptxas.iter().any(|row| python::in_range(&row.versions, version) == Some(true)) {
        let why = "its list of GPUs is only available by running it (ptxas --help)";
        verified.checks.push(unknown("assembler", None, why));
    }
    let Some(row) = knowledge.package_build(&evidence.name, version, evidence.platform) else {
        // A wheel for any platform is that of each which rows speak of.
        let of = |platform: &Platform| knowledge.package_build(&evidence.name, version, Some(*platform)).is_some();
        let platforms = file.build.iter().flat_map(|row| &row.platforms).filter(|_| evidence.platform.is_none());
        let platforms: BTreeSet<Platform> = platforms.copied().filter(of).collect();
        for platform in platforms {
            let before = verified.row.take();
            verify(knowledge, &evidence.clone().of(platform), verified);
            let row = verified.row.take().map(|row| format!("{row} on {platform}"));
            verified.row = before.into_iter().chain(row).reduce(|all, one| format!("{all}; {one}"));
        }
        if verified.checks.is_empty() {
            let platform = evidence.platform.map_or_else(|| "any platform".to_owned(), |platform| platform.to_string());
            verified.checks.push(none("version", format!("{version} for {platform}")));
        }
        return;
    };
    verified.row = Some(knowledge.cite_build(file, row));
    let case = Case { knowledge, file, row, evidence };
    verified.checks.extend(code::checks(&case));
    verified.checks.extend(libraries::checks(&case));
    verified.checks.extend(requirements::checks(&case));
}

fn none(fact: &'static str, package: String) -> Check {
    Check { fact, outcome: Outcome::NoRow, row: None, package }
}

fn unknown(fact: &'static str, row: Option<String>, why: impl Into<String>) -> Check {
    Check { fact, outcome: Outcome::Unknown, row, package: why.into() }
}

fn agree(fact: &'static str, row: impl Into<String>, package: impl Into<String>) -> Check {
    Check { fact, outcome: Outcome::Agree, row: Some(row.into()), package: package.into() }
}

fn disagree(fact: &'static str, row: impl Into<String>, package: impl Into<String>) -> Check {
    Check { fact, outcome: Outcome::Disagree, row: Some(row.into()), package: package.into() }
}

/// The first of many names, and how many more there are.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let shown = names.get(..SHOWN).unwrap_or(names).join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
