//! What `scan` shows a person: each library's targets, the verdicts, and what each architecture weighs.

use std::{collections::BTreeMap, fmt::Write};

use super::{Paint, Report, Screen};
use crate::{
    facts::{CodeObjects, CodeTarget, Fact},
    scan::{Remote, Scanned},
};

/// The whole page, without findings.
pub(super) fn render(report: &Report, screen: &Screen) -> String {
    let mut out = String::new();
    let (with, without): (Vec<&Scanned>, Vec<&Scanned>) =
        report.scan.iter().partition(|scanned| scanned.library.code.value().is_some_and(|code| !is_empty(code)));
    for scanned in &with {
        library(&mut out, scanned, screen);
    }
    let unreadable: Vec<&&Scanned> =
        without.iter().filter(|scanned| matches!(&scanned.library.code, Fact::Unknown { .. })).collect();
    if screen.verbose > 0 || report.scan.len() == 1 {
        for scanned in &unreadable {
            if let Fact::Unknown { why } = &scanned.library.code {
                let _ = writeln!(out, "{}: {why}", scanned.library.path);
            }
        }
    } else if !unreadable.is_empty() {
        let text = format!("{} more files show no device code (-v says why for each)", unreadable.len());
        let _ = writeln!(out, "{}", Paint::Dim.on(text, screen.color));
    }
    for remote in &report.remote {
        for line in over_the_network(remote) {
            let _ = writeln!(out, "{}", Paint::Dim.on(line, screen.color));
        }
        if report.scan.is_empty() && report.remote.len() == 1 {
            let _ = writeln!(out, "  it holds no file that can carry GPU code");
        } else if remote.sampled && with.is_empty() {
            let _ = writeln!(out, "  no GPU code in what was read: that is no verdict");
        }
        for name in remote.not_looked_into.iter().filter(|_| screen.verbose > 0) {
            let _ = writeln!(out, "  not looked into: {name}");
        }
    }
    for unread in &report.unread {
        let text = format!("not read: {}: {}", unread.path, unread.why);
        let _ = writeln!(out, "{}", Paint::Warning.on(text, screen.color));
    }
    if with.len() > 1 {
        weights(&mut out, report, screen);
    }
    out.push('\n');
    out
}

/// What was read, of what, and what that leaves open.
fn over_the_network(remote: &Remote) -> Vec<String> {
    let share = if remote.size == 0 { 0.0 } else { remote.bytes as f64 * 100.0 / remote.size as f64 };
    let (read, all) = (size(remote.bytes), size(remote.size));
    let mut first = format!("{}: read {read} of {all} ({share:.1}%) in {} requests", remote.file, remote.requests);
    if let Some(index) = &remote.index {
        let _ = write!(first, ", found on {index} (pages of {})", size(remote.index_bytes));
    }
    let mut lines = vec![first];
    if remote.downloaded {
        lines.push("  downloaded: the server gives out whole files only".to_owned());
    }
    if remote.sampled {
        let left = match remote.not_looked_into.len() {
            0 => String::new(),
            1 => "; 1 other member was not looked into".to_owned(),
            count => format!("; {count} other members were not looked into"),
        };
        lines.push(format!("  sampled: the beginning of libraries with GPU code{left} (--full reads all)"));
    }
    lines
}

fn is_empty(code: &CodeObjects) -> bool {
    code.fatbins == 0
        && code.sass.is_empty()
        && code.ptx.is_empty()
        && code.relocatable.is_empty()
        && code.hidden.is_empty()
}

fn library(out: &mut String, scanned: &Scanned, screen: &Screen) {
    let Some(code) = scanned.library.code.value() else { return };
    let bytes: u64 = code.bytes.values().sum();
    let head = format!("{} fatbins, {} of code", code.fatbins, size(bytes));
    let _ = writeln!(
        out,
        "{}  {}",
        Paint::Strong.on(&scanned.library.path, screen.color),
        Paint::Dim.on(head, screen.color)
    );
    let mut line = |label: &str, codes: &BTreeMap<CodeTarget, u32>| {
        if !codes.is_empty() {
            let list: Vec<String> = codes.iter().map(|(target, count)| format!("{target} {count}")).collect();
            let _ = writeln!(out, "  {label:<11} {}", list.join(" · "));
        }
    };
    line("SASS", &code.sass);
    line("PTX", &code.ptx);
    line("other", &code.other);
    line("link input", &code.relocatable);
    line("hidden", &code.hidden);
    let isas: Vec<String> = code
        .modules
        .iter()
        .flat_map(|group| &group.images)
        .filter_map(|image| image.isa)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|isa| isa.to_string())
        .collect();
    if !isas.is_empty() {
        let _ = writeln!(out, "  {:<11} {}", "PTX ISA", isas.join(", "));
    }
    for damage in &code.damage {
        let text = format!("at offset {}: {}", damage.offset, damage.what);
        let _ = writeln!(out, "  {:<11} {}", "damaged", Paint::Warning.on(text, screen.color));
    }
    if screen.verbose > 0 && !scanned.library.needed.is_empty() {
        let _ = writeln!(out, "  {:<11} {}", "needs", scanned.library.needed.join(" "));
    }
    for run in &scanned.runs_on {
        let (mark, paint) = if run.works { ("✓", Paint::Good) } else { ("✗", Paint::Error) };
        let _ = writeln!(out, "  {} {} ({})", paint.on(mark, screen.color), run.gpu, run.how);
    }
    out.push('\n');
}

/// What would be saved without an architecture.
fn weights(out: &mut String, report: &Report, screen: &Screen) {
    let all: u64 = report.sizes.iter().map(|size| size.bytes).sum();
    let _ = writeln!(
        out,
        "{}",
        Paint::Strong.on(
            format!("{:<16} {:>9} {:>9} {:>10} {:>6}", "architecture", "libraries", "entries", "stored", "share"),
            screen.color
        )
    );
    for row in &report.sizes {
        let share = if all == 0 { 0.0 } else { row.bytes as f64 * 100.0 / all as f64 };
        let _ = writeln!(
            out,
            "{:<16} {:>9} {:>9} {:>10} {:>5.1}%",
            row.target.to_string(),
            row.libraries,
            row.entries,
            size(row.bytes),
            share
        );
    }
}

/// Bytes for people, in decimal units as package indexes show them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
