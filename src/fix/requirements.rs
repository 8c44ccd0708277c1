//! Installing what packages require and do not have.

use std::collections::HashSet;

use super::{
    Case, Change, Install, Plan, add, has_remedy,
    prove::{self, After},
};
use crate::{
    facts::Environment,
    finding::Finding,
    rules::{self, Remedy},
};

/// Where more than this is missing, somebody has to look first: no line of so many names is pasted.
const MOST: usize = 200;

/// Adds the requirements that are not met, as lines to install.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(environment) = case.environment else { return };
    if !findings.iter().any(|finding| has_remedy(finding, Remedy::Requirements)) {
        return;
    }
    let mut installs: Vec<Install> = Vec::new();
    let mut named = HashSet::new();
    for unmet in rules::unmet(environment) {
        if !named.insert(unmet.requirement.name.clone()) {
            continue;
        }
        if installs.len() == MOST {
            return;
        }
        let spec = rules::wanted(&unmet.requirement);
        let exact = spec.split_once("==").map(|(_, version)| version).filter(|version| !version.contains([',', '*']));
        installs.push(Install {
            version: exact.map(str::to_owned),
            name: unmet.requirement.name,
            spec: Some(spec),
            build: None,
            requires: Vec::new(),
        });
    }
    let plan = if installs.is_empty() { reinstall(environment) } else { Some(install(installs)) };
    let Some(plan) = plan else { return };
    let after = After::of(case, &plan);
    let result = Some(plan.installs().map(Install::requirement).collect::<Vec<_>>().join(", "));
    let fix = prove::fix(case, plan, &after, Remedy::Requirements, result);
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Requirements)) {
        if !after.keeps(finding) {
            add(finding, &fix);
        }
    }
}

fn install(installs: Vec<Install>) -> Plan {
    Plan {
        summary: "install what is missing".to_owned(),
        changes: installs.into_iter().map(Change::Install).collect(),
        unproven: vec!["which version comes where several fit".to_owned()],
        ..Plan::default()
    }
}

/// A library that nothing brings although every requirement is met: the package that should have it has lost its files.
fn reinstall(environment: &Environment) -> Option<Plan> {
    let torch = environment.package("torch")?;
    let version = torch.version.value()?;
    Some(Plan {
        summary: "install torch again, with what it requires".to_owned(),
        changes: vec![Change::Install(Install {
            name: torch.name.clone(),
            version: Some(version.clone()),
            spec: None,
            build: torch.build.value().cloned(),
            requires: torch.requires.clone(),
        })],
        reinstall: true,
        unproven: vec!["that the missing library belongs to one of torch's requirements".to_owned()],
        ..Plan::default()
    })
}
