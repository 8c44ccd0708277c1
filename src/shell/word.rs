//! The words of a line, by what they are.

use std::str::FromStr;

use pep440_rs::Version;

use super::error::NoWord;
use crate::{
    facts::{DriverVersion, PythonVersion},
    python::Requirement,
    remote::Url,
    text,
};

/// Longer than any path or address that somebody would paste.
const MAX_LENGTH: usize = 4096;

/// One word of a line, not yet quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub(super) text: String,
    /// Whether a tilde at its start means the user's home folder.
    pub(super) home: bool,
}

type Result = std::result::Result<Word, NoWord>;

impl Word {
    /// A word of gpucheck's own: a program, a subcommand, an option.
    pub fn fixed(text: &'static str) -> Self {
        Self { text: text.to_owned(), home: false }
    }

    /// The name of a distribution, normalised or not.
    ///
    /// # Errors
    /// When it is not valid by PEP 508.
    pub fn name(name: &str) -> Result {
        Self::plain(checked_name(name)?)
    }

    /// The name of a conda package: letters, digits, `-`, `_` and `.` ("Package naming conventions" of conda's documentation).
    ///
    /// # Errors
    /// When it is not valid.
    pub fn conda_name(name: &str) -> Result {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let starts = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match name.starts_with(starts) && name.chars().all(fits) {
            true => Self::plain(name),
            false => Err(NoWord::new(name, "is not a valid conda package name")),
        }
    }

    /// `name==version`, as pip and uv take it.
    ///
    /// # Errors
    /// When the name is not valid by PEP 508, or the version by PEP 440.
    pub fn exact(name: &str, version: &str) -> Result {
        let name = checked_name(name)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || ".+!-_".contains(c);
        if !version.chars().all(fits) || Version::from_str(version).is_err() {
            return Err(NoWord::new(version, "is not a version (PEP 440)"));
        }
        Self::plain(&format!("{name}=={version}"))
    }

    /// A requirement without address and marker: `numba-cuda[cu12]>=0.20`, rewritten from its parsed form.
    ///
    /// # Errors
    /// When it is not valid by PEP 508, or contains a URL.
    pub fn requirement(text: &str) -> Result {
        let requirement: Requirement = text.parse().map_err(|_| NoWord::new(text, "is not a requirement (PEP 508)"))?;
        if requirement.url.is_some() {
            return Err(NoWord::new(text, "contains a URL, which is not safe to paste"));
        }
        let extras = match requirement.extras.as_slice() {
            [] => String::new(),
            extras => format!("[{}]", extras.join(",")),
        };
        let specifiers = requirement.specifiers.to_string().replace(' ', "");
        Self::plain(&format!("{}{extras}{specifiers}", requirement.name))
    }

    /// The address of a package index.
    ///
    /// # Errors
    /// When it is not a valid http or https URL, or contains credentials or a query.
    pub fn url(text: &str) -> Result {
        Self::plain(checked_url(text)?)
    }

    /// A repository that pip and uv build from: `git+https://…`.
    ///
    /// # Errors
    /// When it is not a valid address of that kind.
    pub fn repository(text: &str) -> Result {
        match text.strip_prefix("git+").filter(|url| url.starts_with("https://")).map(checked_url) {
            Some(Ok(_)) => Self::plain(text),
            _ => Err(NoWord::new(text, "is not a git+https URL")),
        }
    }

    /// The path that this word is, as Windows' own tools write it: PowerShell and cmd complete and print backslashes.
    #[must_use]
    pub fn with_backslashes(self) -> Self {
        Self { text: self.text.replace('/', "\\"), ..self }
    }

    /// `NAME=URL`, by which uv knows an index.
    ///
    /// # Errors
    /// When the name or the address is not valid.
    pub fn index(name: &str, url: &str) -> Result {
        Self::plain(&format!("{}={}", checked_name(name)?, checked_url(url)?))
    }

    /// A file or folder. A tilde at its start is the user's home folder.
    ///
    /// # Errors
    /// When it contains invisible characters, or is too long.
    pub fn path(path: &str) -> Result {
        // A shell passes a quoted tilde unchanged; at the end of quotes a backslash would escape the quote.
        let path = match path.trim_end_matches(['/', '\\']) {
            "" => path,
            trimmed => trimmed,
        };
        // A drive alone would be its current folder.
        if path.is_empty() || path.ends_with(':') {
            return Err(NoWord::new(path, "is not the path of a file or folder"));
        }
        let home = path == "~" || path.starts_with("~/") || path.starts_with("~\\");
        // No program takes it for an option then.
        let named = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
        Ok(Self { home, ..Self::plain(&named)? })
    }

