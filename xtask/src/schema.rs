//! `cargo xtask schema`: the JSON Schema of reports, from their types, for readers of `--format json` (`docs/report.schema.json`). It is kept,
//! so that nobody needs to build gpucheck to have it.

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context as _;
use gpucheck::report::schema::schema;

/// The file, from the root of the repository.
const FILE: &str = "docs/report.schema.json";

/// Arguments of `cargo xtask schema`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Writes the file.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let text = text();
        fs::write(path(), &text).context(FILE)?;
        crate::say(&format!("{FILE}: {} bytes", text.len()));
        Ok(ExitCode::SUCCESS)
    }
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FILE)
}

fn text() -> String {
    format!("{:#}\n", schema())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_reports_is_that_of_the_types() {
        assert!(fs::read_to_string(path()).is_ok_and(|kept| kept == text()), "`cargo xtask schema` writes {FILE}");
    }

    /// Keys may be added to the contract: a reader that validates must not fail on them.
    #[test]
    fn it_refuses_no_key_that_it_does_not_know() {
        let text = text();
        for word in ["\"additionalProperties\": false", "\"unevaluatedProperties\"", "\"maxProperties\""] {
            assert!(!text.contains(word), "{word}");
        }
    }
}
