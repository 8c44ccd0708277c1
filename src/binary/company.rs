//! Company for a walk that waits for a disk: threads that read the headers which come next, so that the walk finds them in memory.
//!
//! What they read is thrown away: nothing depends on it, and a walk in company gives the same result as alone. Where everything is in
//! memory already, no thread is called.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, Scope},
    time::Instant,
};

use super::{
    FileSource, ReadAt,
    layout::{ENTRY, EntryHeader, HEADER, Header},
};

/// Reads that are judged together.
const WINDOW: u32 = 8;
/// A program that was preempted looks slow, too, but not this many times in a row.
const WINDOWS: u32 = 2;
/// More concurrent requests than this gain little on any disk.
const MOST: usize = 15;
/// Headers that are read ahead in one walk. A real library has some thousands.
const MOST_READS: usize = 1 << 16;

/// Threads that all walks of this program together may still have.
static FREE: AtomicUsize = AtomicUsize::new(32);

/// Who is with a walk.
pub(super) struct Company<'scope, 'env> {
    place: Option<(&'scope Scope<'scope, 'env>, &'env Shared<'env>)>,
    /// When the window that is judged next began; `None` once no more threads can be called.
    since: Option<Instant>,
    /// The reads until then.
    reads: u32,
    /// Slow windows on end.
    slow: u32,
    /// How often this thread had slept when the first of them ended.
    slept: Option<u64>,
}

/// What those who read ahead know of each other.
struct Shared<'f> {
    file: &'f FileSource,
    /// Where the next fatbin that no thread has taken begins.
    next: Mutex<u64>,
    end: u64,
    left: AtomicUsize,
    /// Whether the walk has ended.
    over: AtomicBool,
}

/// Does the walk, which may call for company if it is one of a file.
pub(super) fn beside<R>(file: Option<&FileSource>, end: u64, walk: impl FnOnce(&mut Company<'_, '_>) -> R) -> R {
    let Some(file) = file else { return walk(&mut Company::new(None)) };
    let shared = Shared::new(file, end);
    thread::scope(|scope| {
        let _over = Over(&shared.over);
        walk(&mut Company::new(Some((scope, &shared))))
    })
}

/// Sends the others home when the walk ends, however it does.
struct Over<'s>(&'s AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<'scope, 'env> Company<'scope, 'env> {
    fn new(place: Option<(&'scope Scope<'scope, 'env>, &'env Shared<'env>)>) -> Self {
        Self { place, since: place.map(|_| Instant::now()), reads: 0, slow: 0, slept: None }
    }

    /// The walk has come to `position` with this many reads.
    pub fn at(&mut self, position: u64, reads: u32) {
        let count = reads.wrapping_sub(self.reads);
        let (Some((_, shared)), Some(since)) = (self.place, self.since.filter(|_| count >= WINDOW)) else { return };
        let now = Instant::now();
        let slow = now.duration_since(since) > shared.file.patience().saturating_mul(count);
        (self.since, self.reads, self.slow) = (Some(now), reads, if slow { self.slow + 1 } else { 0 });
        if self.slow == 1 {
            self.slept = sleeps();
        } else if self.slow >= WINDOWS {
            self.since = None;
            // An emulator is slow without ever waiting, and company would have it do everything twice.
            let slept = sleeps().zip(self.slept).map(|(now, before)| now.saturating_sub(before));
            let waits = slept.is_none_or(|slept| slept.saturating_mul(4) >= u64::from(count));
            if waits || shared.file.patience().is_zero() {
                self.call(position);
            }
        }
    }

    /// Has the headers behind this place read ahead.
    fn call(&self, position: u64) {
        let Some((scope, shared)) = self.place else { return };
        *shared.next.lock().unwrap_or_else(PoisonError::into_inner) = position;
        // The system may give fewer threads, or none: then the walk goes on as it did.
        let _ = (0..MOST)
            .map_while(|_| {
                let seat = Seat::take()?;
                let help = move || {
                    let _seat = seat;
                    shared.help();
                };
                thread::Builder::new().spawn_scoped(scope, help).ok()
            })
            .count();
    }
}

/// How often this thread has slept so far, as far as the system says.
fn sleeps() -> Option<u64> {
    let status = crate::files::whole(Path::new("/proc/thread-self/status"), 1 << 16).ok()?;
    status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok())
}

/// One of the threads that all walks may have.
struct Seat;

impl Seat {
    fn take() -> Option<Self> {
        FREE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(1)).is_ok().then_some(Self)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        FREE.fetch_add(1, Ordering::Relaxed);
    }
}

