//! Installing what packages require and do not have.

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

use super::{
    Case, Change, Install, Plan, add, again, has_remedy, impossible, packages,
    prove::{self, After},
    torch::{self, Met},
};
use crate::{
    facts::{Environment, Gpu, Os, Package},
    finding::{Finding, Fix, Proof, Remedy},
    python::{self, Requirement},
    rules,
};

/// If more than this is missing, a person has to look first: no command names that many packages.
const MOST: usize = 200;
/// What the search for torch brings.
const OF_TORCH: [&str; 3] = ["torch", "torchvision", "torchaudio"];

/// Adds the requirements that are not met, as lines to install.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(environment) = case.environment else { return };
    if !findings.iter().any(|finding| has_remedy(finding, Remedy::Requirements)) {
        return;
    }
    let mut wanted: Vec<Requirement> = Vec::new();
    for unmet in rules::unmet(environment) {
        let full = wanted.len() == MOST;
        match wanted.iter_mut().find(|other| other.name == unmet.requirement.name) {
            // Metadata with more requirements than this is not genuine.
            Some(other) if other.specifiers.len() > MOST => return,
            Some(other) => *other = both(other, &unmet.requirement),
            None if full => return,
            None => wanted.push(unmet.requirement),
        }
    }
    // A line that meets one package must not break what another asks for.
    let markers =
        python::MarkerEnvironment::new(environment.python.value().copied(), environment.platform.value().copied());
    let asked = environment.packages.iter().flat_map(|package| &package.requires);
    for other in asked.filter_map(|line| line.parse::<Requirement>().ok()) {
        let applies = || other.marker.as_ref().is_none_or(|marker| marker.eval(&markers, None) == Some(true));
        if let Some(one) = wanted.iter_mut().find(|one| one.name == other.name)
            && applies()
        {
            if one.specifiers.len() > MOST {
                return;
            }
            *one = both(one, &Requirement { url: None, extras: Vec::new(), ..other.clone() });
        }
    }
    let (of_torch, rest): (Vec<_>, Vec<_>) =
        wanted.iter().cloned().partition(|requirement| OF_TORCH.contains(&requirement.name.as_str()));
    if !of_torch.is_empty() {
        return of_the_search(case, environment, findings, &of_torch, &rest);
    }
    let plan = if wanted.is_empty() { reinstall(case, environment) } else { install(case, environment, &wanted) };
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

/// Requirements on torch and its companions go through the search for torch: which index has a build that runs here is not for pip to
/// guess.
fn of_the_search(
    case: &Case<'_>,
    environment: &Environment,
    findings: &mut [&mut Finding],
    asked: &[Requirement],
    rest: &[Requirement],
) {
    let Some(besides) = installs(case, environment, rest) else { return };
    // What the package index would give for a platform on which it has builds without CUDA alone is no way.
    let windows = environment.platform.value().is_none_or(|platform| platform.os == Os::Windows);
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Requirements)) {
        match torch::meeting(case, environment, finding, asked, &besides) {
            Met::By(fix) => add(finding, &fix),
            Met::Excluded(serving) => {
                for by in requirers(environment, asked) {
                    if let Some(fix) = packages::another_version(case, environment, finding, &by.name) {
                        add(finding, &fix);
                    }
                }
                if finding.fixes.is_empty() {
                    let asked: Vec<_> = rules::unmet(environment)
                        .into_iter()
                        .filter(|unmet| asked.iter().any(|asked| asked.name == unmet.requirement.name))
                        .map(|unmet| (unmet.by, rules::wanted(&unmet.requirement)))
                        .collect();
                    let gpus: Vec<Gpu> = case.enriched.gpus.value().cloned().unwrap_or_default();
                    add(finding, &impossible::excluded(&asked, &gpus, serving.as_deref()));
                }
            }
            Met::Unknown if windows => {}
            Met::Unknown => {
                let wanted: Vec<Requirement> = asked.iter().chain(rest).cloned().collect();
                let Some(plan) = install(case, environment, &wanted) else { continue };
                let after = After::of(case, &plan);
                let result = Some(plan.installs().map(Install::requirement).collect::<Vec<_>>().join(", "));
                if !after.keeps(finding) {
                    let fix = prove::fix(case, plan, &after, Remedy::Requirements, result);
                    // No row knows the build that comes.
                    add(finding, &Fix { proof: Proof::None, ..fix });
                }
            }
        }
    }
}

/// The packages that have one of these requirements, and do not have it met.
fn requirers<'e>(environment: &'e Environment, asked: &[Requirement]) -> Vec<&'e Package> {
    let unmet = rules::unmet(environment);
    let about = unmet.iter().filter(|unmet| asked.iter().any(|asked| asked.name == unmet.requirement.name));
    let mut requirers: Vec<&Package> = about.map(|unmet| unmet.by).collect();
    requirers.dedup_by(|a, b| a.name == b.name);
    requirers
}

