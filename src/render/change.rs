//! What a change to files does, for people: first what is another in each environment, then what is new, what is mended, and one line that
//! sums it up.

use std::fmt::Write;

use gpucheck_ground::Order as _;

use super::{Screen, escape::escaped, human::Page, markdown::one as finding_of, reason};
use crate::{
    finding::{Finding, Fix, Severity},
    report::{
        Aspect, CellStatus, Change, EnvironmentChange, MachineReport, Mended, Moved, TargetChange, scan::Presence,
    },
    text::{self, Paint},
};

/// More findings of the kind that are told in a line each are counted.
const MOST: usize = 6;

/// Something that is told once for all machines that have it.
struct Once<'r, T> {
    what: &'r T,
    targets: Vec<&'r str>,
}

impl<T> Once<'_, T> {
    /// ` on RTX 5090, B200`, where that says something. `total`: how many machines there are.
    fn on(&self, total: usize) -> String {
        match total {
            0 | 1 => String::new(),
            _ if self.targets.len() == total => " on all of them".to_owned(),
            _ => format!(" on {}", self.targets.iter().map(|name| short(name)).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Adds something for a machine: what is the same is told once.
fn add<'r, T>(all: &mut Vec<Once<'r, T>>, what: &'r T, targets: &[&'r str], same: impl Fn(&T, &T) -> bool) {
    let index = all.iter().position(|known| same(known.what, what)).unwrap_or_else(|| {
        all.push(Once { what, targets: Vec::new() });
        all.len() - 1
    });
    if let Some(known) = all.get_mut(index) {
        known
            .targets
            .extend(targets.iter().filter(|target| !known.targets.contains(target)).copied().collect::<Vec<_>>());
    }
}

/// What is new: findings of one rule at one place are one.
fn new(targets: &[MachineReport]) -> Vec<Once<'_, Finding>> {
    let same = |one: &Finding, other: &Finding| {
        let place = one.location == other.location && one.location.is_some();
        let words = one.summary == other.summary && one.environment == other.environment;
        one.rule == other.rule && one.severity == other.severity && (place || words)
    };
    let mut all = Vec::new();
    for machine in targets {
        for finding in &machine.report.findings {
            add(&mut all, finding, &[&machine.target], same);
        }
    }
    all.order_by_key(|one| std::cmp::Reverse(one.what.severity));
    all
}

/// What is mended, likewise.
fn gone(change: &Change) -> Vec<Once<'_, Mended>> {
    let same = |one: &Mended, other: &Mended| {
        let place = one.location == other.location && one.location.is_some();
        let word = one.summary == other.summary && one.environment == other.environment;
        one.rule == other.rule && one.accepted == other.accepted && (place || word)
    };
    let mut all = Vec::new();
    for one in change.mended.iter().filter(|one| one.severity > Severity::Info) {
        let targets: Vec<&str> = one.targets.iter().map(String::as_str).collect();
        add(&mut all, one, &targets, same);
    }
    all
}

/// A product without the words that all have.
fn short(name: &str) -> &str {
    name.trim_start_matches("NVIDIA ").trim_start_matches("GeForce ")
}

/// `main (1a2b3c4d5e6f)`
fn base(change: &Change) -> String {
    match change.commit.as_deref().and_then(|commit| commit.get(..12)) {
        Some(commit) => format!("{} ({commit})", change.base),
        None => change.base.clone(),
    }
}

fn label(moved: &Moved) -> &str {
    match moved.what {
        Aspect::Image => "image",
        Aspect::Python => "Python",
        Aspect::Torch => "torch",
        Aspect::Cuda | Aspect::CudaMajor => "CUDA",
        Aspect::Driver => "driver",
        Aspect::Package => moved.name.as_deref().unwrap_or("package"),
    }
}

/// `2.7.1+cu126 → 2.8.0+cu128`
fn step(moved: &Moved, presence: Presence) -> String {
    let least =
        |version: &String| if moved.what == Aspect::Driver { format!("{version} or newer") } else { version.clone() };
    let (old, new) = (moved.before.as_ref().map(least), moved.after.as_ref().map(least));
    let step = match (presence, old, new) {
        (Presence::Both, Some(old), Some(new)) => format!("{old} → {new}"),
        (Presence::Both, Some(old), None) => format!("{old} → none"),
        (Presence::Both, None, Some(new)) => format!("none → {new}"),
        (_, Some(one), _) | (_, None, Some(one)) => one,
        (_, None, None) => String::new(),
    };
    match moved.what {
        Aspect::CudaMajor => format!("{step} (another major version: extensions have to be built for it)"),
        _ => step,
    }
}

