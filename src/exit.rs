//! The exit codes: a contract with scripts and CI.

use std::process::ExitCode;

/// Nothing at or above `--fail-on` (by default: no error).
pub const OK: u8 = 0;
/// A finding at or above `--fail-on`, a `recommend` without an answer, an unmet `--require`.
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
