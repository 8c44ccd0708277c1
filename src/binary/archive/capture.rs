//! A file of which only some pieces were kept, to be read as if it were whole.
//!
//! A member of an archive streams past once. What the readers of this module will ask for is kept on the way; they then read from
//! here, so that a member and the unpacked file go through the same code.

use std::{
    io,
    ops::Range,
    sync::{Mutex, PoisonError},
};

use gpucheck_ground::Order as _;

use super::super::ReadAt;

/// Pieces and their descriptions together take about this much at most (an entry of a fatbin takes 80 bytes, and the library with
/// the most fatbins, NVIDIA's FFT, has some 25,000).
const MOST: usize = 6 << 20;
/// At most this many missing places are listed.
const MAX_MISSES: usize = 1024;

#[derive(Debug, Clone, Copy)]
struct Piece {
    start: u64,
    len: u64,
    /// Place in the kept bytes; `None` for zeros, which are only counted.
    at: Option<u32>,
}

/// The kept pieces.
#[derive(Debug, Default)]
pub(super) struct Capture {
    len: u64,
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    tidy: bool,
    filled: bool,
    full: bool,
    misses: Mutex<Vec<Range<u64>>>,
}

impl Capture {
    /// Of a file with this length.
    pub(super) fn new(len: u64) -> Self {
        Self { len, tidy: true, ..Self::default() }
    }

    /// Keeps bytes found at `start`.
    pub(super) fn keep(&mut self, start: u64, bytes: &[u8]) {
        if self.bytes.len() + (self.pieces.len() + 1) * size_of::<Piece>() + bytes.len() > MOST {
            self.full = true;
            return;
        }
        let Ok(at) = u32::try_from(self.bytes.len()) else { return };
        self.bytes.extend_from_slice(bytes);
        self.push(Piece { start, len: bytes.len() as u64, at: Some(at) });
    }

    /// Notes that there are zeros at `start`.
    pub(super) fn zeros(&mut self, start: u64, len: u64) {
        let count = self.pieces.len();
        match self.pieces.last_mut() {
            Some(last) if last.at.is_none() && last.start + last.len == start => last.len += len,
            _ if count * size_of::<Piece>() >= MOST => self.full = true,
            _ => self.push(Piece { start, len, at: None }),
        }
    }

    fn push(&mut self, piece: Piece) {
        if piece.len > 0 {
            self.tidy &= self.pieces.last().is_none_or(|last| last.start + last.len <= piece.start);
            self.pieces.push(piece);
        }
    }

    /// Bytes of memory that it takes, roughly.
    pub(super) fn size(&self) -> usize {
        self.bytes.capacity() + self.pieces.capacity() * size_of::<Piece>()
    }

    /// Whether something was not kept for want of room.
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    /// What was requested since the last call, but had not been kept.
    pub(super) fn misses(&mut self) -> Vec<Range<u64>> {
        std::mem::take(self.misses.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes it readable: pieces in order and apart. From now on what was not kept is a miss.
    pub(super) fn strict(&mut self) -> &Self {
        self.tidy();
        self.filled = false;
        self
    }

    /// As [`Self::strict`], but what was not kept reads as bytes that are neither padding nor part of a fatbin's header. That is
    /// what it is: all headers and the padding around them are kept.
    pub(super) fn filled(&mut self) -> &Self {
        self.tidy();
        self.filled = true;
        self
    }

    fn tidy(&mut self) {
        if std::mem::replace(&mut self.tidy, true) {
            return;
        }
        self.pieces.order_by_key(|piece| piece.start);
        let mut end = 0;
        self.pieces.retain_mut(|piece| {
            let covered = end.max(piece.start) - piece.start;
            if covered >= piece.len {
                return false;
            }
            // Only kept bytes of this length were ever added, so the place stays within 32 bits.
            piece.at = piece.at.map(|at| at.saturating_add(u32::try_from(covered).unwrap_or(u32::MAX)));
            piece.start += covered;
            piece.len -= covered;
            end = piece.start + piece.len;
            true
        });
    }

    fn copy(&self, piece: &Piece, offset: u64, to: &mut [u8]) -> usize {
        let skip = offset - piece.start;
        let count = usize::try_from(piece.len - skip).unwrap_or(usize::MAX).min(to.len());
        let Some(target) = to.get_mut(..count) else { return 0 };
        match piece.at {
            None => target.fill(0),
            Some(at) => {
                let from = at as usize + usize::try_from(skip).unwrap_or(usize::MAX);
                match self.bytes.get(from..).and_then(|rest| rest.get(..count)) {
                    Some(bytes) => target.copy_from_slice(bytes),
                    None => return 0,
                }
            }
        }
        count
    }
}

impl ReadAt for Capture {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..room).unwrap_or_default();
        let mut done = 0;
        let mut next = self.pieces.partition_point(|piece| piece.start + piece.len <= offset);
        while done < room {
            let position = offset + done as u64;
            let rest = buffer.get_mut(done..).unwrap_or_default();
            let piece = self.pieces.get(next);
            if let Some(piece) = piece.filter(|piece| piece.start <= position) {
                let count = self.copy(piece, position, rest);
                if count == 0 {
                    break;
                }
                done += count;
                next += 1;
                continue;
            }
            let gap = piece.map_or(u64::MAX, |piece| piece.start - position);
            if !self.filled {
                let mut misses = self.misses.lock().unwrap_or_else(PoisonError::into_inner);
                if misses.len() < MAX_MISSES {
                    misses.push(position..offset + room as u64);
                }
                break;
            }
            let count = usize::try_from(gap).unwrap_or(usize::MAX).min(rest.len());
            rest.get_mut(..count).unwrap_or_default().fill(0xFF);
            done += count;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_kept_is_read_back(pieces in prop::collection::vec((0u64..200, 0usize..40), 0..20), at in 0u64..250, len in 0usize..60) {
            let whole: Vec<u8> = (0..240u32).map(|index| if index % 7 < 3 { 0 } else { index as u8 }).collect();
            let mut capture = Capture::new(240);
            let mut known = [false; 240];
            for (start, len) in pieces {
                let range = start as usize..start as usize + len;
                if whole[range.clone()].iter().all(|byte| *byte == 0) {
                    capture.zeros(start, len as u64);
                } else {
                    capture.keep(start, &whole[range.clone()]);
                }
                known[range].fill(true);
            }
            let mut buffer = vec![0xAA; len];
            let count = capture.filled().read_at(at, &mut buffer).unwrap();
            let end = (at as usize + len).min(240);
            prop_assert_eq!(count, end.saturating_sub(at as usize));
            for (byte, place) in buffer[..count].iter().zip(at as usize..) {
                prop_assert_eq!(*byte, if known[place] { whole[place] } else { 0xFF });
            }
            let count = capture.strict().read_at(at, &mut buffer).unwrap();
            let there = (at as usize..end).take_while(|place| known[*place]).count();
            prop_assert_eq!(count, there);
            let misses = capture.misses();
            prop_assert_eq!(misses.is_empty(), at as usize + there >= end);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut capture = Capture::new(u64::MAX);
        for index in 0..1_000_000u64 {
            capture.keep(index * 100, &[1; 64]);
        }
        assert!(capture.is_full() && capture.bytes.len() < MOST && capture.pieces.len() < 80_000);
    }
}
