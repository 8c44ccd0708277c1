//! What is not the text itself: colours, escapes of pages and of other encodings, and what programs put in front of every line.

use std::borrow::Cow;

use gpucheck_ground::Bytes;

/// As many layers of prefixes are taken off a line: a container's name, a time, a rank, a level …
const MOST_PREFIXES: usize = 8;

/// A text without colours, with plain quotes and without the escapes of web pages. Lines stay lines.
pub(super) fn block(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let odd = memchr::memchr3(0x1b, b'&', 0x08, bytes).is_some()
        || !text.is_ascii()
        || memchr::memmem::find(bytes, b"\\u001b[").is_some();
    let mut next = if odd { special_in(text) } else { None };
    if next.is_none() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next {
        let (before, special) = rest.split_at(at);
        out.push_str(before);
        let (replacement, length) = replaced(special);
        match replacement {
            Some(text) => out.push_str(text),
            None => out.extend(special.get(..length)),
        }
        rest = special.get(length..).unwrap_or_default();
        next = special_in(rest);
    }
    out.push_str(rest);
    out.into()
}

/// What begins a letter that `replaced` knows, or one of many others.
const SPECIAL: Bytes = Bytes::of(b"\x1b\x08&\\\xc2\xc3\xe2\xef");

/// Where the first letter is that `replaced` knows: `\x1b`, `\x08`, `&`, `\`, U+009B, U+00A0, `â`, U+200B to U+200F, U+2018 to U+201F, U+2060,
/// U+FEFF.
fn special_in(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let at = SPECIAL.find(rest)?;
        let is_special = match rest.get(at..) {
            Some([0xc2, second, ..]) => matches!(second, 0x9b | 0xa0),
            Some([0xc3, second, ..]) => *second == 0xa2,
            Some([0xe2, 0x80, third, ..]) => matches!(third, 0x8b..=0x8f | 0x98..=0x9f),
            Some([0xe2, second, third, ..]) => (*second, *third) == (0x81, 0xa0),
            Some([0xef, second, third, ..]) => (*second, *third) == (0xbb, 0xbf),
            _ => true,
        };
        if is_special {
            return Some(from + at);
        }
        from += at + 1;
    }
}

/// What stands for the beginning of a text, nothing if that stays, and how long it is.
fn replaced(text: &str) -> (Option<&'static str>, usize) {
    const ENTITIES: [(&str, &str); 12] = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
        ("&nbsp;", " "),
        ("&#x2F;", "/"),
        ("&lsquo;", "'"),
        ("&rsquo;", "'"),
    ];
    // UTF-8 that was read as Windows-1252.
    const MOJIBAKE: [(&str, &str); 6] =
        [("â€˜", "'"), ("â€™", "'"), ("â€œ", "\""), ("â€\u{9d}", "\""), ("â€“", "-"), ("â€¦", "...")];
    let first = text.chars().next().unwrap_or(' ');
    let one = first.len_utf8();
    match first {
        '\x1b' | '\u{9b}' => (Some(""), escape(text, one)),
        '\\' => match text.strip_prefix("\\u001b") {
            Some(rest) if rest.starts_with('[') => (Some(""), 6 + sequence(rest, 1)),
            _ => (None, one),
        },
        '\x08' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => (Some(""), one),
        '\u{a0}' => (Some(" "), one),
        '\u{2018}'..='\u{201b}' => (Some("'"), one),
        '\u{201c}'..='\u{201f}' => (Some("\""), one),
        '&' | 'â' => {
            let known = ENTITIES.iter().chain(&MOJIBAKE).find(|(entity, _)| text.starts_with(entity));
            known.map_or((None, one), |(entity, plain)| (Some(*plain), entity.len()))
        }
        _ => (None, one),
    }
}

