//! What a release gained and lost.

use super::{
    library::stored,
    size,
    text::{Page, targets},
};
use crate::{
    facts::CodeKind,
    report::scan::{Compressed, Delta, Diff, GpuChange, LibraryChange, PackageChange, Presence},
    rules::code::Execution::{Jit, Native},
    text::Paint,
};

/// More lines of libraries than this are shown with `-v` only.
const SHOWN: usize = 12;

/// The packages that changed.
pub(super) fn show(page: &mut Page<'_>, diff: &Diff) {
    let changed = |package: &&PackageChange| {
        !package.delta.is_empty() || !package.libraries.is_empty() || package.old.is_none() || package.new.is_none()
    };
    let packages: Vec<&PackageChange> = diff.packages.iter().filter(changed).collect();
    for package in &packages {
        one(page, package);
        page.blank();
    }
    let same = diff.packages.len() - packages.len();
    match (packages.len(), same) {
        (0, 0) => page.wrapped(0, "Neither contains device code."),
        (0, _) => page.wrapped(0, "Nothing changed: the same targets, PTX versions, compression and needed libraries."),
        (_, 0) => {}
        _ => page.dim(0, &format!("{same} more with device code did not change.")),
    }
}

fn one(page: &mut Page<'_>, package: &PackageChange) {
    let head = match (&package.old, &package.new) {
        (Some(old), Some(new)) if old == new => new.clone(),
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (None, Some(new)) => format!("{new}: new"),
        (Some(old), None) => format!("{old}: gone"),
        (None, None) => return,
    };
    page.line(0, Paint::Strong.on(head, page.screen.color));
    if package.old.is_none() || package.new.is_none() {
        let text = targets(package.delta.gained.iter().chain(&package.delta.lost));
        if !text.is_empty() {
            page.labelled(2, "built for", &text);
        }
        return;
    }
    gpus(page, &package.delta.gpus);
    delta(page, 2, &package.delta, package.size);
    let shown = if page.screen.verbose > 0 { usize::MAX } else { SHOWN };
    if !package.libraries.is_empty() {
        page.blank();
    }
    for library in package.libraries.iter().take(shown) {
        one_library(page, library);
    }
    let more = package.libraries.len().saturating_sub(shown);
    if more > 0 {
        page.dim(2, &format!("{more} more libraries changed (-v)"));
    }
    if package.unchanged > 0 {
        page.dim(2, &format!("{} more with device code did not change", package.unchanged));
    }
}

/// GPUs for which the answer changed, grouped by the kind of change.
fn gpus(page: &mut Page<'_>, changes: &[GpuChange]) {
    let say = |change: &GpuChange| {
        let number = change.capability.number();
        match change.products.as_slice() {
            [] => format!("sm_{number}"),
            names => format!("{} (sm_{number})", names.join(", ")),
        }
    };
    type Fits = fn(&GpuChange) -> bool;
    let groups: [(&str, Paint, Fits); 5] = [
        ("✗ lost", Paint::Error, |change| change.worked && !change.works),
        ("✓ gained", Paint::Good, |change| !change.worked && change.works),
        ("! now from PTX", Paint::Warning, |change| {
            change.worked && change.works && matches!((change.old, change.new), (Native(_), Jit(_)))
        }),
        ("✓ now from machine code", Paint::Good, |change| {
            change.works && matches!((change.old, change.new), (Jit(_), Native(_)))
        }),
        ("? no longer known", Paint::Dim, |change| !change.worked && !change.works),
    ];
    for (label, paint, fits) in groups {
        let list: Vec<String> = changes.iter().filter(|change| fits(change)).map(say).collect();
        if !list.is_empty() {
            page.marked(2, label.chars().count() + 2, &format!("{label}:"), paint, &list.join("; "));
        }
    }
}

fn delta(page: &mut Page<'_>, indent: usize, delta: &Delta, package: [Option<u64>; 2]) {
    let lists = [
        ("gained", &delta.gained),
        ("lost", &delta.lost),
        ("now partial", &delta.became_partial),
        ("now full", &delta.became_base),
        ("+ partial", &delta.gained_partial),
        ("− partial", &delta.lost_partial),
    ];
    for (label, list) in lists {
        if !list.is_empty() {
            page.labelled(indent, label, &targets(list));
        }
    }
    if delta.ptx_isa[0] != delta.ptx_isa[1] {
        let shown = |isa: Option<crate::facts::PtxIsa>| isa.map_or_else(|| "none".to_owned(), |isa| isa.to_string());
        page.labelled(indent, "PTX ISA", &format!("{} → {}", shown(delta.ptx_isa[0]), shown(delta.ptx_isa[1])));
    }
    let [old, new] =
        delta.compression.map(|compressed| stored(compressed).unwrap_or_else(|| "uncompressed".to_owned()));
    let kinds = |compressed: Compressed| [compressed.lz4 > 0, compressed.zstd > 0, compressed.other > 0];
    if kinds(delta.compression[0]) != kinds(delta.compression[1]) {
        page.labelled(indent, "stored", &format!("{old} → {new}"));
    }
    let mut sizes = Vec::new();
    let change = |old: u64, new: u64| {
        let percent =
            if old == 0 { String::new() } else { format!(" ({:+.1}%)", (new as f64 / old as f64 - 1.0) * 100.0) };
        format!("{} → {}{percent}", size(old), size(new))
    };
    if let [Some(old), Some(new)] = package {
        sizes.push(format!("package {}", change(old, new)));
    }
    let [old, new] = delta.code_bytes;
    if old > 0 && new > 0 && old != new {
        sizes.push(format!("device code {}", change(old, new)));
    }
    if !sizes.is_empty() {
        page.labelled(indent, "size", &sizes.join(", "));
    }
    for (label, list) in [("now needs", &delta.needs_gained), ("no longer", &delta.needs_lost)] {
        if !list.is_empty() {
            page.labelled(indent, label, &list.join(" "));
        }
    }
}

fn one_library(page: &mut Page<'_>, change: &LibraryChange) {
    let color = page.screen.color;
    let built_for = || {
        let sass = |target: &&crate::facts::CodeTarget| matches!(target.kind, CodeKind::Sass | CodeKind::Ptx);
        targets(change.delta.gained.iter().chain(&change.delta.lost).filter(sass))
    };
    match change.presence {
        Presence::Added => page.wrapped(2, &format!("+ {}: {}", change.path, built_for())),
        Presence::Removed => page.wrapped(2, &format!("− {}: {}", change.path, built_for())),
        Presence::Both => {
            let from = change.renamed_from.as_ref().map_or_else(String::new, |from| format!(" (was {from})"));
            page.line(2, format!("{}{}", Paint::Strong.on(&change.path, color), Paint::Dim.on(from, color)));
            delta(page, 4, &change.delta, [None; 2]);
        }
    }
}
