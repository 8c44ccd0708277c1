//! Text of a shell that stands in another file: what the shell gets, and where each part of it is written.

use crate::{facts::Location, manifest::Text};

/// What a shell reads. It is put together of pieces, each with its place: lines of a Dockerfile, of a block in YAML, of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// What the shell gets.
    pub text: String,
    /// Where pieces begin, and where they are written.
    pieces: Vec<(usize, Location)>,
}

impl Script {
    /// A whole file.
    pub fn of(text: &Text) -> Self {
        Self::piece(&text.text, text.at(0))
    }

    /// One piece of text that is written here. Its lines are those of the file.
    pub fn piece(text: &str, at: Location) -> Self {
        let mut script = Self::default();
        script.push(text, at);
        script
    }

    /// Adds a piece, whose lines are those of the file from there on.
    pub fn push(&mut self, piece: &str, at: Location) {
        let mut next = at;
        for line in piece.split_inclusive('\n') {
            self.pieces.push((self.text.len(), next.clone()));
            self.text.push_str(line);
            next = Location { line: next.line.saturating_add(1), column: 1, ..next };
        }
    }

    /// Adds another one, with its places.
    pub fn append(&mut self, other: &Self) {
        let before = self.text.len();
        self.pieces.extend(other.pieces.iter().map(|(start, at)| (start + before, at.clone())));
        self.text.push_str(&other.text);
    }

    /// Whether anything of it is written somewhere.
    pub fn is_placed(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// Where a byte is written.
    pub fn at(&self, offset: usize) -> Location {
        let after = self.pieces.partition_point(|(start, _)| *start <= offset);
        let Some((start, first)) = self.pieces.get(after.saturating_sub(1)) else {
            return Location { path: String::new(), line: 1, column: 1 };
        };
        let before = self.text.get(*start..offset).unwrap_or_default();
        let columns = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
        Location { column: first.column.saturating_add(columns), ..first.clone() }
    }

    /// A part of it, with its places.
    pub fn part(&self, start: usize, end: usize) -> Self {
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        let from = self.pieces.partition_point(|(piece, _)| *piece <= start);
        let inside = self.pieces.get(from..).unwrap_or_default().iter().take_while(|(piece, _)| *piece < end);
        let inside = inside.map(|(piece, at)| (piece - start, at.clone()));
        let pieces = std::iter::once((0, self.at(start))).chain(inside).collect();
        Self { text, pieces }
    }
}

/// Whether a script that another one reads is likely its own, and no setting of the shell or of an environment.
pub(super) fn is_own(name: &str) -> bool {
    let others = ["activate", "rc", "profile", "conda.sh", ".env", "/etc/", "/opt/", "setvars"];
    name.ends_with(".sh") && !others.iter().any(|other| name.contains(other))
}

/// A text that a command writes into a file, at the place where the command has it.
pub(super) fn placed(at: &Location, name: &str, text: &str) -> Text {
    let before = usize::try_from(at.line.saturating_sub(1)).unwrap_or(0).min(100_000);
    let shown = if at.path.is_empty() { name.to_owned() } else { at.path.clone() };
    Text::new(name, shown, format!("{}{text}", "\n".repeat(before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_places() {
        let text = Text::new("Dockerfile", "Dockerfile", "RUN a \\\n# no\n  b\n");
        let mut script = Script::default();
        script.push("a \\\n", text.at(4));
        script.push("  b", text.at(13));
        let place = |offset| (script.at(offset).line, script.at(offset).column);
        assert_eq!(place(0), (1, 5));
        assert_eq!(place(script.text.find('b').unwrap()), (3, 3));
        let part = script.part(2, script.text.len());
        assert_eq!(part.text, "\\\n  b");
        assert_eq!((part.at(4).line, part.at(4).column), (3, 3));
        assert_eq!(Script::default().at(9).line, 1);
    }
}
