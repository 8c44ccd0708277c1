//! JSON for machines: the report as it is, ended by a newline.

use super::Report;

/// Fails only if the report cannot be serialised, which would be a defect of gpucheck.
pub(super) fn render(report: &Report) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}
