//! The report as text: one file for each format it can be written in, and the parts that their pages share.

mod check;
mod escape;
mod excerpt;
mod framework;
mod human;
mod installed;
mod json;
mod machines;
mod markdown;
mod matrix;
mod readiness;
mod reason;
mod scan;
mod style;

pub use style::{ColorChoice, Screen};

use crate::{
    report::{CommandName, Machines, Report, make_all_visible, make_visible},
    text,
};

/// Formats a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people, in a terminal or a file.
    #[default]
    Human,
    /// For machines; the contract is in docs/json.md.
    Json,
    /// For an issue or a page.
    Markdown,
    /// One line of at most 200 bytes, for a container's termination log or the reason why a node is drained.
    Reason,
}

/// What can be written in every format.
pub trait Page: Clone {
    /// As text; see [`render`].
    ///
    /// # Errors
    /// When it cannot be serialised, which would be a defect of gpucheck.
    fn written(self, format: Format, screen: &Screen) -> anyhow::Result<String>;
}

impl Page for Report {
    fn written(self, format: Format, screen: &Screen) -> anyhow::Result<String> {
        render(self, format, screen)
    }
}

impl Page for Machines {
    fn written(mut self, format: Format, screen: &Screen) -> anyhow::Result<String> {
        if format != Format::Json {
            make_all_visible(&mut self);
        }
        let page = match format {
            Format::Json => return json::render(&self),
            Format::Human => machines::human(&self, screen),
            Format::Markdown => machines::markdown(&self),
            Format::Reason => machines::reason(&self),
        };
        Ok(text::guard(&page, screen.color && format == Format::Human).into_owned())
    }
}

/// The page for people.
fn for_people(report: &Report, screen: &Screen) -> String {
    match report.command {
        CommandName::Check => check::render(report, screen),
        _ => human::render(report, screen),
    }
}

/// The whole report as text, so that it is written whole or not at all. Nothing in it acts on what shows it: what was read is made
/// visible before the page is written, and the page passes a filter of its own.
pub fn render(mut report: Report, format: Format, screen: &Screen) -> anyhow::Result<String> {
    if format != Format::Json {
        make_visible(&mut report);
    }
    let page = match format {
        Format::Json => return json::render(&report),
        Format::Human => for_people(&report, screen),
        Format::Markdown => markdown::render(&report),
        Format::Reason => reason::render(&report),
    };
    Ok(text::guard(&page, screen.color && format == Format::Human).into_owned())
}
