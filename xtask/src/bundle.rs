//! `cargo xtask bundle`: the rows of a knowledge folder as one text, for a maintainer to sign and publish.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Args;
use gpucheck::knowledge::{Files, update};

/// Arguments of `cargo xtask bundle`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The text to sign
    file: PathBuf,
    /// The rows
    #[arg(long, value_name = "DIR", default_value = "knowledge")]
    knowledge: PathBuf,
}

impl Arguments {
    /// Checks every row, and writes.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let files = read(&self.knowledge)?;
        let date = files.date().context("there is no row")?;
        let text = update::to_sign(&files.parts().map_err(anyhow::Error::msg)?, &date);
        fs::write(&self.file, text).with_context(|| self.file.display().to_string())?;
        let file = self.file.display();
        crate::say(&format!(
            "rows of {date}; sign and join them: minisign -Sm {file} && cat {file}.minisig {file} > knowledge.signed"
        ));
        Ok(ExitCode::SUCCESS)
    }
}

fn read(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::default();
    let mut problems = Vec::new();
    for (below, prefix) in [(folder.to_owned(), ""), (folder.join("packages"), "packages/")] {
        let mut names = Vec::new();
        for entry in fs::read_dir(&below).with_context(|| below.display().to_string())? {
            names.extend(entry?.file_name().into_string().ok().filter(|name| name.ends_with(".toml")));
        }
        names.sort();
        for name in names {
            let path = below.join(&name);
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            if let Err(found) = files.add(&format!("{prefix}{name}"), &path.display().to_string(), &text) {
                problems.extend(found.iter().map(ToString::to_string));
            }
        }
    }
    anyhow::ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(files)
}
