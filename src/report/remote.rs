//! What was read over the network: of what, how much, and what that leaves open.

use std::fmt::Write;

use super::{Paint, Report, Screen, scan::size};
use crate::scan::Remote;

/// A line or two for each package; with `-v` also the names of what was not looked into.
pub(super) fn render(report: &Report, screen: &Screen) -> String {
    let mut out = String::new();
    let found = report.scan.iter().any(|scanned| scanned.library.code.value().is_some());
    for remote in &report.remote {
        for line in lines(remote) {
            let _ = writeln!(out, "{}", Paint::Dim.on(line, screen.color));
        }
        if report.scan.is_empty() && report.remote.len() == 1 {
            out.push_str("  it holds no file that can carry GPU code\n");
        } else if remote.sampled && !found {
            out.push_str("  no GPU code in what was read: that is no verdict\n");
        }
        for name in remote.not_looked_into.iter().filter(|_| screen.verbose > 0) {
            let _ = writeln!(out, "  not looked into: {name}");
        }
    }
    out
}

fn lines(remote: &Remote) -> Vec<String> {
    let share = if remote.size == 0 { 0.0 } else { remote.bytes as f64 * 100.0 / remote.size as f64 };
    let (read, all) = (size(remote.bytes), size(remote.size));
    let mut lines =
        vec![format!("{}: read {read} of {all} ({share:.1}%) in {} requests", remote.file, remote.requests)];
    if let Some(index) = &remote.index {
        lines.push(format!("  found on {index}, whose page has {}", size(remote.index_bytes)));
    }
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
