//! `gpucheck rule [SLUG]`: the rules, and the page of one.

use clap::Args;

use super::{options::Sources, output};
use crate::{
    exit::Exit,
    knowledge::{Knowledge, nearest},
    rules,
    text::Grid,
};

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
                let page = rules::page(knowledge, &slug).ok_or_else(|| unknown(knowledge, &slug))?;
                output::page(&wrapped(&page))?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn unknown(knowledge: &Knowledge, slug: &str) -> anyhow::Error {
    let titles = rules::titles(knowledge);
    let near = nearest(slug, titles.iter().map(|(slug, _)| slug.as_str()));
    let or = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
    anyhow::anyhow!("unknown rule '{slug}'{or} (`gpucheck rule` lists all rules)")
}

/// The page, its paragraphs and points as wide as the terminal, if there is one. What stands in a fence is to be pasted, and stays.
fn wrapped(page: &str) -> String {
    if output::columns().is_none() {
        return page.to_owned();
    }
    let (mut out, mut paragraph, mut fenced) = (String::new(), String::new(), false);
    let end = |paragraph: &mut String, out: &mut String| {
        if !paragraph.is_empty() {
            *out += &output::paragraph(paragraph, if paragraph.starts_with("- ") { "  " } else { "" });
            paragraph.clear();
        }
    };
    for line in page.lines() {
        let fence = line.starts_with("```");
        if fence || fenced || line.is_empty() || line.starts_with(['#', '|']) {
            end(&mut paragraph, &mut out);
            out.extend([line, "\n"]);
            fenced ^= fence;
        } else if line.starts_with("- ") || paragraph.is_empty() {
            end(&mut paragraph, &mut out);
            paragraph.push_str(line);
        } else {
            paragraph.extend([" ", line.trim_start()]);
        }
    }
    end(&mut paragraph, &mut out);
    out
}

fn list(knowledge: &Knowledge) -> String {
    let titles = rules::titles(knowledge);
    let mut grid = Grid::new([]).wrapping();
    for (slug, title) in &titles {
        grid.row([slug, title]);
    }
    output::grid(&grid)
}
