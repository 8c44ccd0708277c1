//! Finds many literals in a text at once, whatever the case of ASCII letters: one pass, whose cost does not grow with their number.

use std::collections::HashMap;

/// What a search begins with: the first bytes of each literal.
const GRAM: usize = 4;
/// Bits of the filter that most positions of a text do not pass.
const FILTER: usize = 1 << 16;

/// Literals to search for.
#[derive(Debug, Clone)]
pub struct Needles {
    literals: Vec<Box<[u8]>>,
    filter: Box<[u64]>,
    begins: HashMap<u32, Vec<usize>>,
}

impl Needles {
    /// Literals of at least four bytes each; shorter ones are never found.
    pub fn new<T: AsRef<str>>(literals: impl IntoIterator<Item = T>) -> Self {
        let lower = |text: T| text.as_ref().to_ascii_lowercase().into_bytes().into_boxed_slice();
        let literals: Vec<Box<[u8]>> = literals.into_iter().map(lower).collect();
        let mut filter = vec![0_u64; FILTER / 64].into_boxed_slice();
        let mut begins: HashMap<u32, Vec<usize>> = HashMap::new();
        for (index, literal) in literals.iter().enumerate() {
            let Some(gram) = literal.first_chunk::<GRAM>() else { continue };
            let gram = u32::from_le_bytes(*gram);
            let (word, bit) = place(gram);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
            begins.entry(gram).or_default().push(index);
        }
        Self { literals, filter, begins }
    }

    /// Calls `found` with the number of a literal and the byte at which it begins, in the order of the text.
    pub fn each(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut gram = 0_u32;
        for (end, &byte) in text.iter().enumerate() {
            gram = (gram >> 8) | (u32::from(byte.to_ascii_lowercase()) << 24);
            let (word, bit) = place(gram);
            if self.filter.get(word).is_some_and(|word| word & bit != 0)
                && let Some(start) = (end + 1).checked_sub(GRAM)
                && let Some(begins) = self.begins.get(&gram)
            {
                for &index in begins {
                    if let Some(literal) = self.literals.get(index)
                        && let Some(there) = text.get(start..start + literal.len())
                        && there.eq_ignore_ascii_case(literal)
                    {
                        found(index, start);
                    }
                }
            }
        }
    }
}

/// Where the filter has these four bytes.
fn place(gram: u32) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9e37_79b1) >> 16;
    (hash as usize / 64, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(literals: &[&str], text: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        Needles::new(literals).each(text.as_bytes(), |literal, at| found.push((literal, at)));
        found
    }

    #[test]
    fn literals_are_found_wherever_they_are() {
        assert_eq!(all(&["error", "mismatch"], "ERROR: version misMatch error"), [(0, 0), (1, 15), (0, 24)]);
        assert_eq!(all(&["abcd", "abcdef"], "xabcdef"), [(0, 1), (1, 1)]);
        assert_eq!(all(&["no such", "such"], "no suchno such"), [(0, 0), (1, 3), (0, 7), (1, 10)]);
        assert!(all(&["abc", "fehlé"], "abc abcd FEHL").is_empty(), "too short, or cut off");
        assert_eq!(all(&["fehlé"], "ein fehlé"), [(0, 4)]);
    }
}
