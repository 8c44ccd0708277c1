//! A file on a server as something that bytes can be read from at any offset: HTTP ranges, few and no larger than needed.
//!
//! What is read one piece after the other is fetched in growing pieces; what was fetched is kept for a while. Every answer is
//! checked against what the first one said about the file. After a permanent fault nothing more is requested.

use std::{
    collections::VecDeque,
    io,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{
    client::{Client, Reply},
    error::{Error, Fault},
    url::Url,
};
use crate::binary::ReadAt;

/// The end of a zip file: its directory's own record, with the longest comment, and some of the directory in front.
const TAIL: u64 = 128 << 10;
/// What every server with ranges understands.
const FIRST_BYTE: &str = "bytes=0-0";
/// The first piece of what may be read on.
const FIRST: u64 = 64 << 10;
/// Bytes of an announced read to fetch at once: the directory of the largest wheel has 1.5 MB.
const ANNOUNCED: u64 = 8 << 20;
/// Bytes of fetched data to keep.
const KEPT: usize = 16 << 20;
/// A file up to this size is taken whole from a server that has no ranges.
const SMALL: u64 = 16 << 20;
/// Places at which reading goes on at once: one for each thread, and some.
const STREAMS: usize = 16;

/// A file on a server that gives out parts.
pub struct HttpSource<'c> {
    client: &'c Client,
    given: Url,
    len: u64,
    etag: Option<String>,
    modified: Option<String>,
    ahead: u64,
    start: Instant,
    state: Mutex<State>,
}

struct State {
    /// Where the last redirect led.
    at: Url,
    kept: VecDeque<Piece>,
    streams: VecDeque<(u64, u64)>,
    failure: Option<Error>,
    fetched: u64,
}

#[derive(Clone)]
struct Piece {
    start: u64,
    bytes: Arc<Vec<u8>>,
}

impl Piece {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    fn holds(&self, offset: u64) -> bool {
        (self.start..self.end()).contains(&offset)
    }
}

/// `bytes 0-99/1000`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ContentRange {
    range: Range<u64>,
    total: u64,
}

impl ContentRange {
    fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (range, total) = rest.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last, total): (u64, u64, u64) =
            (first.trim().parse().ok()?, last.trim().parse().ok()?, total.trim().parse().ok()?);
        let sound = unit.eq_ignore_ascii_case("bytes") && first <= last && last < total;
        sound.then(|| Self { range: first..last + 1, total })
    }
}

impl<'c> HttpSource<'c> {
    /// Requests the end of the file, which shows its length and whether the server supports ranges. What is read on is fetched in pieces
    /// of at most `ahead` bytes.
    ///
    /// # Errors
    /// When it cannot be reached, is not there, or is given out as a whole only and not small.
    pub fn open(client: &'c Client, url: &Url, ahead: u64) -> Result<Self, Error> {
        let mut source = Self {
            client,
            given: url.clone(),
            len: 0,
            etag: None,
            modified: None,
            ahead,
            start: Instant::now(),
            state: Mutex::new(State {
                at: url.clone(),
                kept: VecDeque::new(),
                streams: VecDeque::new(),
                failure: None,
                fetched: 0,
            }),
        };
        let suffix = format!("bytes=-{TAIL}");
        let first = source.begin(&suffix);
        match first {
            // Some servers know only ranges with a beginning.
            Err(Error { fault: Fault::Status(400 | 405 | 416 | 501) | Fault::WrongRange(_), .. }) => {
                source.begin(FIRST_BYTE)?;
            }
            other => other?,
        }
        Ok(source)
    }

