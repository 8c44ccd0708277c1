//! The device code in a wheel or a conda package, without unpacking it.
//!
//! Only members that can contain such code are inflated, each once and forward only. Small ones are read from memory; of large ones the
//! headers are kept as they stream past, and the reader of files reads those ([`super::read_library`] says the same of the
//! unpacked file). A file of any size and shape takes at most 64 MB. Nothing is ever written.

mod capture;
mod choice;
mod conda;
mod directory;
mod hidden;
mod hints;
mod inflate;
mod keep;
mod member;
mod names;
mod plan;
mod sample;
mod scan;
mod skipped;
mod stream;
mod tar;
mod wheel;

use std::{collections::BTreeSet, fmt, path::Path, sync::Arc};

pub use keep::{Kept, keep};
pub use skipped::{SkipReason, Skipped};

use super::{Error, FileSource, ReadAt, source::Bounded};
use crate::facts::Library;

/// More that was skipped is counted in one line.
const MAX_SKIPPED: usize = 1000;

/// How to read an archive.
#[derive(Debug, Clone)]
pub struct ArchiveOptions {
    /// Of large members, read only the first eight fatbins, looking for them in the first 32 MiB of the compressed bytes: they have
    /// what most of the library's code is built for. What was cut short has [`crate::facts::Extent::Sampled`] or is unknown, and no
    /// NEEDED names.
    pub quick: bool,
    /// Threads that read members; 0 for as many as there are processors. More than four are not used.
    pub threads: usize,
    /// A member that inflates to more than 64 MiB and to more than this many bytes for each of its own is not read on: it is made
    /// to fill memory or time. Libraries reach 20.
    pub limit_ratio: u64,
    /// For a wheel that is far away: read samples of the most informative members, and leave out the others.
    pub sample: Option<Sample>,
    /// Of a wheel, read only the members of which this says so, whole; the others are [`Archive::left`].
    pub only: Option<Decides>,
}

/// How much of a wheel is read when only samples are.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Once this many bytes of the archive were read, the rest is left out. The largest library that decides is read even so.
    pub bytes: u64,
    /// Which libraries decide. If there is one, other members are read only when their names mention GPUs.
    pub decides: Decides,
}

/// Tells by their paths in the archive which libraries decide what a package runs on, or are wanted.
#[derive(Clone)]
pub struct Decides(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Decides {
    /// Those of which it says so.
    pub fn new(decides: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(decides))
    }
}

impl Default for Decides {
    /// Nothing is known.
    fn default() -> Self {
        Self::new(|_| false)
    }
}

impl fmt::Debug for Decides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decides")
    }
}

impl Default for ArchiveOptions {
    fn default() -> Self {
        Self { quick: false, threads: 0, limit_ratio: 200, sample: None, only: None }
    }
}

impl ArchiveOptions {
    /// When to stop reading a member.
    fn enough(&self) -> Option<scan::Enough> {
        (self.quick || self.sample.is_some()).then_some(sample::ENOUGH)
    }
}

/// A package as a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archive {
    /// Name as its metadata has it, else as its file name has it.
    pub name: Option<String>,
    /// Version, likewise.
    pub version: Option<String>,
    /// Requirements: those of a wheel's `METADATA` without those of extras, or `depends` of a conda package's index.
    pub requires: Vec<String>,
    /// Requirements of a wheel's extras.
    pub requires_of_extras: Vec<String>,
    /// The versions of Python that a wheel is for.
    pub requires_python: Option<String>,
    /// What the file name says it is for: Python, ABI and platform tag of a wheel (`cp311-cp311-win_amd64`), build string of a
    /// conda package.
    pub tags: Option<String>,
    /// Libraries and other files with machine code, sorted by path.
    pub libraries: Vec<Library>,
    /// Those of them of which only the beginning was read, by path.
    pub sampled: BTreeSet<String>,
    /// Members that could contain GPU code and were not read.
    pub skipped: Vec<Skipped>,
    /// Members that could contain GPU code and were left out, as others, or samples of them, were enough.
    pub left: Vec<String>,
    /// The largest member that could contain GPU code, read or not; only of a wheel.
    pub largest: Option<String>,
    /// `version.py` of torch, torchvision or torchaudio, with its path: it shows the build.
    pub version_py: Option<(String, String)>,
    /// Bytes read of the file.
    pub read_bytes: u64,
    /// Bytes that were inflated.
    pub inflated_bytes: u64,
}

impl Archive {
    fn skip(&mut self, path: &str, why: impl Into<SkipReason>) {
        if self.skipped.len() < MAX_SKIPPED {
            self.skipped.push(Skipped { path: path.to_owned(), why: why.into() });
        } else if self.skipped.len() == MAX_SKIPPED {
            let why = format!("more than {MAX_SKIPPED} members were not read").into();
            self.skipped.push(Skipped { path: "others".to_owned(), why });
        }
    }

    fn add(&mut self, read: member::Read) {
        if read.sampled {
            self.sampled.insert(read.library.path.clone());
        }
        self.libraries.push(read.library);
    }
}

/// Reads a wheel (`.whl`, or any zip file laid out like one) or a conda package (`.conda`). One damaged member does not hide the
/// others: it is in [`Archive::skipped`].
///
/// # Errors
/// When the file cannot be read or is not a zip file, or its directory is damaged; and for `.tar.bz2`.
pub fn read_archive(path: &Path, options: &ArchiveOptions) -> Result<Archive, Error> {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    read_archive_source(&FileSource::open(path)?, &file, options)
}

/// No more than this is read of one package, members that are read twice included. The largest have 4 GB.
const MOST_READ: u64 = 32 << 30;

/// As [`read_archive`], of any source. `file` is the name that the file has or would have.
///
/// # Errors
/// As [`read_archive`].
pub fn read_archive_source(source: &dyn ReadAt, file: &str, options: &ArchiveOptions) -> Result<Archive, Error> {
    if file.ends_with(".tar.bz2") {
        return Err(Error::Unsupported(
            "old conda package format (.tar.bz2): convert it to .conda with `cph transmute`",
        ));
    }
    let bounded = Bounded::new(source, MOST_READ);
    let source: &dyn ReadAt = &bounded;
    let (mut archive, says) = if file.ends_with(".conda") {
        (conda::read(source, options)?, names::conda(file))
    } else {
        (wheel::read(source, options)?, names::wheel(file))
    };
    if let Some([name, version, tags]) = says {
        archive.name.get_or_insert(name);
        archive.version.get_or_insert(version);
        archive.tags = Some(tags);
    }
    Ok(archive)
}
