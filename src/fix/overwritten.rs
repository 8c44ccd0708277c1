//! Two packages that own the same files: one goes, and the other is installed again, so that its files are back. The one with code for
//! GPUs stays where the other has none; else the one that something requires.

use super::{
    Case, Change, Install, Plan, add,
    again::{Asked, asked},
    has_remedy,
    prove::{self, After},
};
use crate::{
    facts::{Environment, Manager, Package},
    finding::{Finding, Remedy},
    python::Requirement,
    rules,
};

/// Adds the plan to findings about overwritten files.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(environment) = case.environment else { return };
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Overwritten)) {
        for plan in plans(case, environment) {
            let after = After::of(case, &plan);
            if !after.keeps(finding) {
                let fix = prove::fix(case, plan, &after, Remedy::Overwritten, None);
                add(finding, &fix);
            }
        }
    }
}

/// The ways to leave one of the two, the best first.
fn plans(case: &Case<'_>, environment: &Environment) -> Vec<Plan> {
    let Some((one, other, ..)) = rules::overwritten(environment) else { return Vec::new() };
    let kept = match ([one, other].map(has_code), [one, other].map(|package| requirers(environment, package).len())) {
        // Both are useful, with a GPU and without one.
        ([true, false], _) => vec![(one, other), (other, one)],
        ([false, true], _) => vec![(other, one), (one, other)],
        (_, [0, 0] | [_, 0]) => vec![(one, other)],
        (_, [0, _]) => vec![(other, one)],
        // Both are wanted by something: a person must choose.
        _ => Vec::new(),
    };
    // Never remove what the user installed the environment for.
    let kept =
        kept.into_iter().filter(|(_, gone)| !["torch", "torchvision", "torchaudio"].contains(&gone.name.as_str()));
    kept.filter_map(|(keep, gone)| plan(case, environment, keep, gone)).collect()
}

fn plan(case: &Case<'_>, environment: &Environment, keep: &Package, gone: &Package) -> Option<Plan> {
    let complains = |by: &str| {
        format!("whether `pip check` passes: {by} requires {} by name, whose files {} provides", gone.name, keep.name)
    };
    let Asked { version, index } = asked(case, environment, &keep.name, keep.version.value()?)?;
    let mut unproven: Vec<String> = requirers(environment, gone).into_iter().map(complains).collect();
    unproven.extend(unless_listed(environment, &gone.name));
    Some(Plan {
        summary: format!("remove {}, reinstall {}", gone.name, keep.name),
        changes: vec![Change::Uninstall(gone.name.clone()), Change::Install(Install::again(keep, &version))],
        index,
        reinstall: true,
        alone: true,
        unproven,
        ..Plan::default()
    })
}

/// What is not known of the removal of a package where a project's file says what is wanted.
pub(super) fn unless_listed(environment: &Environment, name: &str) -> Option<String> {
    let project = environment.manager.value() == Some(&Manager::UvProject);
    project.then(|| format!("whether pyproject.toml lists {name} itself: what something else requires stays"))
}

/// Whether a package has code for GPUs, read or claimed.
fn has_code(package: &Package) -> bool {
    package.libraries.iter().any(|library| library.code.value().is_some_and(|code| code.fatbins > 0))
}

/// The names of the packages that require this one.
fn requirers<'e>(environment: &'e Environment, wanted: &Package) -> Vec<&'e str> {
    let requires = |package: &&Package| {
        let lines = package.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
        package.name != wanted.name && lines.into_iter().any(|requirement| requirement.name == wanted.name)
    };
    environment.packages.iter().filter(requires).map(|package| package.name.as_str()).collect()
}
