//! Rows that are newer than the program's own, from one signed file (`gpucheck kb update`): what such a file is, and how it is checked.
//!
//! The file is a signature that minisign made (four lines), and behind it what is signed: a line of JSON,
//! `{"gpucheck_knowledge": 1, "date": "2026-12-24"}`, and a line for each part of the knowledge base, its name, a tab and its rows as JSON, which
//! are the texts that a program of that day carries itself. docs/updating.md says how one is published.
//!
//! Source: minisign's documentation, "Signature format" (signatures of the kind that hashes first, which minisign has made since 0.9).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::{Context as _, anyhow, bail, ensure};
use minisign_verify::{Error, PublicKey, Signature};
use serde::{Deserialize, Serialize};

use super::Knowledge;

/// The rows that this program can read. It grows when a row of an older program could not hold what a newer one says.
const FORMAT: u64 = 1;
/// Longest file that is read: ten times what all rows are today.
pub const LONGEST: u64 = 8 << 20;
/// Lines of a signature.
const SIGNATURE: usize = 4;
/// The key of who publishes rows for this program, as minisign writes it. Without a key, one has to be named.
const PUBLISHER: &str = include_str!("publisher.pub");

/// Whose signature counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    key: PublicKey,
    base64: String,
}

impl Key {
    /// The publisher that the program knows; none where it was built without one.
    ///
    /// # Errors
    /// When the key inside of the program is none.
    pub fn of_publisher() -> anyhow::Result<Option<Self>> {
        let line = PUBLISHER.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        line.map(Self::parse).transpose()
    }

    /// A public key: the line that `minisign -G` prints, or the whole `minisign.pub`.
    ///
    /// # Errors
    /// When it is no public key.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let base64 = text.trim().lines().last().unwrap_or_default().trim();
        let key = PublicKey::from_base64(base64).map_err(|_| {
            anyhow!("not a public key of minisign (a line that begins with RW, or a file with such a line)")
        })?;
        Ok(Self { key, base64: base64.to_owned() })
    }

    /// As [`Key::parse`] reads it.
    pub fn base64(&self) -> &str {
        &self.base64
    }
}

/// A file whose signature is right: nobody but the owner of the key can have written it.
#[derive(Debug, Clone)]
pub struct Update {
    /// The day of its rows.
    pub date: String,
    signed: String,
}

#[derive(Debug, Deserialize)]
struct Head {
    gpucheck_knowledge: u64,
    date: String,
}

impl Update {
    /// Checks the signature, and then reads the head.
    ///
    /// # Errors
    /// When it is no such file, when it was not signed with this key or was changed since, and when it is meant for another release of gpucheck.
    pub fn verified(file: &str, key: &Key) -> anyhow::Result<Self> {
        let (signature, signed) = split(file).context("not a knowledge file of gpucheck: it has no signature")?;
        let signature = Signature::decode(signature)
            .map_err(|_| anyhow!("not a knowledge file of gpucheck: it does not begin with a signature of minisign"))?;
        key.key.verify(signed.as_bytes(), &signature, false).map_err(|error| match error {
            Error::UnexpectedKeyId => anyhow!("it was signed with another key than {}", key.base64),
            Error::UnexpectedAlgorithm => {
                anyhow!("its signature is of the old kind; sign it with minisign 0.9 or newer")
            }
            _ => anyhow!("its signature is wrong: it was changed or cut off after it was signed, or forged"),
        })?;
        let head = signed.lines().next().unwrap_or_default();
        let head: Head = serde_json::from_str(head).context("its first line behind the signature is not a head")?;
        match head.gpucheck_knowledge {
            FORMAT => {}
            newer if newer > FORMAT => bail!("its rows are for a newer gpucheck: update the program"),
            _ => bail!("its rows are for an older gpucheck"),
        }
        ensure!(is_day(&head.date), "its date is not a day (YYYY-MM-DD)");
        Ok(Self { date: head.date, signed: signed.to_owned() })
    }

    /// The knowledge base with these rows in place of the program's. The text is never freed, like the rows that the program carries.
    ///
    /// # Errors
    /// When a part is missing.
    pub fn knowledge(self) -> anyhow::Result<Knowledge> {
        let text: &'static str = Box::leak(self.signed.into_boxed_str());
        let part = |name: &str| {
            text.lines().skip(1).find_map(|line| line.strip_prefix(name)?.strip_prefix('\t')).map(str::as_bytes)
        };
        let mut knowledge = Knowledge::of_parts(part, self.date)?;
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        knowledge.hash = format!("{:016x}", hasher.finish());
        Ok(knowledge)
    }
}

/// What is signed when `parts` are published as rows of this day: the inverse of [`Update::verified`], without the signature.
pub fn to_sign(parts: &[(&str, String)], date: &str) -> String {
    let head = serde_json::json!({"gpucheck_knowledge": FORMAT, "date": date});
    let parts = parts.iter().map(|(name, rows)| format!("{name}\t{rows}\n"));
    std::iter::once(format!("{head}\n")).chain(parts).collect()
}

fn split(file: &str) -> Option<(&str, &str)> {
    let (end, _) = file.match_indices('\n').nth(SIGNATURE - 1)?;
    file.split_at_checked(end + 1)
}

fn is_day(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

/// An update as it is kept on this machine: a line about it, and the signed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Where it came from.
    pub from: String,
    /// The key that its signature is held against.
    pub key: String,
    /// The program that has read every row of it, as [`Knowledge::program`] names it: another one reads them all before it relies on them.
    pub read_by: String,
}

impl Kept {
    /// The text to keep.
    ///
    /// # Errors
    /// None that was ever seen: a line of text is written.
    pub fn with(&self, file: &str) -> anyhow::Result<String> {
        Ok(format!("{}\n{file}", serde_json::to_string(self)?))
    }

    /// The rows that were kept, if they are whole. Nothing is wrong with the rows of another program that this one can read.
    ///
    /// # Errors
    /// When it was damaged, and when this program cannot read its rows.
    pub fn read(text: &str) -> anyhow::Result<Knowledge> {
        let (kept, file) = text.split_once('\n').context("it is cut off")?;
        let kept: Self = serde_json::from_str(kept).context("its first line is damaged")?;
        let mut knowledge = Update::verified(file, &Key::parse(&kept.key)?)?.knowledge()?;
        if kept.read_by != Knowledge::program() {
            knowledge.read_all()?;
        }
        knowledge.update = Some(kept.from);
        Ok(knowledge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_day() {
        assert!(is_day("2026-12-24") && !is_day("2026-12-2") && !is_day("2026-1224-") && !is_day("tomorrow--"));
    }

    #[test]
    fn a_file_without_a_signature_is_none() {
        let key = Key::parse("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3").unwrap();
        for text in ["", "\n\n\n\n", "a\nb\nc\nd\n{}", "untrusted comment: x\nRWQ=\ntrusted comment: y\nAA==\n{}\n"] {
            let error = Update::verified(text, &key).unwrap_err().to_string();
            assert!(error.starts_with("not a knowledge file"), "{text:?}: {error}");
        }
        assert!(Key::parse("").is_err() && Key::parse("AAAA").is_err());
    }

    #[test]
    fn the_key_inside_is_one_or_none() {
        Key::of_publisher().unwrap();
    }
}
