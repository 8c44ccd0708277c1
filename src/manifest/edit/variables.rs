//! Words with variables in them: which values make such a word another one, and where in the text those values are set.

use std::ops::Range;

use super::site::line;

/// Words like a variable's name beyond these many are not looked at.
const MOST: usize = 1000;

/// A word in parts.
#[derive(Debug, PartialEq, Eq)]
enum Part<'w> {
    Text(&'w str),
    Variable(&'w str),
}

/// The parts of a word; nothing where a part is more than a plain variable (`${CUDA//./}`).
fn parts(word: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut left = word;
    while let Some(at) = left.find('$') {
        if at > 0 {
            parts.push(Part::Text(left.get(..at)?));
        }
        let after = left.get(at + 1..)?;
        let (name, behind) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}')?,
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                after.split_at_checked(end)?
            }
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return None;
        }
        parts.push(Part::Variable(name));
        left = behind;
    }
    if !left.is_empty() {
        parts.push(Part::Text(left));
    }
    Some(parts)
}

/// The values with which a word becomes `wanted`.
pub(super) fn values<'w>(word: &'w str, wanted: &str) -> Option<Vec<(&'w str, String)>> {
    let parts = parts(word)?;
    let mut values: Vec<(&str, String)> = Vec::new();
    let mut left = wanted;
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Text(text) => left = left.strip_prefix(text)?,
            Part::Variable(name) => {
                let end = match parts.peek() {
                    None => left.len(),
                    Some(Part::Text(next)) => left.find(next)?,
                    // Two in a row may be divided anywhere.
                    Some(Part::Variable(_)) => return None,
                };
                let (value, behind) = left.split_at_checked(end)?;
                if value.is_empty() || values.iter().any(|(known, other)| known == name && other != value) {
                    return None;
                }
                values.push((name, value.to_owned()));
                left = behind;
            }
        }
    }
    left.is_empty().then_some(values)
}

/// Where the value of a variable is written that holds at this byte: `ARG NAME=value`, `ENV NAME value`, `NAME=value`, `NAME: value`.
pub(super) fn definition(text: &str, before: usize, name: &str) -> Option<Range<usize>> {
    let mut found = None;
    let (mut from, mut looked) = (0, 0);
    while let Some(at) = text.get(from..before)?.find(name).map(|at| from + at) {
        from = at + name.len();
        let begins = text.get(..at)?.chars().next_back().is_none_or(|c| c.is_whitespace() || c == ';');
        looked += usize::from(begins);
        if looked > MOST {
            break;
        }
        if !begins || text.get(line(text, at))?.trim_start().starts_with('#') {
            continue;
        }
        let rest = text.get(from..)?;
        let keyword = text.get(line(text, at).start..at)?.trim();
        let is_env = keyword.eq_ignore_ascii_case("ENV");
        let value = match rest.chars().next() {
            Some('=') => from + 1,
            Some(':') if rest.starts_with(": ") => from + 2,
            Some(' ') if is_env => from + 1,
            _ => continue,
        };
        let tail = text.get(value..line(text, value).end)?;
        let quote = tail.chars().next().filter(|c| matches!(c, '"' | '\''));
        let range = match quote {
            Some(quote) => value + 1..value + 1 + tail.get(1..)?.find(quote)?,
            None => value..value + tail.find([' ', '\t', ';', '&', '\\']).unwrap_or(tail.len()),
        };
        // What is computed is no place to write a value into.
        if !text.get(range.clone())?.contains('$') && !range.is_empty() {
            found = Some(range);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart() {
        let of = |word: &'static str, wanted| values(word, wanted).unwrap_or_default();
        let pair = |name: &'static str, value: &str| (name, value.to_owned());
        assert_eq!(of("${TORCH}", "2.7.1+cu128"), [pair("TORCH", "2.7.1+cu128")]);
        assert_eq!(of("$T+cu$C", "2.7.1+cu128"), [pair("T", "2.7.1"), pair("C", "128")]);
        assert_eq!(of("${T}+${C}", "2.7.1+cu128"), [pair("T", "2.7.1"), pair("C", "cu128")]);
        for word in ["${T}+cu124", "${T//./}", "$A$B", "${T", "cu$(date)"] {
            assert_eq!(values(word, "2.7.1+cu128"), None, "{word}");
        }
    }

    #[test]
    fn definitions_are_found_where_they_hold() {
        let text =
            "ARG CU=cu121\nENV T 2.5.1\nENV A=1 CU=\"cu124\"\n# CU=cu1\nRUN V=2.5 pip install torch==$V\nCU=cu999\n";
        let of = |name| definition(text, text.find("pip").unwrap_or_default(), name).and_then(|range| text.get(range));
        assert_eq!(of("CU"), Some("cu124"));
        assert_eq!(of("T"), Some("2.5.1"));
        assert_eq!(of("V"), Some("2.5"));
        assert_eq!(of("X"), None);
    }
}
