//! What a baseline is compared with as a whole: each wheel or conda package by itself, and whatever else a target contains.

use std::ops::Range;

use super::super::{Bundle, Collected};
use crate::{python::file_name, report::scan::BundleKind};

/// Bundles whose libraries are one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// How it is called.
    pub name: String,
    /// The numbers of its bundles.
    pub bundles: Vec<usize>,
}

impl Unit {
    /// Its bundles.
    pub fn bundles<'c>(&self, read: &'c Collected) -> impl Iterator<Item = &'c Bundle> {
        self.bundles.iter().filter_map(|index| read.bundles.get(*index))
    }
}

/// The units of what was read. A folder of wheels is one for each wheel; a folder with installed packages is one.
pub fn units(read: &Collected) -> Vec<Unit> {
    let mut units = Vec::new();
    for (name, range) in read.by_target() {
        let at = |index: usize| read.bundles.get(index);
        let of_target = |range: Range<usize>| range.filter_map(|index| Some((index, at(index)?)));
        let is_archive = |bundle: &Bundle| matches!(bundle.kind, BundleKind::Wheel | BundleKind::Conda);
        let (archives, rest): (Vec<_>, Vec<_>) = of_target(range).partition(|(_, bundle)| is_archive(bundle));
        if !rest.is_empty() || archives.is_empty() {
            let name = match rest.as_slice() {
                [(_, only)] => only.label(),
                _ => file_name(name).to_owned(),
            };
            units.push(Unit { name, bundles: rest.iter().map(|(index, _)| *index).collect() });
        }
        units.extend(archives.iter().map(|(index, bundle)| Unit {
            name: format!("{} ({})", bundle.label(), file_name(&bundle.at)),
            bundles: vec![*index],
        }));
    }
    units
}