/// The machines of an environment by what becomes of them: mark, paint, words and names.
fn groups(one: &EnvironmentChange) -> Vec<(&'static str, Paint, &'static str, Vec<&TargetChange>)> {
    let works = |status: Option<CellStatus>| matches!(status, Some(CellStatus::Works | CellStatus::Warning));
    let kind = |target: &TargetChange| match (target.before, target.after) {
        (None, after) if works(after) => 0,
        (None, Some(CellStatus::Fails)) => 1,
        (None, _) => 2,
        (_, None) => 9,
        (before, Some(CellStatus::Fails)) if works(before) => 3,
        (_, Some(CellStatus::Fails)) => 1,
        (Some(CellStatus::Works), Some(CellStatus::Warning)) => 4,
        (before, Some(CellStatus::Unknown)) if works(before) => 5,
        (Some(CellStatus::Warning), Some(CellStatus::Works)) => 6,
        (Some(CellStatus::Fails), after) if works(after) => 7,
        (_, after) if works(after) => 0,
        _ => 8,
    };
    let words = [
        ("✓", Paint::Good, "runs on"),
        ("✗", Paint::Error, "does not run on"),
        ("?", Paint::Warning, "may or may not run on"),
        ("✗", Paint::Error, "no longer runs on"),
        ("!", Paint::Warning, "now with a warning on"),
        ("?", Paint::Warning, "no longer known to run on"),
        ("✓", Paint::Good, "now without a warning on"),
        ("✓", Paint::Good, "now runs on"),
        ("?", Paint::Dim, "no longer known to fail on"),
    ];
    let of = |(index, (mark, paint, said)): (usize, (&'static str, Paint, &'static str))| {
        let own: Vec<&TargetChange> = one.targets.iter().filter(|target| kind(target) == index).collect();
        (!own.is_empty()).then_some((mark, paint, said, own))
    };
    words.into_iter().enumerate().filter_map(of).collect()
}

/// The answer and for whom: one machine is named in the head.
fn answer(said: &str, targets: &[&TargetChange], several: bool) -> String {
    match several {
        true => format!("{said} {}", targets.iter().map(|target| short(&target.target)).collect::<Vec<_>>().join(", ")),
        false => said.trim_end_matches(" on").to_owned(),
    }
}

/// Environments to which the same happens, together: `pyproject.toml, [cu128], [all]`.
fn alike(change: &Change) -> Vec<(String, &EnvironmentChange)> {
    let mut all: Vec<(Vec<&str>, &EnvironmentChange)> = Vec::new();
    for one in &change.environments {
        let same = |other: &EnvironmentChange| {
            other.presence == one.presence
                && (one.presence == Presence::Removed || other.moved == one.moved && other.targets == one.targets)
        };
        match all.iter_mut().find(|(_, other)| same(other)) {
            Some((names, _)) => names.push(&one.name),
            None => all.push((vec![&one.name], one)),
        }
    }
    let joined = |names: &[&str]| {
        let file = |name: &str| name.split(" [").next().unwrap_or_default().to_owned();
        let mut said: Vec<String> = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| names.get(before)).map(|before| file(before));
            let short = name.find(" [").filter(|_| before == Some(file(name))).and_then(|at| name.get(at + 1..));
            said.push(short.unwrap_or(name).to_owned());
        }
        said.join(", ")
    };
    all.iter().map(|(names, one)| (joined(names), *one)).collect()
}

/// What is said behind the name of an environment.
fn heading(one: &EnvironmentChange, change: &Change) -> String {
    match one.presence {
        Presence::Both => String::new(),
        Presence::Added => format!("new: not in {}", change.base),
        Presence::Removed => format!("gone: only in {}", change.base),
    }
}

/// The last line: how it amounts.
fn sum(change: &Change, targets: &[MachineReport]) -> (Paint, String) {
    let mended = change.mended.iter().filter(|one| one.severity > Severity::Info && one.accepted.is_none()).count();
    match change.worse {
        Some(Severity::Error) => (Paint::Error, "✗ the change breaks something".to_owned()),
        Some(_) => (Paint::Warning, "! the change makes something worse".to_owned()),
        None if is_open(targets) => {
            (Paint::Warning, "? nothing was found that the change breaks, but not everything is known".to_owned())
        }
        None if mended > 0 => (Paint::Good, "✓ the change breaks nothing, and mends something".to_owned()),
        None if change.environments.is_empty() => (Paint::Good, "✓ nothing changes".to_owned()),
        None => (Paint::Good, "✓ the change breaks nothing".to_owned()),
    }
}

