//! A whole file, for servers that give out no parts: into a temporary file, which is gone when it is closed.

use std::{
    io::{self, Read, Write},
    time::Instant,
};

use super::{
    client::{Client, broken},
    error::{Error, Fault},
    url::Url,
};
use crate::binary::FileSource;

/// Larger packages do not exist.
const MOST: u64 = 64 << 30;

/// A downloaded file. It has no name, so that nothing stays behind whatever ends the program.
#[derive(Debug)]
pub struct Temporary(FileSource);

impl Temporary {
    /// Its contents.
    pub const fn source(&self) -> &FileSource {
        &self.0
    }
}

/// Downloads a file.
///
/// # Errors
/// When it cannot be got whole, or the disk is full.
pub fn download(client: &Client, url: &Url) -> Result<Temporary, Error> {
    client.get_within(url, &[("accept-encoding", "identity")], None, |answer| {
        let answer = answer.success()?;
        let (shown, timeout) = (answer.url.clone(), client.timeout());
        let fault = |fault| Error::new(shown.to_string(), fault);
        let size: Option<u64> = answer.header("content-length").and_then(|value| value.parse().ok());
        let mut file = tempfile::tempfile().map_err(|error| fault(Fault::Disk(error.to_string())))?;
        let mut reader = answer.reader().take(MOST + 1);
        let mut buffer = vec![0; 256 << 10];
        let (start, mut written) = (Instant::now(), 0);
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(fault(broken(error, &shown, timeout))),
            };
            let some = buffer.get(..count).unwrap_or_default();
            file.write_all(some).map_err(|error| fault(Fault::Disk(error.to_string())))?;
            written += count as u64;
            if let Some(slow) = client.is_slow(start, written) {
                return Err(fault(slow));
            }
        }
        if written > MOST {
            return Err(fault(Fault::TooLarge(MOST)));
        }
        if size.is_some_and(|size| size != written) {
            return Err(fault(Fault::Truncated));
        }
        let source = FileSource::of(file).map_err(|error| fault(Fault::Disk(error.to_string())))?;
        Ok(Temporary(source))
    })
}