    fn begin(&mut self, range: &str) -> Result<(), Error> {
        let client = self.client;
        let given = self.given.clone();
        let headers = [("range", range), ("accept-encoding", "identity")];
        let (answer, piece, total) = client.get(&given, &headers, |answer| {
            let answer = answer.success()?;
            let told = told(&answer);
            if answer.status == 200 {
                let size = answer.header("content-length").and_then(|value| value.parse().ok());
                let Some(size) = size.filter(|size| *size <= SMALL) else {
                    return Err(Error::new(answer.url.to_string(), Fault::NoRanges(size)));
                };
                return Ok((told, Piece { start: 0, bytes: Arc::new(body(answer, size)?) }, size));
            }
            let part = part(&answer)?;
            // A suffix reaches to the end, and is not longer than was asked for.
            let size = part.range.end - part.range.start;
            let whole = if range == FIRST_BYTE { part.range == (0..1) } else { part.range.end == part.total };
            if size > TAIL || !whole {
                return Err(Error::new(answer.url.to_string(), Fault::WrongRange(shown(&part))));
            }
            let bytes = body(answer, size)?;
            Ok((told, Piece { start: part.range.start, bytes: Arc::new(bytes) }, part.total))
        })?;
        self.len = total;
        (self.etag, self.modified) = (answer.etag, answer.modified);
        let mut state = self.state();
        state.at = answer.url;
        state.kept.push_back(piece);
        Ok(())
    }

    /// Where the file is, after redirects.
    pub fn url(&self) -> Url {
        self.state().at.clone()
    }

    /// The fault that ended reading. Results from the bytes after it are not valid.
    pub fn failure(&self) -> Option<Error> {
        self.state().failure.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches a part and keeps it.
    fn fetch(&self, range: Range<u64>) -> io::Result<Piece> {
        let at = {
            let mut state = self.state();
            if let Some(slow) = self.client.is_slow(self.start, state.fetched).filter(|_| state.failure.is_none()) {
                state.failure = Some(Error::new(self.given.to_string(), slow));
            }
            if let Some(failure) = &state.failure {
                return Err(failure.clone().into());
            }
            state.at.clone()
        };
        let mut result = self.part(&at, &range);
        // The address that a redirect led to may be good for some minutes only.
        let expired = matches!(&result, Err(Error { fault: Fault::Status(400..=410), .. }));
        if expired && at != self.given {
            result = self.part(&self.given, &range);
        }
        let mut state = self.state();
        match result {
            Ok((url, bytes)) => {
                let piece = Piece { start: range.start, bytes: Arc::new(bytes) };
                state.fetched += piece.bytes.len() as u64;
                state.at = url;
                state.kept.push_back(piece.clone());
                let mut sum: usize = state.kept.iter().map(|piece| piece.bytes.len()).sum();
                while sum > KEPT && state.kept.len() > 1 {
                    sum -= state.kept.pop_front().map_or(0, |piece| piece.bytes.len());
                }
                Ok(piece)
            }
            Err(error) => {
                state.failure = Some(error.clone());
                Err(error.into())
            }
        }
    }

    fn part(&self, url: &Url, asked: &Range<u64>) -> Result<(Url, Vec<u8>), Error> {
        let range = format!("bytes={}-{}", asked.start, asked.end.saturating_sub(1));
        let mut headers = vec![("range", range.as_str()), ("accept-encoding", "identity")];
        // A weak tag is not for this.
        let validator = self.etag.as_deref().filter(|tag| !tag.starts_with("W/")).or(self.modified.as_deref());
        headers.extend(validator.map(|validator| ("if-range", validator)));
        self.client.get(url, &headers, |answer| {
            let fault = |fault| Error::new(answer.url.to_string(), fault);
            let now = told(&answer);
            match answer.status {
                206 => {}
                200 if validator.is_some() => return Err(fault(Fault::Changed)),
                200 => return Err(fault(Fault::NoRanges(None))),
                412 | 416 => return Err(fault(Fault::Changed)),
                _ => return answer.success().map(|answer| (answer.url, Vec::new())),
            }
            let part = part(&answer)?;
            let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
            if part.total != self.len || differs(&self.etag, &now.etag) || differs(&self.modified, &now.modified) {
                return Err(fault(Fault::Changed));
            }
            // Less than requested is allowed.
            if part.range.start != asked.start || part.range.end > asked.end {
                let what = format!("bytes {}-{} instead of {range}", part.range.start, part.range.end - 1);
                return Err(fault(Fault::WrongRange(what)));
            }
            Ok((now.url, body(answer, part.range.end - part.range.start)?))
        })
    }

    /// The piece at an offset, fetched together with some of what follows when it is not there.
    fn piece(&self, offset: u64, wanted: u64) -> io::Result<Piece> {
        let size = {
            let mut state = self.state();
            if let Some(piece) = state.kept.iter().rev().find(|piece| piece.holds(offset)) {
                return Ok(piece.clone());
            }
            let stream = state.streams.iter().position(|(next, _)| *next == offset);
            let size = match stream.and_then(|index| state.streams.remove(index)) {
                Some((_, size)) => (size * 2).min(self.ahead),
                None => FIRST,
            };
            let size = size.max(wanted);
            let end = state.kept.iter().filter(|piece| piece.start > offset).map(|piece| piece.start).min();
            let size = size.min(end.unwrap_or(self.len) - offset).min(self.len - offset);
            state.streams.push_back((offset + size, size.max(FIRST)));
            if state.streams.len() > STREAMS {
                state.streams.pop_front();
            }
            size
        };
        self.fetch(offset..offset + size)
    }
}

impl ReadAt for HttpSource<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let place = offset.saturating_add(filled as u64);
            if place >= self.len {
                break;
            }
            let piece = self.piece(place, rest.len() as u64)?;
            let from = usize::try_from(place - piece.start).unwrap_or(usize::MAX);
            let some = piece.bytes.get(from..).unwrap_or_default();
            let count = some.len().min(rest.len());
            if count == 0 {
                break;
            }
            if let (Some(to), Some(from)) = (rest.get_mut(..count), some.get(..count)) {
                to.copy_from_slice(from);
            }
            filled += count;
        }
        Ok(filled)
    }

    fn expect(&self, range: Range<u64>) {
        let (mut start, mut end) = (range.start, range.end.min(self.len));
        for piece in &self.state().kept {
            if piece.holds(start) {
                start = piece.end();
            }
            if end > start && piece.holds(end - 1) {
                end = piece.start.max(start);
            }
        }
        end = end.min(start.saturating_add(ANNOUNCED));
        if start < end {
            // A fault is found again, and reported, when it is read.
            let _ = self.fetch(start..end);
            self.state().streams.push_back((end, (end - start).clamp(FIRST / 2, self.ahead.max(FIRST))));
        }
    }
}

