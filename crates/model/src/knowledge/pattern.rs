//! Parts of error texts: literals, `*` for anything inside a line, and `{name}` for a value that is taken out of it.

use std::collections::BTreeMap;

/// Anything between two literals is at most this long.
const MOST_BETWEEN: usize = 400;
/// A value is at most this long.
const MOST_VALUE: usize = 240;

/// A part of a text, ready to be searched for in lines that are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
    /// The piece that is searched for first: the longest literal.
    anchor: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Anything,
    Value(String),
}

/// Where a pattern is in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Byte at which it begins.
    pub start: usize,
    /// Byte behind it.
    pub end: usize,
    /// The values, by name, as byte ranges of the line.
    pub values: BTreeMap<String, (usize, usize)>,
}

impl Pattern {
    /// Reads a pattern; whatever is not a star or a name in braces is literal.
    pub fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first == '*' {
                end(&mut literal, &mut pieces);
                pieces.push(Piece::Anything);
                rest = &rest[1..];
            } else if let Some((name, behind)) = name(rest) {
                end(&mut literal, &mut pieces);
                pieces.push(Piece::Value(name.to_owned()));
                rest = behind;
            } else {
                literal.extend(lower(first));
                rest = &rest[first.len_utf8()..];
            }
        }
        end(&mut literal, &mut pieces);
        let length = |piece: &Piece| match piece {
            Piece::Literal(text) => text.len(),
            _ => 0,
        };
        let anchor = (0..pieces.len()).max_by_key(|&at| pieces.get(at).map_or(0, length)).unwrap_or(0);
        Self { pieces, anchor }
    }

    /// The literal that every text with this pattern contains, in lower case.
    pub fn anchor(&self) -> &str {
        match self.pieces.get(self.anchor) {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }

    /// The names of the values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The first place of the pattern in a line that is in lower case.
    pub fn find(&self, line: &str) -> Option<Hit> {
        if self.anchor().is_empty() {
            return Some(Hit { start: 0, end: 0, values: BTreeMap::new() });
        }
        let mut from = 0;
        while let Some(at) = line.get(from..).and_then(|rest| rest.find(self.anchor())) {
            if let Some(hit) = self.at(line, from + at) {
                return Some(hit);
            }
            from += at + self.anchor().len();
        }
        None
    }

    /// The pattern around its anchor at this byte of the line.
    pub fn at(&self, line: &str, at: usize) -> Option<Hit> {
        let end = at + self.anchor().len();
        let mut hit = Hit { start: at, end, values: BTreeMap::new() };
        let after = self.pieces.get(self.anchor + 1..).unwrap_or_default();
        let before = self.pieces.get(..self.anchor).unwrap_or_default();
        self.forward(line, after, &mut hit)?;
        self.backward(line, before, &mut hit)?;
        Some(hit)
    }

    fn forward(&self, line: &str, pieces: &[Piece], hit: &mut Hit) -> Option<()> {
        let mut open: Option<&Piece> = None;
        for piece in pieces {
            match piece {
                Piece::Literal(text) => {
                    let rest = line.get(hit.end..)?;
                    let found = rest.find(text.as_str()).filter(|&found| open.is_some() || found == 0)?;
                    keep(line, open, hit.end, hit.end + found, hit)?;
                    hit.end += found + text.len();
                    open = None;
                }
                other => open = Some(other),
            }
        }
        if let Some(Piece::Value(name)) = open {
            let rest = line.get(hit.end..)?;
            let long = rest.find(|c: char| !is_of_token(c)).unwrap_or(rest.len());
            let long = rest.get(..long)?.trim_end_matches(['.', ',', ':', ';']).len();
            hit.values.insert(name.clone(), (hit.end, hit.end + long));
            hit.end += long;
        }
        Some(())
    }

    fn backward(&self, line: &str, pieces: &[Piece], hit: &mut Hit) -> Option<()> {
        let mut open: Option<&Piece> = None;
        for piece in pieces.iter().rev() {
            match piece {
                Piece::Literal(text) => {
                    let rest = line.get(..hit.start)?;
                    let found = rest.rfind(text.as_str())?;
                    let behind = found + text.len();
                    if open.is_none() && behind != hit.start {
                        return None;
                    }
                    keep(line, open, behind, hit.start, hit)?;
                    hit.start = found;
                    open = None;
                }
                other => open = Some(other),
            }
        }
        if let Some(Piece::Value(name)) = open {
            let rest = line.get(..hit.start)?.trim_end();
            let begin = rest
                .rfind(|c: char| !is_of_token(c))
                .map_or(0, |at| at + rest.get(at..).and_then(|text| text.chars().next()).map_or(1, char::len_utf8));
            hit.values.insert(name.clone(), (begin, rest.len()));
            hit.start = begin;
        }
        Some(())
    }
}

/// Takes what is between two literals, if it is no longer than it may be.
fn keep(line: &str, open: Option<&Piece>, from: usize, to: usize, hit: &mut Hit) -> Option<()> {
    match open {
        Some(Piece::Value(name)) => {
            let value = line.get(from..to)?;
            if value.len() > MOST_VALUE {
                return None;
            }
            let begin = from + (value.len() - value.trim_start().len());
            hit.values.insert(name.clone(), (begin, begin + value.trim().len()));
        }
        Some(_) if to - from > MOST_BETWEEN => return None,
        _ => {}
    }
    Some(())
}

/// Letters of versions, names and paths.
fn is_of_token(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '/' | '\\' | ':')
}

/// A letter in lower case, where that has as many bytes: places in a line stay the same.
pub fn lower(c: char) -> impl Iterator<Item = char> {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) if one.len_utf8() == c.len_utf8() => [one].into_iter(),
        _ => [c].into_iter(),
    }
}

fn end(literal: &mut String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal)));
    }
}

/// A name in braces at the beginning of a text, and what stands behind it.
fn name(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.strip_prefix('{')?.split_once('}')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_name.then_some((name, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pattern: &str, line: &str) -> Option<Vec<(String, String)>> {
        let hit = Pattern::new(pattern).find(line)?;
        let text = |(from, to): (usize, usize)| line.get(from..to).unwrap_or("?").to_owned();
        Some(hit.values.into_iter().map(|(name, range)| (name, text(range))).collect())
    }

    #[test]
    fn values_are_taken_from_between_and_from_the_ends() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            values("driver is too old (found version {found})", "the driver is too old (found version 11070). please"),
            Some(vec![pair("found", "11070")])
        );
        assert_eq!(
            values("{gpu} with CUDA capability sm_{cc} is not", "x: rtx with cuda capability sm_120 is not ok"),
            Some(vec![pair("cc", "120"), pair("gpu", "rtx")])
        );
        assert_eq!(
            values("lib{name}.so.{major}: cannot open", "libcudart.so.13: cannot open shared"),
            Some(vec![pair("major", "13"), pair("name", "cudart")])
        );
        assert_eq!(values("version {v}", "version 12.8."), Some(vec![pair("v", "12.8")]));
        assert_eq!(values("of {libcudnn", "any of {libcudnn_ops.so"), Some(Vec::new()));
    }

    #[test]
    fn what_is_between_has_an_end() {
        let far = format!("configured {} binary not found", "x".repeat(500));
        assert_eq!(values("configured * binary not found", &far), None);
        assert_eq!(values("configured * binary not found", "configured cuda binary not found"), Some(Vec::new()));
        assert_eq!(values("a line*behind", "behind a line"), None);
    }
}
