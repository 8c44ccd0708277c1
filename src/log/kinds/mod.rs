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
    /// Reads a line.
    pub read: fn(&mut Found, Line<'_>),
    /// Whether it reads the line behind a question at a prompt, whatever is on it.
    pub answers: bool,
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
}
