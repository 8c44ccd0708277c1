//! LZ4's block format: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>.

/// Unpacks a block to at most so many bytes; `None` where it is damaged.
pub(super) fn unpack(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::with_capacity(most);
    let mut input = packed.iter();
    // A length of 15 goes on in the bytes that follow.
    let length = |first: u8, input: &mut std::slice::Iter<'_, u8>| {
        let mut length = usize::from(first);
        if first == 15 {
            loop {
                let more = *input.next()?;
                length += usize::from(more);
                if more < 255 {
                    break;
                }
            }
        }
        Some(length)
    };
    loop {
        let Some(token) = input.next() else { return Some(out) };
        let literals = length(token >> 4, &mut input)?;
        let (taken, rest) = input.as_slice().split_at_checked(literals)?;
        if out.len() + literals > most {
            return None;
        }
        out.extend_from_slice(taken);
        input = rest.iter();
        // The last sequence has literals alone.
        let Some(low) = input.next() else { return Some(out) };
        let back = usize::from(u16::from_le_bytes([*low, *input.next()?]));
        let count = length(token & 15, &mut input)? + 4;
        let start = out.len().checked_sub(back).filter(|_| back > 0)?;
        if out.len() + count > most {
            return None;
        }
        // What is copied may reach into what was just copied.
        for at in start..start + count {
            out.push(*out.get(at)?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_copies() {
        assert_eq!(unpack(b"\x50hello", 5).unwrap(), b"hello");
        // Three literals, then eight bytes from three back, then one literal.
        assert_eq!(unpack(b"\x34abc\x03\x00\x10!", 64).unwrap(), b"abcabcabcab!");
        let long = [b"\xF0\xFF\x01".as_slice(), &[7; 271]].concat();
        assert_eq!(unpack(&long, 271).unwrap(), [7; 271]);
        assert_eq!(unpack(&long, 270), None);
        for bad in [b"\x34ab".as_slice(), b"\x04\x00\x00", b"\x04\x01\x00", b"\xF0\xFF", b"\x34abc\x03"] {
            assert_eq!(unpack(bad, 64), None, "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            assert!(unpack(&bytes, 1000).is_none_or(|out| out.len() <= 1000));
        }
    }
}
