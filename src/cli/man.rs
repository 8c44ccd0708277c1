//! `gpucheck man DIR`: one man page for gpucheck and one for each of its commands.

use std::path::PathBuf;

use clap::Args;

use super::{output, pages};
use crate::exit::Exit;

/// Arguments of `gpucheck man`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder to write the pages to, such as ~/.local/share/man/man1; created if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Arguments {
    /// Writes the pages.
    pub fn run(self) -> anyhow::Result<Exit> {
        output::folder(&self.folder)?;
        for (name, text) in pages::named(|name| name.ends_with(".1"))? {
            output::save("the man page", &self.folder.join(name), &text)?;
        }
        Ok(Exit::Ok)
    }
}
