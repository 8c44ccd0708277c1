//! Completion scripts and man pages: texts that `cargo xtask pages` wrote from the command line, packed into the program. clap's own
//! generators in their place would be eight times as large.

use std::io::Read;

// `TEXTS`: name and length of each file of `contrib/completions/` and `docs/man/`; `LENGTH`: of all; written by build.rs.
include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The files one behind the other.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/texts.zlib"));

/// Name and text of each file that `wanted` takes.
///
/// # Errors
/// The program is damaged.
pub fn named(wanted: impl Fn(&str) -> bool) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut plain = String::with_capacity(LENGTH);
    let whole = flate2::read::ZlibDecoder::new(PACKED).read_to_string(&mut plain).is_ok_and(|length| length == LENGTH);
    anyhow::ensure!(whole, "this copy of gpucheck is damaged; install it again");
    let mut rest = plain.as_str();
    let mut texts = Vec::new();
    for &(name, length) in TEXTS {
        let Some((text, behind)) = rest.split_at_checked(length) else { break };
        rest = behind;
        if wanted(name) {
            texts.push((name, text.to_owned()));
        }
    }
    Ok(texts)
}
