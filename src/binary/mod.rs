//! What a binary really holds for GPUs: a reader of ELF, PE and bare fatbins that looks at headers only.
//!
//! Three layers: [`layout`] is the raw format, [`fatbin`] walks it over a [`Source`] of bounded reads, [`read_library`] adds up what
//! a file holds. Nothing that a header claims decides how much memory is taken, and no input makes it fail otherwise than with an
//! [`Error`] or a note of damage.

mod archive;
mod cubin;
mod elf;
mod error;
pub mod fatbin;
mod fields;
pub mod layout;
mod library;
mod pe;
mod ptx;
mod source;
mod summary;

pub use archive::{Archive, ArchiveOptions, read_archive, read_archive_source};
pub use error::Error;
pub use library::{read_library, read_source};
pub use source::{FileSource, Source};
pub use summary::Summary;
