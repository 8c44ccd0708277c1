//! The text of a file, and where in it a byte stands.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use crate::facts::Location;

/// TOML and YAML beyond this are not taken apart: what comes of them has fifty times their size. Lock files of large projects have 5 MB.
pub(super) const MAX_TREE: usize = 6 << 20;

/// A file that was read.
#[derive(Debug, Clone)]
pub struct Text {
    /// Where it is.
    pub path: PathBuf,
    /// As reports name it.
    pub shown: String,
    /// What it contains.
    pub text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// A byte whose column is known, and that column from zero on: the next one is often behind it on the same, long line.
    last: Cell<(usize, usize)>,
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.shown == other.shown && self.text == other.text
    }
}

impl Eq for Text {}

impl Text {
    /// A text with its lines counted.
    pub fn new(path: impl Into<PathBuf>, shown: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1)).collect();
        Self { path: path.into(), shown: shown.into(), text, lines, last: Cell::new((0, 0)) }
    }

    /// The place of a byte.
    pub fn at(&self, offset: usize) -> Location {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let (known, column) =
            Some(self.last.get()).filter(|(at, _)| (start..=offset).contains(at)).unwrap_or((start, 0));
        let columns = self.text.get(known..offset).map(|before| column + before.chars().count());
        if let Some(columns) = columns {
            self.last.set((offset, columns));
        }
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.location(number(line), number(columns.unwrap_or(0) + 1))
    }

    /// The place of a part of [`Text::text`], which must be a slice of it; of anything else the beginning.
    pub fn place(&self, part: &str) -> Location {
        self.at(offset(&self.text, part).unwrap_or_default())
    }

    /// A place by its one-based line and column.
    pub fn location(&self, line: u32, column: u32) -> Location {
        Location { path: self.shown.clone(), line, column }
    }

    /// The byte of a place, where the text has it.
    pub fn offset(&self, at: &Location) -> Option<usize> {
        let line = self.line_of(at)?;
        let start = offset(&self.text, line)?;
        let columns = usize::try_from(at.column).ok()?.saturating_sub(1);
        let within = line.char_indices().nth(columns).map_or(line.len(), |(byte, _)| byte);
        Some(start + within)
    }

    /// The line of a place, without its end.
    pub fn line_of(&self, at: &Location) -> Option<&str> {
        self.line(at.line)
    }

    /// A line by its one-based number, without its end.
    pub fn line(&self, number: u32) -> Option<&str> {
        let start = *self.lines.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
        let line = self.text.get(start..)?.split('\n').next()?;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }

    /// The lines, each with where it begins, without their ends.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().filter_map(|&start| {
            let rest = self.text.get(start..)?;
            let line = rest.split('\n').next()?;
            Some((start, line.strip_suffix('\r').unwrap_or(line)))
        })
    }

    /// Name of the file alone.
    pub fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or(&self.shown)
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

/// Where `part` begins in `whole`, of which it is a slice.
fn offset(whole: &str, part: &str) -> Option<usize> {
    let offset = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    (offset + part.len() <= whole.len()).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_and_columns_of_characters() {
        let text = Text::new("a", "a", "eins\r\nzwöi torch\n\nlast");
        let at = |offset| (text.at(offset).line, text.at(offset).column);
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(6), (2, 1));
        let torch = text.text.find("torch").unwrap();
        for byte in [0, 6, torch, text.text.len()] {
            assert_eq!(text.offset(&text.at(byte)), Some(byte));
        }
        assert_eq!(text.line_of(&text.at(torch)), Some("zwöi torch"));
        assert_eq!(text.offset(&Location { line: 9, ..text.at(0) }), None);
        assert_eq!(at(torch), (2, 6), "columns are characters");
        assert_eq!(text.place(&text.text[torch..torch + 5]), text.at(torch));
        assert_eq!(at(999).0, 4, "beyond the end");
        assert_eq!(text.place("elsewhere").line, 1);
        let lines: Vec<&str> = text.lines().map(|(_, line)| line).collect();
        assert_eq!(lines, ["eins", "zwöi torch", "", "last"]);
    }
}
