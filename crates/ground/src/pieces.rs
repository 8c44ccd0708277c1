//! Takes a text apart at signs.

/// Signs at which a text is taken apart.
#[derive(Debug)]
pub struct Signs {
    ascii: [bool; 128],
    others: fn(char) -> bool,
}

impl Signs {
    /// These ASCII signs.
    pub const fn only(signs: &[u8]) -> Self {
        let mut ascii = [false; 128];
        let mut at = 0;
        while at < signs.len() {
            ascii[signs[at] as usize] = true;
            at += 1;
        }
        Self { ascii, others: |_| false }
    }

    /// Blanks and ends of lines, and these ASCII signs.
    pub const fn blanks_and(more: &[u8]) -> Self {
        let Self { mut ascii, .. } = Self::only(more);
        let mut at = 9;
        while at <= 13 {
            ascii[at] = true;
            at += 1;
        }
        ascii[b' ' as usize] = true;
        Self { ascii, others: char::is_whitespace }
    }

    /// With others than ASCII for which this holds, instead of those that there are.
    pub const fn or(self, others: fn(char) -> bool) -> Self {
        Self { others, ..self }
    }

    /// Whatever is no letter and no digit, but for these ASCII signs.
    pub const fn all_but(kept: &[u8]) -> Self {
        let mut ascii = [false; 128];
        let mut at = 0;
        while at < ascii.len() {
            ascii[at] = !(at as u8).is_ascii_alphanumeric();
            at += 1;
        }
        let mut at = 0;
        while at < kept.len() {
            ascii[kept[at] as usize] = false;
            at += 1;
        }
        Self { ascii, others: |letter| !letter.is_alphanumeric() }
    }

    /// What is between them, also where that is nothing.
    pub fn split<'t>(&'static self, text: &'t str) -> Pieces<'t> {
        Pieces { rest: Some(text), signs: self, all: true }
    }

    /// What is between them and is something.
    pub fn words<'t>(&'static self, text: &'t str) -> Pieces<'t> {
        Pieces { rest: Some(text), signs: self, all: false }
    }

    /// Where the first one is, and the byte behind it.
    fn find(&self, text: &str) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte < 128 {
                if self.ascii[usize::from(byte)] {
                    return Some((at, at + 1));
                }
                at += 1;
                continue;
            }
            let letter = text.get(at..)?.chars().next()?;
            let behind = at + letter.len_utf8();
            if (self.others)(letter) {
                return Some((at, behind));
            }
            at = behind;
        }
        None
    }
}

/// The pieces of a text.
#[derive(Debug, Clone)]
pub struct Pieces<'t> {
    rest: Option<&'t str>,
    signs: &'static Signs,
    all: bool,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let text = self.rest.take()?;
            let piece = match self.signs.find(text) {
                Some((at, behind)) => {
                    self.rest = text.get(behind..);
                    &text[..at]
                }
                None => text,
            };
            if self.all || !piece.is_empty() {
                return Some(piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BLANKS: Signs = Signs::blanks_and(b",/");
    static LETTERS: Signs = Signs::all_but(b"-");

    #[test]
    fn texts_are_taken_apart_as_the_standard_library_does_it() {
        for text in ["", " ", "a", "a b", " a,,b\u{b}c/ ", "ä ö\u{a0}ü\u{3000}x", "显卡 4090单卡,", "a-b_c.d"] {
            let is_blank = |c: char| c.is_whitespace() || matches!(c, ',' | '/');
            assert_eq!(BLANKS.split(text).collect::<Vec<_>>(), text.split(is_blank).collect::<Vec<_>>());
            let is_sign = |c: char| !(c.is_alphanumeric() || c == '-');
            let words: Vec<&str> = text.split(is_sign).filter(|word| !word.is_empty()).collect();
            assert_eq!(LETTERS.words(text).collect::<Vec<_>>(), words);
        }
    }
}
