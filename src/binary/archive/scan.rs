//! Walking a file that streams past, forward only: what the readers will ask for is kept, everything else is let go.
//!
//! Headers of fatbins and of their entries are found by magic and by the sizes in them, wherever they are, as the table that says
//! which section that is comes at the end of an ELF file. Headers of the container are kept as its own reader asks for them.

use std::{cmp::Reverse, collections::BinaryHeap, io, ops::Range};

use memchr::memmem::Finder;

use super::{
    super::layout::{ENTRY, EntryHeader, HEADER, Header, KIND_CONCAT, MAGIC},
    capture::Capture,
    hints,
    stream::Stream,
};

/// So much is kept of what has been looked at, for what turns out to be needed only later: names of sections stand right before
/// the table of sections.
const BEHIND: usize = 128 << 10;
/// Bytes scanned in one go: they stay in the processor's cache.
const PIECE: usize = 384 << 10;
/// The beginning: headers, program headers, a text's directives.
const HEAD: u64 = 64 << 10;
/// The longest padding in front of a fatbin.
pub(super) const MAX_PADDING: usize = 4 << 10;
/// More fatbins than this do not lie inside each other.
const MAX_OPEN: usize = 256;
/// The plain table of a compressed group.
const MAX_TABLE: u64 = 1 << 20;

/// A DLL has some dozens of imports, each of which is asked for by itself.
pub(super) const MAX_PLANS: usize = 1000;

/// Which reader asks for headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// ELF, read at the end: its table of sections is there.
    Elf,
    /// PE, read at the beginning.
    Pe,
    /// Without headers but at the beginning.
    Other,
}

/// When to stop before the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Enough {
    /// This many whole fatbins.
    pub fatbins: usize,
    /// This many bytes of the archive.
    pub input: u64,
    /// This many bytes of the archive, if there is a whole fatbin among them.
    pub fair: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Want {
    Bytes { end: u64 },
    Fatbin,
    Entry { start: u64, stop: u64, sound: bool, later: bool },
    Zeros,
}

/// A walk and what it kept.
pub(super) struct Scan {
    /// What was kept.
    pub capture: Capture,
    /// Offsets of every magic, as far as they were followed.
    pub magics: Vec<u64>,
    /// Fatbins whose entries fill them exactly.
    pub whole: Vec<Range<u64>>,
    /// How many of these have more than one entry.
    pub several: usize,
    /// Whether some could not be followed.
    pub crowded: bool,
    /// Whether the end was reached.
    pub ended: bool,
    /// Whether the headers say that no fatbin is to come.
    pub nothing: bool,
    /// Who reads the headers.
    pub format: Format,
    wants: BinaryHeap<Reverse<(u64, Want)>>,
    open: usize,
    buffer: Vec<u8>,
    /// Place in the file of the first byte of the buffer.
    pub base: u64,
    filled: usize,
    searched: u64,
    /// When the headers that are there are to be read.
    pub plan_at: Option<u64>,
    pub plans: usize,
    hints: hints::Hints,
    /// Where the processor's code is.
    pub code: Option<Range<u64>>,
    /// What is writable when it is loaded.
    pub writable: Vec<Range<u64>>,
}

impl Scan {
    /// Of a file of this length. `wanted` is kept besides what is found to be needed.
    pub(super) fn new(len: u64, wanted: &[Range<u64>]) -> Self {
        let mut scan = Self {
            capture: Capture::new(len),
            magics: Vec::new(),
            whole: Vec::new(),
            several: 0,
            crowded: false,
            ended: false,
            nothing: false,
            format: Format::Other,
            wants: BinaryHeap::new(),
            open: 0,
            buffer: vec![0; BEHIND + PIECE],
            base: 0,
            filled: 0,
            searched: 0,
            plan_at: None,
            plans: 0,
            hints: hints::Hints::default(),
            code: None,
            writable: Vec::new(),
        };
        scan.want(0..HEAD);
        for range in wanted {
            scan.want(range.clone());
        }
        scan
    }

    /// Runs to the end, or until it is enough.
    pub(super) fn run(&mut self, stream: &mut dyn Stream, enough: Option<Enough>) -> io::Result<()> {
        let magic = Finder::new(&MAGIC.to_le_bytes()).into_owned();
        loop {
            if self.filled == self.buffer.len() {
                let gone = self.filled - BEHIND;
                self.buffer.copy_within(gone.., 0);
                self.base += gone as u64;
                self.filled = BEHIND;
            }
            // A full piece, unless the end comes first.
            let mut count = 0;
            while let Some(room) = self.buffer.get_mut(self.filled..).filter(|room| !room.is_empty()) {
                let some = stream.read(room)?;
                if some == 0 {
                    break;
                }
                (self.filled, count) = (self.filled + some, count + some);
            }
            self.ended = count == 0 || self.filled < self.buffer.len();
            self.look(&magic);
            if self.ended || enough.is_some_and(|enough| self.is_enough(enough, stream.consumed())) {
                return Ok(());
            }
        }
    }

    pub(super) fn have(&self) -> u64 {
        self.base + self.filled as u64
    }

    /// The bytes of a range that are in the buffer, from its start on; `None` when its start is gone.
    fn at(&self, range: Range<u64>) -> Option<&[u8]> {
        slice(&self.buffer, self.base, self.filled, range)
    }

    pub(super) fn want(&mut self, range: Range<u64>) {
        if range.start < range.end {
            self.wants.push(Reverse((range.start, Want::Bytes { end: range.end })));
        }
    }

