//! How text leaves the program: whole or not at all, and without a panic when the reader has gone.

pub mod file;
mod project;
mod signals;
mod summary;
pub mod target;

use std::{
    borrow::Cow,
    io::{self, ErrorKind, IsTerminal, Write},
    path::Path,
    time::SystemTime,
};

use self::file::failed;
pub use self::file::save;
use super::{
    complaint::{complain, for_people, is_ascii_only},
    options::{FailOn, Show},
};
use crate::{
    exit::{Exit, Unfinished},
    finding::Severity,
    manifest::edit::Changed,
    render::{Ci, ColorChoice, Format, Page, Screen},
    start,
    system::{Surroundings, redact},
    text::{self, Grid},
};

/// Writes the report where the options want it. `page`: the page of a rule by its slug.
pub fn deliver<P: Page>(report: P, show: &Show, page: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let files = show.output.iter().filter(|output| output.format.is_none()).count();
    anyhow::ensure!(
        files < 2,
        "--output names {files} files without a format; only one can receive the report (FORMAT=FILE writes an additional one)"
    );
    let elsewhere = show.output.iter().any(|output| output.format.is_none());
    let screen = screen(show.color, show.verbose, show.quiet, elsewhere);
    for (index, output) in show.output.iter().enumerate() {
        let same = show.output.iter().take(index).any(|other| other.file == output.file);
        anyhow::ensure!(!same, "--output names {} twice", output.file.display());
    }
    let surroundings = Surroundings::of_process();
    let project = project::root(&surroundings);
    let ci = Ci {
        folder: surroundings.folder.as_deref(),
        project: project.as_deref(),
        home: surroundings.home.as_deref(),
        fails_from: show.fail_on.map_or(Severity::Error, FailOn::least),
        unknown_fails: show.fail_on == Some(FailOn::Unknown),
        now: SystemTime::now(),
        page,
    };
    let others: Vec<_> = show.output.iter().filter_map(|output| Some((output.format?, &output.file))).collect();
    let summary = surroundings
        .filled(summary::VARIABLE)
        .filter(|_| show.format == Format::Github || others.iter().any(|(format, _)| *format == Format::Github));
    let copy = (!others.is_empty() || summary.is_some()).then(|| report.clone());
    let text = report.written(show.format, &screen, &ci)?;
    let text = if show.format == Format::Human { for_people(&text) } else { Cow::Borrowed(&*text) };
    // The report first: it is not lost when one of the others cannot be written.
    match show.output.iter().find(|output| output.format.is_none()) {
        Some(output) => write(&output.file, &text)?,
        None => print(&text)?,
    }
    let Some(report) = copy else { return Ok(()) };
    let plain = Screen { width: None, color: false, ..screen };
    for (format, file) in others {
        write(file, &report.clone().written(format, &plain, &ci)?)?;
    }
    match summary {
        Some(file) => summary::add(Path::new(file), report, &plain, &ci),
        None => Ok(()),
    }
}

/// What a page is written for; `elsewhere`: it does not go to standard output.
pub fn screen(color: ColorChoice, verbose: u8, quiet: bool, elsewhere: bool) -> Screen {
    let terminal = !elsewhere && io::stdout().is_terminal();
    let obeys = terminal && obeys_colours();
    Screen {
        width: columns().filter(|_| terminal),
        color: color.decide(obeys, |name| std::env::var(name).ok()),
        verbose,
        quiet,
    }
}

/// Writes what has passed a filter to a file, or to standard output. `people`: it is a page for people.
pub fn text(text: &str, file: Option<&Path>, people: bool) -> anyhow::Result<()> {
    let text = if people { for_people(text) } else { Cow::Borrowed(text) };
    match file {
        Some(file) => write(file, &text),
        None => print(&text),
    }
}

/// Whether a terminal obeys the sequences of colours. Windows' console has to be told to, and others there say so by TERM.
fn obeys_colours() -> bool {
    anstyle_query::windows::enable_ansi_colors().unwrap_or(true) || anstyle_query::term_supports_ansi_color()
}

