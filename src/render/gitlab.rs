//! GitLab's code quality report: a list of problems that a merge request shows beside the lines that it changes.
//!
//! Format: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use std::collections::BTreeMap;

use serde_json::json;

use super::ci::{Ci, opened, title};
use crate::{
    finding::{Severity, fingerprint},
    report::{Open, Problem, Problems},
    text,
};

/// The list, as JSON.
pub(super) fn render(problems: &Problems<'_>, ci: &Ci<'_>) -> anyhow::Result<String> {
    let mut prints = Prints::default();
    let found = problems.list.iter().map(|problem| found(problem, problems, ci, &mut prints));
    let mut list: Vec<_> = found.collect();
    list.extend(problems.open.iter().map(|open| open_point(open, problems, ci, &mut prints)));
    super::json::render(&list)
}

fn found(problem: &Problem<'_>, of: &Problems<'_>, ci: &Ci<'_>, prints: &mut Prints) -> serde_json::Value {
    let finding = problem.finding;
    // A path is required: what is wrong outside of files has the name of its environment.
    let path = problem.place.map(|place| ci.path(place.path)).or_else(|| finding.environment.clone());
    let path = path.unwrap_or_else(|| of.command.to_string());
    let line = problem.place.and_then(|place| place.part).map_or(1, |part| part.line);
    let severity = match problem.severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Info => "info",
    };
    let description = format!("{}. {}", title(problem), text::visible(&finding.summary));
    json!({
        "description": description,
        "check_name": finding.rule,
        "fingerprint": prints.of(&[&path, &finding.fingerprint]),
        "severity": severity,
        "location": { "path": text::visible(&path), "lines": { "begin": line } },
    })
}

fn open_point(open: &Open<'_>, of: &Problems<'_>, ci: &Ci<'_>, prints: &mut Prints) -> serde_json::Value {
    let path = of.environments.first().map_or_else(|| of.command.to_string(), |id| ci.path(id));
    json!({
        "description": opened(open, of),
        "check_name": if open.fails { "gate" } else { "undecided" },
        "fingerprint": prints.of(&[&path, &open.text]),
        "severity": if ci.fails_open(open) { "critical" } else { "info" },
        "location": { "path": text::visible(&path), "lines": { "begin": 1 } },
    })
}

/// Fingerprints, of which GitLab wants no two alike: the second of a kind in one file is another. No line is part of them, so that they
/// hold when lines are added above.
#[derive(Default)]
struct Prints(BTreeMap<String, usize>);

impl Prints {
    fn of(&mut self, parts: &[&str]) -> String {
        let print = fingerprint(parts.iter().copied());
        let count = self.0.entry(print.clone()).or_default();
        *count += 1;
        match *count {
            1 => print,
            count => fingerprint([print.as_str(), &count.to_string()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_fingerprints_are_alike() {
        let mut prints = Prints::default();
        let all = [prints.of(&["a", "b"]), prints.of(&["a", "b"]), prints.of(&["a", "b"]), prints.of(&["a", "c"])];
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), 4);
        assert_eq!(all.first(), Some(&Prints::default().of(&["a", "b"])));
    }
}
