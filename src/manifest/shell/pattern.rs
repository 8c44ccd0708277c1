//! Patterns of shells: `*`, `?`, `[abc]`.

/// Whether a pattern fits all of a text. Of very long ones none does.
pub fn fits(text: &str, pattern: &str) -> bool {
    if text.len().saturating_mul(pattern.len()) > 100_000 {
        return text == pattern;
    }
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut in_pattern) = (0, 0);
    // Where the last star stands, and how much of the text it has.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        let step = match pattern.get(in_pattern) {
            Some('*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
                continue;
            }
            Some('[') => text.get(at).and_then(|c| class(&pattern, in_pattern, *c)),
            Some('?') => Some(in_pattern + 1),
            Some('\\') => (pattern.get(in_pattern + 1) == text.get(at)).then_some(in_pattern + 2),
            Some(c) => (text.get(at) == Some(c)).then_some(in_pattern + 1),
            None => None,
        };
        match (step, star) {
            (Some(next), _) => {
                in_pattern = next;
                at += 1;
            }
            (None, Some((place, taken))) => {
                star = Some((place, taken + 1));
                in_pattern = place + 1;
                at = taken + 1;
            }
            (None, None) => return false,
        }
    }
    pattern.get(in_pattern..).unwrap_or_default().iter().all(|c| *c == '*')
}

/// What follows a class such as `[abc]` or `[!a-z]` that has this character.
fn class(pattern: &[char], start: usize, c: char) -> Option<usize> {
    let end = start + 2 + pattern.get(start + 2..)?.iter().position(|c| *c == ']')?;
    let inside = pattern.get(start + 1..end)?;
    let (not, inside) = match inside.split_first() {
        Some(('!' | '^', rest)) => (true, rest),
        _ => (false, inside),
    };
    let range = inside.windows(3).any(|three| matches!(three, [from, '-', to] if (*from..=*to).contains(&c)));
    ((range || inside.contains(&c)) != not).then_some(end + 1)
}

/// A text that a pattern fits, the plainest one: `y` for `[yY]*`. Nothing for a pattern that everything fits.
pub(super) fn like(pattern: &str) -> Option<String> {
    let mut like = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '*' | '?' | '\\' => {}
            '[' => {
                let (class, after) = rest.split_once(']')?;
                like.extend(class.chars().next());
                rest = after;
            }
            c => like.push(c),
        }
    }
    (!like.is_empty() || pattern.is_empty()).then_some(like)
}

/// A text that an expression matches, where that is easily told.
pub(super) fn like_expression(expression: &str) -> Option<String> {
    alternatives(expression)?.into_iter().find_map(|pattern| like(&pattern))
}

/// The alternatives of an expression as patterns that have to fit all of a text.
fn alternatives(expression: &str) -> Option<Vec<String>> {
    let (begins, expression) = expression.strip_prefix('^').map_or((false, expression), |rest| (true, rest));
    let (ends, expression) = expression.strip_suffix('$').map_or((false, expression), |rest| (true, rest));
    let inner = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let grouped = inner.is_some();
    let mut patterns = Vec::new();
    for (number, one) in inner.unwrap_or(expression).split('|').enumerate() {
        let text = one.replace(".*", "*").replace("\\.", "\u{0}");
        if text.contains(['(', ')', '+', '?', '{', '\\', '.', '^', '$']) || patterns.len() > 32 {
            return None;
        }
        // Without a group, ^ and $ belong to the first and the last alternative alone.
        let begins = begins && (grouped || number == 0);
        let ends = ends && (grouped || !expression.contains('|'));
        let (before, after) = (if begins { "" } else { "*" }, if ends { "" } else { "*" });
        patterns.push(format!("{before}{}{after}", text.replace('\u{0}', ".")));
    }
    Some(patterns)
}

