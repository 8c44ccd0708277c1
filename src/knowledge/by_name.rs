//! The files about packages, found by any name that they are about: every package that is installed is looked up some ten times.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use gpucheck_model::knowledge::PackageFile;

use super::part::Part;

/// Derefs to the files, in the order of their names.
#[derive(Debug, Clone)]
pub(super) struct ByName {
    files: Part<Vec<PackageFile>>,
    /// Where the file about a name stands: the first one, where several are.
    places: OnceLock<BTreeMap<String, usize>>,
    /// How many names were asked for before the files were parsed.
    asked: Arc<AtomicU32>,
}

/// So many names are searched for in the text: to parse it for one takes longer, for many it does not.
const FEW: u32 = 8;

impl ByName {
    /// Reads nothing yet.
    pub(super) fn new(files: Part<Vec<PackageFile>>) -> Self {
        Self { files, places: OnceLock::new(), asked: Arc::default() }
    }

    /// As [`Part::read`].
    pub(super) fn read(&self) -> serde_json::Result<()> {
        self.files.read()
    }

    /// The file that is about the distribution of this normalised name.
    pub(super) fn find(&self, name: &str) -> Option<&PackageFile> {
        let few = self.places.get().is_none() && self.asked.fetch_add(1, Ordering::Relaxed) < FEW;
        if few && self.files.lacks(name) {
            return None;
        }
        self.files.get(*self.places.get_or_init(|| places(&self.files)).get(name)?)
    }
}

fn places(files: &[PackageFile]) -> BTreeMap<String, usize> {
    // From the last to the first, so that of several the first stays.
    let named = |(place, file): (usize, &PackageFile)| file.names().map(|name| (name.to_owned(), place)).collect();
    files.iter().enumerate().rev().flat_map(|file| -> Vec<_> { named(file) }).collect()
}

impl Deref for ByName {
    type Target = Vec<PackageFile>;

    fn deref(&self) -> &Vec<PackageFile> {
        &self.files
    }
}

impl DerefMut for ByName {
    /// Whoever changes files may change their names.
    fn deref_mut(&mut self) -> &mut Vec<PackageFile> {
        self.places = OnceLock::new();
        &mut self.files
    }
}

#[cfg(test)]
mod tests {
    use super::super::Knowledge;

    #[test]
    fn no_name_is_missed_in_the_text() {
        let (parsed, fresh) = (Knowledge::builtin().unwrap(), Knowledge::builtin().unwrap());
        for name in parsed.package_files().flat_map(|file| file.names()) {
            assert!(!fresh.packages.files.lacks(name), "{name}");
        }
        assert!(fresh.packages.files.lacks("libfoo.so"));
        assert!((0..20).all(|_| fresh.package_file("libfoo.so").is_none()));
        assert!(fresh.package_file("vllm").is_some());
    }

    #[test]
    fn a_file_is_found_by_each_of_its_names_and_after_a_change() {
        let mut knowledge = Knowledge::builtin().unwrap();
        for file in knowledge.package_files() {
            for name in file.names() {
                let found = knowledge.package_file(name).unwrap();
                let first = knowledge.package_files().find(|file| file.names().any(|other| other == name)).unwrap();
                assert!(std::ptr::eq(found, first), "{name}");
            }
        }
        assert!(knowledge.package_file("numpy-of-tomorrow").is_none());
        knowledge.packages[0].package.names.push("numpy-of-tomorrow".to_owned());
        assert!(knowledge.package_file("numpy-of-tomorrow").is_some());
    }
}
