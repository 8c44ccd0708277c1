//! What `scan` shows a person: a file in full; a package with its libraries; of many packages a line or two each, and each library with
//! `-v`; the GPUs in question; what the libraries need; what each architecture weighs; or what changed between two.

mod baseline;
mod diff;
mod gpus;
mod library;
mod needs;
mod network;
mod packages;
mod text;
mod weights;

use std::fmt::Write;

use self::text::Page;
use super::Screen;
use crate::{
    facts::Fact,
    finding::Severity,
    report::{
        Report,
        scan::{BundleSummary, Run, Scan, Scanned},
    },
    text::Paint,
};

/// The whole page, without findings.
pub(super) fn render(scan: &Scan, screen: &Screen) -> String {
    let mut page = Page::new(screen);
    if screen.quiet {
        return page.finish();
    }
    if let Some(diff) = &scan.diff {
        diff::show(&mut page, diff);
    } else if scan.packages.len() > 1 {
        many(&mut page, scan);
    } else if let Some(package) = scan.packages.first() {
        one(&mut page, package, scan);
    } else {
        page.line(0, "nothing that can contain device code: no library, object file, cubin, fatbin, PTX or package");
    }
    notes(&mut page, scan);
    baseline::show(&mut page, scan);
    page.finish()
}

/// The last part: whether the requirements are met.
pub(super) fn gate(scan: &Scan, report: &Report, screen: &Screen) -> String {
    let mut page = Page::new(screen);
    if let Some(gate) = &scan.gate {
        let mut required = gate.required.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        // A gate that passes with exceptions says so in its own line, also with -q.
        let excused = report.facts.excused.values().map(|targets| targets.len()).sum();
        if excused > 0 {
            required += &format!(" ({} in the baseline)", count(excused, "exception", "exceptions"));
        }
        let baseline = gate.baseline.clone().unwrap_or_default();
        let compiles = |package: &BundleSummary| package.runs_on.iter().any(Run::is_compiled_there);
        let all = !scan.packages.is_empty() && scan.packages.iter().all(compiles);
        let runs = if all { "compiles its code at run time, including for" } else { "runs on" };
        let lists = [(runs, gate.gpus.join(", ")), ("is built for", required), ("matches", baseline)];
        let asked: Vec<String> = lists
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(verb, list)| format!("{verb} {list}"))
            .chain(gate.nothing_lost.then(|| "lost nothing".to_owned()))
            .collect();
        let found = report.findings.iter().any(|finding| finding.severity == Severity::Error);
        // If nothing was found, the requirement is neither met nor violated.
        let open = !found && gate.reasons.is_empty();
        if let Some(names) = (open && !gate.nothing_in.is_empty()).then(|| gate.nothing_in.join(", ")) {
            let text = format!("no runnable device code found in {names}: nothing to check");
            page.marked(0, 2, "?", Paint::Error, &text);
        }
        let sample = if gate.sampled { ", based on a sample (--full reads everything)" } else { "" };
        match gate.reasons.as_slice() {
            _ if gate.met => page.marked(0, 2, "✓", Paint::Good, &format!("{}{sample}", asked.join(", and "))),
            [] if found => page.marked(0, 2, "✗", Paint::Error, "not met: see above"),
            [] => {}
            [reason] => page.marked(0, 2, "✗", Paint::Error, &format!("not met: {reason}")),
            reasons => {
                page.line(0, Paint::Error.on("✗ not met:", screen.color));
                reasons.iter().for_each(|reason| page.wrapped(2, reason));
            }
        }
        for why in gate.unknown.iter().filter(|_| open) {
            page.marked(0, 2, "?", Paint::Error, &format!("unknown: {why}"));
        }
    }
    page.finish()
}

/// A file or a package.
fn one(page: &mut Page<'_>, package: &BundleSummary, scan: &Scan) {
    let single = scan.libraries.len() == 1;
    if !single {
        packages::head(page, package);
    }
    for scanned in scan.libraries.iter().filter(|scanned| scanned.library.has_code()) {
        library::show(page, scanned);
        if page.screen.verbose > 0 && !single {
            gpus::of_library(page, scanned);
        }
        page.blank();
    }
    without_code(page, scan);
    gpus::show(page, scan);
    needs::of_package(page, package);
    if !package.sampled {
        weights::table(page, &package.sizes, package.with_code);
    }
}

