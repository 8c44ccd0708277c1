//! A file as a source.

use std::{fs::File, io, path::Path, time::Duration};

use super::ReadAt;
use crate::files::{Content, Opened};

/// A file, read with positioned reads.
#[derive(Debug)]
pub struct FileSource {
    from: From,
    len: u64,
    /// A read that takes longer waits for a disk or a network.
    patience: Duration,
}

#[derive(Debug)]
enum From {
    File(File),
    Content(Box<dyn Content>),
}

/// From memory a small read takes a microsecond or two, from a fast disk fifty or more.
const PATIENCE: Duration = Duration::from_micros(20);

impl FileSource {
    /// Opens a regular file. The kernel is told that access is random: with its usual read-ahead a cold libtorch_cuda.so costs
    /// 240 MB of disk reads instead of 10.
    ///
    /// # Errors
    /// What the operating system says; anything but a regular file is refused, as reading a device or pipe might never end.
    pub fn open(path: &Path) -> io::Result<Self> {
        Opened::open(path).map(Self::opened)
    }

    /// A regular file that was opened somewhere else, read as [`Self::open`] says.
    pub fn opened(opened: Opened) -> Self {
        let len = opened.len();
        let from = match opened {
            Opened::File(file, _) => {
                #[cfg(target_os = "linux")]
                {
                    // Advice only: reading works without it.
                    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Random);
                }
                From::File(file)
            }
            Opened::Content(content) => From::Content(content),
        };
        Self { from, len, patience: PATIENCE }
    }

    /// A file that is open already.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn of(file: File) -> io::Result<Self> {
        Ok(Self { len: file.metadata()?.len(), from: From::File(file), patience: PATIENCE })
    }

    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    /// Without any patience it is always one of a slow disk.
    #[cfg(test)]
    pub(super) const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl ReadAt for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let file = match &self.from {
            From::File(file) => file,
            From::Content(content) => return content.read_at(offset, buffer),
        };
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match positioned_read(file, rest, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Elsewhere reads of one open file wait for each other.
    #[cfg(unix)]
    fn file(&self) -> Option<&FileSource> {
        matches!(self.from, From::File(_)).then_some(self)
    }

    #[cfg(target_os = "linux")]
    fn skip_hole(&self, offset: u64) -> u64 {
        use rustix::{fs::SeekFrom, io::Errno};
        let From::File(file) = &self.from else { return offset };
        match rustix::fs::seek(file, SeekFrom::Data(offset)) {
            Ok(data) => data.max(offset),
            Err(Errno::NXIO) => self.len,
            // If the file system does not say, the file is read.
            Err(_) => offset,
        }
    }

    /// Half a page: calling the system takes most of a small read's time. What is inside of an archive is kept by the byte.
    fn spare(&self) -> usize {
        match self.from {
            From::File(_) => 2048,
            From::Content(_) => 0,
        }
    }
}

#[cfg(unix)]
fn positioned_read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn positioned_read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
