//! Small text members of a wheel, by name: what a package says of itself besides its code.

use std::{collections::BTreeMap, path::Path};

use super::{
    super::{Error, FileSource, ReadAt},
    directory,
    inflate::Member,
    stream::Stream,
};

/// Longer texts are cut there: `METADATA` ends in a description that nobody asked for.
const MAX_TEXT: u64 = 1 << 20;
/// More texts than anybody asks for.
const MAX_TEXTS: usize = 64;
const RATIO: u64 = 1000;

/// The text members of a wheel whose names are wanted. A member that cannot be read is left out.
///
/// # Errors
/// When the file cannot be read, is no zip file, or its directory is damaged.
pub fn read_texts(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, String>, Error> {
    read_texts_source(&FileSource::open(path)?, wanted)
}

/// As [`read_texts`], of any source.
///
/// # Errors
/// As [`read_texts`].
pub fn read_texts_source(
    source: &dyn ReadAt,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, String>, Error> {
    let (entries, _) = directory::read(source, wanted, MAX_TEXTS)?;
    let mut texts = BTreeMap::new();
    for entry in entries {
        let Ok(mut stream) = Member::open(source, &entry, RATIO) else { continue };
        let mut bytes = vec![0; usize::try_from(entry.size.min(MAX_TEXT)).unwrap_or(0)];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match stream.read(rest) {
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
        texts.insert(entry.name, String::from_utf8_lossy(bytes.get(..filled).unwrap_or_default()).into_owned());
    }
    Ok(texts)
}
