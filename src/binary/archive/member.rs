//! One member of an archive: small ones are read whole, large ones as they stream past; both through the reader of files.

use std::{io, ops::Range};

use super::{
    super::{Error, Source, Summary, fatbin, library::read_source},
    hidden,
    inflate::invalid,
    scan::{Enough, Scan, Stream},
};
use crate::facts::{Container, Damage, Extent, Fact, How, Library, Source as Via};

/// Members up to this size are held in memory while they are read.
const SMALL: u64 = 8 << 20;
/// With `quick`: a first fatbin ends 12 to 18 MB into the compressed libtorch_cuda.so, and has all that the next seven have.
const ENOUGH: Enough = Enough { fatbins: 8, input: 32 << 20 };
/// Reading twice is enough for a file whose names stand where no hint found them; more only for one that is made to vex.
const MAX_PASSES: usize = 4;

/// Reads a member of `size` bytes.
pub(super) fn read(stream: &mut dyn Stream, size: u64, shown: &str, quick: bool) -> Result<Library, Error> {
    if size <= SMALL {
        let memory = Memory(whole(stream, size)?);
        let mut library = read_source(&memory, shown)?;
        hidden::add(&memory, &hidden::magics(&memory.0), &mut library);
        return Ok(library);
    }
    if shown.ends_with(".a") {
        return Err(Error::Io(invalid("a static library of this size is not read inside an archive: unpack it")));
    }
    let mut wanted: Vec<Range<u64>> = Vec::new();
    for pass in 1.. {
        let mut scan = Scan::new(size, &wanted);
        scan.run(stream, quick.then_some(ENOUGH))?;
        if scan.is_sample() {
            return sampled(&mut scan, shown);
        }
        let missing = scan.missing();
        if missing.is_empty() {
            return finish(&mut scan, shown);
        }
        if pass >= MAX_PASSES || scan.capture.is_full() || !stream.rewind()? {
            break;
        }
        wanted.extend(missing);
    }
    Err(Error::Io(invalid("its headers are so large or so spread that they were not kept")))
}

/// A small member.
struct Memory(Vec<u8>);

impl Source for Memory {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_slice().read_at(offset, buffer)
    }
}

/// All bytes of a stream. Memory follows what comes, not what was said.
fn whole(stream: &mut dyn Stream, size: u64) -> Result<Vec<u8>, Error> {
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

fn finish(scan: &mut Scan, shown: &str) -> Result<Library, Error> {
    let crowded = scan.crowded || scan.capture.is_full();
    scan.magics.sort_unstable();
    let source = scan.capture.filled();
    let mut library = read_source(source, shown)?;
    hidden::add(source, &scan.magics, &mut library);
    if let (true, Some(code)) = (crowded, library.code.value_mut()) {
        code.damage.push(Damage { offset: 0, what: "more headers of fatbins than are kept of one file".to_owned() });
    }
    Ok(library)
}

/// What the first fatbins say.
fn sampled(scan: &mut Scan, shown: &str) -> Result<Library, Error> {
    let source = scan.capture.filled();
    let mut head = [0; 4];
    source.read_at(0, &mut head)?;
    let container = match head {
        [0x7F, b'E', b'L', b'F'] => Container::Elf,
        [b'M', b'Z', ..] => Container::Pe,
        _ => Container::Fatbin,
    };
    let mut summary = Summary::default();
    for range in &scan.whole {
        let damage = fatbin::walk(source, range.clone(), &mut |item| summary.general(item));
        summary.damage(damage);
    }
    let mut code = summary.finish();
    code.extent = Extent::Sampled;
    let code = if scan.whole.is_empty() {
        Fact::unknown(format!(
            "only sampled: if it has fatbins, the first ends more than {} MiB into its compressed bytes",
            ENOUGH.input >> 20
        ))
    } else {
        let count = code.fatbins;
        Fact::known(code, Via::new(How::Binary, format!("{shown}, its first {count} fatbins")))
    };
    Ok(Library { path: shown.to_owned(), container, needed: Vec::new(), code })
}
