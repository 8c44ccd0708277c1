//! Conda packages of the second format (`.conda`): a zip file with two tar archives compressed with zstd.
//!
//! Format: <https://docs.conda.io/projects/conda-build/en/latest/resources/package-spec.html>. One stream contains all files, so there
//! is nothing to share out to threads.

use std::io::{self, Read};

use gpucheck_ground::Order as _;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use serde::Deserialize;

use super::{
    super::{Error, ReadAt},
    Archive, ArchiveOptions, directory,
    inflate::{Member, invalid},
    member, names,
    stream::Stream,
    tar,
};
use crate::json;

/// zstd's level 19, which conda uses, looks back 8 MiB; what looks back further would take that much memory.
const MAX_WINDOW: u64 = 32 << 20;
const MAX_INDEX: u64 = 1 << 20;
/// Below this much output any ratio is fine.
const FREE: u64 = 256 << 20;
const MAX_LIBRARIES: usize = 1 << 17;

/// Of `info/index.json`.
#[derive(Deserialize)]
struct Index {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    depends: Vec<String>,
}

/// Reads a conda package.
pub(super) fn read(source: &dyn ReadAt, options: &ArchiveOptions) -> Result<Archive, Error> {
    let inner = |name: &str| (name.starts_with("info-") || name.starts_with("pkg-")) && name.ends_with(".tar.zst");
    let (entries, read) = directory::read(source, inner, 64)?;
    let mut archive = Archive { read_bytes: read, ..Archive::default() };
    for entry in &entries {
        let mut stream = match Member::open(source, entry, options.limit_ratio) {
            Ok(stream) => stream,
            Err(why) => {
                archive.skip(&entry.name, why);
                continue;
            }
        };
        let mut output = 0;
        let result = unpack(&mut stream, &mut output, entry.name.starts_with("info-"), options, &mut archive);
        archive.read_bytes += stream.totals()[0];
        archive.inflated_bytes += output;
        if let Err(error) = result {
            archive.skip(&entry.name, error.to_string());
        }
    }
    if entries.is_empty() {
        return Err(Error::malformed(0, "the conda package contains no inner archive"));
    }
    archive.libraries.order_by(|a, b| a.path.cmp(&b.path));
    Ok(archive)
}

fn unpack(
    stream: &mut Member<'_>,
    output: &mut u64,
    info: bool,
    options: &ArchiveOptions,
    archive: &mut Archive,
) -> io::Result<()> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(MAX_WINDOW);
    let decoder = StreamingDecoder::new_with_decoder(Bytes { stream }, decoder)
        .map_err(|error| invalid(&format!("its zstd data cannot be read: {error}")))?;
    let mut counted = Counted { decoder, output, ratio: options.limit_ratio };
    tar::walk(&mut counted, &mut |name, size, contents| {
        if info {
            if name != "info/index.json" {
                return true;
            }
            match index(contents, size) {
                Some(index) => {
                    (archive.name, archive.version, archive.requires) = (index.name, index.version, index.depends);
                }
                None => archive.skip(name, "it is not a conda package index"),
            }
            return false;
        }
        if names::holds_code(name) {
            match member::read(contents, size, name, options.enough()) {
                Ok(read) if archive.libraries.len() < MAX_LIBRARIES => archive.add(read),
                Ok(_) => archive.skip(name, "the archive has too many libraries"),
                Err(error) => archive.skip(name, error),
            }
        }
        true
    })
}

fn index(contents: &mut dyn Stream, size: u64) -> Option<Index> {
    let mut text = vec![0; usize::try_from(size.min(MAX_INDEX)).ok()?];
    let mut filled = 0;
    while let Some(rest) = text.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match contents.read(rest).ok()? {
            0 => break,
            count => filled += count,
        }
    }
    json::read(text.get(..filled)?).ok()
}

/// A stream as the standard library's reader.
struct Bytes<'a, 's> {
    stream: &'a mut Member<'s>,
}

impl Read for Bytes<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

/// Counts the output and bounds it by the input.
struct Counted<'a, 's> {
    decoder: StreamingDecoder<Bytes<'a, 's>, FrameDecoder>,
    output: &'a mut u64,
    ratio: u64,
}

impl Read for Counted<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(buffer)?;
        *self.output += count as u64;
        let input = self.decoder.get_ref().stream.consumed();
        if *self.output > FREE.max(self.ratio.saturating_mul(input)) {
            return Err(invalid("decompression bomb: it expands to far more than real packages do"));
        }
        Ok(count)
    }
}
