//! JUnit's XML in the dialect of Ant, which every CI system reads: a suite for each machine, and a test case for each problem and for each
//! environment without one.
//!
//! What fails the command fails; what is undecided, or bad without failing it, is a case that was skipped; information is in the suite's
//! output.

use std::{collections::BTreeSet, fmt::Write, time::SystemTime};

use super::ci::{Ci, details, opened, title};
use crate::{
    finding::Severity,
    report::{Open, Problem, Problems},
    text,
};

/// The document.
pub(super) fn render(problems: &Problems<'_>, ci: &Ci<'_>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let targets: Vec<Option<&str>> = match problems.targets.as_slice() {
        [] => vec![None],
        several => several.iter().copied().map(Some).collect(),
    };
    for (number, target) in targets.into_iter().enumerate() {
        suite(&mut out, number, target, problems, ci);
    }
    out + "</testsuites>\n"
}

/// How a case ended.
enum Ending {
    Passed,
    Skipped { message: String },
    Failed { kind: String, message: String, text: String },
}

struct Case {
    class: String,
    name: String,
    ending: Ending,
}

fn suite(out: &mut String, number: usize, target: Option<&str>, problems: &Problems<'_>, ci: &Ci<'_>) {
    let concerns = |targets: &[&str]| target.is_none_or(|target| targets.contains(&target));
    let own: Vec<&Problem<'_>> = problems.list.iter().filter(|problem| concerns(&problem.targets)).collect();
    let mut cases: Vec<Case> = own.iter().filter_map(|problem| found(problem, problems, ci)).collect();
    let failing = own.iter().filter(|problem| ci.fails(problem));
    let failing: BTreeSet<Option<&str>> = failing.map(|problem| problem.finding.environment.as_deref()).collect();
    for environment in &problems.environments {
        if !failing.contains(&None) && !failing.contains(&Some(environment)) {
            let name = text::visible(environment).into_owned();
            cases.push(Case { class: class(problems), name, ending: Ending::Passed });
        }
    }
    let open = problems.open.iter().filter(|open| concerns(&open.targets));
    cases.extend(open.map(|open| left_open(open, problems, ci)));
    if cases.is_empty() {
        cases.push(Case { class: class(problems), name: problems.command.to_string(), ending: Ending::Passed });
    }
    let count = |is: fn(&Ending) -> bool| cases.iter().filter(|case| is(&case.ending)).count();
    let failures = count(|ending| matches!(ending, Ending::Failed { .. }));
    let skipped = count(|ending| matches!(ending, Ending::Skipped { .. }));
    let name = match target {
        Some(target) => format!("gpucheck {}: {}", problems.command, text::visible(target)),
        None => format!("gpucheck {}", problems.command),
    };
    let (name, seconds) = (escaped(&name), problems.elapsed_ms / 1000.0);
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" package=\"gpucheck\" id=\"{number}\" timestamp=\"{}\" hostname=\"localhost\" \
         tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\">",
        timestamp(ci.now),
        cases.len(),
    );
    let _ = writeln!(out, "    <properties>");
    let version = escaped(problems.version);
    let _ = writeln!(out, "      <property name=\"gpucheck\" value=\"{version}\"/>\n    </properties>");
    cases.iter().for_each(|case| written(out, case));
    let remarks = own.iter().filter(|problem| problem.severity == Severity::Info && !ci.fails(problem));
    let remarks: Vec<String> = remarks.map(|problem| about(problem, problems, ci)).collect();
    let _ = writeln!(out, "    <system-out>{}</system-out>", escaped(&remarks.join("\n\n")));
    let _ = writeln!(out, "    <system-err/>\n  </testsuite>");
}

fn class(problems: &Problems<'_>) -> String {
    format!("gpucheck.{}", problems.command)
}

/// The case of a problem; none for information.
fn found(problem: &Problem<'_>, of: &Problems<'_>, ci: &Ci<'_>) -> Option<Case> {
    let place = problem.place.map(|place| text::visible(&ci.path(place.path)).into_owned());
    let line = problem.place.and_then(|place| place.part).map(|part| format!(" (line {})", part.line));
    let class = place.or_else(|| problem.finding.environment.clone().filter(|id| !id.is_empty()));
    let class = class.map_or_else(|| self::class(of), |class| text::visible(&class).into_owned());
    let name = title(problem) + &line.unwrap_or_default();
    let summary = text::visible(&problem.finding.summary).into_owned();
    let ending = match (ci.fails(problem), problem.severity) {
        (true, _) => {
            let kind = problem.finding.rule.to_owned();
            Ending::Failed { kind, message: summary, text: about(problem, of, ci) }
        }
        (false, Severity::Info) => return None,
        (false, severity) => {
            let word = if severity == Severity::Error { "error" } else { "warning" };
            Ending::Skipped { message: format!("{word}: {summary}") }
        }
    };
    Some(Case { class, name, ending })
}

fn left_open(open: &Open<'_>, of: &Problems<'_>, ci: &Ci<'_>) -> Case {
    let message = opened(open, of);
    let name = if open.fails { "gate" } else { "not decided" };
    let ending = match ci.fails_open(open) {
        true => Ending::Failed { kind: name.replace(' ', "-"), message: message.clone(), text: message.clone() },
        false => Ending::Skipped { message: message.clone() },
    };
    // A name in full, so that two of them are two.
    Case { class: class(of), name: message, ending }
}

/// All that there is to say of a problem, and where it is.
fn about(problem: &Problem<'_>, of: &Problems<'_>, ci: &Ci<'_>) -> String {
    let place = problem.place.map(|place| {
        let path = text::visible(&ci.path(place.path)).into_owned();
        match place.part {
            Some(part) => format!("{path}:{}:{}: ", part.line, part.column),
            None => format!("{path}: "),
        }
    });
    format!("{}{}\n{}", place.unwrap_or_default(), title(problem), details(problem, of).join("\n"))
}

fn written(out: &mut String, case: &Case) {
    let (class, name) = (escaped(&case.class), escaped(&case.name));
    let start = format!("    <testcase classname=\"{class}\" name=\"{name}\" time=\"0\"");
    let _ = match &case.ending {
        Ending::Passed => writeln!(out, "{start}/>"),
        Ending::Skipped { message } => {
            writeln!(out, "{start}>\n      <skipped message=\"{}\"/>\n    </testcase>", escaped(message))
        }
        Ending::Failed { kind, message, text } => writeln!(
            out,
            "{start}>\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
            escaped(kind),
            escaped(message),
            escaped(text)
        ),
    };
}

/// Text between tags or quotes. Characters that XML has none for were made visible before.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            letter => out.push(letter),
        }
    }
    out
}

/// A moment as `2026-11-30T23:59:59`, in UTC.
pub(super) fn timestamp(at: SystemTime) -> String {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    format!("{}T{:02}:{:02}:{:02}", text::day(days), rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn nothing_ends_a_text_early() {
        assert_eq!(escaped("]]></failure> & \"'"), "]]&gt;&lt;/failure&gt; &amp; &quot;&apos;");
    }

    #[test]
    fn moments_are_dates_and_times() {
        let at = |seconds| timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(at(1_796_083_199), "2026-11-30T23:59:59");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00");
    }
}
