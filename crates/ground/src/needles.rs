//! Finds many literals in a text at once, whatever the case of ASCII letters: one pass, whose cost does not grow with their number.

use crate::Order as _;

/// What a search begins with: the first bytes of each literal.
const GRAM: usize = 4;
/// Places of the filter that most positions of a text do not pass.
const FILTER: usize = 1 << 16;

/// Literals to search for.
#[derive(Debug, Clone)]
pub struct Needles {
    literals: Vec<Box<[u8]>>,
    /// A bit for each place that has a bucket: small enough to stay where the processor reaches it at once.
    filter: Box<[u64; FILTER / 64]>,
    /// For each place the number of its bucket; 0, which is empty, for most.
    places: Box<[u16; FILTER]>,
    /// The literals whose first bytes have the same place.
    buckets: Vec<Bucket>,
}

/// Literals whose first bytes have the same place: many have these in common, and few as many as a processor compares at once.
#[derive(Debug, Clone, Default)]
struct Bucket {
    /// Those with fewer than eight bytes.
    short: Vec<Begin>,
    /// The others, in the order of their first eight.
    long: Vec<Begin>,
    /// A bit for what each of those may have behind the first four.
    tails: u64,
}

/// How a literal begins.
#[derive(Debug, Clone, Copy)]
struct Begin {
    bytes: u64,
    /// Those of the eight bytes that the literal has.
    mask: u64,
    literal: u32,
}

/// A literal in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The byte at which it begins.
    pub at: usize,
    /// Its number among the literals.
    pub literal: u32,
}

impl Needles {
    /// Literals of at least four bytes each; shorter ones are never found.
    pub fn new<T: AsRef<str>>(literals: impl IntoIterator<Item = T>) -> Self {
        let lower = |text: T| text.as_ref().to_ascii_lowercase().into_bytes().into_boxed_slice();
        Self::of(literals.into_iter().map(lower).collect())
    }

    fn of(literals: Vec<Box<[u8]>>) -> Self {
        let (mut filter, mut places) = (Box::new([0; FILTER / 64]), Box::new([0; FILTER]));
        let mut buckets = vec![Bucket::default()];
        for (index, literal) in literals.iter().enumerate() {
            let (Some(begin), Ok(index)) = (literal.first_chunk::<GRAM>(), u32::try_from(index)) else { continue };
            let place = place(begin);
            if places[place] == 0 {
                // There are fewer places than numbers but one: a literal beyond them is not found.
                let Ok(new) = u16::try_from(buckets.len()) else { continue };
                places[place] = new;
                filter[place / 64] |= 1 << (place % 64);
                buckets.push(Bucket::default());
            }
            let mask = u64::MAX >> (64 - 8 * literal.len().min(8));
            let begin = Begin { bytes: first_eight(literal) & mask, mask, literal: index };
            let bucket = &mut buckets[usize::from(places[place])];
            if literal.len() < 8 {
                bucket.short.push(begin);
            } else {
                bucket.tails |= tail(begin.bytes);
                bucket.long.push(begin);
            }
        }
        for bucket in &mut buckets {
            bucket.long.order_by_key(|begin| (begin.bytes, begin.literal));
        }
        Self { literals, filter, places, buckets }
    }

    /// Adds each literal of a text, in the order of the text, and of one place in the order of the literals.
    pub fn find(&self, text: &[u8], found: &mut Vec<Found>) {
        for (at, begin) in text.array_windows::<GRAM>().enumerate() {
            let place = place(begin);
            if self.filter[place / 64] >> (place % 64) & 1 == 1 {
                self.check(text, at, place, found);
            }
        }
    }

