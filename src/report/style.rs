//! Colour, when the reader can see it.

use std::fmt::{self, Display};

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// In a terminal, unless NO_COLOR says no or CLICOLOR_FORCE says yes.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    /// Decides for an output that is a terminal or not. `NO_COLOR` (any non-empty value) and `CLICOLOR_FORCE` (not `0`) are the
    /// conventions of no-color.org and bixense.com/clicolors.
    pub fn decide(self, terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set("NO_COLOR").is_some() => false,
            Self::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            Self::Auto => terminal && set("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

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

impl Paint {
    /// SGR parameters.
    const fn code(self) -> &'static str {
        match self {
            Self::Error => "1;31",
            Self::Warning => "1;33",
            Self::Good => "32",
            Self::Dim => "2",
            Self::Strong => "1",
            Self::Command => "36",
        }
    }

    /// `text` in this paint when `color` is on.
    pub fn on<T: Display>(self, text: T, color: bool) -> Painted<T> {
        Painted { text, paint: color.then_some(self) }
    }
}

/// Text that may be painted.
pub struct Painted<T> {
    text: T,
    paint: Option<Paint>,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.paint {
            Some(paint) => write!(f, "\x1b[{}m{}\x1b[0m", paint.code(), self.text),
            None => self.text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conventions_hold() {
        let with = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        assert!(ColorChoice::Auto.decide(true, with(&[])));
        assert!(!ColorChoice::Auto.decide(false, with(&[])));
        assert!(!ColorChoice::Auto.decide(true, with(&[("NO_COLOR", "1")])));
        assert!(ColorChoice::Auto.decide(true, with(&[("NO_COLOR", "")])));
        assert!(ColorChoice::Auto.decide(false, with(&[("CLICOLOR_FORCE", "1")])));
        assert!(!ColorChoice::Auto.decide(true, with(&[("TERM", "dumb")])));
        assert!(ColorChoice::Always.decide(false, with(&[("NO_COLOR", "1")])));
    }
}
