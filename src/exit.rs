//! The exit codes: a contract with scripts and CI.

use std::{fmt, process::ExitCode};

/// Nothing at or above `--fail-on` (by default: no error).
pub const OK: u8 = 0;
/// A finding at or above `--fail-on`, a `recommend` without an answer, an unmet `--require` or `--baseline`.
pub const FOUND: u8 = 1;
/// Wrong usage or input that cannot be read.
pub const USAGE: u8 = 2;
/// gpucheck could not finish its own work.
pub const INTERNAL: u8 = 3;

/// How a command ended, before it becomes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// See [`OK`].
    Ok,
    /// See [`FOUND`].
    Found,
    /// See [`USAGE`].
    Usage,
    /// See [`INTERNAL`].
    Internal,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => OK,
            Exit::Found => FOUND,
            Exit::Usage => USAGE,
            Exit::Internal => INTERNAL,
        })
    }
}

/// What kept gpucheck from finishing its own work, wherever in an error it stands: [`INTERNAL`] instead of [`USAGE`].
#[derive(Debug)]
pub struct Unfinished {
    what: String,
    why: std::io::Error,
}

impl Unfinished {
    /// What could not be done, and what the operating system says of it.
    pub fn error(what: impl Into<String>, why: std::io::Error) -> anyhow::Error {
        Self { what: what.into(), why }.into()
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Unfinished {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.why)
    }
}

/// How a command that failed has ended.
impl From<&anyhow::Error> for Exit {
    fn from(error: &anyhow::Error) -> Self {
        if error.chain().any(|cause| cause.is::<Unfinished>()) { Self::Internal } else { Self::Usage }
    }
}
