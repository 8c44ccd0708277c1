//! Gates about a scan that is judged: a baseline, and what a release must not lose.

use crate::{
    facts::CodeTarget,
    knowledge::Knowledge,
    report::scan::{BaselineChange, Diff, Gate, LibraryChange, Presence, Scan},
    scan::{self, Against, Unit},
};

/// Closes the gate of a scan for these reasons, and for what could not be read. Where none was asked for before, it is made. `wrong`:
/// whether a finding closes it, too.
fn close(scan: &mut Scan, wrong: bool, reasons: Vec<String>) -> &mut Gate {
    let Scan { gate, unread, libraries, .. } = scan;
    let damage = libraries.iter().filter_map(|scanned| {
        let damage = scanned.library.code.value()?.damage.first()?;
        Some(format!("{} is damaged at offset {}: {}", scanned.library.path, damage.offset, damage.what))
    });
    let unread = unread.iter().filter(|unread| unread.matters);
    let unread = unread.map(|unread| format!("{} could not be read: {}", unread.path, unread.why));
    let gate = gate.get_or_insert_with(Gate::default);
    for reason in reasons.into_iter().chain(damage).chain(unread) {
        if !gate.reasons.contains(&reason) && !gate.unknown.contains(&reason) {
            gate.reasons.push(reason);
        }
    }
    gate.met = gate.reasons.is_empty() && gate.unknown.is_empty() && gate.nothing_in.is_empty() && !wrong;
    gate
}

/// Compares a scan with a baseline, and closes its gate if anything is less. Returns whether it is open.
pub fn hold(
    knowledge: &Knowledge,
    scan: &mut Scan,
    against: &Against,
    units: &[Unit],
    required: &[CodeTarget],
    wrong: bool,
) -> bool {
    let compared = scan::compare(knowledge, scan, against, units, required);
    let mut met = true;
    if !against.written {
        let several = units.len() > 1;
        let told = |change: &BaselineChange| match several || change.library.is_none() {
            true => format!("{}: {}", change.package, change.text),
            false => change.text.clone(),
        };
        let gate = close(scan, wrong, compared.losses.iter().map(told).collect());
        gate.baseline = Some(compared.file.clone());
        met = gate.met;
    }
    scan.baseline = Some(compared);
    met
}

/// Closes the gate of a comparison where the new release lost a library, a target or a GPU, or where a sample cannot tell. Whether it is
/// open.
pub fn nothing_lost(scan: &mut Scan, wrong: bool) -> bool {
    let reasons = scan.diff.as_ref().map(losses).unwrap_or_default();
    let gate = close(scan, wrong, reasons);
    gate.nothing_lost = true;
    gate.met
}

/// What a release lost, a line each.
fn losses(diff: &Diff) -> Vec<String> {
    let mut losses = Vec::new();
    if diff.sampled {
        losses.push("only a sample was read: rare targets may be lost (drop --quick, or add --full)".to_owned());
    }
    if diff.packages.is_empty() {
        losses.push("neither release contains device code, so nothing was compared".to_owned());
    }
    for package in &diff.packages {
        let Some(name) = package.new.as_ref() else {
            losses.push(format!("{} is gone", package.old.as_deref().unwrap_or(&package.name)));
            continue;
        };
        if package.old.is_none() {
            continue;
        }
        let gone = package.delta.gpus.iter().filter(|gpu| gpu.worked && !gpu.works).map(|gpu| {
            let number = gpu.capability.number();
            match gpu.products.first() {
                Some(product) => format!("{product} (sm_{number})"),
                None => format!("sm_{number}"),
            }
        });
        let gone: Vec<String> = gone.collect();
        if !gone.is_empty() {
            losses.push(format!("{name} no longer runs on {}", gone.join(", ")));
        }
        losses.extend(package.libraries.iter().filter_map(library));
        // The remaining libraries say it better; what only the package's own list lost is added.
        let told =
            |target: &CodeTarget| package.libraries.iter().any(|library| lost(library).any(|lost| lost == *target));
        let delta = &package.delta;
        let rest: Vec<CodeTarget> = [&delta.lost, &delta.became_partial, &delta.lost_partial]
            .into_iter()
            .flatten()
            .copied()
            .filter(|target| !told(target))
            .collect();
        if !rest.is_empty() {
            losses.push(format!("{name} lost {}", joined(&rest)));
        }
    }
    losses
}

fn lost(library: &LibraryChange) -> impl Iterator<Item = CodeTarget> {
    let delta = &library.delta;
    [&delta.lost, &delta.became_partial, &delta.lost_partial].into_iter().flatten().copied()
}

fn library(library: &LibraryChange) -> Option<String> {
    let (path, delta) = (&library.path, &library.delta);
    if library.presence == Presence::Removed {
        return Some(format!("{path} is gone"));
    }
    if library.presence == Presence::Added {
        return None;
    }
    let gone: Vec<CodeTarget> = delta.lost.iter().chain(&delta.lost_partial).copied().collect();
    let mut parts = Vec::new();
    if !gone.is_empty() {
        parts.push(format!("lost {}", joined(&gone)));
    }
    if !delta.became_partial.is_empty() {
        parts.push(format!("has {} only in part", joined(&delta.became_partial)));
    }
    (!parts.is_empty()).then(|| format!("{path} {}", parts.join(" and ")))
}

fn joined(targets: &[CodeTarget]) -> String {
    targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
