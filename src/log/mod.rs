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

use std::collections::HashMap;

use gpucheck_ground::{Found as Hit, Needles};

use crate::facts::Facts;
use decode::Decoder;
use found::Found;
use kinds::{Group, Groups, KINDS};
use symptoms::Symptoms;

/// As much is looked at together: long enough for any line, and for the lines of a wrapped one.
const BLOCK: usize = 1 << 18;
/// When readers have seen so many lines with a word, the last one of a block suffices: more of a kind than any output that people look at has, and
/// the last of several values counts anyway. A line that has another word of a reader's is read as ever.
const ENOUGH: u32 = 20_000;
/// When they have seen so many lines in all …
const MANY: u32 = 30_000;
/// … so many with a word suffice.
const ENOUGH_OF_MANY: u32 = 1_000;
/// Beyond this many bytes, lines that a terminal has wrapped are not put together again: people do not paste that much.
const LONGEST_WRAPPED: u64 = 2 << 20;

/// A line as readers see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'l> {
    /// One-based number in the log.
    pub number: u32,
    /// What stands on it, without what programs put in front of every line.
    pub text: &'l str,
    /// Which words of the reader that sees it are in this text.
    groups: Groups,
}

impl Line<'_> {
    /// Whether the text has a word of this group of the reader's.
    fn has(&self, group: Group) -> bool {
        self.groups.has(group)
    }
}

/// What a word tells of the line in which it is.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    length: usize,
    /// Readers that want the line: a bit for each place in the list of all.
    kinds: u32,
    /// Groups that have the word: a bit for each, those of the first reader first.
    groups: u64,
    /// The caller wants every line with this text: its number among those.
    asked: Option<usize>,
    /// Errors have it.
    error: bool,
    /// There are enough symptoms with it.
    tired: bool,
    /// How many lines with it readers have seen.
    read: u32,
    /// Where it is for the last time in what is looked at, if readers have seen enough of it.
    last: usize,
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
    words: Vec<Word>,
    /// How many lines readers have seen.
    read: u32,
    /// How many lines with a word suffice in what is looked at.
    enough: u32,
    /// Room for the words of a block.
    hits: Vec<Hit>,
    found: Found,
    symptoms: Symptoms,
}

