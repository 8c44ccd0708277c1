//! Paths that a person names: a folder that cannot be listed is said at once, and not taken for an empty one.

use std::path::Path;

use anyhow::Context as _;

use crate::{
    files,
    system::{Root, Surroundings},
};

/// That folders among these can be listed; what is no folder is the affair of those who read it.
///
/// # Errors
/// When one cannot.
pub fn ensure_listable<'p>(paths: impl IntoIterator<Item = &'p Path>) -> anyhow::Result<()> {
    for path in paths.into_iter().filter(|path| path.is_dir()) {
        files::list(path).with_context(|| {
            let home = Surroundings::of_process().home;
            let shown = Root::new(None, home.as_deref()).map(|root| root.shown(path));
            format!("cannot read the folder {}", shown.unwrap_or_else(|_| path.display().to_string()))
        })?;
    }
    Ok(())
}
