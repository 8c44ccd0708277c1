//! A report in a file: `--output FILE`.
//!
//! - A regular file is replaced in one step: a reader, and another gpucheck with the same `--output`, sees the complete
//!   old text or the complete new one. The text is written to a temporary file beside it, with an unpredictable name and exclusive creation,
//!   with the permissions and owner of the old file (a new file gets what the umask leaves), which is then renamed. The temporary file is
//!   removed on every exit that the program can catch, signals included.
//! - A link is followed: the file that it leads to is replaced, the link stays. The same goes for a link to nothing yet.
//! - Anything but a regular file (a device, a pipe, a socket), and anything named by a descriptor number (`/dev/stdout`, `/dev/fd/3`), is
//!   written to directly.
//! - A file in a folder where no file can be created, or that is itself a mount point (a container's termination log), is written in place.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

use super::signals::Signals;
use crate::{exit::Unfinished, start};

/// As many symbolic links as Linux itself follows in one path.
const MAX_LINKS: usize = 40;
/// Bytes written between checks for a signal.
const PIECE: usize = 64 << 10;

/// Writes `text` to what `path` names.
///
/// # Errors
/// What the operating system says; nothing is left behind then.
pub fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    // Uses the path as given, so that the system's own rules about links in world-writable folders apply.
    let there = match fs::metadata(path) {
        Ok(there) => Some(there),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        // Link loops, names that are too long, folders that may not be read: another name would help.
        Err(error) => return Err(io::Error::new(ErrorKind::InvalidInput, error)),
    };
    if there.as_ref().is_some_and(Metadata::is_dir) || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder; name a file"));
    }
    match (follow(path)?, there) {
        (Place::Descriptor, Some(there)) => pour(path, &there, text),
        (Place::File(_), Some(there)) if !there.is_file() => pour(path, &there, text),
        (Place::File(target), there) => replace(&target, there.is_some(), text),
        (Place::Descriptor, None) => Err(ErrorKind::NotFound.into()),
    }
}

/// Makes a folder for files, and those above it, where they are not there yet.
///
/// # Errors
/// What the operating system says.
pub fn folder_for_files(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Writes what a command keeps to a file, whole or not at all. `what`: in words.
pub fn save(what: &str, path: &Path, text: &str) -> anyhow::Result<()> {
    write(path, text.as_bytes()).map_err(|error| failed(format!("cannot write {what} to {}", path.display()), error))
}

/// Whether an error is about the given name, so that another name would help, and not about the disk.
fn is_about_the_name(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidFilename
            | ErrorKind::ConnectionRefused
    )
}

/// The error of writing somewhere: another name helps, or gpucheck could not finish its work.
pub fn failed(said: String, error: io::Error) -> anyhow::Error {
    if is_about_the_name(&error) { anyhow::Error::from(error).context(said) } else { Unfinished::error(said, error) }
}

/// Adds `text` to the file that `path` names, which need not be there yet.
///
/// # Errors
/// What the operating system says.
pub fn append(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text)?;
    file.flush()
}

/// Where a path leads.
enum Place {
    /// A file, or its place, with no link at its end.
    File(PathBuf),
    /// Something that a process has open, by its number: Linux shows these as links, but their text need not be a path.
    Descriptor,
}

fn follow(path: &Path) -> io::Result<Place> {
    let mut place = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&place) {
            Ok(target) => {
                let folder = folder(&place);
                let of_process = fs::canonicalize(folder)?;
                if cfg!(unix) && of_process.starts_with("/proc") {
                    let own = fs::canonicalize("/proc/self/fd").is_ok_and(|own| own == of_process);
                    let number = place.file_name().and_then(|name| name.to_str()?.parse().ok());
                    if own && number.is_some_and(|number| !start::was_given(number)) {
                        return Err(io::Error::new(ErrorKind::NotFound, "it is not open"));
                    }
                    return Ok(Place::Descriptor);
                }
                place = folder.join(target);
            }
            // No link, or nothing there yet.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(Place::File(place));
            }
            // Windows has an error of its own for what is no link.
            Err(_) if fs::symlink_metadata(&place).is_ok_and(|there| !there.is_symlink()) => {
                return Ok(Place::File(place));
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "its symbolic links form a loop"))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes to a device, pipe or socket. As with standard output, a reader that leaves early is not an error.
fn pour(path: &Path, there: &Metadata, text: &[u8]) -> io::Result<()> {
    let result = match stream(there) {
        Some(mut stream) => stream.write_all(text).and_then(|()| stream.flush()),
        None => open(path, there).and_then(|mut file| file.write_all(text)),
    };
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Standard output or error, if the path refers to one of them. It may be a socket, which cannot be opened by name, or a file that
/// already has content, to which the report is appended.
#[cfg(target_os = "linux")]
fn stream(there: &Metadata) -> Option<Box<dyn Write>> {
    use std::os::unix::fs::MetadataExt as _;
    let is = |stream: rustix::fd::BorrowedFd<'_>| {
        rustix::fs::fstat(stream).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (there.dev(), there.ino()))
    };
    if is(rustix::stdio::stdout()) {
        return Some(Box::new(io::stdout()));
    }
    is(rustix::stdio::stderr()).then(|| Box::new(io::stderr()) as _)
}

