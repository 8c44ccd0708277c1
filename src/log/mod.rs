//! Logs: whatever people paste when something broke. What it says of a machine and of packages becomes facts, each with its line; lines
//! that look like errors become symptoms. What these mean is knowledge, and not known here.
//!
//! A log is read as it comes, a block at a time, in memory that does not grow with it. Most lines are never looked at: one search for
//! all the words of interest decides.

mod clean;
mod decode;
mod found;
mod kinds;
mod symptoms;
mod words;
mod wraps;

use crate::{facts::Facts, text::Needles};
use decode::Decoder;
use found::Found;
use kinds::KINDS;
use symptoms::Symptoms;

/// As much is looked at together: long enough for any line, and for the lines of a wrapped one.
const BLOCK: usize = 1 << 18;
/// Beyond this many bytes, lines that a terminal has wrapped are not put together again: people do not paste that much.
const LONGEST_WRAPPED: u64 = 8 << 20;

/// A line as readers see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'l> {
    /// One-based number in the log.
    pub number: u32,
    /// What stands on it, without what programs put in front of every line.
    pub text: &'l str,
}

/// Why a line is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// A reader wants it: its place in the list.
    Kind(usize),
    /// The caller wants every line with this text, by its number.
    Asked(usize),
    /// It has a word that errors have.
    Error,
}

/// A log that is being read.
pub struct Log {
    name: String,
    decoder: Decoder,
    /// The beginning of a block that is not complete.
    rest: String,
    /// Number of the last line that was read.
    lines: u32,
    bytes: u64,
    needles: Needles,
    reasons: Vec<Reason>,
    found: Found,
    symptoms: Symptoms,
}

impl Log {
    /// One that is called `name`, of which every line with one of these texts becomes a symptom.
    pub fn new<'t>(name: &str, asked: impl IntoIterator<Item = &'t str>) -> Self {
        let mut words: Vec<&str> = Vec::new();
        let mut reasons = Vec::new();
        for (kind, reader) in KINDS.iter().enumerate() {
            words.extend(reader.hints);
            reasons.extend(reader.hints.iter().map(|_| Reason::Kind(kind)));
        }
        for (number, text) in asked.into_iter().enumerate() {
            words.push(text);
            reasons.push(Reason::Asked(number));
        }
        words.extend(symptoms::WORDS);
        reasons.extend(symptoms::WORDS.iter().map(|_| Reason::Error));
        Self {
            name: name.to_owned(),
            decoder: Decoder::default(),
            rest: String::new(),
            lines: 0,
            bytes: 0,
            needles: Needles::new(words),
            reasons,
            found: Found::default(),
            symptoms: Symptoms::default(),
        }
    }

    /// Reads on.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        self.decoder.decode(bytes, &mut self.rest);
        while self.rest.len() >= BLOCK {
            let end = block_end(&self.rest);
            let behind = self.rest.split_off(end);
            let block = std::mem::replace(&mut self.rest, behind);
            self.block(&block);
        }
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// What was found, when there is no more.
    pub fn finish(mut self) -> Facts {
        self.decoder.finish(&mut self.rest);
        let rest = std::mem::take(&mut self.rest);
        self.block(&rest);
        self.found.into_facts(&self.name, self.symptoms)
    }

    fn block(&mut self, text: &str) {
        let first = self.lines.saturating_add(1);
        self.lines = self.lines.saturating_add(count_lines(text));
        let text = clean::block(text);
        self.look(&text, first, true);
        if self.bytes <= LONGEST_WRAPPED {
            let joined = wraps::joined(&text);
            for (line, whole) in joined {
                self.look(&whole, first.saturating_add(line), false);
            }
        }
    }

    /// Looks at the lines of a text in which something of interest is. The first is of this number, and so are all of them unless they
    /// are `counted`.
    fn look(&mut self, text: &str, first: u32, counted: bool) {
        let mut hits: Vec<(usize, Reason)> = Vec::new();
        let reasons = &self.reasons;
        self.needles.each(text.as_bytes(), |word, at| hits.extend(reasons.get(word).map(|reason| (at, *reason))));
        let mut hits = hits.into_iter().peekable();
        let (mut number, mut before) = (first, 0);
        while let Some((at, reason)) = hits.next() {
            let (start, end) = line_around(text, at);
            let mut why = vec![(at, reason)];
            while let Some(next) = hits.next_if(|(at, _)| *at < end) {
                why.push(next);
            }
            if counted {
                // From one line to the next, so that a block is counted once.
                number = number.saturating_add(count_lines(text.get(before..start).unwrap_or_default()));
                before = start;
            }
            let whole = text.get(start..end).unwrap_or_default();
            let line = clean::line(whole);
            let skipped = start + (line.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
            self.line(Line { number, text: line }, skipped, &why);
            if counted && self.found.expects_answer() && hits.peek().is_none_or(|(next, _)| *next > end + 1) {
                self.answer(text.get(end..).unwrap_or_default(), number);
            }
        }
    }

    /// The answer to a question at a prompt, on the line behind it, which may have no word that readers want.
    fn answer(&mut self, behind: &str, number: u32) {
        let rest = behind.strip_prefix("\r\n").or(behind.strip_prefix(['\n', '\r'])).unwrap_or_default();
        let (_, end) = line_around(rest, 0);
        let line = Line { number: number.saturating_add(1), text: clean::line(rest.get(..end).unwrap_or_default()) };
        for kind in KINDS.iter().filter(|kind| kind.answers) {
            (kind.read)(&mut self.found, line);
        }
    }

    /// A line that begins at this byte, and why it is looked at.
    fn line(&mut self, line: Line<'_>, start: usize, why: &[(usize, Reason)]) {
        let wants = |kind: usize| why.iter().any(|(_, reason)| *reason == Reason::Kind(kind));
        for (_, kind) in KINDS.iter().enumerate().filter(|(kind, _)| wants(*kind)) {
            (kind.read)(&mut self.found, line);
        }
        let asked = |&(at, reason): &(usize, Reason)| match reason {
            Reason::Asked(text) => Some((text, at.saturating_sub(start))),
            _ => None,
        };
        let asked: Vec<(usize, usize)> = why.iter().filter_map(asked).collect();
        if !asked.is_empty() {
            self.symptoms.asked(line, &asked);
        } else if why.iter().any(|(_, reason)| *reason == Reason::Error) {
            self.symptoms.seen(line);
        }
    }
}

/// Where a block ends: behind its last line, or where a line is too long for one.
fn block_end(text: &str) -> usize {
    match text.rfind(['\n', '\r']) {
        Some(at) => at + 1,
        None => text.len(),
    }
}

fn count_lines(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

/// The line that this byte is on. A carriage return ends a line too: programs overwrite what is before it.
fn line_around(text: &str, at: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let before = bytes.get(..at).unwrap_or_default();
    let start = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |found| found + 1);
    let after = bytes.get(at..).unwrap_or_default();
    let end = memchr::memchr2(b'\n', b'\r', after).map_or(bytes.len(), |found| at + found);
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::{KINDS, symptoms};

    /// The search never finds shorter ones.
    #[test]
    fn words_are_long_enough_to_be_found() {
        for word in KINDS.iter().flat_map(|kind| kind.hints).chain(&symptoms::WORDS) {
            assert!(word.len() >= 4, "{word:?}");
        }
    }
}
