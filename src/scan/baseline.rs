//! A baseline: the device code that each library of a package must contain, in a TOML file that people review, and what a scan makes of
//! it. [`Baseline::read`] reads one, [`Baseline::of`] makes one from what was read, [`compare`] compares.

mod compare;
mod glob;
mod pair;
mod row;
mod units;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;

pub use compare::{Against, compare};
pub use units::{Unit, units};

use self::{
    pair::{pair, stem_path},
    row::{Held, Row},
};
use super::Collected;
use crate::{
    compat,
    facts::{CodeTarget, Library},
    knowledge::Knowledge,
};

/// What each library must contain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The file as reports name it.
    pub file: String,
    /// One row for each library, in the order of the file.
    rows: Vec<Row>,
}

impl Baseline {
    /// Reads the text of a baseline.
    ///
    /// # Errors
    /// What is wrong with it, with file, line and column.
    pub fn read(file: &str, text: &str) -> anyhow::Result<Self> {
        Ok(Self { file: file.to_owned(), rows: row::read(file, text)? })
    }

    /// The contents of the libraries of the one package that was read. Of an older baseline it keeps notes, the targets that a library lacks
    /// by design, and wildcards that still match libraries of one kind; targets in `required` that a library lacks are added.
    ///
    /// # Errors
    /// Several packages; one that was read in part only; one without device code.
    pub fn of(
        knowledge: &Knowledge,
        file: &str,
        read: &Collected,
        old: Option<&Self>,
        required: &[CodeTarget],
    ) -> anyhow::Result<Self> {
        let units = units(read);
        let [unit] = units.as_slice() else {
            bail!("--update-baseline takes one package; {} were given", units.len());
        };
        if let Some(unread) = read.unread.iter().find(|unread| unread.matters) {
            bail!("cannot write the baseline: {} could not be read: {}", unread.path, unread.why);
        }
        if let Some(sampled) = unit.bundles(read).find(|bundle| bundle.sampled) {
            let label = sampled.label();
            bail!("cannot write the baseline: only a sample of {label} was read (drop --quick, or add --full)");
        }
        let libraries: Vec<(&Library, Held)> = unit
            .bundles(read)
            .flat_map(|bundle| &bundle.libraries)
            .filter_map(|library| Some((library, Held::of(knowledge, library)?)))
            .collect();
        for (library, _) in &libraries {
            if let Some(damage) = library.code.value().and_then(|code| code.damage.first()) {
                bail!(
                    "cannot write the baseline: {} is damaged at offset {}: {}",
                    library.path,
                    damage.offset,
                    damage.what
                );
            }
        }
        anyhow::ensure!(
            !libraries.is_empty(),
            "cannot write the baseline: no library in {} contains device code",
            unit.name
        );
        let paths: Vec<&str> = libraries.iter().map(|(library, _)| library.path.as_str()).collect();
        let old_rows = old.map_or(&[][..], |old| old.rows.as_slice());
        let pairs = pair(old_rows, &paths);
        let mut stems: BTreeMap<String, usize> = BTreeMap::new();
        paths.iter().for_each(|path| *stems.entry(stem_path(path)).or_default() += 1);
        // Without what changes from release to release, where that is still the name of one library only.
        let stable = |path: &str| Some(stem_path(path)).filter(|stem| stems.get(stem) == Some(&1));
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        for ((library, held), pair) in libraries.iter().zip(&pairs) {
            let old = pair.and_then(|index| old_rows.get(index));
            let lacks = |target: &&CodeTarget| lacks(knowledge, library, **target);
            let path = stable(&library.path).unwrap_or_else(|| library.path.clone());
            let mut row = Row { path, held: held.clone(), ..Row::default() };
            row.lacks.extend(required.iter().filter(lacks));
            if let (Some(old), Some(index)) = (old, *pair) {
                row.note.clone_from(&old.note);
                row.lacks.extend(old.lacks.iter().filter(lacks));
                // A wildcard stays if it matches one kind of library.
                let alike =
                    pairs.iter().zip(&libraries).all(|(pair, (_, other))| *pair != Some(index) || other == held);
                if old.is_wildcard() && alike {
                    row.path.clone_from(&old.path);
                }
            }
            match rows.get_mut(&row.path) {
                Some(same) => same.lacks.extend(row.lacks),
                None => drop(rows.insert(row.path.clone(), row)),
            }
        }
        Ok(Self { file: file.to_owned(), rows: rows.into_values().collect() })
    }

    /// Which of the required targets libraries lack by design, by the paths that the libraries have in what was read.
    pub fn excused(
        &self,
        knowledge: &Knowledge,
        read: &Collected,
        required: &[CodeTarget],
    ) -> BTreeMap<String, BTreeSet<CodeTarget>> {
        let mut excused: BTreeMap<String, BTreeSet<CodeTarget>> = BTreeMap::new();
        for unit in units(read) {
            let libraries: Vec<&Library> = unit.bundles(read).flat_map(|bundle| &bundle.libraries).collect();
            let paths: Vec<&str> = libraries.iter().map(|library| library.path.as_str()).collect();
            for (library, row) in libraries.iter().zip(pair(&self.rows, &paths)) {
                let Some(row) = row.and_then(|row| self.rows.get(row)) else { continue };
                let asked = row.lacks.iter().copied().filter(|target| required.contains(target));
                let targets: BTreeSet<CodeTarget> = asked.filter(|target| lacks(knowledge, library, *target)).collect();
                if !targets.is_empty() {
                    excused.entry(library.path.clone()).or_default().extend(targets);
                }
            }
        }
        excused
    }
}

/// Whether a library with device code is not built for a target throughout.
fn lacks(knowledge: &Knowledge, library: &Library, target: CodeTarget) -> bool {
    library.code.value().is_some_and(|code| !compat::built(knowledge, code).serves(target))
}
