//! Bytes: the first of several, words whatever the case of their letters, and room.

/// Some of all bytes.
#[derive(Debug, Clone)]
pub struct Bytes([bool; 256]);

impl Bytes {
    /// These.
    pub const fn of(bytes: &[u8]) -> Self {
        let mut all = [false; 256];
        let mut at = 0;
        while at < bytes.len() {
            all[bytes[at] as usize] = true;
            at += 1;
        }
        Self(all)
    }

    /// Whether this is one of them.
    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    /// Where the first of them is in a text.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        text.iter().position(|byte| self.0[usize::from(*byte)])
    }
}

/// Where the first byte is that is not zero.
pub fn nonzero(bytes: &[u8]) -> Option<usize> {
    const TOGETHER: usize = 32;
    let zeros =
        bytes.chunks_exact(TOGETHER).take_while(|some| some.iter().fold(0, |all, byte| all | byte) == 0).count();
    let skipped = zeros * TOGETHER;
    bytes[skipped..].iter().position(|byte| *byte != 0).map(|at| skipped + at)
}

/// Makes room of this length; what is new is zero.
pub fn stretch(bytes: &mut Vec<u8>, length: usize) {
    bytes.resize(length, 0);
}

/// Where a word is in a text, whatever the case of ASCII letters.
pub fn find_word(text: &str, word: &str) -> Option<usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let (&first, rest) = word.split_first()?;
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text)
        .find(|at| text.get(at + 1..at + 1 + rest.len()).is_some_and(|there| there.eq_ignore_ascii_case(rest)))
}

/// A number for a text, eight bytes at a time: other texts have other numbers as a rule.
pub fn mixed(text: &[u8]) -> u32 {
    // Odd, with its bits in no pattern (the fraction of the golden ratio).
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = text.as_chunks::<8>();
    let last = rest.iter().fold(text.len() as u64, |last, byte| last << 8 | u64::from(*byte));
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let sum = words.iter().fold(0, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    (mix(sum, last) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_found() {
        assert_eq!(Bytes::of(b"xy").find(b"abyx"), Some(2));
        assert_eq!(Bytes::of(b"xy").find(b"ab"), None);
        assert_eq!((nonzero(&[0; 100]), nonzero(&[])), (None, None));
        for at in [0, 1, 31, 32, 70, 99] {
            let mut bytes = [0; 100];
            bytes[at] = 7;
            assert_eq!(nonzero(&bytes), Some(at));
        }
        assert_eq!(find_word("a CUDA b cuda", "Cuda"), Some(2));
        assert_eq!(find_word("ccud", "cuda"), None);
        assert_eq!(find_word("text", ""), None);
    }
}
