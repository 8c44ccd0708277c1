//! Bytes to text: UTF-8, and UTF-16 as PowerShell writes it into files. What is neither is shown as such and never refused.

/// Keeps what a piece ends in the middle of.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    encoding: Option<Encoding>,
    pending: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { big: bool },
}

/// As many bytes as decide.
const DECIDING: usize = 4;

impl Decoder {
    /// Adds the text of the next bytes.
    pub fn decode(&mut self, bytes: &[u8], out: &mut String) {
        self.pending.extend_from_slice(bytes);
        if self.encoding.is_none() && self.pending.len() < DECIDING {
            return;
        }
        self.take(out, false);
    }

    /// Adds what is left.
    pub fn finish(&mut self, out: &mut String) {
        self.take(out, true);
    }

    fn take(&mut self, out: &mut String, last: bool) {
        let encoding = *self.encoding.get_or_insert_with(|| {
            let (encoding, mark) = encoding(&self.pending);
            self.pending.drain(..mark.min(self.pending.len()));
            encoding
        });
        let used = match encoding {
            Encoding::Utf8 => utf8(&self.pending, out, last),
            Encoding::Utf16 { big } => utf16(&self.pending, big, out, last),
        };
        self.pending.drain(..used);
    }
}

/// The encoding of a text that begins so, and how many bytes say it.
fn encoding(begin: &[u8]) -> (Encoding, usize) {
    match begin {
        [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16 { big: false }, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16 { big: true }, 2),
        // Without a mark: letters of the Latin script have a byte that is zero.
        [a, 0, b, 0, ..] if *a > 0 && *b > 0 => (Encoding::Utf16 { big: false }, 0),
        [0, a, 0, b, ..] if *a > 0 && *b > 0 => (Encoding::Utf16 { big: true }, 0),
        _ => (Encoding::Utf8, 0),
    }
}

/// Adds as much as is whole, and says how many bytes that were.
fn utf8(mut bytes: &[u8], out: &mut String, last: bool) -> usize {
    let all = bytes.len();
    loop {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                out.push_str(text);
                return all;
            }
            Err(error) => {
                let (good, bad) = bytes.split_at(error.valid_up_to());
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                match error.error_len() {
                    None if !last => return all - bad.len(),
                    None => {
                        out.push(char::REPLACEMENT_CHARACTER);
                        return all;
                    }
                    Some(length) => {
                        out.push(char::REPLACEMENT_CHARACTER);
                        bytes = bad.get(length..).unwrap_or_default();
                    }
                }
            }
        }
    }
}

fn utf16(bytes: &[u8], big: bool, out: &mut String, last: bool) -> usize {
    let unit = |pair: &[u8; 2]| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
    let (pairs, _) = bytes.as_chunks::<2>();
    let mut units: Vec<u16> = pairs.iter().map(unit).collect();
    // The first half of a pair waits for the second.
    if !last && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
        units.pop();
    }
    let used = if last { bytes.len() } else { units.len() * 2 };
    out.extend(char::decode_utf16(units).map(|one| one.unwrap_or(char::REPLACEMENT_CHARACTER)));
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], piece: usize) -> String {
        let (mut decoder, mut out) = (Decoder::default(), String::new());
        bytes.chunks(piece).for_each(|bytes| decoder.decode(bytes, &mut out));
        decoder.finish(&mut out);
        out
    }

    #[test]
    fn pieces_do_not_matter() {
        let text = "sm_120 … 找不到 🚨\r\nerror\n";
        let utf16 = |mark: &[u8], big: bool| {
            let units = text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
            mark.iter().copied().chain(units).collect::<Vec<u8>>()
        };
        let marked = ["\u{feff}", text].concat();
        for bytes in [
            text.as_bytes(),
            marked.as_bytes(),
            &utf16(&[0xff, 0xfe], false),
            &utf16(&[0xfe, 0xff], true),
            &utf16(&[], false),
            &utf16(&[], true),
        ] {
            for piece in [1, 2, 3, 5, 7, 1000] {
                assert_eq!(decoded(bytes, piece), text, "{piece}");
            }
        }
    }

    #[test]
    fn what_is_no_text_is_shown_as_such() {
        assert_eq!(decoded(b"a\xff\xfeb\xe2\x82", 1), "a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(decoded(b"\xff\xfea\0b", 9), "a", "half a letter");
        assert_eq!(decoded(b"", 1), "");
        assert_eq!(decoded(b"ab", 1), "ab");
    }
}
