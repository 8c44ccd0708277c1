//! Ranges of versions, as requirements and rows write them, and whether anything can meet them.

use super::{Store, Terms};
use crate::python;

/// Whether a range admits a version; one that is no range admits all.
pub(super) fn in_range(range: &str, version: &str) -> bool {
    python::satisfies(range, version) != Some(false)
}

/// Whether the indexes of a step have a build of torch in a range.
pub(super) fn reachable(terms: &Terms<'_>, stores: &[Store], range: &str) -> bool {
    stores.iter().any(|store| matches!(store, Store::Unknown(_) | Store::Nightly(_)))
        || terms.knowledge.torch_releases().any(|release| {
            in_range(range, &release.version)
                && release.builds.iter().any(|build| {
                    terms.platform.is_none_or(|platform| build.platform == platform)
                        && stores.iter().any(|store| store.has(build))
                })
        })
}
