//! A file of the embedded knowledge base, parsed when it is first asked for: most commands need one or two of them, a plain `scan`
//! needs none, and all together cost more than reading a library of a gigabyte.

use std::{
    ops::{Deref, DerefMut},
    sync::OnceLock,
};

use gpucheck_model::knowledge::Embedded;

/// Derefs to the rows.
#[derive(Debug, Clone)]
pub(super) struct Part<T> {
    /// What build.rs wrote, or an update brought.
    json: &'static str,
    rows: OnceLock<T>,
}

impl<T: Embedded> Part<T> {
    /// Parses nothing yet.
    pub(super) const fn new(json: &'static str) -> Self {
        Self { json, rows: OnceLock::new() }
    }

    /// Parses it, unless that was done.
    ///
    /// # Errors
    /// When the text does not have these rows.
    pub(super) fn read(&self) -> serde_json::Result<()> {
        if self.rows.get().is_none() {
            let _ = self.rows.set(T::read(self.json)?);
        }
        Ok(())
    }

    /// Whether no row has this text by itself, as far as that can be told without parsing them: of most names that are looked up there is no row.
    pub(super) fn lacks(&self, text: &str) -> bool {
        // As JSON has it; any other may be written in several ways.
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        plain
            && self.rows.get().is_none()
            && memchr::memmem::find(self.json.as_bytes(), ["\"", text, "\""].concat().as_bytes()).is_none()
    }

    #[expect(
        clippy::expect_used,
        reason = "build.rs wrote the text from the same types, and a test reads every part; those of an update were read before"
    )]
    fn parse(&self) -> T {
        T::read(self.json).expect("the rows of the knowledge base were read before")
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
