//! Packages with broken files: reinstalls the same build, without its requirements, from the index that has it.

use super::{
    Case, Change, Install, Plan, add,
    again::{Asked, asked},
    has_remedy,
    prove::{self, After},
};
use crate::{
    facts::{Elsewhere, Environment, Listing, Package, Way},
    finding::{Finding, Remedy},
};

/// Adds the plan to findings about broken files.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(environment) = case.environment else { return };
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Reinstall)) {
        let package = finding.trace.package.as_deref().and_then(|name| environment.package(name));
        let Some(plan) = package.and_then(|package| plan(case, environment, package)) else { continue };
        let after = After::of(case, &plan);
        if !after.keeps(finding) {
            let fix = prove::fix(case, plan, &after, Remedy::Reinstall, None);
            add(finding, &fix);
        }
    }
}

/// Nothing for an editable install: its files are built, not downloaded.
fn plan(case: &Case<'_>, environment: &Environment, package: &Package) -> Option<Plan> {
    // Packages on PYTHONPATH take precedence over anything that a command would install.
    let led = |other: &Elsewhere| other.way == Way::Pythonpath && other.package == package.name;
    if package.editable.is_some() || environment.elsewhere.iter().any(led) {
        return None;
    }
    let Asked { version, index } = asked(case, environment, &package.name, package.version.value()?)?;
    let mut unproven = Vec::new();
    if package.listing == Some(Listing::Folder) {
        unproven.push("whether pip removes the old files: without a RECORD it asks for --ignore-installed".to_owned());
    }
    Some(Plan {
        summary: format!("reinstall {}", package.name),
        changes: vec![Change::Install(Install::again(package, &version))],
        index,
        reinstall: true,
        alone: true,
        unproven,
        ..Plan::default()
    })
}
