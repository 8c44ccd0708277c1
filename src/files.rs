//! The door to files that are read: regular ones only, up to a limit. A device may never end, and a FIFO may never begin.

use std::{
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

/// The first `limit` bytes of a regular file, for what stands at the beginning of files.
///
/// # Errors
/// As [`open`].
pub fn head(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, length) = open(path)?;
    let wanted = length.min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
    let mut file = file.take(wanted);
    file.read_to_end(&mut bytes)?;
    // What has its length in full has no more to ask for; files of /proc claim to be empty.
    if length == 0 {
        file.set_limit(limit);
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
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

/// What a reader has, as text, whole or not at all.
///
/// # Errors
/// What the operating system says; more than `limit` bytes, and what is not UTF-8.
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
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("it is longer than {} MiB, which is more than is read", limit >> 20),
    )
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
        assert!(whole(&path, 9).unwrap_err().to_string().starts_with("it is longer than"));
        std::fs::write(&path, b"\xff").unwrap();
        assert!(whole(&path, 9).unwrap_err().to_string().starts_with("it is not UTF-8"));
        assert!(head(folder.path(), 9).is_err() && whole(&folder.path().join("none"), 9).is_err());
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
