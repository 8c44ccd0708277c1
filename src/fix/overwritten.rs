//! Two packages that own the same files: the one that nothing requires goes, and the other is installed again, so that its files are back.

use super::{
    Case, Change, Install, Plan, add, has_remedy,
    prove::{self, After},
};
use crate::{
    facts::{Environment, Package},
    finding::Finding,
    python::Requirement,
    rules::{self, Remedy},
};

/// Adds the plan to findings about overwritten files.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(environment) = case.environment else { return };
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Overwritten)) {
        let Some(plan) = plan(environment) else { return };
        let after = After::of(case, &plan);
        if !after.keeps(finding) {
            let fix = prove::fix(case, plan, &after, Remedy::Overwritten, None);
            add(finding, &fix);
        }
    }
}

fn plan(environment: &Environment) -> Option<Plan> {
    let (one, other, ..) = rules::overwritten(environment)?;
    let required = [one, other].map(|package| requirers(environment, package));
    let (keep, gone) = match required {
        [0, 0] | [_, 0] => (one, other),
        [0, _] => (other, one),
        // Both are wanted by something: a person must choose.
        _ => return None,
    };
    let version = keep.version.value()?;
    Some(Plan {
        summary: format!("remove {}, install {} again", gone.name, keep.name),
        changes: vec![
            Change::Uninstall(gone.name.clone()),
            Change::Install(Install {
                name: keep.name.clone(),
                version: Some(version.clone()),
                spec: None,
                build: None,
                requires: keep.requires.clone(),
            }),
        ],
        reinstall: true,
        ..Plan::default()
    })
}

/// How many packages require this one.
fn requirers(environment: &Environment, wanted: &Package) -> usize {
    let requires = |package: &&Package| {
        let lines = package.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
        package.name != wanted.name && lines.into_iter().any(|requirement| requirement.name == wanted.name)
    };
    environment.packages.iter().filter(requires).count()
}
