//! Many machines' reports, put together: for people in a terminal and as Markdown; one file for each other format. Lists of names end where a
//! screen does; JSON has all of them.

mod html;
mod metrics;

use std::{fmt::Write as _, time::SystemTime};

use super::{Screen, escape::escaped, human::Page, json, markdown as pages};
use crate::{
    finding::{Finding, Severity},
    report::{Cause, Fleet, FleetFix, Nodes, Pool, Trait, TraitValue, Verdict, make_fleet_visible},
    text::{self, Paint},
};

/// Bytes of a list of names that is not shown whole.
const NAMES: usize = 240;
/// Reports that are named of those that could not be read.
const UNREAD: usize = 20;
/// Kinds of machines that are shown although none of them is odd.
const POOLS: usize = 8;
/// The trait by which pools are called.
const GPUS: &str = "GPUs";
/// Values of one trait that are shown where machines are of several kinds.
const MIXED: usize = 3;

/// Formats of `merge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum FleetFormat {
    /// For people, in a terminal or a file
    #[default]
    Human,
    /// For programs; the contract is in docs/json.md
    Json,
    /// For an issue or a page
    Markdown,
    /// One page with a grid of the nodes, which needs nothing from elsewhere, for a ticket
    Html,
    /// Prometheus' text format, for node_exporter's textfile collector
    Prometheus,
}

/// The answer as text; `now` is when it was made.
///
/// # Errors
/// When it cannot be serialised, which would be a defect of gpucheck.
pub fn render(mut fleet: Fleet, format: FleetFormat, screen: &Screen, now: SystemTime) -> anyhow::Result<String> {
    if format == FleetFormat::Json {
        return json::render(&fleet);
    }
    make_fleet_visible(&mut fleet);
    let page = match format {
        FleetFormat::Markdown => markdown(&fleet),
        FleetFormat::Html => html::render(&fleet, now),
        FleetFormat::Prometheus => metrics::render(&fleet, now),
        FleetFormat::Human | FleetFormat::Json => human(&fleet, screen),
    };
    Ok(text::guard(&page, screen.color && format == FleetFormat::Human).into_owned())
}

fn human(fleet: &Fleet, screen: &Screen) -> String {
    let mut page = Page::new(screen);
    let named = |nodes: &Nodes| names(nodes, if screen.verbose > 0 { usize::MAX } else { NAMES });
    for pool in shown(&fleet.pools) {
        if !screen.quiet {
            let text = pool_line(pool);
            page.labelled(0, &plural(pool.nodes.count, "node"), Paint::Strong, &text);
        }
        for (one, value) in pool.odd() {
            let text = format!("{} on {}: {}", odd(one, value), plural(value.nodes.count, "node"), named(&value.nodes));
            page.point(Paint::Warning, "!", &text);
        }
    }
    if let Some(text) = other_pools(&fleet.pools).filter(|_| !screen.quiet) {
        page.labelled(0, "", Paint::Dim, &text);
    }
    if !page.out.is_empty() {
        page.out.push('\n');
    }
    for cause in &fleet.causes {
        let finding = &cause.finding;
        if finding.severity == Severity::Info {
            continue;
        }
        page.cause(&on_all(finding, screen.verbose > 0));
        page.labelled(2, &plural(cause.nodes.count, "node"), Paint::Strong, &named(&cause.nodes));
        for fix in fixes(fleet, cause) {
            page.fix(if fix.fix.impossible { "no fix" } else { "fix" }, &fix.fix);
            if let Some(text) = reach(fix) {
                page.labelled(2, "", Paint::Dim, &text);
            }
        }
        page.out.push('\n');
    }
    for (mark, paint, text) in remarks(fleet, &named, if screen.verbose > 0 { usize::MAX } else { UNREAD }) {
        page.point(paint, mark, &text);
    }
    let notes = fleet.causes.iter().filter(|cause| cause.finding.severity == Severity::Info && !screen.quiet);
    for cause in notes {
        let Finding { rule, subject, .. } = &cause.finding;
        page.point(Paint::Dim, "·", &format!("{rule}: {subject}, on {}", plural(cause.nodes.count, "node")));
    }
    if !page.out.ends_with("\n\n") && !page.out.is_empty() {
        page.out.push('\n');
    }
    let (mark, paint) = match fleet.verdict {
        Verdict::Ok => ("✓", Paint::Good),
        Verdict::Warning => ("!", Paint::Warning),
        Verdict::Error => ("✗", Paint::Error),
        Verdict::Unknown => ("?", Paint::Warning),
    };
    page.point(paint, mark, &in_short(fleet));
    page.out
}

