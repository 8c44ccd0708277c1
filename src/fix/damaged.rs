//! Packages whose files are broken: the same build again, without what it requires, from the index that has it.

use super::{
    Case, Change, Install, Plan, TORCH_INDEXES, add, has_remedy,
    prove::{self, After},
};
use crate::{
    facts::{Environment, Package},
    finding::Finding,
    rules::Remedy,
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
    if package.editable.is_some() {
        return None;
    }
    let build = package.build.value();
    let version = package.version.value()?;
    let platform = environment.platform.value().copied();
    let row = build.filter(|_| package.name == "torch").and_then(|build| {
        let (_, row) = case.knowledge.torch_build(&build.version, platform?)?;
        Some(row)
    });
    // The default index knows its own builds by the version without the local part.
    let row = row.filter(|row| !row.pypi_default);
    let version = match (row, build) {
        (Some(_), Some(build)) => build.version.clone(),
        _ => version.clone(),
    };
    Some(Plan {
        summary: format!("install {} again", package.name),
        changes: vec![Change::Install(Install {
            name: package.name.clone(),
            version: Some(version),
            spec: None,
            build: build.cloned(),
            requires: package.requires.clone(),
        })],
        index: row.map(|row| format!("{TORCH_INDEXES}{}", row.index)),
        reinstall: true,
        alone: true,
        ..Plan::default()
    })
}
