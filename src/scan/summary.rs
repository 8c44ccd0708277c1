//! A bundle in short: what it is built for, where it runs, what it needs, what it weighs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    Scanned,
    bundle::{Bundle, Kind},
    needs::Need,
    profile::{Compressed, Ptx, has_code},
    sizes::{Size, sizes},
    verdict::Run,
};
use crate::{
    facts::{CodeObjects, CodeTarget},
    rules::code::{Deciding, generation},
};

/// What reports say of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Name of the bundle in this report; each library says to which it belongs.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Normalised name of a distribution, or how reports name the folder or file.
    pub name: String,
    /// Version, where something says it.
    pub version: Option<String>,
    /// What a package's file name says it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<String>,
    /// Where it was read.
    pub at: String,
    /// Bytes of the package or file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Native files in it.
    pub libraries: usize,
    /// Those that hold device code.
    pub with_code: usize,
    /// The libraries that decide what it runs on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<String>,
    /// Targets that each of them is built for throughout.
    pub base: Vec<CodeTarget>,
    /// Targets that some of them are built for, or a few fatbins in them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub partial: BTreeMap<CodeTarget, Part>,
    /// What a driver must know to compile the PTX of any library.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ptx: Vec<Ptx>,
    /// Entries of all libraries by the way they are stored.
    pub compression: Compressed,
    /// Whether of some library only a sample was read.
    pub sampled: bool,
    /// Targets of link input, which never runs by itself.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub relocatable: BTreeSet<CodeTarget>,
    /// LTO-IR, Tile IR and unknown kinds.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub other: BTreeSet<CodeTarget>,
    /// Targets found outside the named sections.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub hidden: BTreeSet<CodeTarget>,
    /// What each target weighs.
    pub sizes: Vec<Size>,
    /// The GPUs in question.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs_on: Vec<Run>,
    /// What its libraries need besides the system.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
}

/// How much of a bundle has a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Deciding libraries that are built for it throughout.
    pub libraries: usize,
    /// All deciding libraries.
    pub of: usize,
    /// Fatbins that have it, over the deciding libraries.
    pub fatbins: u32,
    /// All fatbins with code in them.
    pub of_fatbins: u32,
}

impl Summary {
    /// Puts a bundle together from its scanned libraries (in its order) and what was concluded of them.
    pub fn new(
        id: String,
        bundle: &Bundle,
        scanned: &[Scanned],
        deciding: &Deciding<'_>,
        runs_on: Vec<Run>,
        needs: Vec<Need>,
    ) -> Self {
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
        ptx.sort();
        ptx.dedup();
        Self {
            id,
            kind: bundle.kind,
            name: bundle.name.clone(),
            version: bundle.version.clone(),
            tags: bundle.tags.clone(),
            at: bundle.at.clone(),
            size: bundle.size,
            libraries: scanned.len(),
            with_code: scanned.iter().filter(|scanned| has_code(&scanned.library)).count(),
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

    /// Bytes of device code in the general parts.
    pub fn code_bytes(&self) -> u64 {
        self.sizes.iter().map(|size| size.bytes).sum()
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
