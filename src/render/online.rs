//! The last lines of a page for people whose answer rests on what was read from indexes: which wheels, how much of them, and what could not be read.

use std::fmt::Write as _;

use super::{Format, Screen, escape::escaped, scan::size};
use crate::{
    knowledge::{Online, OnlineFile},
    text::Paint,
};

/// The page with its last lines, in formats that have them.
pub(super) fn last(page: String, online: Option<&Online>, format: Format, screen: &Screen) -> String {
    match format {
        Format::Human => after(page, human(online, screen)),
        Format::Markdown => after(page, markdown(online)),
        _ => page,
    }
}

/// The page, and these lines behind an empty one.
fn after(page: String, lines: String) -> String {
    if lines.is_empty() { page } else { format!("{}\n\n{lines}", page.trim_end()) }
}

/// For people; nothing where no index was asked.
pub(super) fn human(online: Option<&Online>, screen: &Screen) -> String {
    let mut out = String::new();
    let Some(online) = online.filter(|_| !screen.quiet) else { return out };
    for (mark, line) in lines(online) {
        for (index, line) in screen.lines(2, &line).iter().enumerate() {
            let mark = if index == 0 { mark } else { " " };
            let _ = writeln!(out, "{mark} {}", Paint::Dim.on(line, screen.color));
        }
    }
    out
}

/// As a list of Markdown.
pub(super) fn markdown(online: Option<&Online>) -> String {
    let mut out = String::new();
    for (_, line) in online.iter().flat_map(|online| lines(online)) {
        let _ = writeln!(out, "- {}", escaped(&line));
    }
    out
}

/// Each line behind its mark.
fn lines(online: &Online) -> Vec<(&'static str, String)> {
    let mut lines: Vec<_> = online.files.iter().map(|file| ("·", of_file(file))).collect();
    let from = online.indexes.join(", ");
    let requests = if online.requests == 1 { "request" } else { "requests" };
    let cost = format!("{} {requests}, {}", online.requests, size(online.bytes));
    lines.push(match online.files.is_empty() {
        true => ("·", format!("online: nothing that the knowledge base does not have ({cost}; {from})")),
        false => ("·", format!("online: {cost} in all; {from}")),
    });
    lines.extend(online.failed.iter().map(|what| ("!", format!("online: not read: {what}"))));
    lines
}

fn of_file(file: &OnlineFile) -> String {
    let share = if file.size == 0 { 0.0 } else { file.bytes as f64 * 100.0 / file.size as f64 };
    format!(
        "online: {} {}: read {} of {} ({share:.1}%) in {} requests ({})",
        file.package,
        file.version,
        size(file.bytes),
        size(file.size),
        file.requests,
        file.file
    )
}
