//! Where in a text a request stands: how far it goes, and what kind of writing it is part of.

use std::ops::Range;

use crate::manifest::Text;

/// What a request is part of, which decides how something is written beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::manifest) enum Kind {
    /// A line of a requirements file.
    Line,
    /// A point of a list in YAML.
    Point,
    /// Something in TOML, or in Python's own files.
    Toml,
    /// A word of a command.
    Word,
    /// A quoted word in a list: the exec form of a Dockerfile, a list in a flow of YAML.
    Listed,
}

/// A request in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::manifest) struct Site {
    pub kind: Kind,
    /// The request, without quotes.
    pub range: Range<usize>,
    /// The quote around it.
    pub quote: Option<char>,
}

impl Site {
    /// What stands at this byte.
    pub fn of(text: &Text, offset: usize) -> Option<Self> {
        let whole = text.text.as_str();
        let mut start = offset;
        if rest(whole, start)?.starts_with("- ") {
            start += 2;
            start += spaces(rest(whole, start)?);
        }
        let before = whole.get(..start)?.chars().next_back().filter(|c| is_quote(*c));
        let own = rest(whole, start)?.chars().next().filter(|c| is_quote(*c));
        if own.is_some() {
            start += 1;
        }
        let line = line(whole, start);
        let until = |end: usize| whole.get(start..end).map(str::len);
        let quoted = own.or(before).and_then(|quote| Some((quote, rest(whole.get(..line.end)?, start)?.find(quote)?)));
        let kind =
            kind(text, &line, start - usize::from(quoted.is_some()), quoted.map(|(_, length)| start + length + 1));
        let (length, quote) = match quoted {
            Some((quote, length)) => (length, Some(quote)),
            None => (unquoted(kind, whole.get(start..line.end)?), None),
        };
        until(start + length)?;
        Some(Self { kind, range: start..start + length, quote })
    }

    /// The request with its quotes.
    pub fn outer(&self) -> Range<usize> {
        let quote = usize::from(self.quote.is_some());
        self.range.start.saturating_sub(quote)..self.range.end + quote
    }
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

/// The text from a byte on.
pub(in crate::manifest) fn rest(text: &str, start: usize) -> Option<&str> {
    text.get(start..)
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// The line around a byte, without its end.
pub(in crate::manifest) fn line(text: &str, offset: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let start = bytes.get(..offset).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |at| at + 1);
    let end = bytes.get(offset..).and_then(|after| memchr::memchr(b'\n', after)).map_or(text.len(), |at| offset + at);
    let carriage = end > start && bytes.get(end - 1) == Some(&b'\r');
    start..end - usize::from(carriage)
}

/// The line around a byte with those that a backslash joins to it.
pub(in crate::manifest) fn joined(text: &str, offset: usize) -> Range<usize> {
    let open = |line: &Range<usize>| text.get(line.clone()).is_some_and(|line| line.trim_end().ends_with(['\\', '`']));
    let mut whole = line(text, offset);
    while whole.start > 0 {
        let before = line(text, whole.start - 1);
        if !open(&before) {
            break;
        }
        whole.start = before.start;
    }
    let mut last = line(text, whole.end);
    while open(&last) {
        let next = text.get(last.end..).and_then(|rest| rest.find('\n')).map(|at| last.end + at + 1);
        match next.filter(|next| *next < text.len()) {
            Some(next) => last = line(text, next),
            None => break,
        }
    }
    whole.start..last.end
}

/// What ends the line around a byte: that of Windows or that of others.
pub(in crate::manifest) fn ending(text: &str, offset: usize) -> &'static str {
    let end = line(text, offset).end;
    let own = text.get(end..).unwrap_or_default();
    let crlf = own.starts_with("\r\n") || own.is_empty() && text.contains("\r\n");
    if crlf { "\r\n" } else { "\n" }
}

fn kind(text: &Text, line: &Range<usize>, start: usize, behind: Option<usize>) -> Kind {
    let name = text.name().to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let before = text.text.get(line.start..start).unwrap_or_default().trim_start();
    let next = behind.and_then(|behind| text.text.get(behind..line.end)).map(str::trim_start);
    match ending {
        "txt" | "in" => Kind::Line,
        // Lists of quoted words, too; neither has a place for an option.
        "toml" | "cfg" => Kind::Toml,
        "py" if name == "setup.py" || before.starts_with('#') => Kind::Toml,
        "" if name == "pipfile" => Kind::Toml,
        "yml" | "yaml" if before.trim_end() == "-" => Kind::Point,
        _ if next.is_some_and(|next| next.starts_with([',', ']'])) => Kind::Listed,
        _ => Kind::Word,
    }
}

/// How far a request without quotes goes.
fn unquoted(kind: Kind, line: &str) -> usize {
    match kind {
        Kind::Line | Kind::Point => {
            let ends = [" #", "\t#", " --", " \\"].iter().filter_map(|end| line.find(end)).min();
            line.get(..ends.unwrap_or(line.len())).unwrap_or(line).trim_end().trim_end_matches('\\').trim_end().len()
        }
        Kind::Toml => {
            line.find([',', ']', '}', '#']).map_or(line, |end| line.get(..end).unwrap_or(line)).trim_end().len()
        }
        Kind::Word | Kind::Listed => {
            let mut depth = 0_usize;
            for (at, c) in line.char_indices() {
                match c {
                    // What computes a value may hold anything.
                    '{' | '(' => depth += 1,
                    '}' | ')' if depth > 0 => depth -= 1,
                    _ if depth > 0 => {}
                    c if c.is_whitespace() || matches!(c, ';' | '|' | '&' | ')' | '"' | '\'' | '`' | '\\') => {
                        return at;
                    }
                    _ => {}
                }
            }
            line.len()
        }
    }
}