    fn look(&mut self, magic: &Finder<'_>) {
        let have = self.have();
        // The last bytes of a piece may be the first of a magic.
        let from = self.searched.saturating_sub(3).max(self.base);
        let found: Vec<u64> =
            self.at(from..have).map_or_else(Vec::new, |new| magic.find_iter(new).map(|at| from + at as u64).collect());
        for place in found {
            self.zeros_before(place);
            if self.open >= MAX_OPEN {
                // A piece contains hundreds of small ones: those before this one are finished first.
                self.settle();
            }
            if self.open >= MAX_OPEN || self.capture.is_full() {
                self.crowded = true;
            } else {
                self.open += 1;
                self.wants.push(Reverse((place, Want::Fatbin)));
            }
        }
        // There are no names in the middle of an image.
        let inside = self
            .wants
            .iter()
            .any(|Reverse((next, want))| *next >= have && matches!(want, Want::Entry { sound: true, .. }));
        if !inside {
            let new = slice(&self.buffer, self.base, self.filled, from..have).unwrap_or_default();
            let ranges = self.hints.names(new);
            for range in ranges {
                let start = (from + range.start).saturating_sub(hints::BEFORE).max(self.base);
                self.want(start..from + range.end);
            }
        }
        self.searched = have;
        self.settle();
        if self.base == 0 && self.plans == 0 {
            let head = self.at(0..HEAD).unwrap_or_default().to_vec();
            self.begin(&head);
        }
        while self.plan_at.is_some_and(|at| at <= have || self.ended) && self.plans < MAX_PLANS {
            self.plan();
            self.settle();
        }
    }

    /// Keeps what has come of what is wanted.
    fn settle(&mut self) {
        let have = self.have();
        while let Some(Reverse((offset, want))) = self.wants.peek().copied() {
            let need = match want {
                Want::Bytes { .. } | Want::Zeros => 1,
                Want::Fatbin => HEADER as u64,
                Want::Entry { .. } => ENTRY as u64,
            };
            if offset.saturating_add(need) > have && !(self.ended && offset < have) {
                break;
            }
            self.wants.pop();
            match want {
                Want::Bytes { end } => {
                    if let Some(bytes) = slice(&self.buffer, self.base, self.filled, offset..end) {
                        self.capture.keep(offset, bytes);
                    }
                    if end > have && !self.capture.is_full() {
                        self.want(have..end);
                    }
                }
                Want::Zeros => {
                    let count = self
                        .at(offset..have)
                        .map_or(0, |bytes| bytes.iter().take_while(|byte| **byte == 0).count() as u64);
                    self.capture.zeros(offset, count);
                    if offset + count == have {
                        self.wants.push(Reverse((have, Want::Zeros)));
                    }
                }
                Want::Fatbin => self.fatbin(offset),
                Want::Entry { start, stop, sound, later } => self.entry(offset, start, stop, sound, later),
            }
        }
    }

    fn fatbin(&mut self, offset: u64) {
        self.open -= 1;
        let Some(bytes) = slice(&self.buffer, self.base, self.filled, offset..offset + HEADER as u64) else { return };
        self.capture.keep(offset, bytes);
        let sound = super::hidden::sound_header(bytes);
        if self.magics.len() < 1 << 16 {
            self.magics.push(offset);
        } else {
            self.crowded = true;
        }
        let Some(header) = Header::parse(bytes) else { return };
        // The walk reads on behind the fields that it knows, whatever size the header gives itself.
        let first = offset + u64::from(header.header_size);
        let stop = first.saturating_add(header.entries_size);
        if usize::from(header.header_size) >= HEADER && first < stop {
            self.open += 1;
            self.wants.push(Reverse((first, Want::Entry { start: offset, stop, sound, later: false })));
        }
    }

    fn entry(&mut self, offset: u64, start: u64, stop: u64, sound: bool, later: bool) {
        self.open -= 1;
        let Some(bytes) = slice(&self.buffer, self.base, self.filled, offset..offset + ENTRY as u64) else { return };
        self.capture.keep(offset, bytes);
        let Some(entry) = EntryHeader::parse(bytes) else { return };
        let payload = offset.saturating_add(entry.header_size.into());
        let next = payload.saturating_add(entry.padded_size);
        if (entry.header_size as usize) < ENTRY || next > stop || next == u64::MAX {
            return;
        }
        if entry.kind == KIND_CONCAT {
            self.want(offset..payload.min(offset + MAX_TABLE + ENTRY as u64));
        }
        if next < stop {
            self.open += 1;
            self.wants.push(Reverse((next, Want::Entry { start, stop, sound, later: true })));
        } else {
            if sound && self.whole.len() < 1 << 16 {
                self.whole.push(start..stop);
                self.several += usize::from(later);
            }
            self.wants.push(Reverse((stop, Want::Zeros)));
        }
    }

    /// Padding in front of a fatbin.
    fn zeros_before(&mut self, place: u64) {
        let count = self
            .at(self.base..place)
            .map_or(0, |bytes| bytes.iter().rev().take(MAX_PADDING).take_while(|byte| **byte == 0).count() as u64);
        if count > 0 {
            self.capture.zeros(place - count, count);
        }
    }
}

fn slice(buffer: &[u8], base: u64, filled: usize, range: Range<u64>) -> Option<&[u8]> {
    let from = usize::try_from(range.start.checked_sub(base)?).ok()?;
    let to = usize::try_from(range.end.checked_sub(base)?).ok()?.min(filled);
    buffer.get(from..to)
}
