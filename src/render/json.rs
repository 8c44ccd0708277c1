//! JSON for machines: the report as it is, ended by a newline; over many lines for those who look at it, or in one.

use serde::Serialize;

use crate::text;

/// Fails only if the report cannot be serialised, which would be a defect of gpucheck.
pub(super) fn render(report: &impl Serialize) -> anyhow::Result<String> {
    Ok(text::json(&serde_json::to_string_pretty(report)?).into_owned() + "\n")
}

/// The same in one line. No string holds a line break, nor the blanks of a line's beginning: those are all between values.
pub(super) fn in_one_line(report: &impl Serialize) -> anyhow::Result<String> {
    let text = render(report)?;
    Ok(text.lines().map(|line| line.trim_start_matches(' ')).chain(["\n"]).collect())
}
