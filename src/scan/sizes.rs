//! What each architecture weighs: "what would I save without sm_50?"

use std::collections::BTreeMap;

use crate::{
    facts::{CodeTarget, Library},
    report::scan::Size,
};

/// The general parts of all libraries, oldest target first.
pub fn sizes<'l>(libraries: impl IntoIterator<Item = &'l Library>) -> Vec<Size> {
    let mut sums: BTreeMap<CodeTarget, Size> = BTreeMap::new();
    for code in libraries.into_iter().filter_map(|library| library.code.value()) {
        for (&target, &entries) in code.sass.iter().chain(&code.ptx).chain(&code.other) {
            let sum = sums.entry(target).or_insert(Size { target, libraries: 0, entries: 0, bytes: 0 });
            sum.libraries += 1;
            sum.entries += u64::from(entries);
            sum.bytes = sum.bytes.saturating_add(code.bytes.get(&target).copied().unwrap_or(0));
        }
    }
    sums.into_values().collect()
}
