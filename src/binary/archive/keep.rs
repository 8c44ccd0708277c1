//! What the readers of libraries ask for, kept of a library that streams past, so that it can be read later as if it were whole.

use std::{
    io::{self, Read},
    ops::Range,
    sync::{Mutex, PoisonError},
};

use gpucheck_ground::Order as _;

use super::{
    super::{ReadAt, flaw, library::read_source},
    capture::Capture,
    hints, member,
    scan::Scan,
    stream::Stream,
};
use crate::facts::{Cpu, Os, Platform};

/// Every reader begins with this much.
const HEAD: u64 = 4 << 10;
/// Requests that are this close to each other are kept as one.
const NEAR: u64 = 64;

/// The pieces of a library that its readers ask for. Of a large one, what lies between them reads as bytes that no reader takes for anything,
/// as in a package.
#[derive(Debug)]
pub struct Kept {
    capture: Capture,
}

impl Kept {
    /// Fills as much of `buffer` as there is at `offset`; `None` where that was not kept.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Option<usize> {
        let wanted = self.capture.len().saturating_sub(offset).min(buffer.len() as u64);
        let count = self.capture.read_at(offset, buffer).ok()?;
        (count as u64 >= wanted).then_some(count)
    }

    /// Bytes of memory that it takes, roughly.
    pub fn size(&self) -> usize {
        self.capture.size()
    }
}

/// Keeps what will be asked for of a library of `len` bytes. With it come the places that turned out to be asked for only when they had
/// passed: to be `wanted` when the library streams past again.
///
/// # Errors
/// What the reader says.
pub fn keep(
    reader: &mut dyn Read,
    len: u64,
    shown: &str,
    wanted: &[Range<u64>],
) -> io::Result<(Kept, Vec<Range<u64>>)> {
    if !member::is_small(len) {
        return passing(reader, len, shown, wanted);
    }
    let mut bytes = Vec::new();
    reader.take(len).read_to_end(&mut bytes)?;
    let asked = Asked { bytes: &bytes, ranges: Mutex::default() };
    read_every_way(&asked, shown);
    let mut ranges = asked.ranges.into_inner().unwrap_or_else(PoisonError::into_inner);
    ranges.push(0..HEAD.min(len));
    ranges.extend(hints::dynamic(&bytes));
    ranges.extend_from_slice(wanted);
    ranges.order_by_key(|range| range.start);
    let mut capture = Capture::new(bytes.len() as u64);
    let mut last: Option<Range<u64>> = None;
    for range in ranges {
        match &mut last {
            Some(last) if range.start <= last.end.saturating_add(NEAR) => last.end = last.end.max(range.end),
            last => {
                if let Some(done) = last.replace(range) {
                    put(&mut capture, &bytes, done);
                }
            }
        }
    }
    last.into_iter().for_each(|range| put(&mut capture, &bytes, range));
    capture.strict();
    Ok((Kept { capture }, Vec::new()))
}

fn put(capture: &mut Capture, bytes: &[u8], range: Range<u64>) {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    capture.keep(range.start, bytes.get(place(range.start)..place(range.end)).unwrap_or_default());
}

/// Of a large one, which is never whole in memory.
fn passing(reader: &mut dyn Read, len: u64, shown: &str, wanted: &[Range<u64>]) -> io::Result<(Kept, Vec<Range<u64>>)> {
    let mut scan = Scan::new(len, wanted);
    scan.run(&mut Forward(reader), None)?;
    let mut missing = scan.missing();
    for platform in platforms() {
        // A fault is found again, and reported, when the file is read.
        let _ = flaw(scan.capture.strict(), shown, platform);
        missing.extend(scan.capture.misses());
    }
    match missing.is_empty() {
        true => drop(scan.capture.filled()),
        false => drop(scan.capture.strict()),
    }
    if scan.capture.is_full() {
        missing.clear();
    }
    Ok((Kept { capture: scan.capture }, missing))
}

/// Reads a library as probes do, whatever it is for.
fn read_every_way(source: &dyn ReadAt, shown: &str) {
    for platform in platforms() {
        // What they say does not matter here, but what they ask for.
        let _ = flaw(source, shown, platform);
    }
    let _ = read_source(source, shown);
}

fn platforms() -> [Option<Platform>; 4] {
    let platform = |os, cpu| Some(Platform { os, cpu });
    [None, platform(Os::Linux, Cpu::X86_64), platform(Os::Linux, Cpu::Aarch64), platform(Os::Windows, Cpu::X86_64)]
}

/// Bytes that note what is asked for.
struct Asked<'b> {
    bytes: &'b [u8],
    ranges: Mutex<Vec<Range<u64>>>,
}

impl ReadAt for Asked<'_> {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut ranges = self.ranges.lock().unwrap_or_else(PoisonError::into_inner);
        let end = offset.saturating_add(buffer.len() as u64);
        match ranges.last_mut() {
            Some(last) if offset >= last.start && offset <= last.end.saturating_add(NEAR) => {
                last.end = last.end.max(end)
            }
            _ => ranges.push(offset..end),
        }
        self.bytes.read_at(offset, buffer)
    }
}

/// A reader as a stream that is not read again.
struct Forward<'r>(&'r mut dyn Read);

impl Stream for Forward<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn consumed(&self) -> u64 {
        0
    }

    fn rewind(&mut self) -> io::Result<bool> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &[u8] =
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c13.5/so-sm_120.so"));

    /// A kept library as a source; what was not kept cannot be read.
    struct Source(Kept);

    impl ReadAt for Source {
        fn len(&self) -> u64 {
            self.0.capture.len()
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read_at(offset, buffer).ok_or_else(|| io::Error::other(format!("{offset} was not kept")))
        }
    }

    #[test]
    fn what_was_kept_reads_like_the_whole() {
        let mut large = LIBRARY.to_vec();
        large.resize(12 << 20, 0x55);
        for bytes in [LIBRARY, &large] {
            let (kept, missing) = keep(&mut &bytes[..], bytes.len() as u64, "x.so", &[]).unwrap();
            assert!(missing.is_empty());
            assert!(kept.size() < 200 << 10, "{}", kept.size());
            let source = Source(kept);
            assert_eq!(read_source(&source, "x.so").unwrap(), read_source(&bytes, "x.so").unwrap());
            for platform in platforms() {
                assert_eq!(flaw(&source, "x.so", platform).unwrap(), flaw(&bytes, "x.so", platform).unwrap());
            }
        }
    }
}
