//! One request, rewritten: its name, extras and marker stay, what says the version becomes another.

use std::ops::Range;

use super::{
    site::{Kind, Site, rest},
    variables,
};
use crate::{facts::Request, python::normalize};

/// What a request becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rewritten {
    /// These bytes become this text.
    Part(Range<usize>, String),
    /// This part has variables and would have to become this text.
    Variables(Range<usize>, String),
}

/// Rewrites the request at a site so that it asks for these specifiers.
pub(super) fn rewrite(text: &str, site: &Site, request: &Request, specifiers: &str) -> Option<Rewritten> {
    let own = text.get(site.range.clone())?;
    let Some(name) = name_in(own, &request.name) else {
        if site.kind == Kind::Toml && site.quote.is_some() && is_version(own) {
            return Some(version(site.range.clone(), own, specifiers));
        }
        // An address or a file: the name takes its place.
        let whole = request.asked.source.is_some() || own.ends_with(".whl");
        let end = own.find(" ;").or_else(|| own.find("; ")).unwrap_or(own.len());
        let range = site.range.start..site.range.start + end;
        return whole.then(|| Rewritten::Part(range, format!("{}{specifiers}", request.name)));
    };
    let mut at = name.end;
    let behind = own.get(at..)?;
    let bare = behind.trim_start_matches([' ', '\t']);
    if site.kind == Kind::Toml && is_key(text, site.range.start + name.end) {
        return value(text, site.range.start + name.end, specifiers);
    }
    if bare.starts_with('[') {
        at += behind.find(']')? + 1;
    }
    let tail = own.get(at..)?;
    let address = tail.trim_start().starts_with('@');
    let end = if address { tail.find(" ;").or_else(|| tail.find("; ")) } else { tail.find(';') };
    let spec = tail.get(..end.unwrap_or(tail.len()))?.trim_end();
    let says = spec.trim_start();
    let one = says.starts_with('=') && !says.starts_with("==");
    if one || !(says.is_empty() || says.starts_with(['=', '<', '>', '!', '~', '(', '@', '$', '%', '{'])) {
        return None;
    }
    let start = site.range.start + at;
    let range = start..start + spec.len();
    if variables::is_computed(says) {
        // Blanks before the specifier are none of it.
        let lead = spec.len() - says.len();
        return Some(Rewritten::Variables(range.start + lead..range.end, specifiers.to_owned()));
    }
    let plain = site.quote.is_some() || !matches!(site.kind, Kind::Word);
    if !plain && specifiers.contains(['<', '>', '!', '~', '*', ',']) {
        let begin = site.range.start + name.start;
        let before = text.get(begin..start)?;
        return Some(Rewritten::Part(begin..range.end, format!("'{before}{specifiers}'")));
    }
    Some(Rewritten::Part(range, specifiers.to_owned()))
}

/// Where a distribution is named.
fn name_in(own: &str, name: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut from = 0;
    while let Some(start) = rest(own, from)?.find(is_part).map(|at| from + at) {
        let length = rest(own, start)?.find(|c| !is_part(c)).unwrap_or(own.len() - start);
        let word = own.get(start..start + length)?;
        // A name ends before the version that follows it without a blank.
        if normalize(word) == name {
            return Some(start..start + length);
        }
        from = start + length;
    }
    None
}

/// Whether a name is a key of TOML: `torch = …`, `"torch" = …`.
fn is_key(text: &str, end: usize) -> bool {
    let tail = rest(text, end).unwrap_or_default().trim_start_matches(['"', '\'', ' ', '\t']);
    tail.starts_with('=') && !tail.starts_with("==")
}

/// The value of a key: a version, or a table with one.
fn value(text: &str, end: usize, specifiers: &str) -> Option<Rewritten> {
    let line = super::site::line(text, end);
    let own = text.get(end..line.end)?;
    let mut at = own.find('=')? + 1;
    at += own.get(at..)?.len() - own.get(at..)?.trim_start().len();
    if own.get(at..)?.starts_with('{') {
        at += own.get(at..)?.find("version")? + "version".len();
        at += own.get(at..)?.find('=')? + 1;
        at += own.get(at..)?.len() - own.get(at..)?.trim_start().len();
    }
    let quote = own.get(at..)?.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let start = at + 1;
    let length = own.get(start..)?.find(quote)?;
    let written = own.get(start..start + length)?;
    Some(version(end + start..end + start + length, written, specifiers))
}

/// A version that stands alone: an exact one without a sign stays one without.
fn version(range: Range<usize>, written: &str, specifiers: &str) -> Rewritten {
    let bare = written.starts_with(|c: char| c.is_ascii_digit());
    let text = specifiers.strip_prefix("==").filter(|_| bare).unwrap_or(specifiers);
    Rewritten::Part(range, text.to_owned())
}

fn is_version(text: &str) -> bool {
    text == "*" || text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '^' | '~' | '=' | '<' | '>' | '!'))
}
