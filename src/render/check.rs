//! For people: what files ask for. The place of each finding leads, with its line and the part that is meant; then a line for each
//! environment that the files declare. Of the machine, only what was judged for is named.

use std::{collections::BTreeSet, fmt::Write};

use gpucheck_ground::Order as _;

use super::{Screen, human::Page};
use crate::{
    facts::{Environment, GapWeight},
    finding::{Finding, Severity},
    report::{Report, StandingOf, Verdict},
    rules::code::Execution,
    text::{self, Paint},
};

/// The rule about what was not read or understood, whose findings are a line each.
const UNCLEAR: &str = "declaration-unclear";
/// The rule about what a page says, whose remarks are a line each.
const STALE: &str = "page-out-of-date";
/// More remarks than these are counted.
const MOST_REMARKS: usize = 5;

pub(super) fn render(report: &Report, screen: &Screen) -> String {
    let mut page = Page::new(screen);
    let (unclear, findings): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|finding| finding.rule == UNCLEAR);
    let (mut stale, findings): (Vec<&Finding>, Vec<&Finding>) =
        findings.into_iter().partition(|finding| finding.rule == STALE && finding.severity < Severity::Warning);
    let installed = report.installed();
    if !screen.quiet {
        page.out += &super::installed::changes(installed, screen);
    }
    // What is new leads: what was wrong before is no reason against the command.
    let (old, new): (Vec<&Finding>, Vec<&Finding>) =
        distinct(&findings).into_iter().partition(|one| super::installed::stays(installed, &one.fingerprint));
    new.into_iter().for_each(|finding| page.finding(finding));
    if !old.is_empty() {
        page.point(Paint::Dim, "=", "as before:");
        page.out.push('\n');
    }
    old.into_iter().for_each(|finding| page.finding(finding));
    // A page may be out of date in many of its lines: a line for each, in their order.
    stale.order_by_key(|finding| finding.location.as_ref().map(|at| (at.path.clone(), at.line)));
    for finding in stale.iter().filter(|_| !screen.quiet) {
        let at = finding.location.as_ref().map(|at| format!("{at} ")).unwrap_or_default();
        page.point(Paint::Dim, "·", &format!("{at}\"{}\": {}", finding.subject, finding.summary));
    }
    if !stale.is_empty() && !screen.quiet {
        page.out.push('\n');
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
    for one in report.statements.iter().filter(|one| screen.verbose > 0 && one.standing == StandingOf::Right) {
        let at = one.location.as_ref().map(|at| format!("{at} ")).unwrap_or_default();
        page.point(Paint::Good, "✓", &format!("{at}right: {} ({})", one.text, one.today));
    }
    super::installed::before(installed).iter().for_each(|text| page.point(Paint::Dim, "·", text));
    let healthy = report.verdict == Verdict::Ok && report.facts.environments.len() == 1 && !screen.quiet;
    if !healthy {
        let (paint, text) = verdict(report);
        let _ = writeln!(page.out, "{}", paint.on(text, screen.color));
    }
    page.out
}

/// The findings without those that say the same of the same line for another environment: the lines about environments name them.
fn distinct<'r>(findings: &[&'r Finding]) -> Vec<&'r Finding> {
    let mut seen = BTreeSet::new();
    let mut is_new = |finding: &Finding| {
        let at = finding.location.as_ref().map(ToString::to_string);
        let environment = finding.environment.clone().filter(|_| at.is_none());
        seen.insert((finding.rule, at, environment, finding.summary.clone()))
    };
    findings.iter().copied().filter(|finding| is_new(finding)).collect()
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
        let named = gpus.find(|gpu| text::visible(&gpu.id) == id).and_then(|gpu| gpu.name.value());
        named.map_or_else(|| id.to_owned(), |name| text::visible(name).into_owned())
    };
    let one = |id: &String, open: bool| {
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
        let mut errors: Vec<&str> =
            own().filter(|finding| finding.severity == Severity::Error).map(|finding| finding.rule).collect();
        errors.dedup();
        if !works.is_empty() {
            said.push(match errors.is_empty() {
                true => format!("runs on {}{driver}", works.join(", ")),
                // It has code for the GPU, and something else is in the way.
                false => format!("fails on {}{driver} ({})", works.join(", "), errors.join(", ")),
            });
        }
        if !none.is_empty() {
            said.push(format!("does not run on {}{driver}", none.join(", ")));
        }
        if !unknown.is_empty() {
            said.push(format!("may or may not run on {}{driver}", unknown.join(", ")));
        }
        let pages: Vec<_> = report.statements.iter().filter(|one| one.environment == *id).collect();
        let text = match said.is_empty() {
            _ if !pages.is_empty() => {
                let count = |standing| pages.iter().filter(|one| one.standing == standing).count();
                let (right, stale) = (count(StandingOf::Right), count(StandingOf::Stale));
                format!("{right} statements right, {stale} out of date, {} wrong", count(StandingOf::Wrong))
            }
            false => format!("{subject} {}", said.join(", ")),
            true if facts.gpus.value().is_none_or(Vec::is_empty) => "no GPU to judge it for".to_owned(),
            true if open => "which torch it brings, if any, is not known".to_owned(),
            true => "asks for no torch".to_owned(),
        };
        let (mark, paint) = match (worst, runs.is_empty(), unknown.is_empty()) {
            (Some(Severity::Error), ..) => ("✗", Paint::Error),
            (Some(Severity::Warning), ..) => ("!", Paint::Warning),
            (_, true, _) if open && pages.is_empty() => ("?", Paint::Warning),
            (_, true, _) => ("·", Paint::Dim),
            (.., false) => ("?", Paint::Warning),
            _ if report.verdict == Verdict::Unknown => ("?", Paint::Warning),
            _ if none.is_empty() => ("✓", Paint::Good),
            _ => ("·", Paint::Dim),
        };
        Line { mark, paint, name: id.clone(), text }
    };
    // All else that the report says was made visible; the facts are as they were read.
    let open = |environment: &Environment| environment.gaps.iter().any(|gap| gap.weight == GapWeight::Decides);
    let lines = facts.environments.iter();
    lines.map(|environment| one(&text::visible(&environment.id).into_owned(), open(environment))).collect()
}

fn verdict(report: &Report) -> (Paint, String) {
    let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let all: Vec<&Finding> = report.findings.iter().collect();
    let distinct = distinct(&all);
    let count = |severity| distinct.iter().filter(|finding| finding.severity == severity).count();
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
