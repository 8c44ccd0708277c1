//! JSON for machines: the report as it is, ended by a newline.

use serde::Serialize;

use crate::text;

/// Fails only if the report cannot be serialised, which would be a defect of gpucheck.
pub(super) fn render(report: &impl Serialize) -> anyhow::Result<String> {
    Ok(text::json(&serde_json::to_string_pretty(report)?).into_owned() + "\n")
}
