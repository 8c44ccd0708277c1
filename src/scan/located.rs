//! A package on a server that was found and not yet read.

use anyhow::{anyhow, bail};

use crate::{
    binary::ReadAt,
    remote::{self, Client, Fault, HttpSource, Url},
};

/// What all of is read is fetched in pieces of this size.
pub const AHEAD_FULL: u64 = 4 << 20;

/// Where it is, and what asks for it.
pub struct Located {
    pub(super) client: Client,
    pub(super) url: Url,
    pub(super) word: String,
    pub(super) index: Option<String>,
}

impl Located {
    /// Name of the file.
    ///
    /// # Errors
    /// When it is not a kind that can be read over the network.
    pub fn file(&self) -> anyhow::Result<String> {
        let (url, file) = (&self.url, self.url.file_name());
        if !file.ends_with(".whl") && !file.ends_with(".conda") {
            bail!(
                "{url}: only wheels and conda packages can be read over the network (.whl, .conda): download it and scan the file"
            );
        }
        Ok(file)
    }

    /// Gives it to a reader, of which it depends how much comes over the network. From a server that gives out no parts all of it does.
    ///
    /// # Errors
    /// What keeps it from being read, in one line without secrets.
    pub fn open<T>(&self, read: impl Fn(&dyn ReadAt) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let url = &self.url;
        match HttpSource::open(&self.client, url, AHEAD_FULL) {
            Ok(source) => {
                let done = read(&source);
                // After a fault of the network the rest of the file seems damaged.
                if let Some(failure) = source.failure() {
                    return Err(failure.into());
                }
                done.map_err(|error| anyhow!("{url}: {error:#}"))
            }
            Err(error) if matches!(error.fault, Fault::NoRanges(_)) => {
                let whole = remote::download(&self.client, url)?;
                read(whole.source()).map_err(|error| anyhow!("{url}: {error:#}"))
            }
            Err(error) => Err(error.into()),
        }
    }
}
