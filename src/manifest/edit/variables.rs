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

/// Whether a name is one of a variable.
fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The variable at the beginning of a text, as shells, workflows, batch files and formatted strings of Python write it, and what follows.
fn variable(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = if let Some(inner) = text.strip_prefix("${{") {
        let (inner, behind) = inner.split_once("}}")?;
        let (context, name) = inner.trim().split_once('.')?;
        (Some(name).filter(|_| matches!(context, "env" | "matrix" | "inputs" | "vars"))?, behind)
    } else if let Some(inner) = text.strip_prefix("${").or_else(|| text.strip_prefix('{')) {
        let (name, behind) = inner.split_once('}')?;
        (name.strip_prefix("env:").unwrap_or(name), behind)
    } else if let Some(inner) = text.strip_prefix('%') {
        inner.split_once('%')?
    } else {
        let after = text.strip_prefix('$')?;
        let after = after.strip_prefix("env:").unwrap_or(after);
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        after.split_at_checked(end)?
    };
    is_name(name).then_some((name, behind))
}

/// Whether a word has something in it that is computed.
pub(super) fn is_computed(word: &str) -> bool {
    let signs = word.match_indices(['$', '{', '%']);
    signs.into_iter().any(|(at, sign)| sign == "$" || word.get(at..).and_then(variable).is_some())
}

/// The parts of a word; nothing where a part is more than a plain variable (`${CUDA//./}`).
fn parts(word: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let (mut left, mut from) = (word, 0);
    while let Some(at) = left.get(from..)?.find(['$', '{', '%']).map(|at| from + at) {
        let Some((name, behind)) = variable(left.get(at..)?) else {
            // `%2B` of an address is none.
            if left.get(at..)?.starts_with('%') {
                from = at + 1;
                continue;
            }
            return None;
        };
        if at > 0 {
            parts.push(Part::Text(left.get(..at)?));
        }
        parts.push(Part::Variable(name));
        (left, from) = (behind, 0);
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

/// Where the value of a variable is written that holds at this byte: `ARG NAME=value`, `ENV NAME value`, `NAME=value`, `NAME: value`,
/// `NAME = "value"`, `set "NAME=value"`.
pub(super) fn definition(text: &str, before: usize, name: &str) -> Option<Range<usize>> {
    let mut found = None;
    let (mut from, mut looked) = (0, 0);
    while let Some(at) = text.get(from..before)?.find(name).map(|at| from + at) {
        from = at + name.len();
        let lead = text.get(..at)?.chars().next_back();
        let begins = lead.is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '"' | '$' | ':'));
        looked += usize::from(begins);
        if looked > MOST {
            break;
        }
        if !begins || text.get(line(text, at))?.trim_start().starts_with('#') {
            continue;
        }
        if let Some(range) = value(text, at, from, lead == Some('"')) {
            found = Some(range);
        }
    }
    found
}

/// The value behind a name that is set there; `quoted`: whether the quote before the name is the value's, too.
fn value(text: &str, name: usize, behind: usize, quoted: bool) -> Option<Range<usize>> {
    let own = line(text, behind);
    let rest = text.get(behind..own.end)?;
    let is_env = text.get(own.start..name)?.trim().eq_ignore_ascii_case("ENV");
    let bare = rest.trim_start();
    let mut start = behind;
    if rest.starts_with('=') {
        start += 1;
    } else if rest.starts_with(": ") {
        start += 2;
    } else if rest.starts_with(' ') && is_env {
        start += 1;
    } else if bare.starts_with('=') && !bare.starts_with("==") {
        start += rest.len() - bare.len() + 1;
    } else {
        return None;
    }
    let tail = text.get(start..own.end)?;
    start += tail.len() - tail.trim_start_matches([' ', '\t', '[']).len();
    let listed = tail.trim_start().starts_with('[');
    let tail = text.get(start..own.end)?;
    let quote = tail.chars().next().filter(|c| matches!(c, '"' | '\''));
    let range = match quote {
        Some(quote) => start + 1..start + 1 + tail.get(1..)?.find(quote)?,
        None if quoted => start..start + tail.find('"')?,
        None if listed => start..start + tail.find([']', ',', ' '])?,
        None => start..start + tail.find([' ', '\t', ';', '&', '\\']).unwrap_or(tail.len()),
    };
    // Of several values that are tried one after the other none is the value.
    let behind = text.get(range.end + usize::from(quote.is_some())..own.end)?.trim_start();
    let one = !listed || behind.starts_with(']');
    // What is computed is no place to write a value into.
    let plain = !is_computed(text.get(range.clone())?);
    (one && plain && !range.is_empty()).then_some(range)
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
        assert_eq!(of("{TORCH}", "2.7.1"), [pair("TORCH", "2.7.1")]);
        assert_eq!(of("==%TORCH%", "==2.7.1"), [pair("TORCH", "2.7.1")]);
        assert_eq!(of("${{ env.TORCH }}", "2.7.1"), [pair("TORCH", "2.7.1")]);
        assert_eq!(of("cu${{ matrix.cu-version }}", "cu128"), [pair("cu-version", "128")]);
        assert_eq!(of("$env:TORCH", "2.7.1"), [pair("TORCH", "2.7.1")]);
        assert_eq!(of("a%2Bb", "a%2Bb"), []);
        for word in ["${T}+cu124", "${T//./}", "$A$B", "${T", "cu$(date)", "${{ a || b }}", "{a,b}", "{0}"] {
            assert_eq!(values(word, "2.7.1+cu128"), None, "{word}");
        }
        for (word, computed) in
            [("cu$A", true), ("{A}", true), ("%A%", true), ("a%2Bcu", false), ("{", false), ("", false)]
        {
            assert_eq!(is_computed(word), computed, "{word}");
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
        for (text, value) in [
            ("T = \"2.5\"\n", Some("2.5")),
            ("$T = '2.5'\n", Some("2.5")),
            ("$env:T = \"2.5\"\n", Some("2.5")),
            ("set T=2.5\r\n", Some("2.5")),
            ("set \"T=2.5\"\r\n", Some("2.5")),
            ("    T: '2.5' # why\n", Some("2.5")),
            ("    T: [2.5]\n", Some("2.5")),
            ("    T: [\"2.5\"]\n", Some("2.5")),
            ("    T: ['2.5', '2.4']\n", None),
            ("if T == \"2.5\"\n", None),
            ("T = f(x)\n", Some("f(x)")),
            ("T={U}\n", None),
            ("MYT=2.5\n", None),
            ("T=", None),
        ] {
            assert_eq!(definition(text, text.len(), "T").and_then(|range| text.get(range)), value, "{text}");
        }
    }
}
