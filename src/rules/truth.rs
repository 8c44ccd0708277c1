//! Results of the conditions of known problems, one by one and combined.

use crate::finding::Evidence;

/// The result of a condition.
#[derive(Debug)]
pub enum Truth {
    /// True, because of these facts.
    Yes(Vec<Evidence>),
    /// False.
    No,
    /// It cannot be decided without these facts, for people.
    Unknown(Vec<String>),
}

impl Truth {
    /// True or false, with the fact that shows it.
    pub fn of(is: bool, evidence: impl FnOnce() -> Option<Evidence>) -> Self {
        if is { Self::Yes(evidence().into_iter().collect()) } else { Self::No }
    }

    /// It cannot be decided without this fact.
    pub fn unknown(need: impl Into<String>) -> Self {
        Self::Unknown(vec![need.into()])
    }

    /// Both: a false one decides, then an unknown one.
    pub fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes(mut evidence) => match other() {
                Self::Yes(more) => {
                    evidence.extend(more);
                    Self::Yes(evidence)
                }
                rest => rest,
            },
            Self::Unknown(mut needs) => match other() {
                Self::No => Self::No,
                Self::Yes(_) => Self::Unknown(needs),
                Self::Unknown(more) => {
                    needs.extend(more);
                    Self::Unknown(needs)
                }
            },
        }
    }

    /// This one, unless the other is true.
    pub fn unless(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::Yes(_)) => Self::No,
            (this, Self::No) => this,
            (Self::Yes(_), Self::Unknown(needs)) => Self::Unknown(needs),
            (Self::Unknown(mut needs), Self::Unknown(more)) => {
                needs.extend(more);
                Self::Unknown(needs)
            }
        }
    }
}