/// Length of an escape sequence of a terminal.
fn escape(text: &str, introducer: usize) -> usize {
    let rest = text.get(introducer..).unwrap_or_default();
    if text.starts_with('\u{9b}') {
        return introducer + sequence(rest, 0);
    }
    match rest.chars().next() {
        Some('[') => introducer + sequence(rest, 1),
        // A title or a link: up to its end, on this line.
        Some(']') => {
            let end = rest.find(['\x07', '\n', '\x1b']).unwrap_or(rest.len());
            let end = end + usize::from(rest.get(end..).is_some_and(|rest| rest.starts_with('\x07')));
            let end = end + if rest.get(end..).is_some_and(|rest| rest.starts_with("\x1b\\")) { 2 } else { 0 };
            introducer + end
        }
        Some(c @ ('(' | ')')) => {
            introducer
                + c.len_utf8()
                + rest.get(1..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n').map_or(0, char::len_utf8)
        }
        Some(c) if c != '\n' && c.is_ascii() => introducer + 1,
        _ => introducer,
    }
}

/// Length of what is behind a control sequence introducer, from `from`: parameters and one letter.
fn sequence(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes().get(from..).unwrap_or_default();
    let parameters = bytes.iter().take_while(|byte| (0x20..0x40).contains(*byte)).count();
    let last = bytes.get(parameters).is_some_and(|byte| (0x40..0x7f).contains(byte));
    from + parameters + usize::from(last)
}

/// A line without what programs put in front of every line.
pub(super) fn line(text: &str) -> &str {
    let mut text = framed(text.trim());
    for _ in 0..MOST_PREFIXES {
        match without_prefix(text) {
            Some(rest) => text = framed(rest.trim_start()),
            None => break,
        }
    }
    text
}

/// Without the sides of a box.
fn framed(text: &str) -> &str {
    let sides = ['│', '┃', '║', '▏', '❱'];
    text.trim_start_matches(sides).trim_end_matches(sides).trim()
}

fn without_prefix(text: &str) -> Option<&str> {
    match text.chars().next()? {
        '>' => Some(text.trim_start_matches(['>', ' '])),
        '[' => bracket(text),
        '(' => worker(text),
        '#' => ["##[error]", "##[warning]", "##[group]"]
            .iter()
            .find_map(|mark| text.strip_prefix(mark))
            .or_else(|| buildkit(text)),
        c if c.is_ascii_digit() => timestamp(text),
        c if c.is_ascii_alphabetic() => journald(text).or_else(|| compose(text)).or_else(|| level(text)),
        _ => None,
    }
}

/// `[   87.358035] `, `[rank0]: `, `[0]: `, `[1,0]<stderr>: `, `[2024-05-01 10:00:00] `, `[core.py:946] `.
fn bracket(text: &str) -> Option<&str> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    if inside.len() > 40 {
        return None;
    }
    let rest = ["<stderr>", "<stdout>"].iter().find_map(|stream| rest.strip_prefix(stream)).unwrap_or(rest);
    let time = inside.bytes().all(|byte| byte.is_ascii_digit() || b" .:-/TZ,+".contains(&byte))
        && inside.bytes().any(|byte| byte.is_ascii_digit());
    let rank = inside.strip_prefix("rank").is_some_and(|rank| rank.bytes().all(|byte| byte.is_ascii_digit()));
    let place = inside.rsplit_once(':').is_some_and(|(file, line)| {
        file.contains('.') && !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())
    });
    let level = LEVELS.contains(&inside.trim());
    (time || rank || place || level).then(|| rest.trim_start_matches(':'))
}

const LEVELS: [&str; 9] = ["ERROR", "WARNING", "INFO", "DEBUG", "WARN", "CRITICAL", "E", "W", "I"];

/// `(EngineCore_DP0 pid=406) `, `(APIServer pid=1) `.
fn worker(text: &str) -> Option<&str> {
    let (inside, rest) = text.strip_prefix('(')?.split_once(')')?;
    (inside.len() < 80 && inside.contains("pid=")).then_some(rest)
}

/// `#12 34.56 `: a step of a build and its seconds.
fn buildkit(text: &str) -> Option<&str> {
    let mut words = text.strip_prefix('#')?.splitn(3, ' ');
    let digits = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let (step, seconds, rest) = (words.next()?, words.next()?, words.next()?);
    (digits(step) && digits(seconds) && seconds.contains('.')).then_some(rest)
}

