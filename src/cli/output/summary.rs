//! The job summary of GitHub Actions: the report in Markdown, added to the file that the runner names.

use std::path::Path;

use super::file;
use crate::{
    exit::Unfinished,
    render::{Ci, Format, Page, Screen},
    text,
};

/// The variable with the name of the file.
pub(super) const VARIABLE: &str = "GITHUB_STEP_SUMMARY";
/// A step has 1 MiB, of which other commands may want some; a longer file is not shown at all.
const LONGEST: usize = 500 << 10;

/// Adds the report to the file.
pub(super) fn add<P: Page>(path: &Path, report: P, screen: &Screen, ci: &Ci<'_>) -> anyhow::Result<()> {
    let page = report.clone().written(Format::Markdown, screen, ci)?;
    let page = match page.len() <= LONGEST {
        true => page,
        // Visible, in one line, and in a block that it cannot end.
        false => format!(
            "## gpucheck\n\n```text\n{}\n```\n\nThe report is too long for a job summary.\n",
            report.written(Format::Reason, screen, ci)?.trim().replace('`', "'")
        ),
    };
    file::append(path, (page + "\n").as_bytes()).map_err(|error| {
        Unfinished::error(
            format!("cannot add the job summary to {}", text::visible(&path.display().to_string())),
            error,
        )
    })
}
