//! Archives that can only be read in order, laid down in a file that has no name and so is gone with the process.

use std::{
    fs::File,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use super::{
    blob::Blob,
    error::{Error, invalid},
    unpack::{Packing, Unpacked},
};

/// No image is larger.
const MOST: u64 = 256 << 30;

/// Standard input, as a file: itself where it is one.
pub(super) fn standard_input() -> Result<File, Error> {
    if let Some(file) = redirected()? {
        return Ok(file);
    }
    lay_down(&mut io::stdin().lock(), "standard input")
}

/// What a compressed archive contains.
pub(super) fn unpacked(blob: &Blob, packing: Packing) -> Result<File, Error> {
    lay_down(&mut Unpacked::new(blob, packing), "the unpacked archive")
}

/// What comes through a pipe that has a name, as a shell's `<(docker save app)` has; nothing where it is something else.
#[cfg(unix)]
pub(super) fn pipe(path: &Path) -> Option<Result<File, Error>> {
    let kind = std::fs::metadata(path).ok()?.file_type();
    std::os::unix::fs::FileTypeExt::is_fifo(&kind).then(|| lay_down(&mut File::open(path)?, "what the pipe brings"))
}

/// Elsewhere pipes have no names in folders.
#[cfg(not(unix))]
pub(super) fn pipe(_path: &Path) -> Option<Result<File, Error>> {
    None
}

#[cfg(unix)]
fn redirected() -> io::Result<Option<File>> {
    use std::os::fd::AsFd as _;
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    Ok(file.metadata()?.is_file().then_some(file))
}

#[cfg(windows)]
fn redirected() -> io::Result<Option<File>> {
    use std::os::windows::io::AsHandle as _;
    let file = File::from(io::stdin().as_handle().try_clone_to_owned()?);
    // The length of a pipe is not known.
    Ok(file.metadata().is_ok_and(|meta| meta.is_file() && meta.len() > 0).then_some(file))
}

fn lay_down(reader: &mut dyn Read, what: &str) -> Result<File, Error> {
    let folder = folder();
    let disk = |error: io::Error| {
        Error::Unreadable(format!(
            "{what} cannot be kept in {}: {error} (TMPDIR names another folder; a file that is given by name is read where it is)",
            folder.display()
        ))
    };
    let mut file = tempfile::tempfile_in(&folder).map_err(disk)?;
    let mut buffer = vec![0; 1 << 20];
    let mut written = 0u64;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(file),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        written += count as u64;
        if written > MOST {
            return Err(invalid(format!("{what} is larger than {} GiB", MOST >> 30)).into());
        }
        file.write_all(buffer.get(..count).unwrap_or_default()).map_err(disk)?;
    }
}

/// The temporary folder. On Linux /tmp is often in memory, and /var/tmp is what the hierarchy standard has for large files.
fn folder() -> PathBuf {
    let chosen = std::env::temp_dir();
    let large = PathBuf::from("/var/tmp");
    if cfg!(target_os = "linux") && chosen.as_os_str() == "/tmp" && large.is_dir() { large } else { chosen }
}
