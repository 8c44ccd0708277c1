//! What a library is built for: the targets of nearly every fatbin, apart from those that a few have.

use std::collections::{BTreeMap, BTreeSet};

use super::coverage::{count_targets, generation};
use crate::facts::{CodeObjects, CodeTarget};

/// In how many fatbins of a library each target occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// Fatbins that hold runnable code.
    pub fatbins: u32,
    /// Of all of them.
    pub counts: BTreeMap<CodeTarget, u32>,
    /// Of those that are the measure: built for several generations.
    general: BTreeMap<CodeTarget, u32>,
    /// The most frequent target's.
    reference: u32,
}

impl Built {
    /// Whether the library is built for a target throughout: nine tenths of the fatbins that are built for several generations have it,
    /// measured by the most frequent target.
    pub fn throughout(&self, target: CodeTarget) -> bool {
        self.general.get(&target).is_some_and(|count| u64::from(*count) * 10 >= u64::from(self.reference) * 9)
    }

    /// Whether a fiftieth of the fatbins has a target.
    pub fn at_all(&self, target: CodeTarget) -> bool {
        self.counts.get(&target).is_some_and(|count| u64::from(*count) * 50 >= u64::from(self.fatbins))
    }
}

/// Counts the targets of a library.
pub fn built(code: &CodeObjects) -> Built {
    let mut built = Built::default();
    for group in code.modules.iter().filter(|group| !group.images.is_empty()) {
        built.fatbins = built.fatbins.saturating_add(group.count);
        count_targets(group, &mut built.counts);
        if generation(group).is_none() {
            count_targets(group, &mut built.general);
        }
    }
    // A library of fatbins that are each for one generation has no others: the most frequent target is the measure.
    if built.general.values().all(|count| u64::from(*count) * 50 < u64::from(built.fatbins)) {
        built.general.clone_from(&built.counts);
    }
    built.reference = built.general.values().copied().max().unwrap_or(0);
    built
}

/// The targets that a library is built for throughout. What is left is in single files and supports no GPU.
pub fn general(code: &CodeObjects) -> BTreeSet<CodeTarget> {
    let built = built(code);
    built.counts.keys().copied().filter(|target| built.throughout(*target)).collect()
}
