//! Headers of the container: its own reader asks for them, and what has yet to come is kept when it comes.

use std::ops::Range;

use super::{
    super::{ReadAt, elf, pe, sections},
    hints,
    scan::{Format, Scan},
};

/// A requested range is kept with the bytes after it, which are requested next.
const WITH: u64 = 4 << 10;
impl Scan {
    /// Looks at the beginning, to know what to keep of the rest.
    pub(super) fn begin(&mut self, head: &[u8]) {
        (self.format, self.plan_at) = match head {
            [0x7F, b'E', b'L', b'F', ..] => (Format::Elf, Some(0)),
            [b'M', b'Z', ..] => (Format::Pe, Some(0)),
            _ => (Format::Other, None),
        };
        if self.format == Format::Elf {
            let dynamic = hints::dynamic(head);
            self.code = hints::code(head);
            self.writable = hints::writable(head);
            self.want(dynamic.unwrap_or(0..0));
        }
    }

    /// Lets the container's reader read what there is, and notes what it asks for that has yet to come.
    pub(super) fn plan(&mut self) {
        self.plans += 1;
        let misses = self.missing();
        self.plan_at = None;
        for miss in misses {
            if miss.start >= self.base {
                let end = miss.end.max(miss.start.saturating_add(WITH)).min(self.capture.len());
                self.plan_at = self.plan_at.max(Some(end));
                self.want(miss.start..end);
            }
        }
        if self.capture.is_full() || self.ended && self.plan_at.is_some_and(|at| at > self.have()) {
            self.plan_at = None;
        }
    }

    /// What the container's reader asks for and was not kept.
    pub(super) fn missing(&mut self) -> Vec<Range<u64>> {
        let capture = self.capture.strict();
        // A fault is found again, and reported, when the file is read.
        let _ = match self.format {
            Format::Elf => sections::Header::read(capture).and_then(|header| elf::read(capture, &header)).map(drop),
            Format::Pe => pe::read(capture).map(drop),
            Format::Other => Ok(()),
        };
        self.capture.misses()
    }
}
