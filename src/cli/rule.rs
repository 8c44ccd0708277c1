//! `gpucheck rule [SLUG]`: the rules, and the page of one.

use std::fmt::Write;

use clap::Args;

use super::output;
use crate::{exit::Exit, rules};

/// Arguments of `gpucheck rule`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Slug of a rule, as reports name it; without it, all rules are listed
    slug: Option<String>,
}

impl Arguments {
    /// Prints the list or the page.
    pub fn run(self) -> anyhow::Result<Exit> {
        match self.slug {
            None => output::print(&list())?,
            Some(slug) => {
                let entry = rules::find(&slug)
                    .ok_or_else(|| anyhow::anyhow!("there is no rule '{slug}'; `gpucheck rule` lists them"))?;
                output::print(&entry.page())?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn list() -> String {
    let widest = rules::REGISTRY.iter().map(|entry| entry.rule.slug.len()).max().unwrap_or(0);
    rules::REGISTRY.iter().fold(String::new(), |mut text, entry| {
        let _ = writeln!(text, "{:widest$}  {}", entry.rule.slug, entry.title());
        text
    })
}
