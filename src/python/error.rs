//! What was wrong with a requirement or a marker.

use std::fmt;

/// Why a text is not a valid requirement or marker, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementError(pub(super) String);

impl fmt::Display for RequirementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RequirementError {}

/// The longest requirement or marker that is read: real ones stay below 1 KiB.
const LIMIT: usize = 16 * 1024;

/// Refuses a text that no package would write.
pub(super) fn check_length(text: &str, what: &str) -> Result<(), RequirementError> {
    if text.len() > LIMIT {
        return Err(RequirementError(format!("the {what} is longer than {} KiB", LIMIT / 1024)));
    }
    Ok(())
}

/// The start of a text, short enough for a message.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}
