//! How text leaves the program: whole or not at all, and without a panic when the reader has gone.

use std::{
    fs,
    io::{self, ErrorKind, IsTerminal, Write},
};

use anyhow::Context as _;

use super::options::Show;
use crate::{
    exit::Exit,
    report::{Report, Screen, render},
    text,
};

/// Writes the report where the options want it.
pub fn deliver(report: Report, show: &Show) -> anyhow::Result<()> {
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

/// Prints a page without colours to standard output.
pub fn page(text: &str) -> anyhow::Result<()> {
    print(&text::guard(text, false))
}

/// JSON for programs, ended by a newline.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(text::json(&serde_json::to_string_pretty(value)?).into_owned() + "\n")
}

/// Prints to standard output what has passed a filter. A closed pipe (`| head`) is the reader's choice, not a failure.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// What the parser of the command line has to say: help, a version, or what is wrong with an argument, which it repeats.
pub fn usage(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    let shown = text::guard(&text, false);
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
    // In colour where nothing had to be made visible.
    let result = match text == shown {
        true => error.print(),
        false => io::stderr().lock().write_all(shown.as_bytes()),
    };
    match result {
        Err(error) if exit == Exit::Ok && error.kind() != ErrorKind::BrokenPipe => Exit::Internal,
        _ => exit,
    }
}

/// Says on standard error what went wrong, in one line. Nothing can be done when that fails too.
pub fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr().lock(), "gpucheck: {}", message(error));
}

/// An error and its causes: one line, whatever the names in it hold, but for what is a list.
fn message(error: &anyhow::Error) -> String {
    let of = |cause: &(dyn std::error::Error + 'static)| {
        let text = cause.to_string();
        if cause.is::<text::Lines>() { text } else { text::visible(&text).into_owned() }
    };
    error.chain().map(of).collect::<Vec<_>>().join(": ")
}
