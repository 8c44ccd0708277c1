//! The lines of a log that look like errors: those that the caller asks for, and some of the others. Bounded, whatever the log.

use std::collections::HashSet;

use gpucheck_ground::Order as _;

use super::Line;
use crate::{facts::Symptom, system::redact};

/// Words of lines that look like errors. They only choose what is kept for people to see.
pub(super) const WORDS: [&str; 12] = [
    "error:",
    "error]",
    "errno",
    "exception:",
    "fatal:",
    "failed to",
    "failed with",
    "segmentation fault",
    "core dumped",
    "traceback (",
    "panicked at",
    "killed",
];

/// Different lines with one text that was asked for.
const MOST_OF_ONE: usize = 12;
/// Lines that were asked for.
const MOST_ASKED: usize = 600;
/// Lines that only look like errors: the first and the last ones of these.
const MOST_OTHERS: usize = 24;
/// What is kept of a line.
const LONGEST: usize = 1200;
/// Of this, what is before the text that was asked for.
const BEFORE: usize = 400;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Symptoms {
    asked: Vec<Kept>,
    others: Vec<Kept>,
    seen: HashSet<u64>,
    /// How many lines each text has, by its number.
    of_one: Vec<usize>,
}

/// As many different lines are told apart.
const MOST_SEEN: usize = 1 << 16;

#[derive(Debug)]
struct Kept {
    number: u32,
    text: String,
}

impl Symptoms {
    /// A line with texts that were asked for: their numbers, and where in the line they are.
    pub fn asked(&mut self, line: Line<'_>, texts: &[(usize, usize)]) {
        let mut rest = texts;
        while let Some((&(_, first), _)) = rest.split_first() {
            let (from, to) = window(line.text, first);
            let inside = rest.iter().take_while(|(_, at)| *at < to).count().max(1);
            let (own, others) = rest.split_at(inside.min(rest.len()));
            rest = others;
            let text = line.text.get(from..to).unwrap_or_default().trim();
            let wanted = own.iter().any(|(text, _)| !self.has_enough_of(*text));
            if !wanted || self.asked.len() >= MOST_ASKED || !self.is_new(text) {
                continue;
            }
            for &(text, _) in own {
                if self.of_one.len() <= text {
                    self.of_one.resize(text + 1, 0);
                }
                self.of_one.get_mut(text).into_iter().for_each(|count| *count += 1);
            }
            self.asked.push(Kept { number: line.number, text: text.to_owned() });
        }
    }

    /// Whether no further line with nothing but this text is kept.
    pub fn has_enough_of(&self, text: usize) -> bool {
        self.of_one.get(text).is_some_and(|count| *count >= MOST_OF_ONE)
    }

    /// Whether no further line is kept at all.
    pub fn has_enough(&self) -> bool {
        self.seen.len() >= MOST_SEEN
    }

    /// A line that looks like an error.
    pub fn seen(&mut self, line: Line<'_>) {
        let (_, to) = window(line.text, 0);
        let text = line.text.get(..to).unwrap_or_default();
        if text.is_empty() || !self.is_new(text) {
            return;
        }
        if self.others.len() >= MOST_OTHERS {
            // The last lines tell more than those in the middle.
            self.others.remove(MOST_OTHERS / 2);
        }
        self.others.push(Kept { number: line.number, text: text.to_owned() });
    }

    /// Whether a text is the first of its kind: one that differs in numbers only is not, if there are many.
    fn is_new(&mut self, text: &str) -> bool {
        if self.has_enough() {
            return false;
        }
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.seen.insert(hash)
    }

    /// All of them, in the order of the log. Those that were not asked for come last, so that they are no less to be seen.
    pub fn into_symptoms(mut self, at: impl Fn(u32) -> crate::facts::Location) -> Vec<Symptom> {
        self.asked.order_by_key(|kept| kept.number);
        let all = self.asked.into_iter().chain(self.others);
        all.map(|kept| Symptom {
            // Not before: of many lines few are kept.
            text: redact::line(&kept.text),
            captured: Default::default(),
            at: Some(at(kept.number)),
            means: Vec::new(),
        })
        .collect()
    }
}

/// The part of a line around a byte.
fn window(text: &str, at: usize) -> (usize, usize) {
    if text.len() <= LONGEST {
        return (0, text.len());
    }
    let mut from = at.saturating_sub(BEFORE).min(text.len());
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = (from + LONGEST).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    (from, to)
}
