//! Why something is no image that can be read.

use std::{fmt, io};

use crate::facts::Platform;

/// Why something is no image that can be read. Each is the end of a sentence that names the archive.
#[derive(Debug)]
pub enum Error {
    /// What the operating system says, or what is wrong with the data.
    Io(io::Error),
    /// It is something else.
    NoImage(&'static str),
    /// It is an image, but of a kind that is not read, or damaged.
    Unreadable(String),
    /// It has no image for the platform that was asked for.
    Platform {
        /// The platform.
        asked: Platform,
        /// Those that it has.
        there: Vec<String>,
    },
}

impl Error {
    /// That part of the image cannot be read, and why.
    pub(super) fn of(what: impl fmt::Display, why: &io::Error) -> Self {
        Self::Unreadable(format!("{what}: {why}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NoImage(why) => write!(
                f,
                "not an image archive: {why} (expected the output of `docker save`, an OCI layout, a .sif or a squashfs; \
                 for an unpacked image use --root DIR)"
            ),
            Self::Unreadable(why) => f.write_str(why),
            Self::Platform { asked, there } => {
                write!(f, "no image for {asked} in it; it has {}", there.join(", "))
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Data that is not what it should be.
pub(super) fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}
