//! `gpucheck rule [SLUG]`: the rules, and the page of one.

use clap::Args;

use super::{options::Sources, output};
use crate::{exit::Exit, knowledge::Knowledge, rules, text::Grid};

/// Arguments of `gpucheck rule`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Slug of a rule, as shown in reports [default: list all rules]
    slug: Option<String>,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Prints the list or the page.
    pub fn run(self) -> anyhow::Result<Exit> {
        let knowledge = self.sources.load()?;
        match self.slug {
            None => output::page(&list(knowledge))?,
            Some(slug) => {
                let page = rules::page(knowledge, &slug)
                    .ok_or_else(|| anyhow::anyhow!("unknown rule '{slug}'; `gpucheck rule` lists all rules"))?;
                output::page(&page)?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn list(knowledge: &Knowledge) -> String {
    let titles = rules::titles(knowledge);
    let mut grid = Grid::new([]).wrapping();
    for (slug, title) in &titles {
        grid.row([slug, title]);
    }
    output::grid(&grid)
}