/// Text with a star before or behind it, or neither.
enum Simple<'p> {
    Text(&'p str),
    /// `*text`
    Behind(&'p str),
    /// `text*`
    Before(&'p str),
}

fn simple(pattern: &str) -> Option<Simple<'_>> {
    let wild = |text: &str| text.contains(['*', '?', '[', '\\']);
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(text), _) if !wild(text) => Some(Simple::Behind(text)),
        (_, Some(text)) if !wild(text) => Some(Simple::Before(text)),
        _ => (!wild(pattern)).then_some(Simple::Text(pattern)),
    }
}

/// A text without the beginning that a pattern fits: the shortest, or the longest. Nothing for patterns that are not read.
pub(super) fn without_beginning<'t>(text: &'t str, pattern: &str, long: bool) -> Option<&'t str> {
    Some(match simple(pattern)? {
        Simple::Text(start) => text.strip_prefix(start).unwrap_or(text),
        Simple::Behind(end) => {
            let at = if long { text.rfind(end) } else { text.find(end) };
            at.and_then(|at| text.get(at + end.len()..)).unwrap_or(text)
        }
        Simple::Before(start) => match text.strip_prefix(start) {
            Some(_) if long => "",
            Some(rest) => rest,
            None => text,
        },
    })
}

/// A text without the end that a pattern fits.
pub(super) fn without_end<'t>(text: &'t str, pattern: &str, long: bool) -> Option<&'t str> {
    Some(match simple(pattern)? {
        Simple::Text(end) => text.strip_suffix(end).unwrap_or(text),
        Simple::Before(start) => {
            let at = if long { text.find(start) } else { text.rfind(start) };
            at.and_then(|at| text.get(..at)).unwrap_or(text)
        }
        Simple::Behind(end) => match text.strip_suffix(end) {
            Some(_) if long => "",
            Some(rest) => rest,
            None => text,
        },
    })
}

/// A text in which what a pattern fits is replaced: the first, or all.
pub(super) fn replaced(text: &str, pattern: &str, by: &str, all: bool) -> Option<String> {
    // Long texts in place of short ones would grow without end.
    if pattern.is_empty() || by.len() > 4096 || text.len() > 4096 {
        return None;
    }
    Some(match simple(pattern)? {
        Simple::Text(from) if all => text.replace(from, by),
        Simple::Text(from) => text.replacen(from, by, 1),
        Simple::Before(start) => {
            text.find(start).and_then(|at| text.get(..at)).map_or(text.to_owned(), |begin| format!("{begin}{by}"))
        }
        Simple::Behind(end) => {
            let rest = text.rfind(end).and_then(|at| text.get(at + end.len()..));
            rest.map_or(text.to_owned(), |rest| format!("{by}{rest}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_shells() {
        for (text, pattern, expected) in [
            ("torch-2.0", "torch*", true),
            ("x86_64", "x86_64|amd64", false),
            ("abc", "a?c", true),
            ("abc", "[a-c]bc", true),
            ("abc", "[!a]bc", false),
            ("", "*", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "*a*a*a*a*a*b", false),
        ] {
            assert_eq!(fits(text, pattern), expected, "{text} {pattern}");
        }
        assert_eq!(without_beginning("12.8.1", "*.", false), Some("8.1"));
        assert_eq!(without_beginning("12.8.1", "*.", true), Some("1"));
        assert_eq!(without_beginning("v1", "v", true), Some("1"));
        assert_eq!(without_end("12.8.1", ".*", false), Some("12.8"));
        assert_eq!(without_end("12.8.1", ".*", true), Some("12"));
        assert_eq!(without_end("12.8.1", "?.[0-9]", true), None);
        assert_eq!(replaced("12.8.1", ".", "", true).as_deref(), Some("1281"));
        assert_eq!(replaced("12.8.1", ".", "", false).as_deref(), Some("128.1"));
        assert_eq!(replaced("2.0+cu118", "+*", "", false).as_deref(), Some("2.0"));
        assert_eq!(replaced("a1b2", "[0-9]", "x", true), None);
    }
}