/// A date, a time or both, and what containers' logs have behind them. A version is none.
fn timestamp(text: &str) -> Option<&str> {
    let (mut word, mut rest) = text.split_once(' ')?;
    let is_date = |word: &str| {
        word.len() >= 5
            && word.bytes().all(|byte| byte.is_ascii_digit() || b"-/".contains(&byte))
            && word.bytes().filter(|byte| b"-/".contains(byte)).count() >= 1
    };
    if is_date(word) {
        (word, rest) = rest.trim_start().split_once(' ')?;
    }
    let time = word.bytes().all(|byte| byte.is_ascii_digit() || b"-:.,TZ+".contains(&byte))
        && word.bytes().filter(|byte| *byte == b':').count() >= 2;
    if !time {
        return None;
    }
    let rest = rest.trim_start();
    let stream = ["stderr F ", "stdout F ", "stderr P ", "stdout P ", "- "];
    Some(stream.iter().find_map(|mark| rest.strip_prefix(mark)).unwrap_or(rest))
}

/// `Oct 04 13:19:39 host service[394]: `.
fn journald(text: &str) -> Option<&str> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let rest = MONTHS.iter().find_map(|month| text.strip_prefix(month))?.trim_start();
    let (_day, rest) = rest.split_once(' ')?;
    let (time, rest) = rest.trim_start().split_once(' ')?;
    if time.bytes().filter(|byte| *byte == b':').count() != 2 {
        return None;
    }
    let (_host, rest) = rest.split_once(' ')?;
    let (service, rest) = rest.split_once(": ")?;
    (service.len() < 60 && !service.contains(' ')).then_some(rest)
}

/// `vllm-1  | `.
fn compose(text: &str) -> Option<&str> {
    let (name, rest) = text.split_once('|')?;
    let plain = name.trim_end();
    let is_name = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    (is_name && plain.len() < 64 && name.ends_with(' ') && rest.starts_with(' ')).then_some(rest)
}

/// `ERROR 01-30 13:26:29 `: a level and a time.
fn level(text: &str) -> Option<&str> {
    let (word, rest) = text.split_once(' ')?;
    LEVELS.contains(&word).then(|| timestamp(rest.trim_start()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_taken_off() {
        for prefix in [
            "",
            "vllm-1  | ",
            "Oct 04 13:19:39 host service[394]: ",
            "[rank0]: ",
            "(EngineCore_DP0 pid=406) ERROR 01-30 13:26:29 [core.py:946] ",
            "[   87.358035] ",
            "2023-10-19T14:25:03.801614288+08:00 stderr F ",
            "> ",
            "> > ",
            "│ ",
            "##[error]",
            "#12 34.56 ",
            "2024-05-01 10:00:00,123 ",
            "[1,0]<stderr>: ",
            "app  | 2024-05-01 10:00:00 [rank1]: ",
        ] {
            let text = format!("{prefix}RuntimeError: CUDA error: no kernel image");
            assert_eq!(line(&text), "RuntimeError: CUDA error: no kernel image", "{text}");
        }
        for text in ["torch 2.7.1", "2.7.1 is installed", "[pip3] torch==2.7.1", "NVIDIA-SMI 570 | x", "12.8"] {
            assert_eq!(line(text), text);
        }
        assert_eq!(line(">>> torch.__version__"), "torch.__version__");
        assert_eq!(line("│ a box │"), "a box");
    }

    #[test]
    fn colours_and_escapes_go() {
        for (text, plain) in [
            ("\x1b[31mERROR\x1b[0m: x", "ERROR: x"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1b]8;;http://x\x1b\\text", "text"),
            ("\\u001b[31mred", "red"),
            ("&quot;&quot; with [[gpu]] &amp; more &x;", "\"\" with [[gpu]] & more &x;"),
            ("arch ‘compute_86’", "arch 'compute_86'"),
            ("arch â€˜compute_86â€™", "arch 'compute_86'"),
            ("C:\\Users\\x", "C:\\Users\\x"),
            ("no\u{200b}break", "nobreak"),
            ("\x1b", ""),
            ("\x1b[", ""),
            ("\x1b\n", "\n"),
            ("plain", "plain"),
        ] {
            assert_eq!(block(text), plain, "{text:?}");
        }
    }
}