/// Whether something cannot be decided any more.
fn is_open(targets: &[MachineReport]) -> bool {
    targets.iter().any(|machine| !machine.report.checks.unknown.is_empty())
}

fn remain(change: &Change) -> Option<String> {
    let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let unchanged = (change.unchanged > 0).then(|| format!("{} unchanged", plural(change.unchanged, "environment")));
    let remain = (change.remain > 0).then(|| {
        let verb = if change.remain == 1 { "was" } else { "were" };
        format!("{} {verb} there before (without --base they are shown)", plural(change.remain, "finding"))
    });
    let all: Vec<String> = unchanged.into_iter().chain(remain).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

fn mended(once: &Once<'_, Mended>, change: &Change, total: usize) -> String {
    let one = once.what;
    let at = one.location.as_ref().map(|at| format!("{at} in {}: ", change.base)).unwrap_or_default();
    let on = once.on(total);
    match &one.accepted {
        Some(reason) => format!("{at}{}{on} is ignored now: {reason}", one.rule),
        None if once.targets.len() > 1 => format!("{at}{}{on}", one.rule),
        None => format!("{at}{}{on}: {}", one.rule, one.summary),
    }
}

/// For people.
pub(super) fn human(change: &Change, targets: &[MachineReport], screen: &Screen) -> String {
    let mut page = Page::new(screen);
    let color = screen.color;
    if !screen.quiet {
        let who: Vec<&str> = targets.iter().map(|machine| machine.target.as_str()).collect();
        let meant = if who.len() == 1 { format!(", for {}", who.join("; ")) } else { String::new() };
        let _ = writeln!(page.out, "{}\n", Paint::Dim.on(format!("compared with {}{meant}", base(change)), color));
        for (names, one) in alike(change) {
            environment(&mut page, &names, one, change, targets.len() > 1, screen);
        }
    }
    for unread in &change.unread {
        page.point(Paint::Warning, "!", &format!("not read in {}: {unread}", change.base));
    }
    let several = targets.len() > 1;
    let all = new(targets);
    let (told, light): (Vec<&Once<'_, Finding>>, Vec<&Once<'_, Finding>>) =
        all.iter().partition(|one| one.what.severity > Severity::Info);
    // Where nobody named a machine, which generations are served is the answer, and why is told in a line.
    let (whole, lines): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|one| !several || one.what.fixes.iter().any(Fix::is_written));
    for one in whole {
        if several {
            let _ = writeln!(page.out, "{}", Paint::Dim.on(format!("on {}:", one.targets.join("; ")), color));
        }
        page.finding(one.what);
    }
    for one in &lines {
        let (mark, paint) = match one.what.severity {
            Severity::Error => ("✗", Paint::Error),
            _ => ("!", Paint::Warning),
        };
        page.point(paint, mark, &format!("new: {}", line(one, targets.len())));
    }
    if !screen.quiet {
        let shown = if screen.verbose > 0 || light.len() <= MOST { light.len() } else { 0 };
        for one in light.iter().take(shown) {
            page.point(Paint::Dim, "·", &format!("new: {}", line(one, targets.len())));
        }
        if shown < light.len() {
            page.point(Paint::Dim, "·", &format!("{} new remarks (-v shows them)", light.len()));
        }
        let all = gone(change);
        for one in all.iter().take(MOST) {
            let (mark, paint) = if one.what.accepted.is_some() { ("·", Paint::Dim) } else { ("✓", Paint::Good) };
            page.point(paint, mark, &format!("mended: {}", mended(one, change, targets.len())));
        }
        if all.len() > MOST {
            page.point(Paint::Good, "✓", &format!("mended: {} more", all.len() - MOST));
        }
        undecided(&mut page, targets);
        if let Some(remain) = remain(change) {
            page.point(Paint::Dim, "·", &remain);
        }
    }
    let (paint, text) = sum(change, targets);
    let _ = writeln!(page.out, "{}", paint.on(text, color));
    page.out
}

