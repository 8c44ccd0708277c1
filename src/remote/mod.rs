//! Packages on servers: found on package indexes, read with HTTP ranges. Nothing here is called unless a person named an address,
//! an index or a version of a package.
//!
//! [`Config::of`] is what pip and uv are configured with; [`Client`] makes requests with those settings; [`files`] lists what an index
//! has of a package; [`choose`] picks the wheel that pip would; [`HttpSource`] is that wheel as a [`crate::binary::ReadAt`], for
//! [`crate::binary::read_archive_source`].

mod choose;
mod client;
mod config;
mod download;
mod error;
mod index;
mod netrc;
mod roots;
mod settings;
mod source;
mod url;

pub use choose::{Chosen, NotFound, choose};
pub use client::{Client, Reply};
pub use config::{Config, Index, Strategy, UvFile, parse_pip, parse_uv};
pub use download::{Temporary, download};
pub use error::{Error, Fault};
pub use index::{File, Listed, Page, files, parse_html, parse_json};
pub use netrc::Netrc;
pub use settings::Settings;
pub use source::HttpSource;
pub use url::Url;
