//! Colour. A page under construction holds a mark for each change of it: a character without width, which [`super::visible`] leaves in no
//! field, so that nothing that was read can switch a colour. The writer turns the marks into the sequences of a terminal.

use std::fmt::{self, Display, Write as _};

/// What a piece of text is, for those who see colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Error mark and slug.
    Error,
    /// Warning mark and slug.
    Warning,
    /// Mark of what is in order.
    Good,
    /// Labels and sources.
    Dim,
    /// Names.
    Strong,
    /// Lines to paste.
    Command,
}

/// What ends a colour: SGR 0 (ECMA-48).
pub(super) const END: &str = "\x1b[0m";
/// U+FFF0 to U+FFF8 are assigned to nothing and ignorable by default (Unicode 16, `DerivedCoreProperties.txt`): what lays text out gives
/// them no width.
const FIRST_MARK: u32 = 0xfff0;
const END_MARK: char = '\u{fff8}';

impl Paint {
    /// All of them, in the order of their marks.
    pub(super) const ALL: [Self; 6] = [Self::Error, Self::Warning, Self::Good, Self::Dim, Self::Strong, Self::Command];

    /// The sequence that switches it on.
    pub(super) const fn start(self) -> &'static str {
        match self {
            Self::Error => "\x1b[1;31m",
            Self::Warning => "\x1b[1;33m",
            Self::Good => "\x1b[32m",
            Self::Dim => "\x1b[2m",
            Self::Strong => "\x1b[1m",
            Self::Command => "\x1b[36m",
        }
    }

    fn mark(self) -> char {
        char::from_u32(FIRST_MARK + self as u32).unwrap_or(END_MARK)
    }

    /// `text` in this paint when `color` is on.
    pub fn on<T: Display>(self, text: T, color: bool) -> Painted<T> {
        Painted { text, paint: color.then_some(self) }
    }
}

/// The sequence that a mark stands for.
pub(super) fn sequence(c: char) -> Option<&'static str> {
    // Nearly every character is none.
    if !(FIRST_MARK..=u32::from(END_MARK)).contains(&u32::from(c)) {
        return None;
    }
    if c == END_MARK {
        return Some(END);
    }
    Paint::ALL.into_iter().find(|paint| paint.mark() == c).map(Paint::start)
}

/// Text that may be painted.
pub struct Painted<T> {
    text: T,
    paint: Option<Paint>,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(paint) = self.paint else { return self.text.fmt(f) };
        f.write_char(paint.mark())?;
        // Width and alignment are those of the text.
        self.text.fmt(f)?;
        f.write_char(END_MARK)
    }
}
