//! # ignore-unclear
//!
//! A comment asks for findings to be ignored, and does not say why, or names a rule that there is not.
//!
//! ## How it is decided
//! Comments of the form `gpucheck: ignore[SLUG] reason` are read in every file that is checked. One without a reason ignores nothing: who
//! reads the file later has to know what was accepted, and until when.
//!
//! ## How to fix it
//! Write the reason behind the bracket, or correct the name of the rule (`gpucheck rule` lists all of them).
//!
//! ## In a log
//! Nothing: the comment is one of the file.
//!
//! ## Sources
//! The file itself.

use crate::{
    finding::{Evidence, Severity},
    knowledge::nearest,
    rules::{Context, Draft, Judges, Outcome, REGISTRY, Rule, Scope},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "ignore-unclear",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if context.facts.ignores.is_empty() {
        return Outcome::NotApplicable;
    }
    let slugs = || REGISTRY.iter().map(|entry| entry.rule.slug);
    let mut drafts = Vec::new();
    for (number, one) in context.facts.ignores.iter().enumerate() {
        let known =
            slugs().any(|slug| slug == one.rule) || context.knowledge.problems().any(|(_, row)| row.slug() == one.rule);
        let said = match (known, one.reason.is_empty()) {
            (true, false) => continue,
            (true, true) => {
                format!("The comment that ignores {} gives no reason, so that nothing is ignored.", one.rule)
            }
            (false, _) => {
                let near = nearest(&one.rule, slugs());
                let near = near.first().map(|slug| format!(" (did you mean {slug}?)")).unwrap_or_default();
                format!("No rule is called '{}'{near}.", one.rule)
            }
        };
        let pointer = format!("/facts/ignores/{number}");
        let evidence = Evidence::new(format!("gpucheck: ignore[{}]", one.rule), "declared").at(pointer);
        drafts.push(Draft::new(one.rule.clone(), said).evidence(evidence).cause(&one.rule));
    }
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}
