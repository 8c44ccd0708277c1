//! Pages for a screen that only has ASCII: what the pages themselves are made of gets letters that mean the same, and what was read its
//! number.

use std::borrow::Cow;

/// The page in ASCII. Marks keep their width, so that columns stay aligned.
pub fn ascii(page: &str) -> Cow<'_, str> {
    if page.is_ascii() {
        return Cow::Borrowed(page);
    }
    let mut out = String::with_capacity(page.len());
    for c in page.chars() {
        match plain(c) {
            _ if c.is_ascii() => out.push(c),
            Some(text) => out.push_str(text),
            None => out.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(out)
}

/// What stands for a character of our own pages.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        '✓' => "+",
        '✗' => "x",
        '×' => "x",
        '·' | '•' => "*",
        '◐' => "~",
        '■' => "#",
        '□' => "-",
        '…' => "...",
        '→' => "->",
        '←' => "<-",
        '↳' => "`",
        '–' | '—' | '−' | '─' | '━' => "-",
        '│' | '┃' | '╷' | '╵' => "|",
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '╰' | '╯' => "+",
        '≥' => ">=",
        '≤' => "<=",
        '≠' => "!=",
        '≈' => "~",
        '±' => "+-",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '‘' | '’' => "'",
        '\u{a0}' | '\u{202f}' => " ",
        'µ' | 'μ' => "u",
        '°' => " deg",
        '█' | '▇' | '▓' => "#",
        '▒' | '░' => ".",
        '§' => "section ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_have_letters_and_names_have_numbers() {
        assert_eq!(ascii("✓ runs on 2 × H100 … → ok"), "+ runs on 2 x H100 ... -> ok");
        assert_eq!(ascii("✗ /home/zoë"), r"x /home/zo\u{eb}");
        assert!(matches!(ascii("plain"), Cow::Borrowed("plain")));
    }

    proptest::proptest! {
        #[test]
        fn nothing_else_is_left(text in ".*") {
            proptest::prop_assert!(ascii(&text).is_ascii());
        }
    }
}
