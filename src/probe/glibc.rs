//! Version of the GNU C library, which decides the manylinux wheels that install.

use std::path::Path;

use memchr::memmem;

use crate::system::Root;
use crate::{
    binary::{FileSource, ReadAt as _},
    facts::{Fact, Source},
};

/// libc.so.6 has 2 MB. Its banner lies in the read-only data, behind the machine code: it is searched from the end, in pieces of
/// this size.
const PIECE: u64 = 128 << 10;
const MAX_PIECES: usize = 32;
const BANNER: &[u8] = b"GNU C Library";
/// The banner's first line is shorter.
const MAX_LINE: u64 = 256;

/// Where distributions put libc.so.6, multiarch folders first.
const FOLDERS: [&str; 8] = [
    "/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/usr/lib",
    "/lib",
];

/// The version that programs of this system are linked against.
pub fn version(root: &Root) -> Fact<String> {
    for folder in FOLDERS {
        let path = Path::new(folder).join("libc.so.6");
        let Ok(real) = root.real(&path) else { continue };
        let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let version = of_name(name).or_else(|| of_file(&FileSource::opened(root.open(&path).ok()?)));
        if let Some(version) = version {
            return Fact::known(version, Source::file(root.shown(&path)));
        }
    }
    let musl = root.names(Path::new("/lib")).into_iter().find(|name| name.starts_with("ld-musl-"));
    match musl {
        Some(name) => Fact::absent(Source::file(format!("/lib/{name}"))),
        None => Fact::unknown("no libc.so.6 in the usual folders"),
    }
}

/// Up to glibc 2.33 the file is `libc-2.31.so` and libc.so.6 a link to it.
fn of_name(name: &str) -> Option<String> {
    let version = name.strip_prefix("libc-")?.strip_suffix(".so")?;
    is_version(version).then(|| version.to_owned())
}

fn of_file(file: &FileSource) -> Option<String> {
    // Each piece with the start of the next one, for a line that lies in both.
    let mut bytes = vec![0; usize::try_from(PIECE + MAX_LINE).ok()?];
    let starts = (0..file.len().div_ceil(PIECE)).rev().map(|piece| piece * PIECE);
    starts.take(MAX_PIECES).find_map(|start| {
        let count = file.read_at(start, &mut bytes).ok()?;
        of_banner(bytes.get(..count)?)
    })
}

/// Out of "GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36."
fn of_banner(bytes: &[u8]) -> Option<String> {
    let mut rest = bytes;
    while let Some(at) = memmem::find(rest, BANNER) {
        let line = rest.get(at..at.saturating_add(MAX_LINE as usize).min(rest.len()))?;
        let line = String::from_utf8_lossy(line.split(|byte| *byte == b'\n').next()?);
        let version = line.split_once("release version ").map(|(_, version)| version);
        let version = version.map(|version| version.trim_end_matches('.').split([',', ' ']).next().unwrap_or_default());
        if let Some(version) = version.filter(|version| is_version(version)) {
            return Some(version.to_owned());
        }
        rest = rest.get(at + BANNER.len()..)?;
    }
    None
}

fn is_version(text: &str) -> bool {
    text.len() < 16 && text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_name_or_the_banner_says_it() {
        assert_eq!(of_name("libc-2.31.so").as_deref(), Some("2.31"));
        assert_eq!(of_name("libc.so.6"), None);
        let banner =
            b"..GNU C Library\0..GNU C Library (Ubuntu GLIBC 2.39-0ubuntu8) stable release version 2.39.\nCopy";
        assert_eq!(of_banner(banner).as_deref(), Some("2.39"));
        assert_eq!(of_banner(b"GNU C Library (x) stable release version 2.17, by Roland").as_deref(), Some("2.17"));
        assert_eq!(of_banner(b"GNU C Library"), None);
    }

    fn of_path(path: &Path) -> Option<String> {
        of_file(&FileSource::open(path).ok()?)
    }

    #[test]
    fn the_banner_is_found_wherever_it_lies() {
        let banner = b"GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\n";
        let file = tempfile::NamedTempFile::new().unwrap();
        let piece = PIECE as usize;
        for before in [0, 1, piece - 70, piece - 5, piece, 2 * piece + 1, 3 * piece - 30] {
            for after in [0, 1, piece - before % piece, 2 * piece] {
                std::fs::write(file.path(), [vec![b'x'; before], banner.to_vec(), vec![0; after]].concat()).unwrap();
                assert_eq!(of_path(file.path()).as_deref(), Some("2.36"), "{before} {after}");
            }
        }
        std::fs::write(file.path(), "").unwrap();
        assert_eq!(of_path(file.path()), None);
    }

    #[cfg(unix)]
    #[test]
    fn musl_has_no_glibc() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("lib")).unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        assert!(version(&root).is_unknown());
        std::fs::write(dir.path().join("lib/ld-musl-x86_64.so.1"), "").unwrap();
        assert!(version(&root).is_absent());
        std::fs::write(dir.path().join("lib/libc-2.31.so"), "").unwrap();
        std::os::unix::fs::symlink("libc-2.31.so", dir.path().join("lib/libc.so.6")).unwrap();
        assert_eq!(version(&root).value().map(String::as_str), Some("2.31"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            of_banner(&[BANNER, &bytes].concat());
        }
    }
}
