//! # page-out-of-date
//!
//! A page says something of GPUs, CUDA, PyTorch or drivers that is not so today: that a card is not supported yet, that a nightly build is
//! needed, that there are no wheels, which driver a CUDA release needs.
//!
//! ## How it is decided
//! Sentences and rows of tables that name a GPU, a release of CUDA or PyTorch, a driver or a TORCH_CUDA_ARCH_LIST, and say one thing of it
//! in plain words, are held against the knowledge base. What was so when it was written, and is not any more, is a remark; what the knowledge
//! base contradicts is a warning. Any other sentence is passed over. `-v` lists what is right, too.
//!
//! ## How to fix it
//! Write what is so today, with the date.
//!
//! ## In a log
//! Nothing: people act on it.
//!
//! ## Sources
//! The rows that each finding names.

use crate::{
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, Standing, told},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "page-out-of-date",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, environment)) = context.environment else { return Outcome::NotApplicable };
    if environment.statements.is_empty() {
        return Outcome::NotApplicable;
    }
    let judged = environment.statements.iter().enumerate().filter_map(|(number, statement)| {
        Some((number, statement, told(context.knowledge, environment, &statement.says)?))
    });
    let drafts = judged.filter(|(.., told)| told.standing != Standing::Right).map(|(number, statement, told)| {
        let (how, severity) = match told.standing {
            Standing::Wrong => ("not so", Severity::Warning),
            _ => ("no longer so", Severity::Info),
        };
        Draft::new(statement.text.clone(), format!("This is {how}: {}.", told.today))
            .evidence(
                Evidence::new(&statement.text, "declared")
                    .at(format!("/facts/environments/{index}/statements/{number}")),
            )
            .evidence(Evidence::new(&told.today, &told.source))
            .cause(&told.today)
            .severity(severity)
    });
    let drafts: Vec<Draft> = drafts.collect();
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}
