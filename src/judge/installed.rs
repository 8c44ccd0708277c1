//! Before and after: what an environment is, and what files or a command would make of it. Both are judged by the same rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use crate::{
    facts::{Environment, Facts, Package, RequestRole},
    finding::{Finding, same_cause},
    knowledge::Knowledge,
    report::{Body, CommandName, Cured, Installed, Kept, MovedPackage, Report, Verdict},
    rules::Judged,
};

use super::judgement::Judgement;

/// Makes a declared environment one that changes what is installed: the same steps, on the packages that are there. One that is made
/// anew (an image, a folder of its own) stays as it is.
pub(super) fn onto(there: &Environment, environment: &mut Environment) {
    let anew = environment.image.is_some()
        || environment.steps.is_empty()
        || environment.steps.iter().any(|step| step.elsewhere);
    if anew {
        return;
    }
    let declared = std::mem::replace(environment, there.clone());
    environment.id = format!("{} after {}", there.id, declared.id);
    environment.origin = declared.origin;
    environment.steps = declared.steps;
    environment.gaps = declared.gaps;
    environment.changes = Some(there.id.clone());
}

/// Says of each environment that would be changed what it was before. `enriched` are the facts of the report, with what rows claim.
pub(super) fn compare(
    knowledge: &Knowledge,
    start: Instant,
    there: &Environment,
    enriched: &Facts,
    report: &mut Report,
) {
    let changed = enriched.environments.iter().filter(|environment| environment.changes.is_some());
    let changed: Vec<&Environment> = changed.collect();
    if changed.is_empty() {
        return;
    }
    let facts = Facts {
        environments: vec![there.clone()],
        written: BTreeMap::new(),
        ignores: Vec::new(),
        ..report.facts.clone()
    };
    let before = Judgement::of(CommandName::Check, facts, knowledge, Judged::All, start);
    let found = before.findings();
    let unknown = before.is_undecided();
    let list = changed.into_iter().map(|after| {
        let own = |finding: &&Finding| finding.environment.as_deref().is_none_or(|id| id == after.id);
        let now: Vec<&Finding> = report.findings.iter().filter(own).collect();
        let (stays, new): (Vec<&Finding>, Vec<&Finding>) =
            now.iter().partition(|finding| found.iter().any(|before| same_cause(before, finding)));
        let gone = found.iter().filter(|before| !now.iter().any(|after| same_cause(before, after)));
        let prints = |list: Vec<&Finding>| -> Vec<String> {
            list.into_iter().map(|finding| finding.fingerprint.clone()).collect::<BTreeSet<_>>().into_iter().collect()
        };
        Installed {
            environment: after.id.clone(),
            of: there.id.clone(),
            packages: moved(there, after),
            satisfied: satisfied(after),
            before: Verdict::of(&found, unknown),
            new: prints(new),
            stays: prints(stays),
            mended: gone
                .map(|finding| Cured {
                    rule: finding.rule,
                    severity: finding.severity,
                    subject: finding.subject.clone(),
                    summary: finding.summary.clone(),
                })
                .collect(),
        }
    });
    report.body = Body::Installed { installed: list.collect() };
}

/// The version of a package for people: with the local part, where its build is known.
fn version(package: &Package) -> Option<String> {
    let build = package.build.value().map(|build| build.version.clone());
    build.or_else(|| package.version.value().cloned())
}

/// The request for another package that brings this one, as it is written.
fn by(environment: &Environment, package: &Package) -> Option<String> {
    let place = package.request?;
    let request = environment.steps.get(place.step)?.requests.get(place.request)?;
    (request.name != package.name).then(|| request.asked.text.clone())
}

/// What comes, goes, or gets another version.
fn moved(there: &Environment, after: &Environment) -> Vec<MovedPackage> {
    let was: BTreeMap<&str, &Package> = there.packages.iter().map(|package| (package.name.as_str(), package)).collect();
    let is: BTreeSet<&str> = after.packages.iter().map(|package| package.name.as_str()).collect();
    let came = after.packages.iter().filter(|package| package.request.is_some()).filter_map(|package| {
        let (before, now) = (was.get(package.name.as_str()).and_then(|was| version(was)), version(package));
        let same = before.is_some() && before == now;
        (!same).then(|| MovedPackage {
            name: package.name.clone(),
            before,
            after: now,
            by: by(after, package),
            gone: false,
        })
    });
    let gone = there.packages.iter().filter(|package| !is.contains(package.name.as_str()));
    let gone = gone.map(|package| MovedPackage {
        name: package.name.clone(),
        before: version(package),
        after: None,
        by: None,
        gone: true,
    });
    came.chain(gone).collect()
}

/// What is asked for and there already.
fn satisfied(after: &Environment) -> Vec<Kept> {
    let kept: BTreeMap<&str, &Package> =
        after.packages.iter().filter(|one| one.request.is_none()).map(|one| (one.name.as_str(), one)).collect();
    let mut seen = BTreeSet::new();
    let requests = after.steps.iter().flat_map(|step| &step.requests);
    let wanted = requests.filter(|request| request.role == RequestRole::Wanted);
    wanted
        .filter_map(|request| {
            let package = kept.get(request.name.as_str())?;
            let version = version(package)?;
            seen.insert(&request.name).then(|| Kept {
                name: request.name.clone(),
                version,
                by: request.asked.text.clone(),
            })
        })
        .collect()
}
