//! How text leaves the program: whole or not at all, and without a panic when the reader has gone.

mod file;
mod signals;

use std::io::{self, ErrorKind, IsTerminal, Write};

use super::options::Show;
use crate::{
    exit::{Exit, Unfinished},
    probe::{Root, Surroundings, redact},
    report::{ColorChoice, Report, Screen, render},
    start,
};

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
        Some(path) => file::write(path, text.as_bytes()).map_err(|error| {
            let said = format!("cannot write the report to {}", path.display());
            if is_about_the_name(&error) {
                anyhow::Error::from(error).context(said)
            } else {
                Unfinished::error(said, error)
            }
        }),
    }
}

/// Prints to standard output. A closed pipe (`| head`) is the reader's choice, not a failure.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = match start::stdout_was_closed() {
        true => Err(io::Error::other("it is closed")),
        false => out.write_all(text.as_bytes()).and_then(|()| out.flush()),
    };
    finished(written)
}

/// How writing to standard output has ended.
fn finished(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Unfinished::error("cannot write to standard output", error)),
    }
}

/// Whether an error is about what was named, which another name mends, and not about the disk.
fn is_about_the_name(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidFilename
            | ErrorKind::ConnectionRefused
    )
}

/// Prints what clap has to say: help and version, or what is wrong with the command line.
pub fn clap(said: &clap::Error) -> Exit {
    if said.use_stderr() {
        let colored = ColorChoice::Auto.decide(io::stderr().is_terminal(), |name| std::env::var(name).ok());
        let said = said.render();
        let text = if colored { said.ansi().to_string() } else { said.to_string() };
        // It echoes the command line. Nothing can be done when that fails too.
        let _ = io::stderr().lock().write_all(redact::urls(&text).as_bytes());
        return Exit::Usage;
    }
    let printed = match start::stdout_was_closed() {
        true => Err(io::Error::other("it is closed")),
        false => said.print().and_then(|()| io::stdout().flush()),
    };
    match finished(printed) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            complain(&error);
            Exit::from(&error)
        }
    }
}

/// Says on standard error what went wrong. Nothing can be done when that fails too.
pub fn complain(error: &anyhow::Error) {
    // What people typed and what files say is echoed here, and may hold a password.
    let home = Surroundings::of_process().home;
    let text = match Root::new(None, home.as_deref()) {
        Ok(root) => redact::variable("", &format!("{error:#}"), root.homes()),
        Err(_) => redact::urls(&format!("{error:#}")),
    };
    let _ = writeln!(io::stderr().lock(), "gpucheck: {text}");
}
