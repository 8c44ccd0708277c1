//! # variable-read-by-nothing
//!
//! An environment variable is set that no installed software reads: its name is misspelled, or belongs to another version or another
//! program, so setting it has no effect.
//!
//! ## How it is decided
//! The knowledge base lists variable names that people set, and which packages do not read them in which versions. A finding is reported if
//! such a version is installed, no installed package reads the name, and the correct name is not set as well.
//!
//! ## How to fix it
//! Unset the variable, and set the one that is read instead, if there is one.
//!
//! ## In a log
//! Nothing, which makes the mistake hard to notice.
//!
//! ## Sources
//! Each row of variables.toml names its own: strings in libraries and Python files, and threads by people who set the name.

use crate::{
    finding::{Evidence, Severity},
    knowledge::{Level, UnreadRow},
    python,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "variable-read-by-nothing",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[Remedy::Variables],
    judge,
};

/// The reader that is not a package.
const DRIVER: &str = "driver";

fn judge(context: &Context<'_>) -> Outcome {
    let is_set = |name: &str| context.variable(name).is_some();
    let rows = context.knowledge.unread_variables().iter().filter(|row| is_set(&row.name));
    let outcomes = rows.filter(|row| !row.instead.as_deref().is_some_and(is_set)).map(|row| of_row(context, row));
    let (mut found, mut needs, mut looked) = (Vec::new(), Vec::new(), false);
    for outcome in outcomes {
        looked |= !matches!(outcome, Outcome::NotApplicable);
        match outcome {
            Outcome::Finding(draft) => found.push(*draft),
            Outcome::Needs(facts) => needs.extend(facts),
            _ => {}
        }
    }
    match (found.is_empty(), needs.is_empty(), looked) {
        (false, ..) => Outcome::Findings(found),
        (_, false, _) => Outcome::Needs(needs),
        (_, _, true) => Outcome::Holds,
        _ => Outcome::NotApplicable,
    }
}

fn of_row(context: &Context<'_>, row: &UnreadRow) -> Outcome {
    let knowledge = context.knowledge;
    let package = context.package(&row.of);
    let by = match package {
        _ if row.of == DRIVER => "the driver".to_owned(),
        None => return Outcome::NotApplicable,
        Some(package) => {
            match (row.versions.as_deref(), package.version.value()) {
                (Some(range), Some(version)) if python::in_range(range, version) != Some(true) => {
                    return Outcome::Holds;
                }
                (Some(_), None) => return Outcome::Needs(vec![format!("the version of {}", package.name)]),
                _ => {}
            }
            label(package)
        }
    };
    let reads = |name: &str, versions: Option<&str>| {
        let version = context.package(name).map(|reader| reader.version.value());
        // A package of unknown version may well read it.
        version.is_some_and(|version| match (versions, version) {
            (Some(range), Some(version)) => python::in_range(range, version) == Some(true),
            _ => true,
        })
    };
    if knowledge
        .variables()
        .iter()
        .filter(|reader| reader.name == row.name)
        .any(|reader| reads(&reader.read_by, reader.versions.as_deref()))
    {
        return Outcome::Holds;
    }
    let summary = match &row.instead {
        Some(instead) => format!("{} is set, but {by} does not read it; it reads {instead} instead.", row.name),
        None => format!("{} is set, but neither {by} nor any other known package reads it.", row.name),
    };
    let mut draft = Draft::new(&row.name, summary).evidence(context.variable_evidence(&row.name)).cause(&row.of);
    draft.trace.variable = Some(row.name.clone());
    if let Some(package) = package {
        draft = draft.evidence(package_evidence(context, package));
    }
    draft
        .evidence(Evidence::new(row.note.clone(), format!("knowledge: {}", knowledge.cite_unread(row))))
        .severity(match row.severity {
            None | Some(Level::Info) => Severity::Info,
            Some(Level::Warning) => Severity::Warning,
            Some(Level::Error) => Severity::Error,
        })
        .found()
}
