//! `--output [FORMAT=]FILE`: one file, and what is written there.

use std::{ffi::OsString, path::PathBuf};

use clap::ValueEnum;

use crate::render::Format;

/// Where a report goes: `FILE`, or `FORMAT=FILE` beside the report itself.
#[derive(Debug, Clone)]
pub struct Output {
    /// A format of its own; nothing for that of the report.
    pub format: Option<Format>,
    /// Its file.
    pub file: PathBuf,
}

impl From<OsString> for Output {
    fn from(word: OsString) -> Self {
        let told = word.to_str().and_then(|word| {
            let (format, file) = word.split_once('=')?;
            Some((Format::from_str(format, false).ok()?, file))
        });
        let output = match told {
            Some((format, file)) => Self { format: Some(format), file: file.into() },
            None => Self { format: None, file: word.into() },
        };
        // Standard output, as elsewhere.
        match output.file.as_os_str() == "-" && cfg!(unix) {
            true => Self { file: "/dev/stdout".into(), ..output },
            false => output,
        }
    }
}
