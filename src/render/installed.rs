//! For people: what files or a command would change in an environment that is there, before what is wrong afterwards.

use std::fmt::Write;

use super::{Screen, escape::escaped};
use crate::{
    report::{Installed, Kept, MovedPackage, Verdict},
    text::Paint,
};

/// More packages than these are counted.
const MOST: usize = 12;

/// A line: whether it is of the environment itself, and its text.
fn lines(one: &Installed, all: bool) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if one.packages.is_empty() {
        lines.push(("·", "nothing changes".to_owned()));
    }
    let shown = if all || one.packages.len() <= MOST { one.packages.len() } else { MOST };
    lines.extend(one.packages.iter().take(shown).map(|moved| (mark(moved), change(moved))));
    if shown < one.packages.len() {
        lines.push(("·", format!("{} more (-v shows them)", one.packages.len() - shown)));
    }
    let kept: Vec<String> = one.satisfied.iter().take(MOST).map(kept).collect();
    if !kept.is_empty() {
        let more = one.satisfied.len() - kept.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(("=", format!("already satisfied: {}{more}", kept.join(", "))));
    }
    lines
}

fn mark(moved: &MovedPackage) -> &'static str {
    match (&moved.before, moved.gone) {
        (_, true) => "-",
        (None, false) => "+",
        (Some(_), false) => "~",
    }
}

fn change(moved: &MovedPackage) -> String {
    let after = moved.after.as_deref().unwrap_or("(version not known)");
    let by = moved.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
    match (&moved.before, moved.gone) {
        (before, true) => format!("{} {}", moved.name, before.as_deref().unwrap_or_default()),
        (None, false) => format!("{} {after}{by}", moved.name),
        (Some(before), false) => format!("{} {before} → {after}{by}", moved.name),
    }
}

fn kept(kept: &Kept) -> String {
    format!("{} {}", kept.name, kept.version)
}

/// The page's first part.
pub(super) fn changes(installed: &[Installed], screen: &Screen) -> String {
    let mut out = String::new();
    for one in installed {
        let _ = writeln!(out, "{}", Paint::Strong.on(format!("{} would change:", one.of), screen.color));
        for (mark, text) in lines(one, screen.verbose > 0) {
            for (index, line) in screen.lines(4, &text).iter().enumerate() {
                let mark = if index == 0 { mark } else { " " };
                let _ = writeln!(out, "  {} {line}", Paint::Dim.on(mark, screen.color));
            }
        }
        out.push('\n');
    }
    out
}

/// Whether a finding, by its fingerprint, is one that the environments have as they are.
pub(super) fn stays(installed: &[Installed], fingerprint: &str) -> bool {
    let is = |list: &[String]| list.iter().any(|one| one == fingerprint);
    installed.iter().any(|one| is(&one.stays)) && !installed.iter().any(|one| is(&one.new))
}

/// What is mended, and what the environments were before, a sentence each.
pub(super) fn before(installed: &[Installed]) -> Vec<String> {
    let mut said = Vec::new();
    for one in installed {
        said.extend(one.mended.iter().map(|mended| format!("mended: {}: {}", mended.rule, mended.summary)));
        let verdict = match one.before {
            Verdict::Ok => "no problems",
            Verdict::Warning => "warnings",
            Verdict::Error => "errors",
            Verdict::Unknown => "no problems, but not everything was known",
        };
        said.push(format!("before: {verdict}; after: {} new, {} as before", one.new.len(), one.stays.len()));
    }
    said
}

/// The same in Markdown.
pub(super) fn markdown(installed: &[Installed]) -> String {
    let mut out = String::new();
    for one in installed {
        let _ = writeln!(out, "{} would change:\n", escaped(&one.of));
        for (mark, text) in lines(one, true) {
            let _ = writeln!(out, "- {} {}", escaped(mark), escaped(&text));
        }
        out.push('\n');
    }
    for text in before(installed) {
        let _ = writeln!(out, "- {}", escaped(&text));
    }
    if !installed.is_empty() {
        out.push('\n');
    }
    out
}
