//! What device code a binary really contains: a reader of ELF, PE, static libraries, bare fatbins, cubins and PTX that looks at headers
//! only.
//!
//! Four layers: [`layout`] is the raw format, [`fatbin`] walks it over a [`ReadAt`] of bounded reads, [`read_library`] adds up a
//! file's contents; [`read_deep`] also searches it for code that no section names; [`read_archive`] reads the libraries of a package
//! without unpacking it. No claim of a header decides how much memory is allocated, and any input either is read or gives an
//! [`Error`] or a note of damage.

mod ahead;
mod ar;
mod archive;
mod company;
mod contents;
mod cubin;
mod elf;
mod error;
pub mod fatbin;
mod fields;
mod file;
mod flaw;
mod glibc;
mod hidden;
pub mod layout;
mod library;
mod modules;
mod pe;
mod ptx;
mod sections;
mod source;
mod static_library;
mod summary;

#[cfg(test)]
mod tests;

pub use archive::{
    Archive, ArchiveOptions, Decides, Kept, Sample, SkipReason, Skipped, keep, read_archive, read_archive_source,
};
pub use error::Error;
pub use file::FileSource;
pub use flaw::flaw;
pub use glibc::needed_glibc;
pub use library::{read_deep, read_deep_of, read_library, read_source, read_source_deep};
pub use modules::{Module, modules};
pub use source::{Headed, MOST_READ, ReadAt, Slice};
pub use summary::Summary;
