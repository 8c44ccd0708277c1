//! The report as text: one file for each format it can be written in, and the parts that their pages share.

mod change;
mod check;
mod ci;
mod escape;
mod excerpt;
pub mod fleet;
mod framework;
mod github;
mod gitlab;
mod human;
mod installed;
mod json;
mod junit;
mod machines;
mod markdown;
mod matrix;
pub mod needs;
mod online;
mod prometheus;
mod readiness;
mod reason;
mod sarif;
mod scan;
mod style;

pub use ci::Ci;
pub use style::{ColorChoice, Screen};

use crate::{
    report::{CommandName, Machines, Problems, Report, make_all_visible, make_visible},
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
    /// Annotations of GitHub Actions, and a job summary.
    Github,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
    /// JUnit's XML, for the test reports of CI systems.
    Junit,
    /// GitLab's code quality report.
    Gitlab,
    /// The JSON report in one line, for a log, or many nodes' reports in one stream.
    Jsonl,
    /// Prometheus' text format, for node_exporter's textfile collector.
    Prometheus,
    /// One line of at most 200 bytes, for a container's termination log or the reason why a node is drained.
    Reason,
}

impl Format {
    /// Whether all that was read is made visible before it is written. JSON has its own escapes, and formats for CI systems have the
    /// names of files as they are and make all else visible themselves.
    const fn is_page(self) -> bool {
        match self {
            Self::Human | Self::Markdown | Self::Reason => true,
            Self::Json | Self::Jsonl | Self::Prometheus | Self::Github | Self::Sarif | Self::Junit | Self::Gitlab => {
                false
            }
        }
    }
}

/// What can be written in every format.
pub trait Page: Clone {
    /// As text; see [`render`]. `ci`: what formats for CI systems need beside it.
    ///
    /// # Errors
    /// When it cannot be serialised, which would be a defect of gpucheck.
    fn written(self, format: Format, screen: &Screen, ci: &Ci<'_>) -> anyhow::Result<String>;
}

impl Page for Report {
    fn written(mut self, format: Format, screen: &Screen, ci: &Ci<'_>) -> anyhow::Result<String> {
        if format.is_page() {
            make_visible(&mut self);
        }
        let page = match format {
            Format::Json => return json::render(&self),
            Format::Jsonl => return json::in_one_line(&self),
            Format::Prometheus => prometheus::render(&[(None, &self)], ci.now),
            Format::Sarif => return sarif::render(&Problems::of(&self), ci),
            Format::Gitlab => return gitlab::render(&Problems::of(&self), ci),
            Format::Github => github::render(&Problems::of(&self), &reason::render(&self), ci),
            Format::Junit => junit::render(&Problems::of(&self), ci),
            Format::Human => for_people(&self, screen),
            Format::Markdown => markdown::render(&self),
            Format::Reason => reason::render(&self),
        };
        let page = online::last(page, self.knowledge.online.as_ref(), format, screen);
        Ok(guarded(&page, format, screen))
    }
}

impl Page for Machines {
    fn written(mut self, format: Format, screen: &Screen, ci: &Ci<'_>) -> anyhow::Result<String> {
        if format.is_page() {
            make_all_visible(&mut self);
        }
        let page = match format {
            Format::Json => return json::render(&self),
            Format::Jsonl => return json::in_one_line(&self),
            Format::Prometheus => {
                let named = self.targets.iter().map(|one| (Some(one.target.as_str()), &one.report));
                prometheus::render(&named.collect::<Vec<_>>(), ci.now)
            }
            Format::Sarif => return sarif::render(&Problems::of_all(&self), ci),
            Format::Gitlab => return gitlab::render(&Problems::of_all(&self), ci),
            Format::Github => github::render(&Problems::of_all(&self), &machines::reason(&self), ci),
            Format::Junit => junit::render(&Problems::of_all(&self), ci),
            Format::Human => match &self.change {
                Some(change) => change::human(change, &self.targets, screen),
                None => machines::human(&self, screen),
            },
            Format::Markdown => match &self.change {
                Some(change) => change::markdown(change, &self.targets),
                None => machines::markdown(&self),
            },
            Format::Reason => match &self.change {
                Some(change) => change::reason(change, &self.targets),
                None => machines::reason(&self),
            },
        };
        let page = online::last(page, self.knowledge.online.as_ref(), format, screen);
        Ok(guarded(&page, format, screen))
    }
}

/// The page as it may leave.
fn guarded(page: &str, format: Format, screen: &Screen) -> String {
    text::guard(page, screen.color && format == Format::Human).into_owned()
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
pub fn render(report: Report, format: Format, screen: &Screen) -> anyhow::Result<String> {
    report.written(format, screen, &Ci::default())
}