/// What two packages require of the same name: the command requests both, and pip reports it if no version satisfies both.
fn both(one: &Requirement, other: &Requirement) -> Requirement {
    let mut both = one.clone();
    let specifiers = one.specifiers.iter().chain(other.specifiers.iter()).cloned();
    let mut seen: Vec<VersionSpecifier> = Vec::new();
    specifiers.for_each(|specifier| seen.extend(Some(specifier).filter(|new| !seen.contains(new))));
    both.specifiers = seen.into_iter().collect();
    both.extras.extend(other.extras.iter().filter(|extra| !one.extras.contains(extra)).cloned());
    both.url = both.url.or_else(|| other.url.clone());
    both
}

/// Nothing if no version can satisfy everything, or if the packages are not on one index.
fn install(case: &Case<'_>, environment: &Environment, wanted: &[Requirement]) -> Option<Plan> {
    let (mut indexes, changes) = asked_for(case, environment, wanted)?;
    indexes.dedup();
    let [index] = indexes.as_slice() else { return None };
    let open = changes.iter().any(|install| install.version.is_none());
    Some(Plan {
        summary: "install the missing requirements".to_owned(),
        unproven: open.then(|| "which version is installed if several match".to_owned()).into_iter().collect(),
        changes: changes.into_iter().map(Change::Install).collect(),
        index: index.clone(),
        restores: true,
        ..Plan::default()
    })
}

/// Requirements that the default index has.
fn installs(case: &Case<'_>, environment: &Environment, wanted: &[Requirement]) -> Option<Vec<Install>> {
    let (indexes, installs) = asked_for(case, environment, wanted)?;
    indexes.iter().all(Option::is_none).then_some(installs)
}

/// Requirements as installs, each with the index that has it.
fn asked_for(
    case: &Case<'_>,
    environment: &Environment,
    wanted: &[Requirement],
) -> Option<(Vec<Option<String>>, Vec<Install>)> {
    let (mut indexes, mut installs) = (Vec::new(), Vec::new());
    for requirement in wanted {
        if !can_be_met(&requirement.specifiers) {
            return None;
        }
        let spec = rules::wanted(requirement);
        let exact = match requirement.specifiers.iter().as_slice() {
            [only] if requirement.url.is_none() && requirement.extras.is_empty() => {
                (*only.operator() == Operator::Equal).then(|| only.version().to_string())
            }
            _ => None,
        };
        // A local version is only on the index of its variant; others may be there as well, or not.
        let asked = match &exact {
            Some(version) => Some(again::asked(case, environment, &requirement.name, version)?),
            None => None,
        };
        indexes.push(asked.as_ref().and_then(|asked| asked.index.clone()));
        let version = asked.map(|asked| asked.version);
        installs.push(Install { version, ..Install::open(&requirement.name, Some(spec)) });
    }
    Some((indexes, installs))
}

/// Whether some version is in all of the ranges: those at their ends and beside them are tried.
fn can_be_met(specifiers: &VersionSpecifiers) -> bool {
    let beside = |version: &Version| {
        let release = version.release().to_vec();
        let above = [release.as_slice(), &[1]].concat();
        let mut below = release.clone();
        while below.pop_if(|last| *last == 0).is_some() {}
        if let Some(last) = below.last_mut() {
            *last -= 1;
        }
        below.push(999_999);
        [version.clone(), version.clone().with_release(above), Version::new(below)]
    };
    let mut ends = specifiers.iter().flat_map(|specifier| beside(specifier.version()));
    specifiers.is_empty() || ends.any(|version| specifiers.iter().all(|specifier| specifier.contains(&version)))
}

/// A library that nothing provides although every requirement is met: the package that should have it has lost files.
fn reinstall(case: &Case<'_>, environment: &Environment) -> Option<Plan> {
    let torch = environment.package("torch")?;
    let asked = again::asked(case, environment, &torch.name, torch.version.value()?)?;
    Some(Plan {
        summary: "reinstall torch with its requirements".to_owned(),
        changes: vec![Change::Install(Install::again(torch, &asked.version))],
        index: asked.index,
        reinstall: true,
        unproven: vec!["whether the missing library belongs to one of torch's requirements".to_owned()],
        ..Plan::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_no_version_is_in_are_told() {
        for (text, can) in [
            ("", true),
            ("==2.7.1+cu128", true),
            (">=1.5,<1.6", true),
            (">1.5,<1.6", true),
            ("<2,!=1.9", true),
            ("~=1.4.2,<2", true),
            ("==1.4.*,>=1.4.7", true),
            ("<2,>=2", false),
            ("==1.0,==2.0", false),
            (">3,<3", false),
            ("<1,>1.2", false),
        ] {
            let specifiers: VersionSpecifiers = text.parse().unwrap();
            assert_eq!(can_be_met(&specifiers), can, "{text}");
        }
    }
}
