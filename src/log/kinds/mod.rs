//! The kinds of output that are read, a file each. A reader says which words its lines have, and notes what it understands of them.

mod collect_env;
mod gpus;
mod images;
mod kernel;
mod nvidia_smi;
mod packages;
mod python;
mod system;
mod toolkits;
mod torch;
mod variables;

use super::{Line, found::Found};

/// A reader.
pub(super) struct Kind {
    /// Words of at least four bytes, one of which each line that it reads has.
    pub hints: &'static [&'static str],
    /// Words that decide which of its parts have anything to do in a line: the search that finds lines finds these with them.
    pub groups: &'static [Group],
    /// Reads a line.
    pub read: fn(&mut Found, Line<'_>),
    /// Whether it reads the line behind a question at a prompt, and those behind the head of a list, whatever is on them.
    pub answers: bool,
}

/// Words of one meaning for a reader, of at least four bytes each. Alone they are no reason to read a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// Its place among the groups of its reader.
    pub place: u32,
    pub words: &'static [&'static str],
}

/// The groups that a line has a word of, by their places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Groups(pub u64);

impl Groups {
    /// Whether the line has a word of this group, whatever the case of ASCII letters.
    pub fn has(self, group: Group) -> bool {
        self.0 >> group.place & 1 == 1
    }
}

/// All readers, in the order in which they see a line.
pub(super) const KINDS: &[Kind] = &[
    collect_env::KIND,
    nvidia_smi::KIND,
    torch::KIND,
    packages::KIND,
    python::KIND,
    gpus::KIND,
    toolkits::KIND,
    images::KIND,
    kernel::KIND,
    variables::KIND,
    system::KIND,
];

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn every_hint_can_be_found() {
        for hint in KINDS.iter().flat_map(|kind| kind.hints) {
            assert!(hint.len() >= 4, "{hint:?} is shorter than what is searched for");
        }
    }

    #[test]
    fn groups_have_places_of_their_own_and_words_that_are_found() {
        for kind in KINDS {
            for (place, group) in kind.groups.iter().enumerate() {
                assert_eq!(group.place as usize, place, "{:?}", group.words);
                assert!(group.words.iter().all(|word| word.len() >= 4), "{:?}", group.words);
            }
        }
        assert!(KINDS.iter().map(|kind| kind.groups.len()).sum::<usize>() <= 64, "more than a number has bits");
    }
}