    /// The interpreter of an environment, to be run.
    ///
    /// # Errors
    /// As [`Word::path`], and when it is not the whole path of something that is called like an interpreter: the line runs it.
    pub fn interpreter(path: &str) -> Result {
        let file = path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        let rest = file.strip_prefix("python").or_else(|| file.strip_prefix("pypy"));
        let called = rest.is_some_and(|rest| {
            let rest = rest.strip_suffix(".exe").unwrap_or(rest);
            rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 't' | 'w'))
        });
        let mut start = path.chars();
        let whole = match (start.next(), start.next(), start.next()) {
            (Some('/'), ..) | (Some('~'), Some('/' | '\\'), _) | (Some('\\'), Some('\\'), _) => true,
            (Some(drive), Some(':'), Some('/' | '\\')) => drive.is_ascii_alphabetic(),
            _ => false,
        };
        if !called || !whole {
            return Err(NoWord::new(path, "is not the path of a Python interpreter"));
        }
        Self::path(path)
    }

    /// A Python version behind something of gpucheck's own: `python3.12`, `-3.12`, `python=3.12`.
    pub fn python(before: &'static str, version: PythonVersion) -> Self {
        Self { text: format!("{before}{version}"), home: false }
    }

    /// A folder or an environment that is named after a Python version without its dot: `.venv-py312/bin/python`.
    pub fn named_after(before: &'static str, version: PythonVersion, after: &'static str) -> Self {
        Self { text: format!("{before}{}{}{after}", version.major, version.minor), home: false }
    }

    /// The image of a Dockerfile with this Python: `python:3.12-slim`.
    pub fn image(python: PythonVersion) -> Self {
        Self { text: format!("python:{}.{}-slim", python.major, python.minor), home: false }
    }

    /// A driver's version.
    ///
    /// # Errors
    /// Never for one that was read as such; a version of other characters is refused.
    pub fn driver(version: &DriverVersion) -> Result {
        let text = version.to_string();
        match text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') {
            true => Self::plain(&text),
            false => Err(NoWord::new(&text, "is not a driver version")),
        }
    }

    /// Any number.
    pub fn number(number: u64) -> Self {
        Self { text: number.to_string(), home: false }
    }

    /// The value of an environment variable.
    ///
    /// # Errors
    /// When it contains invisible characters, or something in it was redacted.
    pub fn value(text: &str) -> Result {
        if text.contains(crate::system::redact::REDACTED) {
            return Err(NoWord::new(text, "is incomplete: secret parts of the value were not read"));
        }
        // When it was read, the home folder became a tilde, which a shell does not expand in a value.
        let edge = |c: Option<char>| c.is_none_or(|c| "/\\:;, =\"'".contains(c));
        let is_home = |(at, _): (usize, &str)| {
            let (before, rest) = text.split_at(at);
            edge(before.chars().next_back()) && edge(rest.chars().nth(1))
        };
        if text.match_indices('~').any(is_home) {
            return Err(NoWord::new(text, "abbreviates your home folder, so it is not the value as it was set"));
        }
        Self::plain(text)
    }

    /// The part after the tilde of the home folder.
    pub(super) fn below_home(&self) -> Option<&str> {
        self.home.then(|| self.text.get(2..).unwrap_or_default())
    }

    /// What stands between the home folder and the rest.
    pub(super) fn separator(&self) -> char {
        if self.text.starts_with("~/") { '/' } else { '\\' }
    }

    fn plain(text: &str) -> Result {
        if text.len() > MAX_LENGTH {
            return Err(NoWord::new(text, "is too long for one line"));
        }
        // What would not be seen on the line must not be on it; and what the writer would change would be another word.
        if text.contains(|c: char| text::is_hidden(c) || (c.is_whitespace() && c != ' ')) {
            return Err(NoWord::new(text, "contains invisible characters"));
        }
        Ok(Self { text: text.to_owned(), home: false })
    }
}

/// A name by PEP 508: letters, digits, `-`, `_`, `.`, the first and the last of them a letter or digit.
fn checked_name(name: &str) -> std::result::Result<&str, NoWord> {
    let edge = |c: char| c.is_ascii_alphanumeric();
    let fits = |c: char| edge(c) || "-_.".contains(c);
    match name.starts_with(edge) && name.ends_with(edge) && name.chars().all(fits) {
        true => Ok(name),
        false => Err(NoWord::new(name, "is not a valid package name (PEP 508)")),
    }
}

/// An address that contains only what RFC 3986 allows unquoted, and no secret.
fn checked_url(text: &str) -> std::result::Result<&str, NoWord> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]+%".contains(c);
    match Url::parse(text).is_ok() && text.chars().all(fits) {
        true => Ok(text),
        false => Err(NoWord::new(text, "is not a package index URL")),
    }
}
