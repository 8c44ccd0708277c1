//! Reports one behind the other in one stream: one a line, or each over many lines, with other text between them. A stream is read once and
//! in pieces, and a report that was cut off ends where the next one begins.

use std::io::{self, BufRead};

/// What stands between two reports in a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// From the brace at the beginning of a line up to the next such line.
    Text(Vec<u8>),
    /// The same where it is longer than any report.
    TooLong,
}

/// The pieces of a stream.
pub struct Pieces<'r> {
    stream: &'r mut dyn BufRead,
    /// As long as a report may be.
    limit: usize,
    /// What was read of the next piece.
    next: Vec<u8>,
    /// Whether it is longer than the limit.
    too_long: bool,
    /// Whether the next byte begins a line.
    fresh: bool,
    /// Whether a piece has begun. What stands before the first is none.
    begun: bool,
}

impl<'r> Pieces<'r> {
    /// Of a stream.
    pub fn new(stream: &'r mut dyn BufRead, limit: usize) -> Self {
        Self { stream, limit, next: Vec::new(), too_long: false, fresh: true, begun: false }
    }

    fn piece(&mut self) -> Piece {
        let text = std::mem::take(&mut self.next);
        if std::mem::take(&mut self.too_long) { Piece::TooLong } else { Piece::Text(text) }
    }
}

/// Each piece, or what the operating system says instead.
impl Iterator for Pieces<'_> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<io::Result<Piece>> {
        loop {
            let bytes = match self.stream.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Some(Err(error)),
            };
            let Some(&first) = bytes.first() else {
                let begun = std::mem::take(&mut self.begun);
                return begun.then(|| Ok(self.piece()));
            };
            if self.fresh && first == b'{' && std::mem::replace(&mut self.begun, true) {
                // The brace is read with the piece that it begins.
                self.fresh = false;
                return Some(Ok(self.piece()));
            }
            let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
            let line = bytes.get(..end).unwrap_or_default();
            self.fresh = line.ends_with(b"\n");
            if self.begun {
                match self.next.len() + line.len() <= self.limit && !self.too_long {
                    true => self.next.extend_from_slice(line),
                    false => {
                        self.too_long = true;
                        self.next = Vec::new();
                    }
                }
            }
            self.stream.consume(end);
        }
    }
}

/// Where in a text another report may begin: before a brace with the first key of a report that is not the value of another key or a member of
/// a list. In a report that is whole there is none.
pub fn restart(text: &str) -> Option<usize> {
    const KEY: &str = "\"schema\"";
    text.match_indices(KEY).find_map(|(key, _)| {
        let brace = text.get(..key)?.trim_end().strip_suffix('{')?;
        let value = brace.trim_end().ends_with([':', ',', '[']);
        (!value && !brace.is_empty()).then_some(brace.len())
    })
}

/// The value of the key `facts` of a JSON object that is whole, as it is written.
pub fn facts_of(object: &str) -> Option<&str> {
    const KEY: &str = "\"facts\"";
    let (mut depth, mut at) = (0_u32, 0_usize);
    let mut start = None;
    while let Some(byte) = object.as_bytes().get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b'"' => {
                let end = string_end(object, at)?;
                if depth == 1 && start.is_none() && object.get(at..end) == Some(KEY) {
                    let rest = object.get(end..)?.trim_start().strip_prefix(':');
                    start = rest.map(|rest| object.len() - rest.len());
                }
                at = end;
                continue;
            }
            _ => {}
        }
        let ends = depth == 1 && *byte == b',' || depth == 0;
        if let Some(start) = start.filter(|start| ends && at >= *start) {
            return object.get(start..at).map(str::trim);
        }
        at += 1;
    }
    None
}

/// Where the string that begins at a quote ends, behind its other quote.
fn string_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, limit: usize) -> Vec<String> {
        // Small buffers end anywhere.
        (1..20)
            .map(|size| {
                let mut stream = io::BufReader::with_capacity(size, text.as_bytes());
                let text = |piece: io::Result<Piece>| match piece.unwrap() {
                    Piece::Text(text) => String::from_utf8(text).unwrap(),
                    Piece::TooLong => "too long".to_owned(),
                };
                Pieces::new(&mut stream, limit).map(text).collect::<Vec<_>>()
            })
            .reduce(|one, other| {
                assert_eq!(one, other);
                one
            })
            .unwrap()
    }

    #[test]
    fn a_report_ends_where_the_next_begins() {
        assert_eq!(pieces("{\"a\":1}\n{\"b\":\n 2}\n", 99), ["{\"a\":1}\n", "{\"b\":\n 2}\n"]);
        assert_eq!(pieces("noise\n{\n \"a\": {\n", 99), ["{\n \"a\": {\n"]);
        assert_eq!(pieces("{\"half\n{\"b\":1}", 99), ["{\"half\n", "{\"b\":1}"]);
        assert_eq!(pieces("{\"a\":1}\nnoise\n\n", 99), ["{\"a\":1}\nnoise\n\n"]);
        assert_eq!(pieces("{", 99), ["{"]);
        assert!(pieces("", 99).is_empty() && pieces("noise {\n}\n", 99).is_empty());
    }

    #[test]
    fn one_that_is_too_long_is_passed_over() {
        assert_eq!(pieces("{\"a\":12345678}\n{\"b\":1}\n", 9), ["too long", "{\"b\":1}\n"]);
        assert_eq!(pieces("{\n1234\n5678\n}\n{}", 9), ["too long", "{}"]);
    }

    #[test]
    fn a_report_behind_half_of_one_is_found() {
        let behind = |text: &str| restart(text).and_then(|at| text.get(at..)).map(str::to_owned);
        assert_eq!(behind("{\"schema\":0,\"ver{\"schema\":0}").as_deref(), Some("{\"schema\":0}"));
        assert_eq!(behind("{\"schema\":0,\"a{\n  \"schema\": 0}").as_deref(), Some("{\n  \"schema\": 0}"));
        assert_eq!(behind("{\"schema\":0}{\"schema\":1}").as_deref(), Some("{\"schema\":1}"));
        assert!(restart("{\"schema\":0,\"targets\":[{\"report\": {\"schema\":0}}, {\"schema\":0}]}").is_none());
    }

    #[test]
    fn facts_are_found_as_they_are_written() {
        for (text, facts) in [
            (r#"{"schema":0,"facts":{"a":[1,{"facts":2}]},"b":1}"#, Some(r#"{"a":[1,{"facts":2}]}"#)),
            (r#"{"x":{"facts":1},"y":"\"facts\":3","facts" : {} }"#, Some("{}")),
            (r#"{"facts":null}"#, Some("null")),
            (r#"{"facts":"a,}b","c":1}"#, Some(r#""a,}b""#)),
            (r#"{"x":"facts"}"#, None),
            ("{\"facts\":[1", None),
            ("{\"facts\":\"1", None),
            ("", None),
        ] {
            assert_eq!(facts_of(text), facts, "{text}");
        }
    }
}
