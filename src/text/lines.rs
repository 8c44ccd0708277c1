//! An error that is a list, one line for each point of it.

use std::fmt;

use super::visible;

/// A heading and its points. Each is one line whatever it holds, so that this is the one kind of error that may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    heading: String,
    points: Vec<String>,
}

impl Lines {
    /// `heading` stands before the colon.
    pub fn new(heading: impl Into<String>, points: impl IntoIterator<Item = String>) -> Self {
        Self { heading: heading.into(), points: points.into_iter().collect() }
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", visible(&self.heading))?;
        self.points.iter().try_for_each(|point| write!(f, "\n  {}", visible(point)))
    }
}

impl std::error::Error for Lines {}