#[cfg(not(target_os = "linux"))]
fn stream(_: &Metadata) -> Option<Box<dyn Write>> {
    None
}

fn open(path: &Path, there: &Metadata) -> io::Result<Box<dyn Write>> {
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_socket(&there.file_type()) {
        return Ok(Box::new(std::os::unix::net::UnixStream::connect(path)?));
    }
    let _ = there;
    let mut options = OpenOptions::new();
    // Appends: a file that is open under a descriptor number may contain what others wrote.
    options.append(true);
    #[cfg(target_os = "linux")]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOCTTY.bits().cast_signed());
    Ok(Box::new(options.open(path)?))
}

/// Puts the text in the place of a file, or in a place where there is none yet.
fn replace(path: &Path, exists: bool, text: &[u8]) -> io::Result<()> {
    // A file that may not be written to is not replaced either.
    let mut old = exists.then(|| OpenOptions::new().write(true).open(path)).transpose()?;
    let signals = Signals::hold();
    let result = neighbour(path, old.as_ref(), text, &signals);
    let result = match (result, &mut old) {
        (Err(error), Some(old)) if is_refused(&error) => in_place(old, text),
        (result, _) => result,
    };
    // The temporary file is gone or renamed: a signal that arrived meanwhile may now take effect.
    signals.release();
    result
}

fn neighbour(path: &Path, old: Option<&File>, text: &[u8], signals: &Signals) -> io::Result<()> {
    let mut new = create(folder(path), old.is_none())?;
    for piece in text.chunks(PIECE) {
        if signals.has_come() {
            return Err(ErrorKind::Interrupted.into());
        }
        new.as_file_mut().write_all(piece)?;
    }
    if let Some(old) = old {
        dress(new.as_file(), &old.metadata()?)?;
    }
    new.persist(path).map(drop).map_err(|failed| failed.error)
}

/// A newly created file; `shared`: with the permissions that the umask leaves, else readable by its owner only.
fn create(folder: &Path, shared: bool) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".gpucheck-").suffix(".new");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(if shared { 0o666 } else { 0o600 }));
    #[cfg(not(unix))]
    let _ = shared;
    // The error would contain the temporary name, which means nothing to the user.
    builder.tempfile_in(folder).map_err(|error| error.kind().into())
}

/// Owner, group and permissions of the old file. A group that cannot be kept gets no more than everybody has.
#[cfg(unix)]
fn dress(new: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let own = new.metadata()?;
    let mut mode = old.mode() & 0o777;
    if own.uid() != old.uid() {
        // Only root may change the owner, and a folder that others may write to is not a reason to fail.
        let _ = fchown(new, Some(old.uid()), None);
    }
    if own.gid() != old.gid() && fchown(new, None, Some(old.gid())).is_err() {
        mode &= 0o707 | (mode & 0o007) << 3;
    }
    new.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn dress(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Whether no file can be created in the folder, or the file is itself a mount point.
fn is_refused(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::ResourceBusy
            | ErrorKind::CrossesDevices
    )
}

fn in_place(file: &mut File, text: &[u8]) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn a_file_is_replaced_and_a_folder_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        for text in ["one, long", "two"] {
            write(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(write(folder.path(), b"x").unwrap_err().kind(), ErrorKind::IsADirectory);
        assert_eq!(write(&folder.path().join("none/report"), b"x").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(names(folder.path()), ["report"]);
    }

    #[test]
    fn what_is_written_in_place_leaves_nothing_of_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        fs::write(&path, "old and long").unwrap();
        in_place(&mut OpenOptions::new().write(true).open(&path).unwrap(), b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(
            is_refused(&io::Error::from(ErrorKind::ResourceBusy))
                && !is_refused(&io::Error::from(ErrorKind::StorageFull))
        );
    }

    #[test]
    fn nothing_is_left_after_a_signal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let failed = neighbour(&path, None, b"text", &Signals::come()).unwrap_err();
        assert_eq!((failed.kind(), names(folder.path())), (ErrorKind::Interrupted, Vec::new()));
    }

    #[cfg(unix)]
    #[test]
    fn a_group_that_cannot_be_kept_gets_what_everybody_has() {
        for (mode, left) in [(0o640u32, 0o600u32), (0o664, 0o644), (0o600, 0o600), (0o666, 0o666)] {
            assert_eq!(mode & (0o707 | (mode & 0o007) << 3), left, "{mode:o}");
        }
    }
}
