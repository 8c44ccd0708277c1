//! Slugs of problems that come from knowledge rows. A finding names its rule by a `&'static str`; a row's slug becomes one by being stored
//! once for the life of the program.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The one stored copy of this slug. There are no more than rows in the knowledge files, so the set stays small.
pub fn slug(text: &str) -> &'static str {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match kept.get(text) {
        Some(slug) => slug,
        None => {
            let slug: &'static str = Box::leak(text.to_owned().into_boxed_str());
            kept.insert(slug);
            slug
        }
    }
}