/// What an answer says of the file.
struct Told {
    url: Url,
    etag: Option<String>,
    modified: Option<String>,
}

fn told(answer: &Reply) -> Told {
    let line = |name| answer.header(name).map(str::to_owned);
    Told { url: answer.url.clone(), etag: line("etag"), modified: line("last-modified") }
}

/// Which part an answer has.
fn part(answer: &Reply) -> Result<ContentRange, Error> {
    let text = answer.header("content-range").unwrap_or("without Content-Range");
    ContentRange::parse(text)
        .ok_or_else(|| Error::new(answer.url.to_string(), Fault::WrongRange(text.chars().take(80).collect())))
}

fn shown(part: &ContentRange) -> String {
    format!("bytes {}-{} of {}", part.range.start, part.range.end - 1, part.total)
}

/// A body of this many bytes, no more than was requested.
fn body(answer: Reply, size: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    answer.fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn content_ranges_are_read() {
        assert_eq!(ContentRange::parse("bytes 10-19/100"), Some(ContentRange { range: 10..20, total: 100 }));
        for text in [
            "",
            "bytes 0-0/*",
            "bytes 5-4/10",
            "bytes 0-10/10",
            "items 0-1/2",
            "bytes */10",
            "bytes 0-18446744073709551615/1",
        ] {
            assert_eq!(ContentRange::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_content_range_is_taken(text in "(bytes )?[0-9*]{0,21}-?[0-9]{0,21}/?[0-9*]{0,21}") {
            ContentRange::parse(&text);
        }
    }
}
