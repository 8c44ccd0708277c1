//! For people: what files ask for. The place of each finding leads, with its line and the part that is meant; then a line for each
//! environment that the files declare. Of the machine, only what was judged for is named.

use std::fmt::Write;

use super::{Screen, human::Page};
use crate::{
    finding::{Excerpt, FileChange, Finding, Severity},
    report::{Report, Verdict},
    rules::code::Execution,
    text::Paint,
};

/// The rule about what was not read or understood, whose findings are a line each.
const UNCLEAR: &str = "declaration-unclear";
/// More remarks than these are counted.
const MOST_REMARKS: usize = 5;
/// Width that a line of a file has on a page without a width.
const WIDEST: usize = 160;

pub(super) fn render(report: &Report, screen: &Screen) -> String {
    let mut page = Page::new(screen);
    let (unclear, findings): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|finding| finding.rule == UNCLEAR);
    for finding in findings {
        page.finding(finding);
    }
    remarks(&mut page, &unclear, screen);
    suppressed(&mut page, report, screen);
    page.undecided(report);
    if !screen.quiet {
        for line in environments(report) {
            let _ = write!(page.out, "{} ", line.paint.on(line.mark, screen.color));
            let _ = writeln!(page.out, "{}: {}", Paint::Strong.on(&line.name, screen.color), line.text);
        }
    }
    let healthy = report.verdict == Verdict::Ok && report.facts.environments.len() == 1 && !screen.quiet;
    if !healthy {
        let (paint, text) = verdict(report);
        let _ = writeln!(page.out, "{}", paint.on(text, screen.color));
    }
    page.out
}

/// A line about what is not known.
fn remark(finding: &Finding) -> String {
    match &finding.location {
        Some(at) => format!("{at} {}", finding.summary),
        None => format!("{}: {}", finding.subject, finding.summary),
    }
}

fn remarks(page: &mut Page<'_>, unclear: &[&Finding], screen: &Screen) {
    let (weighty, light): (Vec<&&Finding>, Vec<&&Finding>) =
        unclear.iter().partition(|finding| finding.severity >= Severity::Warning);
    for finding in &weighty {
        page.point(Paint::Warning, "!", &remark(finding));
    }
    let shown = if screen.verbose > 0 || light.len() <= MOST_REMARKS { light.len() } else { 0 };
    for finding in light.iter().take(shown).filter(|_| !screen.quiet) {
        page.point(Paint::Dim, "·", &remark(finding));
    }
    if shown < light.len() && !screen.quiet {
        page.point(Paint::Dim, "·", &format!("{} things were passed over (-v shows them)", light.len()));
    }
    if !unclear.is_empty() {
        page.out.push('\n');
    }
}

/// What is ignored, for those who ask, and what is ignored for nothing.
fn suppressed(page: &mut Page<'_>, report: &Report, screen: &Screen) {
    for one in report.checks.suppressed.iter().filter(|_| screen.verbose > 0) {
        let at = one.location.as_ref().map(|at| format!("{at} ")).unwrap_or_default();
        page.point(Paint::Dim, "·", &format!("{at}{} is ignored: {}", one.rule, one.reason));
    }
    for one in report.checks.unmatched.iter().filter(|_| !screen.quiet) {
        let at = one.location.as_ref().map(|at| format!("{at} ")).unwrap_or_default();
        page.point(Paint::Dim, "·", &format!("{at}nothing is ignored: {} was not found ({})", one.rule, one.reason));
    }
}

/// What becomes of an environment, in a line.
pub(super) struct Line {
    pub mark: &'static str,
    pub paint: Paint,
    pub name: String,
    pub text: String,
}

/// A line for each environment.
pub(super) fn environments(report: &Report) -> Vec<Line> {
    let facts = &report.facts;
    let driver = facts.driver.value().map(|driver| format!(" with driver {}", driver.version)).unwrap_or_default();
    let name = |id: &str| {
        let mut gpus = facts.gpus.value().into_iter().flatten();
        gpus.find(|gpu| gpu.id == id).and_then(|gpu| gpu.name.value().cloned()).unwrap_or_else(|| id.to_owned())
    };
    let one = |id: &String| {
        let own = || report.findings.iter().filter(|finding| finding.environment.as_ref().is_none_or(|one| one == id));
        let worst = own().filter(|finding| finding.rule != UNCLEAR).map(|finding| finding.severity).max();
        let runs: Vec<_> = report.runs_on.iter().filter(|runs| runs.environment == *id).collect();
        let of = |how: fn(Execution) -> bool| -> Vec<String> {
            runs.iter().filter(|runs| how(runs.how)).map(|runs| name(&runs.gpu)).collect()
        };
        let (none, unknown) = (of(|how| how == Execution::None), of(|how| how == Execution::Unknown));
        let works = of(|how| !matches!(how, Execution::None | Execution::Unknown));
        let subject = runs.first().map(|runs| runs.subject.as_str()).unwrap_or_default();
        let mut said = Vec::new();
        if !works.is_empty() {
            said.push(format!("runs on {}{driver}", works.join(", ")));
        }
        if !none.is_empty() {
            said.push(format!("does not run on {}{driver}", none.join(", ")));
        }
        if !unknown.is_empty() {
            said.push(format!("may or may not run on {}{driver}", unknown.join(", ")));
        }
        let text = match said.is_empty() {
            false => format!("{subject} {}", said.join(", ")),
            true if facts.gpus.value().is_none_or(Vec::is_empty) => "no GPU to judge it for".to_owned(),
            true => "asks for no torch".to_owned(),
        };
        let (mark, paint) = match (worst, runs.is_empty(), unknown.is_empty()) {
            (Some(Severity::Error), ..) => ("✗", Paint::Error),
            (Some(Severity::Warning), ..) => ("!", Paint::Warning),
            (_, true, _) => ("·", Paint::Dim),
            (.., false) => ("?", Paint::Warning),
            _ if report.verdict == Verdict::Unknown => ("?", Paint::Warning),
            _ if none.is_empty() => ("✓", Paint::Good),
            _ => ("·", Paint::Dim),
        };
        Line { mark, paint, name: id.clone(), text }
    };
    facts.environments.iter().map(|environment| one(&environment.id)).collect()
}

