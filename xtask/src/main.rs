//! Maintenance tasks of gpucheck: `cargo xtask harvest` writes what real wheels contain into the knowledge base, `cargo xtask bundle` what is
//! published of it, `cargo xtask pages` completions and man pages, `cargo xtask atlas` pages of the book,
//! `cargo xtask schema` the schema of reports.

mod atlas;
mod bundle;
mod companions;
mod harvest;
mod package;
mod pages;
mod rows;
mod schema;
mod stale;

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Write the contents of torch, torchvision and torchaudio wheels to knowledge/torch.toml; print a row for any other package
    Harvest(harvest::Arguments),
    /// Write the rows of knowledge/ as the text that a maintainer signs and publishes (docs/updating.md)
    Bundle(bundle::Arguments),
    /// Write the completion scripts and man pages that the program contains
    Pages(pages::Arguments),
    /// Write the pages that say which version of which package runs on which GPU (docs/atlas), from the rows
    Atlas(atlas::Arguments),
    /// Write the JSON Schema of reports (docs/report.schema.json), from their types
    Schema(schema::Arguments),
}

#[expect(clippy::print_stdout, reason = "a command line speaks to people")]
fn say(text: &str) {
    println!("{text}");
}

fn main() -> ExitCode {
    let result = match Task::parse() {
        Task::Harvest(arguments) => arguments.run(),
        Task::Bundle(arguments) => arguments.run(),
        Task::Pages(arguments) => arguments.run(),
        Task::Atlas(arguments) => arguments.run(),
        Task::Schema(arguments) => arguments.run(),
    };
    result.unwrap_or_else(|error| {
        #[expect(clippy::print_stderr, reason = "a command line speaks to people")]
        {
            eprintln!("xtask: {error:#}");
        }
        ExitCode::from(2)
    })
}
