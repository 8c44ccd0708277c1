//! Packages: the head of one, the table of many.

use super::{
    count, sampled, size,
    text::{Page, targets},
};
use crate::{
    report::scan::{BundleKind, BundleSummary, Scan},
    text::{Grid, Paint},
};

/// Less is a stub.
const LITTLE: u64 = 64 << 10;

/// The first line of a package.
pub(super) fn head(page: &mut Page<'_>, package: &BundleSummary) {
    let mut parts = vec![kind(package).to_owned()];
    parts.extend(package.tags.clone());
    parts.extend(package.size.map(size));
    parts.push(format!(
        "{} of {} with device code",
        package.with_code,
        count(package.libraries, "library", "libraries")
    ));
    page.line(0, Paint::Strong.on(&package.id, page.screen.color));
    page.dim(2, &format!("{}{}", parts.join(", "), sampled(package)));
    if package.with_code > 1 {
        let text = built_for(package);
        if !text.is_empty() {
            page.labelled(2, "built for", &text);
        }
    }
    page.blank();
}

fn kind(package: &BundleSummary) -> &'static str {
    match package.kind {
        BundleKind::Wheel => "wheel",
        BundleKind::Conda => "conda package",
        BundleKind::Installed => "installed",
        BundleKind::Folder => "folder",
        BundleKind::File => "file",
    }
}

/// `sm_50 60 70, PTX 90 (89 90a)`: throughout, and in part.
pub(super) fn built_for(package: &BundleSummary) -> String {
    let base = targets(&package.base);
    let partial = targets(package.partial.keys());
    match (base.is_empty(), partial.is_empty()) {
        (false, true) => base,
        (true, false) => format!("({partial})"),
        (false, false) => format!("{base} ({partial})"),
        (true, true) if !package.hidden.is_empty() => format!("hidden: {}", targets(&package.hidden)),
        (true, true) if !package.relocatable.is_empty() => "link input only".to_owned(),
        (true, true) => String::new(),
    }
}

/// A line or two for each package with device code.
pub(super) fn table(page: &mut Page<'_>, scan: &Scan) {
    let with_code: Vec<&BundleSummary> = scan.packages.iter().filter(|package| package.with_code > 0).collect();
    let mut grid = Grid::new([1]).wrapping();
    for package in &with_code {
        // The size of code outside the named sections is unknown.
        let hidden = !package.hidden.is_empty() && package.code_bytes() < LITTLE;
        let bytes = if hidden { "hidden".to_owned() } else { size(package.code_bytes()) };
        let name = Paint::Strong.on(&package.id, page.screen.color).to_string();
        grid.row([name, bytes, built_for(package) + sampled(package)]);
    }
    page.grid(0, &grid);
    if with_code.iter().any(|package| !package.partial.is_empty()) {
        page.dim(
            0,
            "Brackets: only some libraries or fatbins contain this target, so the GPU is not supported (-v for counts).",
        );
    }
    let without = scan.packages.len() - with_code.len();
    if without > 0 {
        let text = count(without, "more package has", "more packages have");
        page.dim(0, &format!("{text} native files without device code."));
    }
    page.blank();
}
