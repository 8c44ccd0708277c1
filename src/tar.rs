//! What the readers of tar archives have in common: the fields of a header, and the records that extend them.
//!
//! Format: POSIX ustar and pax, with GNU's numbers in base 256.

/// Headers and contents fill whole blocks of this many bytes.
pub(crate) const BLOCK: usize = 512;

/// A number in octal, or in base 256 where its first bit is set.
pub(crate) fn number(field: Option<&[u8]>) -> Option<u64> {
    let field = field?;
    match field.split_first()? {
        (0x80, rest) => rest.iter().try_fold(0u64, |sum, byte| sum.checked_mul(256)?.checked_add((*byte).into())),
        _ => {
            let digits = std::str::from_utf8(text(field)).ok()?.trim();
            u64::from_str_radix(digits, 8).ok()
        }
    }
}

/// The sum of the bytes, with spaces for the sum itself.
pub(crate) fn checksum(block: &[u8]) -> u64 {
    let spaced = |(index, byte): (usize, &u8)| if (148..156).contains(&index) { 32 } else { u64::from(*byte) };
    block.iter().enumerate().map(spaced).sum()
}

/// A field up to the first zero.
pub(crate) fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The `length key=value\n` records of a pax header.
pub(crate) fn records(mut bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut records = Vec::new();
    while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
        let length = bytes.get(..space).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
        let Some(length) = length.filter(|length| *length > space) else { break };
        let Some(record) = bytes.get(space + 1..length) else { break };
        if let Some(equals) = record.iter().position(|byte| *byte == b'=') {
            let value = record.get(equals + 1..).unwrap_or_default();
            records.push((record.get(..equals).unwrap_or_default(), value.strip_suffix(b"\n").unwrap_or(value)));
        }
        bytes = bytes.get(length..).unwrap_or_default();
    }
    records
}
