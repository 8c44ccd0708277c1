//! A bundle in short: what it is built for, where it runs, what it needs, what it weighs.

use std::collections::BTreeMap;

use gpucheck_ground::Order as _;

use super::{bundle::Bundle, sizes::sizes};
use crate::{
    facts::{CodeObjects, CodeTarget},
    report::scan::{BundleSummary, Compressed, Need, Part, Ptx, Run, Scanned},
    rules::code::{Deciding, generation},
};

/// Puts a bundle together from its scanned libraries (in its order) and what was concluded of them.
pub fn summary(
    id: String,
    bundle: &Bundle,
    scanned: &[Scanned],
    deciding: &Deciding<'_>,
    runs_on: Vec<Run>,
    needs: Vec<Need>,
) -> BundleSummary {
    let decides = |scanned: &&Scanned| deciding.libraries.iter().any(|one| one.path == scanned.library.path);
    let deciding: Vec<&Scanned> = scanned.iter().filter(decides).collect();
    let (base, partial) = targets(&deciding);
    let codes = || scanned.iter().filter_map(|scanned| scanned.library.code.value());
    let all = |of: fn(&CodeObjects) -> &BTreeMap<CodeTarget, u32>| {
        codes().flat_map(|code| of(code).keys().copied()).collect()
    };
    let mut ptx: Vec<Ptx> = Vec::new();
    let mut compression = Compressed::default();
    for profile in scanned.iter().filter_map(|scanned| scanned.profile.as_ref()) {
        ptx.extend(profile.ptx.iter().cloned());
        compression.merge(profile.compression);
    }
    ptx.order();
    ptx.dedup();
    BundleSummary {
        id,
        kind: bundle.kind,
        name: bundle.name.clone(),
        version: bundle.version.clone(),
        tags: bundle.tags.clone(),
        at: bundle.at.clone(),
        size: bundle.size,
        libraries: scanned.len(),
        with_code: scanned.iter().filter(|scanned| scanned.library.has_code()).count(),
        base,
        partial,
        ptx,
        compression,
        sampled: bundle.sampled,
        relocatable: all(|code| &code.relocatable),
        other: all(|code| &code.other),
        hidden: all(|code| &code.hidden),
        sizes: sizes(scanned.iter().map(|scanned| &scanned.library)),
        decided_by: deciding.iter().map(|scanned| scanned.library.path.clone()).collect(),
        runs_on,
        needs,
    }
}

/// What the deciding libraries are built for: each of them, and some.
fn targets(deciding: &[&Scanned]) -> (Vec<CodeTarget>, BTreeMap<CodeTarget, Part>) {
    // Kernels for one generation beside libraries for several are an extra of that generation's.
    let several: Vec<&&Scanned> = deciding.iter().filter(|scanned| generation(&scanned.library).is_none()).collect();
    let measure: Vec<&&Scanned> = if several.is_empty() { deciding.iter().collect() } else { several };
    let mut parts: BTreeMap<CodeTarget, Part> = BTreeMap::new();
    let mut of_fatbins = 0u32;
    for scanned in deciding {
        let (Some(profile), Some(code)) = (&scanned.profile, scanned.library.code.value()) else { continue };
        of_fatbins = of_fatbins.saturating_add(code.fatbins);
        // Of a stub the sections say nothing: what was found elsewhere is what there is.
        let found = if profile.stub { code.hidden.keys().copied().collect() } else { profile.base.clone() };
        for target in &found {
            parts.entry(*target).or_default().libraries += usize::from(measure.contains(&scanned));
        }
        for (target, count) in code.sass.iter().chain(&code.ptx).filter(|_| !profile.stub) {
            let part = parts.entry(*target).or_default();
            part.fatbins = part.fatbins.saturating_add(*count);
        }
    }
    let mut base = Vec::new();
    parts.retain(|target, part| {
        (part.of, part.of_fatbins) = (measure.len(), of_fatbins);
        let whole = part.libraries == measure.len();
        if whole {
            base.push(*target);
        }
        !whole
    });
    (base, parts)
}
