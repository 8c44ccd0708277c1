//! A tar archive that streams past.
//!
//! Format: POSIX ustar and pax, with GNU's long names: what Python's `tarfile` writes into conda packages.

use std::io::{self, Read};

use super::{directory::shown, inflate::invalid, stream::Stream};
use crate::tar::{BLOCK, checksum, number, records, text};

const MAX_EXTENSION: u64 = 1 << 20;
/// The largest conda packages have some 30,000.
const MAX_MEMBERS: usize = 1 << 20;

/// The contents of the member at hand.
pub(super) struct Contents<'a, R> {
    inner: &'a mut R,
    left: u64,
    taken: u64,
}

impl<R: Read> Stream for Contents<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if room == 0 {
            return Ok(0);
        }
        let count = self.inner.read(buffer.get_mut(..room).unwrap_or_default())?;
        if count == 0 {
            return Err(invalid("the archive ends in the middle of it"));
        }
        self.left -= count as u64;
        self.taken += count as u64;
        Ok(count)
    }

    fn consumed(&self) -> u64 {
        self.taken
    }

    fn rewind(&mut self) -> io::Result<bool> {
        Ok(false)
    }
}

/// Shows each regular file to `visit` with its name and size; the rest of the contents is skipped. Ends early when
/// `visit` says so with `false`.
pub(super) fn walk<R: Read>(
    inner: &mut R,
    visit: &mut dyn FnMut(&str, u64, &mut Contents<'_, R>) -> bool,
) -> io::Result<()> {
    let (mut name, mut size) = (None, None);
    for _ in 0..MAX_MEMBERS {
        let mut block = [0; BLOCK];
        if !fill(inner, &mut block)? || block.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        if number(block.get(148..156)) != Some(checksum(&block)) {
            return Err(invalid("a header of the tar archive is damaged"));
        }
        let own = number(block.get(124..136)).ok_or_else(|| invalid("a header of the tar archive has no size"))?;
        let kind = block.get(156).copied().unwrap_or(0);
        let extension = matches!(kind, b'x' | b'L');
        let length = if extension { own } else { size.take().unwrap_or(own) };
        let mut contents = Contents { inner: &mut *inner, left: length, taken: 0 };
        if extension {
            let bytes = short(&mut contents)?;
            if kind == b'L' {
                name = Some(shown(text(&bytes)));
            } else {
                for (key, value) in records(&bytes) {
                    match key {
                        b"path" => name = Some(shown(value)),
                        b"size" => size = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()),
                        _ => {}
                    }
                }
            }
        } else if kind != b'g' {
            let name = name.take().unwrap_or_else(|| plain_name(&block));
            if matches!(kind, 0 | b'0' | b'7') && !visit(&name, length, &mut contents) {
                return Ok(());
            }
        }
        let rest = contents.left;
        skip(inner, rest.saturating_add(length.wrapping_neg() % BLOCK as u64))?;
    }
    Err(invalid("the tar archive has too many members"))
}

/// Fills the block; false at the end.
fn fill(inner: &mut impl Read, block: &mut [u8]) -> io::Result<bool> {
    match inner.read_exact(block) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn skip(inner: &mut impl Read, count: u64) -> io::Result<()> {
    match io::copy(&mut inner.take(count), &mut io::sink())? {
        passed if passed == count => Ok(()),
        _ => Err(invalid("the tar archive is truncated")),
    }
}

fn short<R: Read>(contents: &mut Contents<'_, R>) -> io::Result<Vec<u8>> {
    if contents.left > MAX_EXTENSION {
        return Err(invalid("a name in the tar archive is too long"));
    }
    let mut bytes = vec![0; usize::try_from(contents.left).unwrap_or(0)];
    contents.inner.read_exact(&mut bytes)?;
    contents.left = 0;
    Ok(bytes)
}

fn plain_name(block: &[u8]) -> String {
    let name = text(block.get(..100).unwrap_or_default());
    let prefix = if block.get(257..262) == Some(b"ustar") { block.get(345..500) } else { None };
    match text(prefix.unwrap_or_default()) {
        b"" => shown(name),
        prefix => format!("{}/{}", shown(prefix), shown(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn member(name: &str, kind: u8, contents: &[u8]) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..136].copy_from_slice(format!("{:011o}\0", contents.len()).as_bytes());
        block[156] = kind;
        let sum = format!("{:06o}\0 ", checksum(&block));
        block[148..156].copy_from_slice(sum.as_bytes());
        block.extend(contents);
        block.resize(block.len().next_multiple_of(BLOCK), 0);
        block
    }

    fn names(bytes: &[u8]) -> io::Result<Vec<(String, u64)>> {
        let mut found = Vec::new();
        walk(&mut &bytes[..], &mut |name, size, _| {
            found.push((name.to_owned(), size));
            true
        })?;
        Ok(found)
    }

    #[test]
    fn plain_and_long_names_are_read() {
        let long = "folder/".repeat(30) + "lib.so";
        let pax = format!("{} path={long}\n", long.len() + 10);
        let bytes = [
            member("a.so", b'0', &[1; 600]),
            member("folder", b'5', b""),
            member("", b'L', long.as_bytes()),
            member("cut", b'0', b"x"),
            member("", b'x', pax.as_bytes()),
            member("cut", 0, b"yy"),
            vec![0; 1024],
        ]
        .concat();
        assert_eq!(names(&bytes).unwrap(), [("a.so".to_owned(), 600), (long.clone(), 1), (long, 2)]);
        assert!(names(&bytes[..700]).is_err());
        assert!(names(&[7; 1024]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(start in 0usize..512, bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut archive = [member("a.so", b'x', b"12 path=bb\n"), member("b.so", b'0', &[1; 9])].concat();
            for (to, from) in archive[start..].iter_mut().zip(&bytes) {
                *to = *from;
            }
            let _ = names(&archive);
            let _ = records(&bytes);
        }
    }
}
