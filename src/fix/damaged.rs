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
    let of_torch = ["torch", "torchvision", "torchaudio"].contains(&package.name.as_str());
    let row = environment.package("torch").and_then(|torch| {
        let (_, row) = case.knowledge.torch_build(&torch.build.value()?.version, platform?)?;
        Some(row)
    });
    // What the default index gives names no local part in its metadata; every other build comes from the index that is called like it.
    let local = version.split_once('+').map(|(_, local)| local);
    let row = match (local, row.filter(|_| of_torch)) {
        (Some(local), Some(row)) if row.variant == local => Some(row),
        (Some(_), _) => return None,
        (None, row) => row.filter(|row| !row.pypi_default && package.name == "torch"),
    };
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