fn markdown(fleet: &Fleet) -> String {
    let named = |nodes: &Nodes| names(nodes, usize::MAX);
    let mut out = format!("## gpucheck merge\n\n{}\n\n", escaped(&in_short(fleet)));
    for pool in shown(&fleet.pools) {
        let _ = writeln!(out, "- **{}**: {}", plural(pool.nodes.count, "node"), escaped(&pool_line(pool)));
        for (one, value) in pool.odd() {
            let (count, names) = (plural(value.nodes.count, "node"), escaped(&named(&value.nodes)));
            let _ = writeln!(out, "  - **{} on {count}**: {names}", escaped(&odd(one, value)));
        }
    }
    if let Some(text) = other_pools(&fleet.pools) {
        let _ = writeln!(out, "- {}", escaped(&text));
    }
    out.push('\n');
    for cause in &fleet.causes {
        let mut finding = on_all(&cause.finding, false);
        let serious = finding.severity > Severity::Info;
        finding.fixes = fixes(fleet, cause).filter(|_| serious).map(|fix| fix.fix.clone()).collect();
        pages::one(&mut out, &finding);
        let _ = writeln!(
            out,
            "On {}: {}\n",
            plural(cause.nodes.count, "node"),
            escaped(&if serious { named(&cause.nodes) } else { names(&cause.nodes, NAMES) })
        );
        for text in fixes(fleet, cause).filter(|_| serious).filter_map(reach) {
            let _ = writeln!(out, "The fix is {}\n", escaped(&text));
        }
    }
    for (_, _, text) in remarks(fleet, &named, usize::MAX) {
        let _ = writeln!(out, "- {}", escaped(&text));
    }
    out.trim_end().to_owned() + "\n"
}

/// The pools that are shown: those with odd machines, and the largest.
fn shown(pools: &[Pool]) -> impl Iterator<Item = &Pool> {
    pools.iter().enumerate().filter(|(place, pool)| *place < POOLS || pool.odd().next().is_some()).map(|(_, pool)| pool)
}

/// The others in a line.
fn other_pools(pools: &[Pool]) -> Option<String> {
    let others = pools.len() - shown(pools).count();
    (others > 0).then(|| format!("and {others} other kinds of machines (--format json has all)"))
}

/// What is wrong, as it is told of all that have it: evidence is that of the first machine.
fn on_all(finding: &Finding, evidence: bool) -> Finding {
    let mut finding = finding.clone();
    if !evidence {
        finding.evidence.clear();
    }
    finding
}

fn fixes<'f>(fleet: &'f Fleet, cause: &'f Cause) -> impl Iterator<Item = &'f FleetFix> {
    cause.mended_by.iter().filter_map(|number| fleet.fixes.get(*number))
}

/// How many machines a fix is for.
fn reach(fix: &FleetFix) -> Option<String> {
    if fix.fix.impossible {
        return None;
    }
    let all = fix.nodes.count;
    let also = match fix.rules.len() {
        0 | 1 => String::new(),
        _ => format!(" ({})", fix.rules.join(", ")),
    };
    let left = match fix.wholly {
        wholly if wholly == all => ", where nothing else is wrong".to_owned(),
        0 => ", where more is wrong".to_owned(),
        wholly => format!("; nothing else is wrong on {wholly} of them"),
    };
    let lines = match fix.lines_differ {
        true => format!("; the lines are those of {}, others are spelled differently", fix.first),
        false => String::new(),
    };
    Some(format!("for {}{also}{left}{lines}", plural(all, "node")))
}

