//! What pages say, and what became of it: the right and the wrong.

use serde::Serialize;

use crate::{
    facts::{Facts, Location},
    knowledge::Knowledge,
    rules::{Standing, told},
};

/// A statement that was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageStatement {
    /// Id of the environment that stands for the page.
    pub environment: String,
    /// Where it is written.
    pub location: Option<Location>,
    /// The sentence.
    pub text: String,
    /// What became of it.
    pub standing: StandingOf,
    /// What is so today.
    pub today: String,
    /// The row that says it.
    pub source: String,
}

/// What became of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StandingOf {
    /// It is so.
    Right,
    /// It was so.
    Stale,
    /// It is not so.
    Wrong,
}

/// The statements of the pages among enriched facts that rows are about.
pub fn statements(facts: &Facts, knowledge: &Knowledge) -> Vec<PageStatement> {
    let mut all = Vec::new();
    for (index, environment) in facts.environments.iter().enumerate() {
        for (number, statement) in environment.statements.iter().enumerate() {
            let Some(told) = told(knowledge, environment, &statement.says) else { continue };
            all.push(PageStatement {
                environment: environment.id.clone(),
                location: facts.place(&format!("/facts/environments/{index}/statements/{number}")).cloned(),
                text: statement.text.clone(),
                standing: match told.standing {
                    Standing::Right => StandingOf::Right,
                    Standing::Stale => StandingOf::Stale,
                    Standing::Wrong => StandingOf::Wrong,
                },
                today: told.today,
                source: told.source,
            });
        }
    }
    all
}
