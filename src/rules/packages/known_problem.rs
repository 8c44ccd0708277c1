//! # known-problem
//!
//! A known problem of a package, described in its knowledge-base row. Each problem has a slug and a page of its own (`gpucheck rule`).
//!
//! ## How it is decided
//! The row names a range of versions and conditions on the facts: other packages, the GPU, the driver, the platform, Python, environment
//! variables, shared libraries. All of them must hold. If a fact needed to check one is missing, the report asks for it.
//!
//! ## How to fix it
//! As the row says. Fixes that can be tried against the facts have been tried.
//!
//! ## In a log
//! The row names the error texts.
//!
//! ## Sources
//! Each row names its own sources, and how the problem is known: measured, reported, documented or inferred.

use crate::{
    finding::{Evidence, Severity},
    knowledge::Level,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope, condition,
        shared::{gpu_name, label, package_evidence},
        slug,
        truth::Truth,
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "known-problem",
    scope: Scope::Problem,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Row, Remedy::PackageVersion, Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((file, row)) = context.problem else { return Outcome::NotApplicable };
    let mut truth = Truth::Yes(Vec::new());
    if let Some((package, _)) = context.subject {
        let range = row.versions.as_deref().unwrap_or_default();
        truth = truth.and(|| condition::in_range(context, &package.name, range));
    }
    truth = truth.and(|| condition::judge(context, &row.when));
    if let Some(unless) = &row.unless {
        truth = truth.unless(condition::judge(context, unless));
    }
    let evidence = match truth {
        Truth::Yes(evidence) => evidence,
        Truth::No => return Outcome::Holds,
        Truth::Unknown(needs) => return Outcome::Needs(needs),
    };
    let subject = context.subject.map(|(package, _)| package);
    let variable = row.when.variables.first().map(|variable| variable.name.clone());
    let summary = fill(context, &row.cause);
    let draft = match (subject.map(label).or(variable), context.environment) {
        (None, Some((_, environment))) => Draft::of_environment(environment, summary),
        (name, _) => Draft::new(name.unwrap_or_default(), summary),
    };
    let mut draft = draft.cause(&row.id).severity(match row.severity {
        Level::Info => Severity::Info,
        Level::Warning => Severity::Warning,
        Level::Error => Severity::Error,
    });
    if let Some(package) = subject {
        draft = draft.about(package);
        // Without a version range, no condition has named the package yet.
        if row.versions.is_none() && evidence.is_empty() {
            draft = draft.evidence(package_evidence(context, package));
        }
    }
    draft.slug = Some(slug(row.slug()));
    draft.symptom = row.symptoms.first().cloned().map(Into::into);
    draft.trace.problem = Some(row.id.clone());
    draft.trace.follows = row.follows.clone();
    let ways = [
        (!row.fixes.is_empty(), Remedy::Row),
        (row.other_version, Remedy::PackageVersion),
        (row.other_torch, Remedy::TorchBuild),
    ];
    draft.trace.remedies = ways.into_iter().filter(|(is, _)| *is).map(|(_, remedy)| remedy).collect();
    for fact in evidence {
        if !draft.evidence.contains(&fact) {
            draft.evidence.push(fact);
        }
    }
    let source = format!("knowledge: {}", context.knowledge.cite_problem(file, row));
    draft.evidence(Evidence::new(format!("known problem of {}", file.package.name), source)).found()
}

/// The row's cause, with its placeholders filled in.
fn fill(context: &Context<'_>, text: &str) -> String {
    let package = context.subject.map(|(package, _)| label(package));
    let torch = context.package("torch").map(label);
    let gpu = context.gpu.map(|(_, gpu)| gpu_name(gpu));
    let driver = context.facts.driver.value().map(|driver| driver.version.to_string());
    let python = context.environment.and_then(|(_, environment)| environment.python.value());
    [
        ("{package}", package),
        ("{torch}", torch),
        ("{gpu}", gpu),
        ("{driver}", driver),
        ("{python}", python.map(ToString::to_string)),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (placeholder, value)| match value {
        Some(value) => text.replace(placeholder, &value),
        None => text.replace(placeholder, placeholder.trim_matches(['{', '}'])),
    })
}
