//! What a page is shown on, and when it has colour.

use std::borrow::Cow;

use crate::text::{NARROWEST, whole_words};

/// The medium that the page is shown on.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Columns; text is wrapped there. Nothing for a pipe or a file: no wrapping.
    pub width: Option<usize>,
    /// Whether colour is shown.
    pub color: bool,
    /// 0: the report; 1: also what was examined and how it was chosen.
    pub verbose: u8,
    /// Only findings and the verdict.
    pub quiet: bool,
}

impl Screen {
    /// The lines of a text behind a margin of so many columns, wrapped where the screen ends.
    pub(super) fn lines<'t>(&self, margin: usize, text: &'t str) -> Vec<Cow<'t, str>> {
        match self.width {
            Some(width) => textwrap::wrap(text, whole_words(width.saturating_sub(margin).max(NARROWEST))),
            None => vec![text.into()],
        }
    }
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// In a terminal, unless overridden by NO_COLOR or CLICOLOR_FORCE.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    /// Decides for an output that is a terminal or not. `NO_COLOR` (any non-empty value) and `CLICOLOR_FORCE` (not `0`) are the
    /// conventions of no-color.org and bixense.com/clicolors; anstyle-query takes the value `0` for a yes, and a terminal without TERM for one
    /// without colour.
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
