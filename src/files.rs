//! Opens the files that are read: regular ones only, up to a limit. A device may never end, and a FIFO may never begin.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read},
    path::Path,
};

/// Opens a regular file, links followed, and says how long it is. What is there is looked at before, as opening a device may do
/// something. Opening never waits, and readers have limits, so that what takes its place in between does no harm either.
///
/// # Errors
/// What the operating system says; anything but a regular file is refused.
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() {
        return Err(not_regular());
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    Ok((options.open(path)?, meta.len()))
}

/// The contents of a file that the operating system has no file for: one inside of an archive.
pub trait Content: Send + Sync + fmt::Debug {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether there is nothing in it.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills as much of `buffer` as there is at `offset`, and says how much that was.
    ///
    /// # Errors
    /// Contents that cannot be read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// A regular file that is open, with its length.
#[derive(Debug)]
pub enum Opened {
    /// One of the operating system's.
    File(File, u64),
    /// One inside of an archive.
    Content(Box<dyn Content>),
}

impl Opened {
    /// Opens a regular file of the operating system, as [`open`] does.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(path: &Path) -> io::Result<Self> {
        open(path).map(|(file, length)| Self::File(file, length))
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Content(content) => content.len(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its bytes from `start` on. A file reads for itself: it needs no buffer that is cleared first.
    fn reader(self, start: u64) -> io::Result<Box<dyn Read>> {
        match self {
            Self::File(mut file, _) => {
                if start > 0 {
                    io::Seek::seek(&mut file, io::SeekFrom::Start(start))?;
                }
                Ok(Box::new(file))
            }
            Self::Content(content) => Ok(Box::new(Reader { content, at: start })),
        }
    }
}

/// The bytes of a file inside of an archive, one after the other.
struct Reader {
    content: Box<dyn Content>,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read_at(self.at, buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// The first `limit` bytes of a regular file, for formats with their header at the beginning.
///
/// # Errors
/// As [`open`].
pub fn head(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    head_of(Opened::open(path)?, limit)
}

/// As [`head`], of an open file.
///
/// # Errors
/// Contents that cannot be read.
pub fn head_of(file: Opened, limit: u64) -> io::Result<Vec<u8>> {
    let length = file.len();
    let wanted = length.min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
    let mut file = file.reader(0)?.take(wanted);
    file.read_to_end(&mut bytes)?;
    // A file read to its full length needs no further read; files of /proc claim to be empty.
    if length == 0 {
        file.set_limit(limit);
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The last `limit` bytes of a regular file, to see whether it is whole.
///
/// # Errors
/// As [`open`].
pub fn tail(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    tail_of(Opened::open(path)?, limit)
}

/// As [`tail`], of an open file.
///
/// # Errors
/// Contents that cannot be read.
pub fn tail_of(file: Opened, limit: u64) -> io::Result<Vec<u8>> {
    let start = file.len().saturating_sub(limit);
    let mut bytes = Vec::new();
    file.reader(start)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text before the first empty line of a regular file, within its first `limit` bytes: the fields of a `METADATA`, most of which is
/// a description.
///
/// # Errors
/// As [`open`].
pub fn fields(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    fields_of(Opened::open(path)?, limit)
}

/// As [`fields`], of an open file.
///
/// # Errors
/// Contents that cannot be read.
pub fn fields_of(file: Opened, limit: u64) -> io::Result<Vec<u8>> {
    let mut file = file.reader(0)?;
    let mut bytes = Vec::new();
    let mut piece = FIRST_PIECE;
    loop {
        let searched = bytes.len().saturating_sub(EMPTY_LINE.len());
        let wanted = piece.min(limit.saturating_sub(bytes.len() as u64));
        bytes.reserve(usize::try_from(wanted).unwrap_or(0));
        let count = file.by_ref().take(wanted).read_to_end(&mut bytes)?;
        let rest = bytes.get(searched..).unwrap_or_default();
        let ends = [memchr::memmem::find(rest, b"\n\n"), memchr::memmem::find(rest, EMPTY_LINE)];
        let end = ends.into_iter().flatten().min();
        if let Some(end) = end {
            bytes.truncate(searched + end + 1);
        }
        if end.is_some() || (count as u64) < piece {
            return Ok(bytes);
        }
        piece = piece.saturating_mul(2);
    }
}

/// The fields of most packages; each further piece is twice as long.
const FIRST_PIECE: u64 = 1 << 13;
/// The longer of the two.
const EMPTY_LINE: &[u8] = b"\n\r\n";

/// That a folder can be listed.
///
/// # Errors
/// When it cannot.
pub fn list(path: &Path) -> io::Result<()> {
    std::fs::read_dir(path).map(drop)
}

/// A regular file as text, whole or not at all.
///
/// # Errors
/// As [`open`] and [`text`].
pub fn whole(path: &Path, limit: u64) -> io::Result<String> {
    let (file, length) = open(path)?;
    if length > limit {
        return Err(too_long(limit));
    }
    text(file, limit)
}

/// The contents of a reader as text, whole or not at all.
///
/// # Errors
/// What the operating system says; also when there are more than `limit` bytes, or they are not UTF-8.
pub fn text(reader: impl Read, limit: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_long(limit));
    }
    String::from_utf8(bytes).map_err(|error| {
        io::Error::new(io::ErrorKind::InvalidData, format!("it is not UTF-8 text ({})", error.utf8_error()))
    })
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

fn too_long(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than the limit of {} MiB", limit >> 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(head(&path, 4).unwrap(), b"0123");
        assert_eq!(head(&path, 99).unwrap(), b"0123456789");
        assert_eq!(whole(&path, 10).unwrap(), "0123456789");
        assert!(whole(&path, 9).unwrap_err().to_string().starts_with("it is larger than"));
        std::fs::write(&path, b"\xff").unwrap();
        assert!(whole(&path, 9).unwrap_err().to_string().starts_with("it is not UTF-8"));
        assert!(head(folder.path(), 9).is_err() && whole(&folder.path().join("none"), 9).is_err());
    }

    #[test]
    fn fields_end_at_an_empty_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("METADATA");
        let read = |text: &str, limit| {
            std::fs::write(&path, text).unwrap();
            String::from_utf8(fields(&path, limit).unwrap()).unwrap()
        };
        for line in ["\n", "\r\n"] {
            // Wherever the pieces end, the empty line is found.
            for length in (0..20).chain(8180..8200).chain([24575, 24576, 24577, 70000]) {
                let head = "x".repeat(length) + line;
                assert_eq!(read(&format!("{head}{line}Name: no{line}{line}"), 1 << 20), head, "{length}");
            }
        }
        let long = "Name: a\n".repeat(4000);
        assert_eq!(read(&long, 1 << 20), long);
        assert_eq!(read(&long, 12345), long[..12345]);
        assert_eq!(read("", 9), "");
        assert!(fields(folder.path(), 9).is_err());
    }

    #[test]
    fn a_reader_without_end_is_left() {
        assert_eq!(text(io::repeat(b'x'), 1 << 20).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_and_pipes_are_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (fifo, link) = (folder.path().join("fifo"), folder.path().join("link"));
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        for path in [fifo.as_path(), link.as_path(), Path::new("/dev/zero")] {
            assert_eq!(whole(path, 1 << 20).unwrap_err().to_string(), "not a regular file", "{}", path.display());
        }
        assert!(!head(Path::new("/proc/self/maps"), 99).unwrap().is_empty(), "which claims to be empty");
    }
}
