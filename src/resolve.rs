//! One root cause for each problem: consequences are folded under it, and a GPU that is not needed is not an error.

use gpucheck_ground::Order as _;

use crate::{
    facts::{Facts, Location},
    finding::{Finding, Severity},
    rules,
};

/// Orders the findings: folds consequences, lowers what another GPU makes harmless, sorts the worst first.
pub fn resolve(findings: &[Finding], facts: &Facts) -> Vec<Finding> {
    let mut findings = fold(findings);
    locate(&mut findings, facts);
    spare_idle_gpus(&mut findings, facts);
    findings.order_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| registry_position(a.rule).cmp(&registry_position(b.rule)))
            .then_with(|| a.environment.cmp(&b.environment))
            .then_with(|| a.subject.cmp(&b.subject))
    });
    findings
}

/// A finding stands where the first fact that it rests on was written.
fn locate(findings: &mut [Finding], facts: &Facts) {
    for finding in findings.iter_mut().filter(|_| !facts.written.is_empty()) {
        let pointers = finding.evidence.iter().filter_map(|evidence| evidence.pointer.as_deref());
        let written = pointers.filter_map(|pointer| facts.place(pointer)).next().cloned();
        finding.location = written.or_else(|| of_package(finding, facts));
    }
}

/// Where the package that a finding is about is asked for, for findings whose evidence is not what the file says.
fn of_package(finding: &Finding, facts: &Facts) -> Option<Location> {
    let id = finding.environment.as_deref()?;
    let (number, environment) = facts.environments.iter().enumerate().find(|(_, one)| one.id == id)?;
    let named = finding.trace.package.as_deref().or_else(|| finding.subject.split_whitespace().next())?;
    let package = environment.packages.iter().position(|package| package.name == named)?;
    facts.place(&environment.pointer(number, package)).cloned()
}

fn registry_position(slug: &str) -> usize {
    rules::REGISTRY.iter().position(|entry| entry.rule.slug == slug).unwrap_or(usize::MAX)
}

/// Removes findings that follow from another one about the same environment and GPUs, and names them there.
fn fold(findings: &[Finding]) -> Vec<Finding> {
    // A row may name the slug that its own findings have: another one may be their cause, none of them is its own.
    let cause_of = |(index, consequence): (usize, &Finding)| {
        let slugs = &consequence.trace.follows;
        let explains = |(other, cause): (usize, &Finding)| {
            other != index && slugs.iter().any(|slug| slug == cause.rule) && concerns(cause, consequence)
        };
        findings.iter().enumerate().position(explains)
    };
    let mut causes: Vec<Option<usize>> = findings.iter().enumerate().map(cause_of).collect();
    // A chain of causes is as long as the list at most.
    let root = |causes: &[Option<usize>], mut index: usize| {
        for _ in 0..causes.len() {
            match causes.get(index).copied().flatten() {
                Some(next) => index = next,
                None => return Some(index),
            }
        }
        None
    };
    // Findings that would explain each other in a circle: the first of them stays.
    for index in 0..causes.len() {
        if root(&causes, index).is_none() && in_circle(&causes, index) {
            causes.get_mut(index).into_iter().for_each(|cause| *cause = None);
        }
    }
    let root = |index: usize| root(&causes, index).unwrap_or(index);
    let mut folded = findings.to_vec();
    for (index, finding) in findings.iter().enumerate() {
        let cause = root(index);
        if cause != index
            && let Some(cause) = folded.get_mut(cause)
            && cause.rule != finding.rule
            && !cause.consequences.contains(&finding.rule)
        {
            cause.consequences.push(finding.rule);
        }
    }
    folded.into_iter().zip(&causes).filter(|(_, cause)| cause.is_none()).map(|(finding, _)| finding).collect()
}

/// Whether following the causes from here leads back here.
fn in_circle(causes: &[Option<usize>], start: usize) -> bool {
    let mut index = start;
    for _ in 0..causes.len() {
        match causes.get(index).copied().flatten() {
            Some(next) if next == start => return true,
            Some(next) => index = next,
            None => return false,
        }
    }
    false
}

/// Whether `cause` can be the cause of `consequence`: nothing they both name differs.
fn concerns(cause: &Finding, consequence: &Finding) -> bool {
    let environment = match (&cause.environment, &consequence.environment) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let gpus = cause.gpus.is_empty()
        || consequence.gpus.is_empty()
        || consequence.gpus.iter().all(|gpu| cause.gpus.contains(gpu));
    let package = match (&cause.trace.package, &consequence.trace.package) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    environment && gpus && package
}

/// An error on some GPUs is a warning when another GPU works and none of the failing ones was named: the card that drives the
/// screen must not force a downgrade.
fn spare_idle_gpus(findings: &mut [Finding], facts: &Facts) {
    let Some(gpus) = facts.gpus.value() else { return };
    let per_gpu = |finding: &Finding| finding.severity == Severity::Error && !finding.gpus.is_empty();
    let failing = |environment: &Option<String>, id: &str, findings: &[Finding]| {
        findings.iter().any(|finding| {
            per_gpu(finding)
                && finding.gpus.iter().any(|gpu| gpu == id)
                && (finding.environment.is_none() || environment.is_none() || finding.environment == *environment)
        })
    };
    let lowered: Vec<bool> = findings
        .iter()
        .map(|finding| {
            let named = gpus.iter().any(|gpu| gpu.named && finding.gpus.contains(&gpu.id));
            let another_works = gpus.iter().any(|gpu| {
                gpu.visible.value() != Some(&false)
                    && !finding.gpus.contains(&gpu.id)
                    && !failing(&finding.environment, &gpu.id, findings)
            });
            per_gpu(finding) && !named && another_works
        })
        .collect();
    for (finding, lowered) in findings.iter_mut().zip(lowered) {
        if lowered {
            finding.severity = Severity::Warning;
        }
    }
}
