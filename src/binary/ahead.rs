//! Headers that lie close to each other, with one read.

use std::io;

use gpucheck_ground::stretch;

use super::ReadAt;

/// What was read beyond a header. Where headers lie close to each other, one read gets several.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    start: u64,
    bytes: Vec<u8>,
    /// Where the last read was.
    last: u64,
}

impl Ahead {
    /// The bytes at this place, if they are all there.
    fn get(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(start..)?.get(..length)
    }

    /// Reads at this place, plus the source's read-ahead if the last read was no farther away than that.
    pub fn read<S: ReadAt + ?Sized>(&mut self, source: &S, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let spare = source.spare();
        let near = offset.checked_sub(self.last).is_some_and(|distance| distance < spare as u64);
        self.last = offset;
        if let Some(bytes) = self.get(offset, buffer.len()) {
            buffer.copy_from_slice(bytes);
            return Ok(buffer.len());
        }
        if !near || buffer.len() > spare {
            return source.read_at(offset, buffer);
        }
        self.start = offset;
        stretch(&mut self.bytes, spare);
        // What cannot be read may lie behind what was asked for.
        let Ok(count) = source.read_at(offset, &mut self.bytes) else {
            self.bytes.clear();
            return source.read_at(offset, buffer);
        };
        self.bytes.truncate(count);
        let count = count.min(buffer.len());
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        Ok(count)
    }
}
