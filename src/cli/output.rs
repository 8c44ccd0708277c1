//! How text leaves the program: whole or not at all, and without a panic when the reader has gone.

use std::{
    fs,
    io::{self, ErrorKind, IsTerminal, Write},
};

use anyhow::Context as _;

use super::options::Show;
use crate::report::{Report, Screen, render};

/// Writes the report where the options want it.
pub fn deliver(report: &Report, show: &Show) -> anyhow::Result<()> {
    let terminal = show.output.is_none() && io::stdout().is_terminal();
    let screen = Screen {
        width: terminal.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))),
        color: show.color.decide(terminal, |name| std::env::var(name).ok()),
        verbose: show.verbose,
        quiet: show.quiet,
    };
    let text = render(report, show.format, &screen)?;
    match &show.output {
        None => print(&text),
        Some(path) => {
            // A reader of the file must never see half a report.
            let mut partial = path.as_os_str().to_owned();
            partial.push(".partial");
            fs::write(&partial, &text)
                .and_then(|()| fs::rename(&partial, path))
                .with_context(|| format!("cannot write the report to {}", path.display()))
        }
    }
}

/// Prints to standard output. A closed pipe (`| head`) is the reader's choice, not a failure.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Says on standard error what went wrong. Nothing can be done when that fails too.
pub fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr().lock(), "gpucheck: {error:#}");
}
