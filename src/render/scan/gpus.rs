//! The GPUs in question: what runs on each, or for all of them a matrix.

use gpucheck_ground::Order as _;

use super::text::Page;
use crate::{
    facts::ComputeCapability,
    report::scan::{BundleSummary, Run, Scan, Scanned},
    rules::code::{Execution, Support},
    text::{Grid, Paint, blocks},
};

fn mark(verdict: Support) -> (&'static str, Paint) {
    match verdict {
        Support::Yes => ("✓", Paint::Good),
        Support::Partial => ("◐", Paint::Warning),
        Support::No => ("✗", Paint::Error),
        Support::Unknown => ("?", Paint::Dim),
    }
}

/// What reports call a GPU: its name, and the architecture where the name does not say it.
fn called(run: &Run) -> String {
    let arch = format!("sm_{}", run.capability.number());
    if run.gpu.contains(&arch) { run.gpu.clone() } else { format!("{} ({arch})", run.gpu) }
}

/// How it runs, or why not.
fn reason(run: &Run) -> String {
    match (&run.why, run.works) {
        (Some(why), true) => format!("{}; {why}", run.how),
        (None, _) => run.how.to_string(),
        (Some(why), false) => why.clone(),
    }
}

/// The GPUs of one library, a line each.
pub(super) fn of_library(page: &mut Page<'_>, scanned: &Scanned) {
    if let [_, _, _, _, _, _, ..] = scanned.runs_on.as_slice() {
        let of = |verdict: Support| {
            let runs = scanned.runs_on.iter().filter(move |run| run.verdict == verdict);
            runs.map(|run| run.capability.number().to_string()).collect::<Vec<_>>().join(" ")
        };
        for (label, verdict) in
            [("runs on", Support::Yes), ("partial on", Support::Partial), ("unknown on", Support::Unknown)]
        {
            let list = of(verdict);
            if !list.is_empty() {
                page.labelled(2, label, &format!("sm_{list}"));
            }
        }
        return;
    }
    for run in &scanned.runs_on {
        let (mark, paint) = mark(run.verdict);
        page.marked(2, 2, mark, paint, &format!("{}: {}", called(run), reason(run)));
    }
}

/// All packages on the GPUs in question.
pub(super) fn show(page: &mut Page<'_>, scan: &Scan) {
    let judged: Vec<&BundleSummary> = scan.packages.iter().filter(|package| !package.runs_on.is_empty()).collect();
    let Some(first) = judged.first() else { return };
    // Named GPUs get an answer each; without a name, all known GPUs are shown.
    if scan.gate.is_none() {
        matrix(page, &judged);
    } else {
        for index in 0..first.runs_on.len() {
            named(page, &judged, index);
        }
    }
    page.blank();
}

/// One GPU: what does not run there and why, then what does.
fn named(page: &mut Page<'_>, judged: &[&BundleSummary], index: usize) {
    let runs: Vec<(&BundleSummary, &Run)> =
        judged.iter().filter_map(|package| Some((*package, package.runs_on.get(index)?))).collect();
    let Some((_, first)) = runs.first() else { return };
    if let [(_, run)] = runs.as_slice() {
        let (mark, paint) = mark(run.verdict);
        return page.marked(0, 2, mark, paint, &format!("{}: {}", called(run), reason(run)));
    }
    page.line(0, Paint::Strong.on(called(first), page.screen.color));
    for (package, run) in runs.iter().filter(|(_, run)| !run.works) {
        let (mark, paint) = mark(run.verdict);
        page.marked(2, 2, mark, paint, &format!("{}: {}", package.id, reason(run)));
    }
    let works: Vec<String> = runs
        .iter()
        .filter(|(_, run)| run.works)
        .map(|(package, run)| match run.how {
            Execution::Jit(_) => format!("{} (from PTX)", package.id),
            _ => package.id.clone(),
        })
        .collect();
    if !works.is_empty() {
        page.marked(2, 2, "✓", Paint::Good, &works.join(", "));
    }
    page.blank();
}

/// Packages by capability, in as many blocks as the width requires.
fn matrix(page: &mut Page<'_>, judged: &[&BundleSummary]) {
    let mut capabilities: Vec<ComputeCapability> =
        judged.iter().flat_map(|package| &package.runs_on).map(|run| run.capability).collect();
    capabilities.order();
    capabilities.dedup();
    let longest = judged.iter().map(|package| package.id.chars().count()).max().unwrap_or(0);
    let name = page.screen.width.map_or(longest, |width| longest.min((width / 3).max(16)));
    let color = page.screen.color;
    let number = |capability: &ComputeCapability| capability.number().to_string();
    let widths: Vec<usize> = capabilities.iter().map(|capability| number(capability).len() + 1).collect();
    for block in blocks(name, &widths, page.screen.width) {
        let block = capabilities.get(block).unwrap_or_default();
        let mut grid = Grid::new(1..=block.len()).gap(1);
        let heads = std::iter::once("sm_".to_owned()).chain(block.iter().map(number));
        grid.row(heads.map(|head| Paint::Dim.on(head, color)));
        for package in judged {
            let cells = block.iter().map(|capability| cell(package, *capability, color));
            grid.row(std::iter::once(cut(&package.id, name)).chain(cells));
        }
        page.grid(0, &grid);
        page.blank();
    }
    let named = |capability: &ComputeCapability| {
        let run = judged.iter().flat_map(|package| &package.runs_on).find(|run| run.capability == *capability)?;
        let (product, _) = run.gpu.rsplit_once(" (sm_")?;
        // No line break between a number and its name.
        Some(format!("{} {product}", capability.number()).replace(' ', "\u{a0}"))
    };
    let products: Vec<String> = capabilities.iter().filter_map(named).collect();
    if !products.is_empty() {
        page.dim(0, &products.join(" · "));
    }
    page.dim(0, "■ machine code, □ compiled from PTX by the driver, ◐ partial (not supported), · no, ? unknown");
}

/// One cell under its number.
fn cell(package: &BundleSummary, capability: ComputeCapability, color: bool) -> String {
    let run = package.runs_on.iter().find(|run| run.capability == capability);
    let (mark, paint) = match run {
        None => (" ", Paint::Dim),
        Some(run) => match (run.verdict, run.how) {
            (Support::Yes, Execution::Jit(_)) => ("□", Paint::Good),
            (Support::Yes, _) => ("■", Paint::Good),
            (Support::Partial, _) => ("◐", Paint::Warning),
            (Support::No, _) => ("·", Paint::Dim),
            (Support::Unknown, _) => ("?", Paint::Dim),
        },
    };
    paint.on(mark, color).to_string()
}

/// A name of this width at most.
fn cut(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    let mut text: String = name.chars().take(width.saturating_sub(1)).collect();
    text.push('…');
    text
}
