//! What a library is built for: the targets of nearly every fatbin, apart from those that a few have.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    coverage::{count_targets, generation},
    image::sass_runs,
};
use crate::{
    facts::{CodeKind, CodeObjects, CodeTarget, ModuleGroup, Suffix},
    knowledge::Knowledge,
};

/// In how many fatbins of a library each target occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// Fatbins that contain runnable code.
    pub fatbins: u32,
    /// Of all of them.
    pub counts: BTreeMap<CodeTarget, u32>,
    /// Of those that are the measure: built for several generations.
    general: BTreeMap<CodeTarget, u32>,
    /// The most frequent target's.
    reference: u32,
    /// Targets for which some fatbins contain an older one instead.
    replaced: BTreeSet<CodeTarget>,
}

impl Built {
    /// Nine tenths of the fatbins that are built for several generations have it, measured by the most frequent target.
    fn throughout(&self, target: CodeTarget) -> bool {
        self.general.get(&target).is_some_and(|count| u64::from(*count) * 10 >= u64::from(self.reference) * 9)
    }

    /// Whether the library is built for a target throughout: nine tenths of the fatbins that are built for several generations have it,
    /// or an older one of the same generation in its place. A part of torch 1.13's fatbins contains sm_35 instead of sm_37: a device of
    /// capability 3.7 finds code in all of them, one of 3.5 does not.
    pub fn serves(&self, target: CodeTarget) -> bool {
        self.throughout(target) || self.replaced.contains(&target)
    }

    /// Whether most of the fatbins, more than half of them, have a target.
    pub fn in_most(&self, target: CodeTarget) -> bool {
        self.counts.get(&target).is_some_and(|count| u64::from(*count) * 2 > u64::from(self.fatbins))
    }

    /// Whether a fiftieth of the fatbins has a target.
    pub fn at_all(&self, target: CodeTarget) -> bool {
        self.counts.get(&target).is_some_and(|count| u64::from(*count) * 50 >= u64::from(self.fatbins))
    }
}

/// Counts the targets of a library.
pub fn built(knowledge: &Knowledge, code: &CodeObjects) -> Built {
    let mut built = Built::default();
    let groups = || code.modules.iter().filter(|group| !group.images.is_empty());
    for group in groups() {
        built.fatbins = built.fatbins.saturating_add(group.count);
        count_targets(group, &mut built.counts);
        if generation(group).is_none() {
            count_targets(group, &mut built.general);
        }
    }
    // A library of fatbins that are each for one generation has no others: the most frequent target is the measure.
    if built.general.values().all(|count| u64::from(*count) * 50 < u64::from(built.fatbins)) {
        built.general.clone_from(&built.counts);
        built.reference = built.general.values().copied().max().unwrap_or(0);
        return built;
    }
    built.reference = built.general.values().copied().max().unwrap_or(0);
    let measure: Vec<&ModuleGroup> = groups().filter(|group| generation(group).is_none()).collect();
    built.replaced =
        built.general.keys().copied().filter(|target| replaced(knowledge, &built, &measure, *target)).collect();
    built
}

/// Whether the fatbins that lack a target contain an older one that its devices can run, and that never occurs beside it.
fn replaced(knowledge: &Knowledge, built: &Built, groups: &[&ModuleGroup], target: CodeTarget) -> bool {
    let plain = |code: CodeTarget| code.kind == CodeKind::Sass && code.target.suffix == Suffix::Plain;
    let has = |group: &ModuleGroup, code: CodeTarget| group.images.iter().any(|image| image.code == code);
    if !plain(target) || built.throughout(target) {
        return false;
    }
    let device = target.target.capability;
    let in_its_place: BTreeSet<CodeTarget> = (built.general.keys().copied())
        .filter(|code| *code != target && plain(*code) && sass_runs(knowledge, code.target, device, None))
        .filter(|code| !built.throughout(*code))
        .filter(|code| !groups.iter().any(|group| has(group, *code) && has(group, target)))
        .collect();
    if in_its_place.is_empty() {
        return false;
    }
    let serves = |group: &&&ModuleGroup| {
        group.images.iter().any(|image| image.code == target || in_its_place.contains(&image.code))
    };
    let fatbins = groups.iter().filter(serves).fold(0, |sum: u64, group| sum + u64::from(group.count));
    fatbins * 10 >= u64::from(built.reference) * 9
}

/// The targets that a library is built for: those that all of it has, or has an older one of the same generation in place of. What is
/// left is in single files and supports no GPU.
pub fn general(knowledge: &Knowledge, code: &CodeObjects) -> BTreeSet<CodeTarget> {
    let built = built(knowledge, code);
    built.counts.keys().copied().filter(|target| built.serves(*target)).collect()
}
