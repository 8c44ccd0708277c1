//! Which of the libraries missing from the scanned packages this machine's loader can find.

use std::{
    collections::{BTreeMap, BTreeSet},
    env::consts,
};

use super::{bundle::Bundle, needs::foreign};
use crate::{
    facts::{Cpu, Os, Platform},
    knowledge::Knowledge,
    probe,
    system::{Root, Surroundings},
};

/// Where the loader finds what bundles on this machine link to; empty on a system with another kind of loader.
pub fn system_libraries(
    knowledge: &Knowledge,
    bundles: &[Bundle],
    root: &Root,
    surroundings: &Surroundings,
) -> BTreeMap<String, String> {
    let cpu = match (consts::OS, consts::ARCH) {
        ("linux", "x86_64") => Cpu::X86_64,
        ("linux", "aarch64") => Cpu::Aarch64,
        _ => return BTreeMap::new(),
    };
    let names = foreign(knowledge, bundles);
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let found = probe::system_libraries(root, surroundings, &[], &Platform { os: Os::Linux, cpu }, &names);
    found.into_iter().filter_map(|(name, place)| Some((name, place.value()?.clone()))).collect()
}