fn verdict(report: &Report) -> (Paint, String) {
    let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")];
    let counts =
        counts.into_iter().filter(|&(n, _)| n > 0).map(|(n, noun)| plural(n, noun)).collect::<Vec<_>>().join(", ");
    let fixable = report.findings.iter().any(|finding| finding.fixes.iter().any(|fix| !fix.changes.is_empty()));
    let hint = if fixable { " (--diff prints the changes)" } else { "" };
    match report.verdict {
        Verdict::Error => (Paint::Error, format!("✗ {counts}{hint}")),
        Verdict::Warning => (Paint::Warning, format!("! {counts}{hint}")),
        Verdict::Ok => (Paint::Good, format!("✓ no problems found ({})", plural(report.checks.ran, "check"))),
        Verdict::Unknown => (Paint::Warning, "? no problems found, but not everything is known".to_owned()),
    }
}

/// A line of a file with its number, and marks under the part that is meant.
pub(super) fn excerpt(line: u32, excerpt: &Excerpt, mark: Paint, screen: &Screen) -> String {
    let number = line.to_string();
    let gutter = number.len() + 2;
    let room = screen.width.unwrap_or(WIDEST).saturating_sub(gutter + 3).max(20);
    let (text, before, length) = window(excerpt, room);
    let bar = Paint::Dim.on("|", screen.color);
    let mut out = String::new();
    let _ = writeln!(out, "{:gutter$} {bar}", "");
    let shown = format!("{:>gutter$} {bar} {text}", Paint::Dim.on(format!("{number:>gutter$}"), screen.color));
    let _ = writeln!(out, "{}", shown.trim_end());
    let marks = "^".repeat(length.max(1));
    let _ = writeln!(out, "{:gutter$} {bar} {:before$}{}", "", "", mark.on(marks, screen.color));
    out
}

/// The text that fits, the columns before the part, and how many it takes.
fn window(excerpt: &Excerpt, room: usize) -> (String, usize, usize) {
    let letters: Vec<char> = excerpt.text.chars().collect();
    let index = |column: u32| {
        usize::try_from(column).map_or(letters.len(), |column| column.saturating_sub(1)).min(letters.len())
    };
    let (start, end) = (index(excerpt.column), index(excerpt.end_column).max(index(excerpt.column)));
    let text = |from: usize, to: usize| letters.get(from..to).unwrap_or_default().iter().collect::<String>();
    let width = |text: &str| textwrap::core::display_width(text);
    // The part stays in sight; what is before it goes first.
    let mut from = 0;
    while from < start && width(&text(from, end)) + 2 > room {
        from += 1;
    }
    let mut to = letters.len();
    while to > from + 1 && width(&text(from, to)) + 2 > room {
        to -= 1;
    }
    let head = if from > 0 { "…" } else { "" };
    let tail = if to < letters.len() { "…" } else { "" };
    let before = width(head) + width(&text(from, start));
    (format!("{head}{}{tail}", text(from, to)), before, width(&text(start, end.min(to).max(start))))
}

/// Lines that change, as a diff shows them.
pub(super) fn change(change: &FileChange, screen: &Screen) -> String {
    let mut out = format!("      {}\n", Paint::Dim.on(format!("{}:{}", change.path, change.line), screen.color));
    for line in &change.old {
        let _ = writeln!(out, "      {}", Paint::Error.on(format!("- {line}"), screen.color));
    }
    for line in &change.new {
        let _ = writeln!(out, "      {}", Paint::Good.on(format!("+ {line}"), screen.color));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_part_in_sight() {
        let text = format!("{}torch==2.5.1{}", "x".repeat(100), "y".repeat(100));
        let of = Excerpt { text, column: 101, end_column: 113 };
        let screen = Screen { width: Some(40), color: false, verbose: 0, quiet: false };
        let shown = excerpt(7, &of, Paint::Error, &screen);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 40), "{shown}");
        let at = lines[1].chars().collect::<String>().find("torch").map(|at| lines[1][..at].chars().count());
        assert_eq!(at, lines[2].find('^'), "{shown}");
        assert!(lines[2].ends_with("^^^^^^^^^^^^"), "{shown}");
    }
}
