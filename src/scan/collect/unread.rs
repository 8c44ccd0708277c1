//! What is left unread, and why, as reports say it.

use std::fmt;

use crate::{binary::Skipped, facts::Unlisted, report::scan::Unread};

/// Why something that should be read was not. All of these leave open whether it contains device code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A folder too deep, or after too many files: a loop of links, say.
    TooMany,
    /// A broken link.
    DeadLink,
    /// A pipe, a socket or a device with the name of a library or a package.
    NoFile,
    /// A library that is missing from its distribution.
    ListedAndGone,
    /// A package that was only sampled: the part that was read contains no code.
    NothingInSample,
    /// The message of the operating system or a reader.
    Told(String),
}

impl Reason {
    /// The line of a report. `path`: how it names what was not read.
    pub fn of(self, path: impl Into<String>) -> Unread {
        Unread { path: path.into(), why: self.to_string(), matters: true }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooMany => "not searched: there are too many folders or files",
            Self::DeadLink => "a broken symbolic link",
            Self::NoFile => "a pipe or a device, not a file",
            Self::ListedAndGone => "listed in its RECORD, but missing",
            Self::NothingInSample => "no device code in the part that was read (--full reads all)",
            Self::Told(why) => why,
        })
    }
}

/// Metadata of a package that could not be read. Without its RECORD its files are unknown; its requirements contain no code.
pub fn metadata(Unlisted { path, why }: Unlisted) -> Unread {
    Unread { matters: path.ends_with("/RECORD"), path, why }
}

/// A member that was left out of a package. A file that is not a binary at all (a linker script named `.so`) contains no device code either.
pub fn member(skipped: Skipped) -> Unread {
    Unread { matters: skipped.may_hold_code(), why: skipped.why.to_string(), path: skipped.path }
}
