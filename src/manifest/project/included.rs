//! Requirements files that a project takes its dependencies from.

use std::path::Path;

use super::parts::Line;
use crate::{
    facts::RequestRole,
    manifest::{NotRead, Reading, Sheet, StepSheet, requirements},
};

/// The lines of a requirements file that a project names.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn of_file(
    name: &str,
    folder: &Path,
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
) -> Result<Vec<Line>, NotRead> {
    let text = reading.beside(folder, name)?;
    let mut step = StepSheet::default();
    requirements::include(reading, sheet, &mut step, &text, RequestRole::Wanted);
    let place = |at: Option<_>| at.unwrap_or_else(|| text.at(0));
    let line = |(request, at)| Line { asked: Ok(request), at: place(at), source: None };
    Ok(step.into_requests().map(line).collect())
}