fn environment(
    page: &mut Page<'_>,
    names: &str,
    one: &EnvironmentChange,
    change: &Change,
    several: bool,
    screen: &Screen,
) {
    let color = screen.color;
    let heading = heading(one, change);
    let gap = if heading.is_empty() { "" } else { "  " };
    let _ = writeln!(page.out, "{}{gap}{}", Paint::Strong.on(names, color), Paint::Dim.on(&heading, color));
    if one.presence == Presence::Removed {
        page.out.push('\n');
        return;
    }
    let (mut packages, own): (Vec<&Moved>, Vec<&Moved>) =
        one.moved.iter().partition(|moved| moved.what == Aspect::Package);
    packages.retain(|_| one.presence == Presence::Both);
    // NVIDIA's own libraries follow torch.
    packages.order_by_key(|moved| label(moved).starts_with("nvidia-"));
    for moved in own {
        let paint = if moved.worse.is_some() { Paint::Warning } else { Paint::Dim };
        page.labelled(2, label(moved), paint, &step(moved, one.presence));
    }
    if !packages.is_empty() {
        let all: Vec<String> =
            packages.iter().map(|moved| format!("{} {}", label(moved), step(moved, one.presence))).collect();
        let shown = if screen.verbose > 0 { all.len() } else { MOST };
        let more = all.len().saturating_sub(shown);
        let more = if more > 0 { format!(", {more} more (-v)") } else { String::new() };
        page.labelled(2, "packages", Paint::Dim, &(all.into_iter().take(shown).collect::<Vec<_>>().join(", ") + &more));
    }
    for (mark, paint, said, targets) in groups(one) {
        let _ = write!(page.out, "  ");
        let inner = Screen { width: screen.width.map(|width| width.saturating_sub(2)), ..*screen };
        let mut line = Page::new(&inner);
        line.point(paint, mark, &answer(said, &targets, several));
        page.out += line.out.trim_end().replace('\n', "\n  ").as_str();
        page.out.push('\n');
    }
    page.out.push('\n');
}

/// A finding in a line.
fn line(once: &Once<'_, Finding>, total: usize) -> String {
    let one = once.what;
    let at = one.location.as_ref().map(|at| format!("{at} ")).unwrap_or_default();
    // The place in a lock file does not tell the extra.
    let part = one.environment.as_deref().and_then(|name| name.find(" [").and_then(|at| name.get(at..)));
    format!("{at}{}{}{}: {}", one.rule, part.unwrap_or_default(), once.on(total), one.summary)
}

/// What cannot be decided any more, each thing that is not known once.
fn undecided(page: &mut Page<'_>, targets: &[MachineReport]) {
    let all = targets.iter().flat_map(|machine| &machine.report.checks.unknown);
    let mut needs: Vec<&str> = all.flat_map(|one| &one.needs).map(String::as_str).collect();
    needs.order();
    needs.dedup();
    for need in needs {
        page.point(Paint::Warning, "?", &format!("not decided without {need}"));
    }
}

/// Markdown, for a comment on the change.
pub(super) fn markdown(change: &Change, targets: &[MachineReport]) -> String {
    let mut out = format!("## gpucheck check\n\nCompared with {}.\n\n", escaped(&base(change)));
    for (names, one) in alike(change) {
        let heading = heading(one, change);
        let gap = if heading.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "- **{}**{gap}{}", escaped(&names), escaped(&heading));
        let shown = |moved: &&Moved| one.presence == Presence::Both || moved.what != Aspect::Package;
        for moved in one.moved.iter().filter(|_| one.presence != Presence::Removed).filter(shown) {
            let _ = writeln!(out, "  - {}: {}", escaped(label(moved)), escaped(&step(moved, one.presence)));
        }
        for (mark, _, said, own) in groups(one) {
            let _ = writeln!(out, "  - {mark} {}", escaped(&answer(said, &own, targets.len() > 1)));
        }
    }
    for one in &gone(change) {
        let _ = writeln!(out, "- ✓ mended: {}", escaped(&mended(one, change, targets.len())));
    }
    for unread in &change.unread {
        let _ = writeln!(out, "- ! not read in {}: {}", escaped(&change.base), escaped(unread));
    }
    let _ = writeln!(out, "- {}\n", sum(change, targets).1);
    for one in new(targets).iter().filter(|one| one.what.severity > Severity::Info) {
        finding_of(&mut out, one.what);
        if targets.len() > 1 {
            let _ = writeln!(out, "- on {}\n", escaped(&one.targets.join("; ")));
        }
    }
    out.trim_end().to_owned() + "\n"
}

/// One line: the worst of what is new, else how it amounts.
pub(super) fn reason(change: &Change, targets: &[MachineReport]) -> String {
    let line = match new(targets).first().filter(|one| one.what.severity > Severity::Info) {
        Some(one) => format!("gpucheck: new since {}: {}: {}", change.base, one.what.rule, one.what.summary),
        None => format!("gpucheck: {}", sum(change, targets).1),
    };
    text::in_short(&line, reason::LONGEST - 1) + "\n"
}
