//! Colour. A page under construction holds a mark for each change of it: a character without width, which [`super::visible`] leaves in no
//! field, so that nothing that was read can switch a colour. The writer turns the marks into the sequences of a terminal.

use std::fmt::{self, Display, Write as _};

use anstyle::{AnsiColor, Reset, Style};

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

/// U+FFF0 to U+FFF8 are assigned to nothing and ignorable by default (Unicode 16, `DerivedCoreProperties.txt`): what lays text out gives
/// them no width.
const FIRST_MARK: u32 = 0xfff0;
const END_MARK: char = '\u{fff8}';

impl Paint {
    /// All of them, in the order of their marks.
    pub(super) const ALL: [Self; 6] = [Self::Error, Self::Warning, Self::Good, Self::Dim, Self::Strong, Self::Command];

    const fn style(self) -> Style {
        match self {
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Dim => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
            Self::Command => AnsiColor::Cyan.on_default(),
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

/// What a mark stands for; as text, the sequence that a terminal obeys.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// To this paint.
    To(Paint),
    /// To none.
    End,
}

impl Change {
    /// The one that a character marks.
    pub(super) fn of(c: char) -> Option<Self> {
        // Nearly every character is none.
        if !(FIRST_MARK..=u32::from(END_MARK)).contains(&u32::from(c)) {
            return None;
        }
        if c == END_MARK {
            return Some(Self::End);
        }
        Paint::ALL.into_iter().find(|paint| paint.mark() == c).map(Self::To)
    }
}

impl Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(paint) => paint.style().render().fmt(f),
            Self::End => Reset.render().fmt(f),
        }
    }
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
