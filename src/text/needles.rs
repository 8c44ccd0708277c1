//! Finds many literals in a text at once, whatever the case of ASCII letters: one pass, whose cost does not grow with their number.

/// What a search begins with: the first bytes of each literal.
const GRAM: usize = 4;
/// Places of the filter that most positions of a text do not pass.
const FILTER: usize = 1 << 16;

/// Literals to search for.
#[derive(Debug, Clone)]
pub struct Needles {
    literals: Vec<Box<[u8]>>,
    /// For each place the number of its bucket; 0, which is empty, for most.
    filter: Box<[u16; FILTER]>,
    /// The literals whose first bytes have the same place.
    buckets: Vec<Vec<usize>>,
}

impl Needles {
    /// Literals of at least four bytes each; shorter ones are never found.
    pub fn new<T: AsRef<str>>(literals: impl IntoIterator<Item = T>) -> Self {
        let lower = |text: T| text.as_ref().to_ascii_lowercase().into_bytes().into_boxed_slice();
        let literals: Vec<Box<[u8]>> = literals.into_iter().map(lower).collect();
        let mut filter = Box::new([0; FILTER]);
        let mut buckets = vec![Vec::new()];
        for (index, literal) in literals.iter().enumerate() {
            let Some(begin) = literal.first_chunk::<GRAM>() else { continue };
            let Some(place) = filter.get_mut(place(gram(begin))) else { continue };
            if *place == 0 {
                // There are fewer places than numbers but one: a literal beyond them is not found.
                let Ok(new) = u16::try_from(buckets.len()) else { continue };
                *place = new;
                buckets.push(Vec::new());
            }
            buckets.get_mut(usize::from(*place)).into_iter().for_each(|bucket| bucket.push(index));
        }
        Self { literals, filter, buckets }
    }

    /// Calls `found` with the number of a literal and the byte at which it begins, in the order of the text.
    pub fn each(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        for (start, window) in text.windows(GRAM).enumerate() {
            let Some(begin) = window.first_chunk::<GRAM>() else { continue };
            let bucket = self.filter.get(place(gram(begin))).copied().unwrap_or_default();
            if bucket != 0 {
                self.check(text, start, bucket, &mut found);
            }
        }
    }

    /// The literals of a bucket that are here. Rarely called, and so kept out of the loop.
    #[inline(never)]
    fn check(&self, text: &[u8], start: usize, bucket: u16, found: &mut impl FnMut(usize, usize)) {
        for &index in self.buckets.get(usize::from(bucket)).into_iter().flatten() {
            if let Some(literal) = self.literals.get(index)
                && let Some(there) = text.get(start..start + literal.len())
                && there.eq_ignore_ascii_case(literal)
            {
                found(index, start);
            }
        }
    }
}

/// Four bytes without the bit that tells the cases of letters apart; of other signs it makes some alike, which are told apart later.
fn gram(bytes: &[u8; GRAM]) -> u32 {
    u32::from_le_bytes(*bytes) | 0x2020_2020
}

/// Where the filter has these four bytes.
fn place(gram: u32) -> usize {
    (gram.wrapping_mul(0x9e37_79b1) >> 16) as usize % FILTER
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
