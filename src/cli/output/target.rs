//! `--output [FORMAT=]FILE`: one file, and what is written there.

use std::{ffi::OsString, path::PathBuf};

use clap::ValueEnum;

use crate::{knowledge::nearest, render::Format};

/// Where a report goes: `FILE`, or `FORMAT=FILE` beside the report itself.
#[derive(Debug, Clone)]
pub struct Output {
    /// A format of its own; nothing for that of the report.
    pub format: Option<Format>,
    /// Its file; `-` is standard output.
    pub file: PathBuf,
}

impl TryFrom<OsString> for Output {
    type Error = String;

    fn try_from(word: OsString) -> Result<Self, String> {
        let Some((name, file)) = word.to_str().and_then(|word| word.split_once('=')) else {
            return Ok(Self { format: None, file: word.into() });
        };
        match Format::from_str(name, false) {
            Ok(format) if !file.is_empty() => Ok(Self { format: Some(format), file: file.into() }),
            Ok(_) => Err(format!("no file after '{name}='")),
            // The name of a file, and no word that was meant for a format.
            Err(_) if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphabetic()) => {
                Ok(Self { format: None, file: word.into() })
            }
            Err(_) => Err(unknown(name, file)),
        }
    }
}

fn unknown(name: &str, file: &str) -> String {
    let names: Vec<String> = Format::value_variants()
        .iter()
        .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
        .collect();
    let near = nearest(&name.to_ascii_lowercase(), names.iter().map(String::as_str));
    let meant = match near.is_empty() {
        true => format!("formats are {}", names.join(", ")),
        false => format!("did you mean {}?", near.join(", ")),
    };
    format!("unknown format '{name}'; {meant} (a file of this name is ./{name}={file})")
}
