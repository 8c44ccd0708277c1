//! One member of an archive: small ones are read whole, large ones as they stream past; both through the reader of files.

use std::{io, ops::Range};

use gpucheck_ground::Order as _;

use super::{
    super::{Error, ReadAt, flaw, library::read_source},
    hidden,
    inflate::invalid,
    sample,
    scan::Enough,
    scan::Scan,
    stream::Stream,
};
use crate::{
    facts::{Damage, Flaw, Library},
    python,
};

/// Members up to this size are held in memory while they are read.
const SMALL: u64 = 8 << 20;
/// Reading twice is enough for a file whose names no hint found; only a malicious file needs more.
const MAX_PASSES: usize = 4;

/// Whether a member of `size` bytes is read whole.
pub(super) const fn is_small(size: u64) -> bool {
    size <= SMALL
}

/// What was read of a member.
pub(super) struct Read {
    /// The library that it is.
    pub library: Library,
    /// Whether only its beginning was read.
    pub sampled: bool,
}

/// Reads a member of `size` bytes, a large one only until it is `enough`.
pub(super) fn read(stream: &mut dyn Stream, size: u64, shown: &str, enough: Option<Enough>) -> Result<Read, Error> {
    let whole = |library| Read { library, sampled: false };
    if is_small(size) {
        let memory = Memory(all_of(stream, size)?);
        is_whole(&memory, shown)?;
        let mut library = read_source(&memory, shown)?;
        hidden::add(&memory, &hidden::magics(&memory.0), &mut library);
        return Ok(whole(library));
    }
    if shown.ends_with(".a") {
        return Err(Error::Io(invalid(
            "a static library this large cannot be read inside an archive: unpack it first",
        )));
    }
    let mut wanted: Vec<Range<u64>> = Vec::new();
    for pass in 1.. {
        let mut scan = Scan::new(size, &wanted);
        scan.run(stream, enough)?;
        if let Some(enough) = enough.filter(|_| scan.is_sample()) {
            return Ok(Read { library: sample::library(&mut scan, shown, enough)?, sampled: true });
        }
        let missing = scan.missing();
        if missing.is_empty() {
            return finish(&mut scan, shown).map(whole);
        }
        if pass >= MAX_PASSES || scan.capture.is_full() || !stream.rewind()? {
            break;
        }
        wanted.extend(missing);
    }
    Err(Error::Io(invalid("its headers are too large or too scattered to be kept")))
}

/// A small member.
struct Memory(Vec<u8>);

impl ReadAt for Memory {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_slice().read_at(offset, buffer)
    }
}

/// All bytes of a stream. Memory follows what comes, not what was said.
fn all_of(stream: &mut dyn Stream, size: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            // One more than there should be, as the end is only met by asking.
            let most = usize::try_from(size).unwrap_or(0).saturating_add(1);
            bytes.resize(most.min(bytes.len().max(1 << 15) * 4).max(filled + 1), 0);
        }
        match stream.read(bytes.get_mut(filled..).unwrap_or_default())? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Refuses a file that has a library's name but is not one, or is incomplete. Without section headers it is searched like any other.
fn is_whole(source: &dyn ReadAt, shown: &str) -> Result<(), Error> {
    let flaw = if python::shared_library(shown) { flaw(source, shown, None)? } else { None };
    match flaw {
        Some((flaw, why)) if flaw != Flaw::NoSections => Err(Error::Broken(why)),
        _ => Ok(()),
    }
}

fn finish(scan: &mut Scan, shown: &str) -> Result<Library, Error> {
    let crowded = scan.crowded || scan.capture.is_full();
    scan.magics.order();
    let source = scan.capture.filled();
    is_whole(source, shown)?;
    let mut library = read_source(source, shown)?;
    hidden::add(source, &scan.magics, &mut library);
    if let (true, Some(code)) = (crowded, library.code.value_mut()) {
        code.damage
            .push(Damage { offset: 0, what: "too many fatbin headers in one file; not all were kept".to_owned() });
    }
    Ok(library)
}