/// A pool in a line: what it is, and what most of it has.
fn pool_line(pool: &Pool) -> String {
    let same = |one: &Trait| one.what == GPUS && one.values.first().is_some_and(|most| most.value.contains(&pool.name));
    // Counted, they say what the pool is called.
    let name = Some(&pool.name).filter(|_| !pool.traits.iter().any(same));
    let mut parts: Vec<String> = name.cloned().into_iter().collect();
    for one in &pool.traits {
        let mixed = one.values.get(1).is_some_and(|second| !second.odd);
        let values: Vec<String> = match mixed {
            true => one.values.iter().map(|value| format!("{} ({})", value.value, value.nodes.count)).collect(),
            false => one.values.first().map(|value| value.value.clone()).into_iter().collect(),
        };
        let more = values.len().saturating_sub(MIXED);
        let shown = values.into_iter().take(MIXED).collect::<Vec<_>>().join(" or ");
        let more = if more > 0 { format!(" or {more} others") } else { String::new() };
        let what = if one.what == GPUS { String::new() } else { format!("{} ", one.what) };
        parts.push(format!("{what}{shown}{more}"));
    }
    parts.join(", ")
}

/// What is odd: `driver 550.54.14 instead of 580.95.05`.
fn odd(one: &Trait, value: &TraitValue) -> String {
    let usual = one.values.first().map_or("", |usual| usual.value.as_str());
    format!("{} {} instead of {usual}", one.what, value.value)
}

/// Names up to so many bytes.
fn names(nodes: &Nodes, longest: usize) -> String {
    let (mut out, mut left) = (String::new(), nodes.unnamed > 0);
    for name in &nodes.names {
        let gap = if out.is_empty() { "" } else { "," };
        let room = longest.saturating_sub(out.len() + gap.len());
        if name.len() > room {
            left = true;
            if out.is_empty() {
                // A list ends behind one of its ranges.
                let end = name.get(..name.floor_char_boundary(room)).unwrap_or_default();
                out += end.rfind(',').and_then(|at| end.get(..at)).unwrap_or(end);
            }
            break;
        }
        out += gap;
        out += name;
    }
    if left {
        out += " and others (--format json has all)";
    }
    out
}

/// What else is to be said: a line each, with its mark. So many are named of the reports that could not be read.
fn remarks(fleet: &Fleet, named: &dyn Fn(&Nodes) -> String, unread: usize) -> Vec<(&'static str, Paint, String)> {
    let mut lines = Vec::new();
    for one in &fleet.undecided {
        let (nodes, needs) = (&one.nodes, one.needs.join("; "));
        let (rules, on) = (one.rules.join(", "), plural(nodes.count, "node"));
        let text = format!("not decided without {needs}: {rules}; on {on}: {}", named(nodes));
        lines.push(("?", Paint::Dim, text));
    }
    for unread in fleet.unread.iter().take(unread) {
        lines.push(("?", Paint::Warning, format!("{}: {}", unread.name, unread.why)));
    }
    let more = fleet.counts.unread.saturating_sub(fleet.unread.len().min(unread) as u64);
    if more > 0 {
        lines.push(("?", Paint::Warning, format!("{} more could not be read", plural(more, "report"))));
    }
    if !fleet.repeated.is_empty() {
        lines.push((
            "?",
            Paint::Dim,
            format!("more than one report came from {}; each is counted", named(&fleet.repeated)),
        ));
    }
    lines.extend(fleet.left_out.iter().map(|text| ("?", Paint::Warning, text.clone())));
    if !fleet.healthy.is_empty() {
        let text = format!("nothing is wrong on {}: {}", plural(fleet.healthy.count, "node"), named(&fleet.healthy));
        lines.push(("✓", Paint::Good, text));
    }
    lines
}

/// The last line.
fn in_short(fleet: &Fleet) -> String {
    let counts = &fleet.counts;
    let mut parts = Vec::new();
    for (count, text) in [(counts.error, "with errors"), (counts.warning, "with warnings")] {
        if count > 0 {
            parts.push(format!("{count} {text}"));
        }
    }
    for (count, text) in [(fleet.odd(), "not like the others"), (counts.unknown, "not fully checked")] {
        if count > 0 {
            parts.push(format!("{count} {text}"));
        }
    }
    if parts.is_empty() {
        parts.push("no problems found".to_owned());
    }
    let unread = match counts.unread {
        0 => String::new(),
        unread => format!("; {} could not be read", plural(unread, "report")),
    };
    match counts.judged {
        0 => format!("no report could be judged{unread}"),
        judged => format!("{}: {}{unread}", plural(judged, "node"), parts.join(", ")),
    }
}

fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