    /// The literals of a place that are here. Rarely called, and so kept out of the loop.
    #[inline(never)]
    fn check(&self, text: &[u8], at: usize, place: usize, found: &mut Vec<Found>) {
        let eight = first_eight(&text[at..]);
        let Bucket { short, long, tails } = &self.buckets[usize::from(self.places[place])];
        let short = short.iter().filter(|begin| eight & begin.mask == begin.bytes);
        let long = if tails & tail(eight) == 0 { &[] } else { long.as_slice() };
        let first = long.partition_point(|begin| begin.bytes < eight);
        let before = found.len();
        for &Begin { literal, .. } in short.chain(long[first..].iter().take_while(|begin| begin.bytes == eight)) {
            let bytes = &self.literals[literal as usize];
            if let Some(there) = text.get(at..at + bytes.len())
                && there.eq_ignore_ascii_case(bytes)
            {
                found.push(Found { at, literal });
            }
        }
        if found.len() > before + 1 {
            found[before..].order_by_key(|found| found.literal);
        }
    }
}

/// The first eight bytes of a text as `place` takes them, zeros behind its end.
fn first_eight(text: &[u8]) -> u64 {
    let eight = match text.first_chunk::<8>() {
        Some(eight) => *eight,
        None => {
            let mut eight = [0; 8];
            eight[..text.len()].copy_from_slice(text);
            eight
        }
    };
    u64::from_le_bytes(eight) | 0x2020_2020_2020_2020
}

/// The bit of the second four of eight bytes.
fn tail(eight: u64) -> u64 {
    1 << (((eight >> 32) as u32).wrapping_mul(0x9e37_79b1) >> 26)
}

/// Where the filter has these four bytes. Without the bit that tells the cases of letters apart; of other signs that makes some alike, which are told
/// apart later.
fn place(begin: &[u8; GRAM]) -> usize {
    let gram = u32::from_le_bytes(*begin) | 0x2020_2020;
    (gram.wrapping_mul(0x9e37_79b1) >> 16) as usize % FILTER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(literals: &[&str], text: &str) -> Vec<(u32, usize)> {
        let mut found = Vec::new();
        Needles::new(literals).find(text.as_bytes(), &mut found);
        found.into_iter().map(|found| (found.literal, found.at)).collect()
    }

    #[test]
    fn literals_are_found_wherever_they_are() {
        assert_eq!(all(&["error", "mismatch"], "ERROR: version misMatch error"), [(0, 0), (1, 15), (0, 24)]);
        assert_eq!(all(&["abcd", "abcdef"], "xabcdef"), [(0, 1), (1, 1)]);
        assert_eq!(all(&["no such", "such"], "no suchno such"), [(0, 0), (1, 3), (0, 7), (1, 10)]);
        assert!(all(&["abc", "fehlé"], "abc abcd FEHL").is_empty(), "too short, or cut off");
        assert_eq!(all(&["fehlé"], "ein fehlé"), [(0, 4)]);
        let alike = ["cuda", "cuda e", "cuda err", "cuda error", "cuda {x}", "cuda [x]"];
        assert_eq!(all(&alike, "CUDA erro"), [(0, 0), (1, 0), (2, 0)]);
        assert_eq!(all(&alike, "cuda [x]"), [(0, 0), (5, 0)]);
        assert_eq!(
            all(&["cuda error: x", "cuda", "cuda err", "cuda error"], "CUDA error: x"),
            [(0, 0), (1, 0), (2, 0), (3, 0)]
        );
    }

    #[test]
    fn many_that_begin_alike_are_told_apart() {
        let literals: Vec<String> = (0..400).map(|number| format!("cuda {number} error {number}")).collect();
        let text: String = literals.iter().rev().map(|literal| literal.to_uppercase() + ";").collect();
        let mut found = Vec::new();
        Needles::new(&literals).find(text.as_bytes(), &mut found);
        assert_eq!(found.iter().map(|found| found.literal).collect::<Vec<_>>(), (0..400).rev().collect::<Vec<_>>());
        assert!(
            found.iter().all(|found| text[found.at..].to_lowercase().starts_with(&literals[found.literal as usize]))
        );
    }
}
