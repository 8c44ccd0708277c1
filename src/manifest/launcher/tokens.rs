//! The words of Python source, and its lines: as much as it takes to read how a launcher puts a command together.

/// Tokens beyond these many are not read.
const MAX_TOKENS: usize = 400_000;

/// A word or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    /// Where it begins.
    pub start: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Name(String),
    /// A number, as written.
    Number(String),
    /// A string: whether it is formatted, whether its backslashes stand for themselves, and its content as written.
    Text { formatted: bool, raw: bool, start: usize, end: usize },
    /// Anything else.
    Sign(&'static str),
}

/// A logical line: how far it is indented, and its tokens.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub indent: usize,
    pub tokens: Vec<Token>,
}

impl Line {
    /// Whether it begins with this word.
    pub fn is(&self, word: &str) -> bool {
        matches!(self.tokens.first(), Some(Token { kind: Kind::Name(name), .. }) if name == word)
    }
}

const SIGNS: [&str; 43] = [
    "**=", "//=", ">>=", "<<=", "...", "->", ":=", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "|=", "&=",
    "^=", "**", "//", "<<", ">>", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "=", "+", "-", "*", "/", "%", "<",
    ">", "|", "@",
];

/// Reads the lines of a source. What is no Python is passed over.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut line: Option<Line> = None;
    let (mut at, mut open, mut count) = (0, 0_usize, 0);
    let mut fresh = true;
    let mut indent = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(c) = rest.chars().next() else { break };
        if count >= MAX_TOKENS {
            break;
        }
        if fresh && open == 0 {
            let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            indent = rest.get(..blank).unwrap_or_default().chars().map(|c| if c == '\t' { 8 } else { 1 }).sum();
            at += blank;
            fresh = false;
            continue;
        }
        match c {
            '\n' => {
                at += 1;
                if open == 0 {
                    lines.extend(line.take());
                    fresh = true;
                }
                continue;
            }
            // Another statement on the same line.
            ';' if open == 0 => {
                at += 1;
                lines.extend(line.take());
                continue;
            }
            '\\' if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") => {
                at += rest.find('\n').map_or(1, |end| end + 1);
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            _ => {}
        }
        let start = at;
        let kind = match string(rest) {
            Some((prefix, quote, length)) => {
                at += length;
                let lower = rest.get(..prefix).unwrap_or_default().to_ascii_lowercase();
                let (start, end) = (start + prefix + quote, (start + length).saturating_sub(quote));
                Kind::Text { formatted: lower.contains('f'), raw: lower.contains('r'), start, end: end.max(start) }
            }
            None if c.is_alphabetic() || c == '_' => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                at += length;
                Kind::Name(rest.get(..length).unwrap_or_default().to_owned())
            }
            None if c.is_ascii_digit() => {
                let length =
                    rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(rest.len());
                at += length;
                Kind::Number(rest.get(..length).unwrap_or_default().replace('_', ""))
            }
            None => match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                Some(sign) => {
                    at += sign.len();
                    match sign {
                        "(" | "[" | "{" => open += 1,
                        ")" | "]" | "}" => open = open.saturating_sub(1),
                        _ => {}
                    }
                    Kind::Sign(sign)
                }
                None => {
                    at += c.len_utf8();
                    continue;
                }
            },
        };
        count += 1;
        line.get_or_insert_with(|| Line { indent, tokens: Vec::new() }).tokens.push(Token { kind, start });
    }
    lines.extend(line);
    lines
}

/// The string that begins here: lengths of its prefix, of its quotes, of all of it.
fn string(rest: &str) -> Option<(usize, usize, usize)> {
    let prefix = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let letters = rest.get(..prefix)?;
    if prefix > 2 || !letters.bytes().all(|byte| b"rRbBuUfF".contains(&byte)) {
        return None;
    }
    let after = rest.get(prefix..)?;
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| after.starts_with(quote))?;
    let inside = after.get(quote.len()..)?;
    let mut at = 0;
    let bytes = inside.as_bytes();
    loop {
        let Some(byte) = bytes.get(at) else { return Some((prefix, quote.len(), rest.len())) };
        if *byte == b'\\' {
            at += 2;
        } else if *byte == b'\n' && quote.len() == 1 {
            // It does not end: it is none.
            return Some((prefix, quote.len(), prefix + quote.len() + at));
        } else if bytes.get(at..).is_some_and(|rest| rest.starts_with(quote.as_bytes())) {
            return Some((prefix, quote.len(), prefix + quote.len() * 2 + at));
        } else {
            at += 1;
        }
    }
}

/// The colon that ends the head of a block.
pub(super) fn colon(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_u32;
    let mut lambdas = 0_u32;
    for (number, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Sign("(" | "[" | "{") => depth += 1,
            Kind::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            Kind::Name(name) if name == "lambda" => lambdas += 1,
            Kind::Sign(":") if depth == 0 && lambdas > 0 => lambdas -= 1,
            Kind::Sign(":") if depth == 0 => return Some(number),
            _ => {}
        }
    }
    None
}

/// The number of tokens before the bracket that closes the one before them.
pub(super) fn closing(tokens: &[Token]) -> usize {
    let mut depth = 0_u32;
    for (number, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign("(" | "[" | "{") => depth += 1,
            Kind::Sign(")" | "]" | "}") if depth == 0 => return number,
            Kind::Sign(")" | "]" | "}") => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Parts between signs that stand in no bracket.
pub(super) fn split<'t>(tokens: &'t [Token], sign: &str) -> Vec<&'t [Token]> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0_u32, 0);
    for (number, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign("(" | "[" | "{") => depth += 1,
            Kind::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            Kind::Sign(here) if here == sign && depth == 0 => {
                parts.extend(tokens.get(from..number));
                from = number + 1;
            }
            _ => {}
        }
    }
    parts.extend(tokens.get(from..).filter(|rest| !rest.is_empty()));
    parts
}
