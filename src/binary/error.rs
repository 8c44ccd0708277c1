//! Why a file could not be read as its format.

use std::{fmt, io};

/// A fault that leaves nothing else to report.
#[derive(Debug)]
pub enum Error {
    /// The operating system refused.
    Io(io::Error),
    /// Its format cannot carry device code.
    NotABinary,
    /// It is damaged before its sections could be found.
    Malformed {
        /// Byte offset of the fault.
        offset: u64,
        /// What is wrong, as a lower-case fragment.
        what: &'static str,
    },
    /// It has the name of a library but is not a whole one: what is wrong with it, as the end of a sentence.
    Broken(String),
    /// It is a format that is not supported.
    Unsupported(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotABinary => f.write_str("not an ELF, PE, static library, fatbin or PTX file"),
            Self::Malformed { offset, what } => write!(f, "{what} at offset {offset:#x}"),
            Self::Broken(why) => write!(f, "it {why}"),
            Self::Unsupported(what) => write!(f, "not supported: {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Error {
    pub(super) const fn malformed(offset: u64, what: &'static str) -> Self {
        Self::Malformed { offset, what }
    }
}