impl<'f> Shared<'f> {
    fn new(file: &'f FileSource, end: u64) -> Self {
        Self { file, next: Mutex::new(end), end, left: AtomicUsize::new(MOST_READS), over: AtomicBool::new(false) }
    }

    /// Takes one fatbin after the other and reads the headers of its entries, until the walk or the section ends, or something is
    /// not as it should be: the walk will see to it.
    fn help(&self) {
        while let Some((mut position, stop)) = self.fatbin() {
            while position < stop {
                let mut buffer = [0; ENTRY];
                let Some(entry) = self.read(position, &mut buffer).and_then(EntryHeader::parse) else { return };
                let length = u64::from(entry.header_size).max(ENTRY as u64).saturating_add(entry.padded_size);
                position = position.saturating_add(length);
            }
        }
    }

    /// Takes the next fatbin: where its entries begin and end.
    fn fatbin(&self) -> Option<(u64, u64)> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let start = *next;
        if start >= self.end {
            return None;
        }
        *next = self.end;
        let mut buffer = [0; HEADER];
        let header = Header::parse(self.read(start, &mut buffer)?)?;
        let entries = start.checked_add(u64::from(header.header_size).max(HEADER as u64))?;
        let stop = entries.checked_add(header.entries_size)?.min(self.end);
        *next = stop;
        Some((entries, stop))
    }

    fn read<'b>(&self, offset: u64, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        if self.over.load(Ordering::Relaxed) {
            return None;
        }
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok()?;
        let count = self.file.read_at(offset, buffer).ok()?;
        buffer.get(..count)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, time::Duration};

    use super::*;

    fn file(bytes: &[u8]) -> FileSource {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        FileSource::of(file).unwrap()
    }

    /// A fatbin header with this size of entries, followed by this many of them.
    fn fatbin(size: u64, entries: usize) -> Vec<u8> {
        let mut bytes = vec![0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0];
        bytes.extend(size.to_le_bytes());
        let mut entry = [0; ENTRY + 8];
        (entry[4], entry[8]) = (ENTRY as u8, 8);
        bytes.extend(entry.repeat(entries));
        bytes
    }

    /// How many headers one helper reads of these bytes.
    fn headers(bytes: &[u8], end: u64) -> usize {
        let file = file(bytes);
        let shared = Shared::new(&file, end);
        *shared.next.lock().unwrap() = 0;
        shared.help();
        MOST_READS - shared.left.into_inner()
    }

    #[test]
    fn every_header_is_read_ahead_once() {
        let bytes = fatbin(72 * 5, 5).repeat(7);
        assert_eq!(headers(&bytes, bytes.len() as u64), 7 * 6);
        let file = file(&bytes);
        let shared = Shared::new(&file, bytes.len() as u64);
        *shared.next.lock().unwrap() = 0;
        thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| shared.help()))));
        assert_eq!(shared.left.into_inner(), MOST_READS - 7 * 6, "nobody reads what another one does");
    }

    #[test]
    fn what_headers_claim_is_not_followed_without_end() {
        // Nothing but headers of empty fatbins, and of entries that have no size.
        let empty = fatbin(0, 0).repeat(MOST_READS + 10);
        assert_eq!(headers(&empty, empty.len() as u64), MOST_READS);
        let mut hollow = fatbin(64 * 20, 0);
        hollow.extend([0; 64 * 20]);
        assert_eq!(headers(&hollow, hollow.len() as u64), 21);
        for size in [1 << 20, u64::MAX, u64::MAX - 16, 72 * 5 + 1] {
            for end in [0, 17, 400, u64::MAX] {
                assert!(headers(&fatbin(size, 5), end) <= 8, "{size} {end}");
            }
        }
        assert_eq!(headers(b"none", u64::MAX), 1);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn sleep_is_counted() {
        let before = sleeps().unwrap();
        (0..5).for_each(|_| thread::sleep(Duration::from_millis(1)));
        assert!(sleeps().unwrap() >= before + 5);
    }

    #[test]
    fn who_waits_calls_and_the_others_go_home_with_the_walk() {
        let bytes = fatbin(72 * 5, 5).repeat(7);
        let patient = |patience| file(&bytes).with_patience(patience);
        let (slow, fast) = (patient(Duration::ZERO), patient(Duration::MAX));
        for (file, calls) in [(Some(&slow), true), (Some(&fast), false), (None, false)] {
            let called = beside(file, bytes.len() as u64, |company| {
                (0..=WINDOWS).for_each(|window| company.at(0, window * WINDOW));
                thread::sleep(Duration::from_millis(1));
                company.since.is_none() && company.place.is_some()
            });
            assert_eq!(called, calls);
        }
    }
}
