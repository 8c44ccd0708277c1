//! Workflow commands of GitHub Actions: a line for each problem, which the runner shows beside the line of the file. The job summary is the
//! report in Markdown (`cli::output`).
//!
//! Format: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use std::fmt::Write;

use super::ci::{Ci, details, opened, title};
use crate::{
    finding::Severity,
    report::{Place, Problems},
};

/// The lines; `last` says how it ended, for those who read the log.
pub(super) fn render(problems: &Problems<'_>, last: &str, ci: &Ci<'_>) -> String {
    let mut out = String::new();
    for problem in &problems.list {
        let command = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut properties = problem.place.map(|place| placed(&place, ci)).unwrap_or_default();
        properties.push(format!("title={}", property(&title(problem))));
        let message = details(problem, problems).join("\n");
        let _ = writeln!(out, "::{command} {}::{}", properties.join(","), data(&message));
    }
    let name = property(&format!("gpucheck {}", problems.command));
    for open in &problems.open {
        let command = if ci.fails_open(open) { "error" } else { "notice" };
        let _ = writeln!(out, "::{command} title={name}::{}", data(&opened(open, problems)));
    }
    // A line that is no command must not become one: the runner looks for the older form of them anywhere in it.
    let _ = writeln!(out, "{}", last.trim().replace("##[", "## ["));
    out
}

fn placed(place: &Place<'_>, ci: &Ci<'_>) -> Vec<String> {
    let mut properties = vec![format!("file={}", property(&ci.path(place.path)))];
    if let Some(part) = place.part {
        properties.push(format!("line={}", part.line));
        properties.push(format!("col={}", part.column));
        properties.extend(part.end_column.map(|end| format!("endColumn={end}")));
    }
    properties
}

/// A message, which ends with its line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which also ends at a colon or a comma.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_message_or_a_property_early() {
        assert_eq!(data("100 %\r\n::error::x"), "100 %25%0D%0A::error::x");
        assert_eq!(property("a,line=1::b%0A\n"), "a%2Cline=1%3A%3Ab%250A%0A");
    }
}
