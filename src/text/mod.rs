//! Text that leaves the program. Whatever was read (names, versions, paths, what a driver says) may hold characters that a terminal,
//! a browser or an editor obeys instead of showing. This is the one place that knows them and makes them visible.
//!
//! Two filters, one behind the other: [`visible`] for a field before it becomes part of a page, which also takes the line breaks
//! out of it, so that no field can forge a line; and [`guard`] for a whole page in the writer, which lets line breaks and tabs of the
//! page itself stand. JSON has its own escapes for such characters and keeps them ([`json`]).

mod ascii;
mod day;
pub mod diff;
mod grid;
mod lines;
mod paint;

use std::borrow::Cow;

pub use ascii::ascii;
pub use day::{day, days};
pub use grid::{Grid, NARROWEST, blocks, whole_words};
pub use lines::Lines;
use paint::Change;
pub use paint::{Paint, Painted};

/// Whether a character acts on what shows it, or is not seen at all, instead of being a visible letter or a plain space.
///
/// Unicode 16: control characters (Cc), line and paragraph separators (Zl, Zp), format characters (Cf: among them all bidirectional
/// controls of UAX #9 and the zero-width ones), variation selectors and the other characters that are ignorable by default
/// (`DerivedCoreProperties.txt`), and noncharacters.
pub fn is_hidden(c: char) -> bool {
    let number = u32::from(c);
    if number < 0x80 {
        return c.is_ascii_control();
    }
    c.is_control()
        || (number & 0xfffe) == 0xfffe
        || matches!(number,
            0x00ad | 0x034f | 0x0600..=0x0605 | 0x061c | 0x06dd | 0x070f | 0x0890..=0x0891 | 0x08e2
            | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
            | 0x3164 | 0xfdd0..=0xfdef | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
            | 0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff)
}

/// A field as it may stand on a page: what would not be seen is written as its number (`\x1b`, `\n`, `\u{202e}`).
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |c| is_hidden(c).then_some(Form::Visible))
}

/// A page as it may leave: its own line breaks, tabs and colours stand, everything else that is hidden becomes visible.
pub fn guard(page: &str, color: bool) -> Cow<'_, str> {
    shown(page, |c| match c {
        '\n' | '\t' | ' '..='~' => None,
        c => match Change::of(c) {
            Some(change) if color => Some(Form::Colour(change)),
            Some(_) => Some(Form::Nothing),
            None => is_hidden(c).then_some(Form::Visible),
        },
    })
}

/// JSON as it may leave: hidden characters, which can only stand inside of its strings, are written as escapes, so that they mean
/// what they meant.
pub fn json(text: &str) -> Cow<'_, str> {
    shown(text, |c| (!matches!(c, '\n' | '\t') && is_hidden(c)).then_some(Form::Json))
}

/// At most `limit` bytes of a field, visible and in one line; an ellipsis stands where something was cut off.
pub fn in_short(text: &str, limit: usize) -> String {
    const CUT: &str = "...";
    let text = visible(text);
    if text.len() <= limit {
        return text.into_owned();
    }
    let end = text.floor_char_boundary(limit.saturating_sub(CUT.len()));
    format!("{}{CUT}", text.get(..end).unwrap_or_default().trim_end())
}

/// How a character is written that does not stand for itself.
enum Form {
    Visible,
    Json,
    Colour(Change),
    Nothing,
}

fn shown(text: &str, form: impl Fn(char) -> Option<Form>) -> Cow<'_, str> {
    // Nearly every text is plain, and most of it ASCII: then nothing is copied.
    let Some(first) = text.find(|c| form(c).is_some()) else { return text.into() };
    let (plain, rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(plain);
    for c in rest.chars() {
        match form(c) {
            None => out.push(c),
            Some(Form::Visible) => push_visible(&mut out, c),
            Some(Form::Json) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out += &format!("\\u{unit:04x}");
                }
            }
            Some(Form::Colour(change)) => out += &change.to_string(),
            Some(Form::Nothing) => {}
        }
    }
    out.into()
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) < 0x100 => *out += &format!("\\x{:02x}", u32::from(c)),
        c => *out += &format!("\\u{{{:x}}}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        assert_eq!(visible("a\x1b[2Jb\x07\r\n\tc"), "a\\x1b[2Jb\\x07\\r\\n\\tc");
        assert_eq!(visible("x\u{9b}31m\u{7f}"), "x\\x9b31m\\x7f");
        assert_eq!(
            visible("a\u{202e}b\u{2066}c\u{200b}\u{feff}\u{e0041}"),
            "a\\u{202e}b\\u{2066}c\\u{200b}\\u{feff}\\u{e0041}"
        );
        assert_eq!(visible("\u{2028}\u{2029}\u{85}"), "\\u{2028}\\u{2029}\\x85");
    }

    #[test]
    fn what_people_write_stays() {
        for text in
            ["torch 2.7.1+cu128", "✓ ✗ ◐ · ■ □ × …", "C:\\Users\\Zoë\\环境", "a\u{a0}b", "Ünïcode 🐍 한국어 עברית"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn a_page_keeps_its_lines_and_its_own_colours() {
        let page = format!("{}\n\tx\r\x1b[31m\n", Paint::Good.on("✓", true));
        assert_eq!(guard(&page, true), "\x1b[32m✓\x1b[0m\n\tx\\r\\x1b[31m\n");
        assert_eq!(guard(&page, false), "✓\n\tx\\r\\x1b[31m\n");
    }

    #[test]
    fn short_text_ends_where_a_letter_ends() {
        assert_eq!(in_short("abc\ndef", 20), "abc\\ndef");
        assert_eq!(in_short("ééééééé", 10), "ééé...");
        assert_eq!(in_short("abcdef", 6), "abcdef");
    }

    proptest! {
        #[test]
        fn nothing_hidden_leaves(text in any::<String>(), color: bool) {
            prop_assert!(!visible(&text).contains(is_hidden));
            let page = guard(&text, color).replace(['\n', '\t'], "");
            let own = Paint::ALL.map(Change::To).into_iter().chain([Change::End]);
            let rest = own.fold(page, |page, own| page.replace(&own.to_string(), ""));
            prop_assert!(!rest.contains(is_hidden), "{rest:?}");
            prop_assert!(in_short(&text, 200).len() <= 200);
        }

        #[test]
        fn json_means_what_it_meant(text in any::<String>()) {
            let plain = serde_json::to_string(&text).unwrap();
            let safe = json(&plain);
            prop_assert!(!safe.contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