impl Log {
    /// One that is called `name`, of which every line with one of these texts becomes a symptom.
    pub fn new<'t>(name: &str, asked: impl IntoIterator<Item = &'t str>) -> Self {
        let (mut texts, mut words) = of_readers();
        for (number, text) in asked.into_iter().enumerate() {
            texts.push(text.to_owned());
            words.push(Word { asked: Some(number), ..Word::default() });
        }
        for text in symptoms::WORDS {
            texts.push(text.to_owned());
            words.push(Word { error: true, ..Word::default() });
        }
        Self {
            name: name.to_owned(),
            decoder: Decoder::default(),
            rest: String::new(),
            lines: 0,
            bytes: 0,
            needles: Needles::new(texts),
            words,
            read: 0,
            enough: ENOUGH,
            hits: Vec::new(),
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
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        self.needles.find(text.as_bytes(), &mut hits);
        self.enough = if self.read < MANY { ENOUGH } else { ENOUGH_OF_MANY };
        for hit in &hits {
            let word = self.words.get_mut(hit.literal as usize);
            if let Some(word) = word.filter(|word| word.read >= self.enough) {
                word.last = hit.at;
            }
        }
        let mut rest = hits.as_slice();
        let (mut number, mut before) = (first, 0);
        while let Some(wakes) = rest.iter().position(|hit| self.wakes(*hit)) {
            let at = rest.get(wakes).map_or(0, |hit| hit.at);
            let (start, end) = line_around(text, at);
            // Words of the line before the one that woke, and behind it.
            let own = rest.iter().take(wakes).rev().take_while(|hit| hit.at >= start).count();
            let behind = rest.iter().skip(wakes).take_while(|hit| hit.at < end).count();
            let why = rest.get(wakes - own..wakes + behind).unwrap_or_default();
            rest = rest.get(wakes + behind..).unwrap_or_default();
            if counted {
                // From one line to the next, so that a block is counted once.
                number = number.saturating_add(count_lines(text.get(before..start).unwrap_or_default()));
                before = start;
            }
            let whole = text.get(start..end).unwrap_or_default();
            let line = clean::line(whole);
            let skipped = start + (line.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
            self.line(number, line, skipped, why);
            if counted {
                self.answers(text, end, number, rest);
            }
        }
        self.hits = hits;
    }

    fn word(&self, hit: Hit) -> Option<&Word> {
        self.words.get(hit.literal as usize)
    }

    /// Whether a word is a reason to look at its line.
    fn wakes(&self, hit: Hit) -> bool {
        let Some(word) = self.word(hit) else { return false };
        // Behind a question every line is looked at as ever: the next one may be the answer.
        let tired = (word.tired || self.symptoms.has_enough()) && !self.found.expects_answer();
        word.kinds != 0 && (word.read < self.enough || word.last == hit.at)
            || (word.error || word.asked.is_some()) && !tired
    }

    /// What was asked for at a prompt, on the line behind the one that ends here, and the rows of a list behind its head: they may have no word
    /// that readers want. Up to a line that has one, which comes next.
    fn answers(&mut self, text: &str, end: usize, number: u32, hits: &[Hit]) {
        let (mut end, mut number, mut hits) = (end, number, hits);
        let mut expected = self.found.expects_answer();
        while expected {
            let rest = text.get(end..).unwrap_or_default();
            let behind = rest.strip_prefix("\r\n").or(rest.strip_prefix(['\n', '\r'])).unwrap_or_default();
            if behind.is_empty() {
                return;
            }
            let start = text.len() - behind.len();
            (_, end) = line_around(text, start);
            number = number.saturating_add(1);
            self.answer(text.get(start..end).unwrap_or_default(), number);
            let (own, behind) = hits.split_at(hits.iter().take_while(|hit| hit.at < end).count());
            hits = behind;
            // One that was seen so often is no list that people look at.
            self.read = self.read.saturating_add(1);
            expected = self.found.list.is_some() && self.read < MANY && !own.iter().any(|hit| self.wakes(*hit));
        }
    }

    fn answer(&mut self, text: &str, number: u32) {
        let text = clean::line(text);
        let mut hits = Vec::new();
        self.needles.find(text.as_bytes(), &mut hits);
        let groups = hits.iter().filter_map(|hit| self.word(*hit)).fold(0, |all, word| all | word.groups);
        for (kind, groups) in kinds_with(groups).filter(|(kind, _)| kind.answers) {
            (kind.read)(&mut self.found, Line { number, text, groups });
        }
    }

    /// A line that begins at this byte, and why it is looked at.
    fn line(&mut self, number: u32, text: &str, start: usize, why: &[Hit]) {
        let (mut kinds, mut groups, mut error, mut asked) = (0, 0, false, false);
        for hit in why {
            let Some(word) = self.word(*hit) else { continue };
            kinds |= word.kinds;
            error |= word.error;
            asked |= word.asked.is_some();
            // What is in front of the line is none of its words.
            if hit.at >= start && hit.at + word.length <= start + text.len() {
                groups |= word.groups;
            }
        }
        let line = Line { number, text, groups: Groups::default() };
        if kinds != 0 {
            self.read = self.read.saturating_add(1);
            for hit in why {
                let word = self.words.get_mut(hit.literal as usize);
                word.into_iter().for_each(|word| word.read = word.read.saturating_add(1));
            }
            for (place, (kind, groups)) in kinds_with(groups).enumerate() {
                if kinds >> place & 1 == 1 {
                    (kind.read)(&mut self.found, Line { groups, ..line });
                }
            }
        }
        if asked {
            let text = |hit: &Hit| Some((self.word(*hit)?.asked?, hit.at.saturating_sub(start)));
            let texts: Vec<(usize, usize)> = why.iter().filter_map(text).collect();
            self.symptoms.asked(line, &texts);
            for hit in why {
                let word = self.words.get_mut(hit.literal as usize);
                if let Some(word) = word.filter(|word| word.asked.is_some_and(|text| self.symptoms.has_enough_of(text)))
                {
                    word.tired = true;
                }
            }
        } else if error {
            self.symptoms.seen(line);
        }
    }
}

/// The words of all readers, each once, and what they tell.
fn of_readers() -> (Vec<String>, Vec<Word>) {
    let mut places: HashMap<String, usize> = HashMap::new();
    let (mut texts, mut words) = (Vec::new(), Vec::new());
    let mut add = |text: &str, kinds: u32, groups: u64| {
        let text = text.to_ascii_lowercase();
        let place = *places.entry(text.clone()).or_insert_with(|| {
            words.push(Word { length: text.len(), ..Word::default() });
            texts.push(text);
            words.len() - 1
        });
        if let Some(word) = words.get_mut(place) {
            word.kinds |= kinds;
            word.groups |= groups;
        }
    };
    let mut group = 1;
    for (kind, reader) in KINDS.iter().enumerate() {
        reader.hints.iter().for_each(|text| add(text, 1 << kind, 0));
        for own in reader.groups {
            own.words.iter().for_each(|text| add(text, 0, group));
            group <<= 1;
        }
    }
    (texts, words)
}

/// All readers, each with its own groups of these.
fn kinds_with(groups: u64) -> impl Iterator<Item = (&'static kinds::Kind, Groups)> {
    let mut rest = Some(groups);
    KINDS.iter().map(move |kind| {
        let own = rest.unwrap_or_default();
        rest = own.checked_shr(kind.groups.len() as u32);
        (kind, Groups(own))
    })
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
    use super::{ENOUGH, KINDS, Log, symptoms};

    /// The search never finds shorter ones.
    #[test]
    fn words_are_long_enough_to_be_found() {
        for word in KINDS.iter().flat_map(|kind| kind.hints).chain(&symptoms::WORDS) {
            assert!(word.len() >= 4, "{word:?}");
        }
    }

    /// The versions of these packages in a log, in pieces of this many bytes.
    fn versions(text: &str, piece: usize, names: &[&str]) -> Vec<Option<String>> {
        let mut log = Log::new("log", []);
        text.as_bytes().chunks(piece).for_each(|bytes| log.feed(bytes));
        let facts = log.finish();
        let version = |name: &&str| facts.environments.first()?.package(name)?.version.value().cloned();
        names.iter().map(version).collect()
    }

    #[test]
    fn the_last_of_very_many_counts_and_what_is_rare_among_them_is_read() {
        let lines = |count: u32, release: u32| -> String {
            (0..count)
                .map(|line| format!("Requirement already satisfied: torch in ./lib (2.{release}.{})\n", line % 9))
                .collect()
        };
        let text = lines(2 * ENOUGH, 5) + "flash-attn 2.7.4\n" + &lines(2 * ENOUGH, 6) + &lines(1, 7);
        for piece in [4096, 1 << 22] {
            let found = versions(&text, piece, &["torch", "flash-attn"]);
            assert_eq!(found, [Some("2.7.0".to_owned()), Some("2.7.4".to_owned())]);
        }
    }

    #[test]
    fn lists_are_read_whole() {
        let pip = "Package    Version\n---------- -------\nnumpy      1.26.4\npillow  11.0.0  /home/x\n\nscipy 1.2.3\n";
        let conda = "# packages in environment at /x:\n#\n# Name    Version  Build  Channel\nnumpy  1.26.4  py312_0\n_libgcc_mutex 0.1 main\n";
        for (text, expected) in [
            (pip, [Some("1.26.4"), Some("11.0.0"), None]),
            (conda, [Some("1.26.4"), None, None]),
            ("> Package Version\r\n> ------- ---\r\n> numpy 2.0.1\r\n", [Some("2.0.1"), None, None]),
            ("Package Version\nis what I mean\nnumpy 1.26.4\n", [None, None, None]),
            ("certifi==2024.8.30\nnumpy==1.26\nscipy==1.2.3", [Some("1.26"), None, Some("1.2.3")]),
        ] {
            let found = versions(text, 7, &["numpy", "pillow", "scipy"]);
            assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
