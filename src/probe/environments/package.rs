//! Turns a package's metadata into facts: the same way for an installed package, a wheel and a conda package.

use crate::{
    facts::{Build, Fact, Package},
    system::redact,
};

/// A package of which only metadata was read. `name`: normalised. `requires`: its requirements as written; what is secret in their
/// addresses becomes no fact. `at`: where it is, as shown.
pub fn package(name: String, version: Fact<String>, build: Fact<Build>, requires: &[String], at: String) -> Package {
    Package {
        name,
        version,
        build,
        installer: None,
        requires: requires.iter().map(|line| redact::urls(line)).collect(),
        libraries: Vec::new(),
        listing: None,
        damaged: Vec::new(),
        unread: Vec::new(),
        editable: None,
        at,
        asked: None,
        request: None,
        replaces: None,
        unavailable: None,
    }
}
