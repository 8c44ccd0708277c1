//! What a member of an archive is to its reader.

use std::io;

/// Bytes that come one after the other.
pub(super) trait Stream {
    /// Fills as much of `buffer` as there is left, at most all of it; nothing at the end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;
    /// Bytes of the archive that were read for it.
    fn consumed(&self) -> u64;
    /// Starts it from the beginning; false where that cannot be done.
    fn rewind(&mut self) -> io::Result<bool>;
}