/// Writes a report to a file; `-` is standard output.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if path.as_os_str() == "-" { print(text) } else { save("the report", path, text) }
}

/// Makes a folder for files to be saved in, unless it is there.
pub fn folder(path: &Path) -> anyhow::Result<()> {
    file::folder_for_files(path).map_err(|error| failed(format!("cannot create {}", path.display()), error))
}

/// The width of the terminal on standard output, if there is one.
pub fn columns() -> Option<usize> {
    let size = || terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    io::stdout().is_terminal().then(size)
}

/// A grid without colours, as wide as standard output, each line ended.
pub fn grid(grid: &Grid) -> String {
    grid.lines(columns()).iter().map(|line| format!("{line}\n")).collect()
}

/// A sentence or a paragraph, as wide as standard output, ended; what is wrapped is indented.
pub fn paragraph(text: &str, indent: &str) -> String {
    match columns() {
        Some(width) => {
            textwrap::fill(text, text::whole_words(width.max(text::NARROWEST)).subsequent_indent(indent)) + "\n"
        }
        None => format!("{text}\n"),
    }
}

/// Prints a page without colours to standard output.
pub fn page(text: &str) -> anyhow::Result<()> {
    print(&for_people(&text::guard(text, false)))
}

/// Prints what became of files as one unified diff. A terminal gets it with all that it would obey made visible; a pipe or a file byte for
/// byte, or the diff would be none.
pub fn diff(files: &[Changed]) -> anyhow::Result<()> {
    let mut out = String::new();
    for file in files {
        // `git apply` and `patch` take no name that leads out of the folder, and none with such letters.
        let folder = Surroundings::of_process().folder.unwrap_or_default();
        let below = file.path.strip_prefix(&folder).unwrap_or(&file.path);
        let name = below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        let name = name.trim_start_matches('/');
        anyhow::ensure!(!name.contains(text::is_hidden), "{}: a diff cannot name such a file", file.shown);
        out += &text::diff::unified(name, &file.old, &file.new);
    }
    match io::stdout().is_terminal() {
        true => page(&out),
        false => print(&out),
    }
}

/// JSON for programs, ended by a newline.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(text::json(&serde_json::to_string_pretty(value)?).into_owned() + "\n")
}

/// Prints to standard output what has passed a filter. A closed pipe (`| head`) is the reader's choice, not a failure.
fn print(text: &str) -> anyhow::Result<()> {
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

/// Prints what clap has to say: help and version, or what is wrong with the command line.
pub fn clap(said: &clap::Error) -> Exit {
    if said.use_stderr() {
        let colored =
            ColorChoice::Auto.decide(io::stderr().is_terminal() && obeys_colours(), |name| std::env::var(name).ok());
        let said = said.render();
        let plain = said.to_string();
        let shown = text::guard(&values_visible(&plain), false).into_owned();
        // It echoes the command line: coloured only if that contains no terminal escapes.
        let text = if colored && shown == plain { said.ansi().to_string() } else { shown };
        // Nothing can be done when that fails too.
        let _ = io::stderr().lock().write_all(for_people(&redact::urls(&text)).as_bytes());
        return Exit::Usage;
    }
    let printed = match start::stdout_was_closed() {
        true => Err(io::Error::other("it is closed")),
        false if is_ascii_only() => {
            let page = said.render().to_string();
            io::stdout().lock().write_all(text::ascii(&page).as_bytes()).and_then(|()| io::stdout().flush())
        }
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

/// The text with the user's own values made visible, as the parser repeats them verbatim.
fn values_visible(said: &str) -> String {
    let given = std::env::args().chain(
        std::env::vars_os()
            .filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GPUCHECK_"))
            .filter_map(|(_, value)| value.into_string().ok()),
    );
    given.filter(|word| word.contains(text::is_hidden)).fold(said.to_owned(), |said, word| {
        // An option and its value may be one word, and a value a list.
        let value = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        let parts = value.split(',').filter(|part| part.contains(text::is_hidden));
        let all = [word.as_str(), value].into_iter().chain(parts);
        all.fold(said, |said, part| said.replace(part, &text::visible(part)))
    })
}
