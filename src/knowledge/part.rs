//! A file of the embedded knowledge base, parsed when it is first asked for: most commands need one or two of them, a plain `scan`
//! needs none, and all together cost more than reading a library of a gigabyte.

use std::{
    borrow::Cow,
    io::Read,
    ops::{Deref, DerefMut},
    sync::OnceLock,
};

use flate2::read::ZlibDecoder;
use gpucheck_model::knowledge::Embedded;
use serde::de::Error as _;

/// No part is nearly as long.
const MAX_PART: u64 = 64 << 20;

/// Derefs to the rows.
#[derive(Debug, Clone)]
pub(super) struct Part<T> {
    /// What build.rs wrote, packed or not, or an update brought.
    json: &'static [u8],
    rows: OnceLock<T>,
}

impl<T: Embedded> Part<T> {
    /// Parses nothing yet.
    pub(super) const fn new(json: &'static [u8]) -> Self {
        Self { json, rows: OnceLock::new() }
    }

    /// Parses it, unless that was done.
    ///
    /// # Errors
    /// When the text does not have these rows.
    pub(super) fn read(&self) -> serde_json::Result<()> {
        if self.rows.get().is_none() {
            let _ = self.rows.set(T::read(&self.text()?)?);
        }
        Ok(())
    }

    /// Whether no row has this text by itself, as far as that can be told without parsing them: of most names that are looked up there is no row.
    pub(super) fn lacks(&self, text: &str) -> bool {
        // As JSON has it; any other may be written in several ways.
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        plain
            && self.rows.get().is_none()
            && !self.is_packed()
            && memchr::memmem::find(self.json, ["\"", text, "\""].concat().as_bytes()).is_none()
    }

    #[expect(
        clippy::expect_used,
        reason = "build.rs wrote the text from the same types, and a test reads every part; those of an update were read before"
    )]
    fn parse(&self) -> T {
        self.text().and_then(|text| T::read(&text)).expect("the rows of the knowledge base were read before")
    }

    /// JSON begins with a bracket, and what zlib has packed with another byte.
    fn is_packed(&self) -> bool {
        !self.json.starts_with(b"{") && !self.json.starts_with(b"[")
    }

    fn text(&self) -> serde_json::Result<Cow<'static, str>> {
        if !self.is_packed() {
            return str::from_utf8(self.json).map(Cow::Borrowed).map_err(serde_json::Error::custom);
        }
        let mut text = String::new();
        match ZlibDecoder::new(self.json).take(MAX_PART).read_to_string(&mut text) {
            Ok(_) => Ok(Cow::Owned(text)),
            Err(error) => Err(serde_json::Error::io(error)),
        }
    }
}

impl<T: Embedded> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.rows.get_or_init(|| self.parse())
    }
}

impl<T: Embedded> DerefMut for Part<T> {
    fn deref_mut(&mut self) -> &mut T {
        if self.rows.get().is_none() {
            self.rows = self.parse().into();
        }
        match self.rows.get_mut() {
            Some(rows) => rows,
            None => unreachable!("it was set above"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Knowledge;

    #[test]
    fn every_part_is_whole() {
        for kind in Knowledge::builtin().unwrap().kinds() {
            assert!(kind.rows > 0, "{}", kind.kind);
        }
    }
}
