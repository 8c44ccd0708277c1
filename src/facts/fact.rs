//! The three-valued fact: observed, absent or unknown, each with where the answer came from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One observation. "Could not look" is never folded into "absent".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!try_from, rename = "Fact_of_{T}"))]
#[serde(tag = "state", rename_all = "lowercase", try_from = "Written<T>")]
pub enum Fact<T> {
    /// The thing was seen.
    Known {
        /// What was seen.
        value: T,
        /// Which source answered.
        via: Source,
    },
    /// A source that would know says there is none.
    Absent {
        /// Which source answered.
        via: Source,
    },
    /// No source could be asked.
    Unknown {
        /// Why not, as a lower-case fragment.
        why: String,
    },
}

/// A fact as it is written. Read field by field: what serde derives for a tagged enum keeps the whole value in a tree first, and has
/// code for that for each `T`.
#[derive(Deserialize)]
struct Written<T> {
    state: State,
    #[serde(default = "Option::default")]
    value: Option<T>,
    via: Option<Source>,
    why: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Known,
    Absent,
    Unknown,
}

impl<T> TryFrom<Written<T>> for Fact<T> {
    type Error = &'static str;

    fn try_from(written: Written<T>) -> Result<Self, Self::Error> {
        let Written { state, value, via, why } = written;
        match state {
            State::Known => Ok(Self::Known { value: value.ok_or("missing field `value`")?, via: via.ok_or(NO_VIA)? }),
            State::Absent => Ok(Self::Absent { via: via.ok_or(NO_VIA)? }),
            State::Unknown => Ok(Self::Unknown { why: why.ok_or("missing field `why`")? }),
        }
    }
}

const NO_VIA: &str = "missing field `via`";

impl<T> Default for Fact<T> {
    /// Not checked: the value of a field that older saved facts lack.
    fn default() -> Self {
        Self::unknown("not looked at")
    }
}

impl<T> Fact<T> {
    /// A value seen through `via`.
    pub fn known(value: T, via: Source) -> Self {
        Self::Known { value, via }
    }

    /// `via` says that there is none.
    pub fn absent(via: Source) -> Self {
        Self::Absent { via }
    }

    /// It could not be determined, because of `why`.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }

    /// The value, when it was seen.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The value for changing, when it was seen.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known { value, .. } => Some(value),
            _ => None,
        }
    }

    /// What follows from the value, from the same source; what is absent or unknown stays so.
    pub fn map<U>(&self, follows: impl FnOnce(&T) -> U) -> Fact<U> {
        match self {
            Self::Known { value, via } => Fact::known(follows(value), via.clone()),
            Self::Absent { via } => Fact::absent(via.clone()),
            Self::Unknown { why } => Fact::unknown(why.clone()),
        }
    }

    /// Where the answer came from; `None` when no source could be asked.
    pub fn via(&self) -> Option<&Source> {
        match self {
            Self::Known { via, .. } | Self::Absent { via } => Some(via),
            Self::Unknown { .. } => None,
        }
    }

    /// Whether a source said there is none.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    /// Whether no source could be asked.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// Who answered, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Source {
    /// The kind of source.
    pub how: How,
    /// File and section, option, call or knowledge row: where a person would check it.
    pub at: String,
}

impl How {
    /// Whether it speaks of a version, and not of what is there.
    pub const fn is_claim(self) -> bool {
        matches!(self, Self::Knowledge | Self::Index)
    }
}

impl Source {
    /// A source of kind `how`, found `at`.
    pub fn new(how: How, at: impl Into<String>) -> Self {
        Self { how, at: at.into() }
    }

    /// A file below the probed root.
    pub fn file(at: impl Into<String>) -> Self {
        Self::new(How::File, at)
    }

    /// A command-line option.
    pub fn option(at: impl Into<String>) -> Self {
        Self::new(How::Option, at)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.how {
            How::Knowledge => write!(f, "knowledge: {}", self.at),
            How::Plan => write!(f, "as planned: {}", self.at),
            How::Resolver => write!(f, "resolved by {}", self.at),
            _ => f.write_str(&self.at),
        }
    }
}

/// Kinds of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// A command-line option or its environment variable: what the user asked to assume.
    Option,
    /// An environment variable of the probed process.
    Variable,
    /// A text file or directory entry.
    File,
    /// The machine code of a library itself.
    Binary,
    /// The NVIDIA management library.
    Nvml,
    /// The CUDA driver API.
    Cuda,
    /// The PCI bus as the kernel lists it.
    Pci,
    /// A pasted log.
    Log,
    /// A knowledge row: a claim about a version, not a measurement of what is installed.
    Knowledge,
    /// A wheel on an index, of which what decides was read for this answer (`--online`): a claim about the version, too.
    Index,
    /// The effect of a proposed change.
    Plan,
    /// A resolver that was asked, by its name.
    Resolver,
}