/// A folder of packages, or several targets.
fn many(page: &mut Page<'_>, scan: &Scan) {
    packages::table(page, scan);
    if page.screen.verbose > 0 {
        for package in &scan.packages {
            for scanned in
                scan.libraries.iter().filter(|scanned| scanned.package == package.id && scanned.library.has_code())
            {
                library::show(page, scanned);
                gpus::of_library(page, scanned);
                page.blank();
            }
        }
    }
    without_code(page, scan);
    gpus::show(page, scan);
    needs::of_all(page, &scan.packages);
    if scan.packages.iter().any(|package| package.sampled) {
        return;
    }
    if page.screen.verbose > 0 {
        weights::table(page, &scan.sizes, scan.packages.iter().map(|package| package.with_code).sum());
    } else {
        weights::sentence(page, &scan.sizes);
    }
}

/// Native files without device code in their sections: listed if there are few, else counted.
fn without_code(page: &mut Page<'_>, scan: &Scan) {
    let without: Vec<&Scanned> = scan.libraries.iter().filter(|scanned| !scanned.library.has_code()).collect();
    let unknown: Vec<(&Scanned, &String)> = without
        .iter()
        .filter_map(|scanned| match &scanned.library.code {
            Fact::Unknown { why } => Some((*scanned, why)),
            _ => None,
        })
        .collect();
    if scan.libraries.len() == 1 {
        for scanned in &without {
            let why = match &scanned.library.code {
                Fact::Unknown { why } => why.clone(),
                Fact::Absent { via } => format!("no device code ({via})"),
                Fact::Known { .. } => "no device code in its sections".to_owned(),
            };
            page.wrapped(0, &format!("{}: {why}", scanned.library.path));
        }
    } else if page.screen.verbose > 0 {
        for (scanned, why) in unknown {
            page.wrapped(0, &format!("{}: {why}", scanned.library.path));
        }
    } else if !without.is_empty() {
        let searched = without.len() - unknown.len();
        let mut text = format!("{} more native files: no device code found", without.len());
        match (searched, unknown.len()) {
            (_, 0) => text += " anywhere in them",
            (0, _) => text += " in their sections (-v: which and why; --deep searches whole files)",
            _ => text += &format!(", {searched} of them searched completely (-v)"),
        }
        page.dim(0, &text);
    }
    if !without.is_empty() {
        page.blank();
    }
}

/// What was not read, and what was only sampled.
fn notes(page: &mut Page<'_>, scan: &Scan) {
    const SHOWN: usize = 8;
    let shown = if page.screen.verbose > 0 { usize::MAX } else { SHOWN };
    for unread in scan.unread.iter().filter(|unread| unread.matters || page.screen.verbose > 0).take(shown) {
        page.warning(&format!("not read: {}: {}", unread.path, unread.why));
    }
    let more = scan.unread.iter().filter(|unread| unread.matters).count().saturating_sub(shown);
    if more > 0 {
        page.warning(&format!("not read: {more} more (-v)"));
    }
    network::show(page, scan);
    let sampled =
        scan.diff.as_ref().is_some_and(|diff| diff.sampled) || scan.packages.iter().any(|package| package.sampled);
    if sampled {
        page.warning("sampled: only the first fatbins of large libraries were read. The report covers what most of the code is built for, but not rare architectures, hidden code, sizes or needed libraries.");
    }
}

/// A note that a package was only sampled, for its line.
fn sampled(package: &BundleSummary) -> &'static str {
    if package.sampled { " (sampled)" } else { "" }
}

/// Bytes for people, in decimal units as package indexes show them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// `1 library`, `3 libraries`.
fn count(number: usize, one: &str, several: &str) -> String {
    let mut text = String::new();
    let _ = write!(text, "{number} {}", if number == 1 { one } else { several });
    text
}
