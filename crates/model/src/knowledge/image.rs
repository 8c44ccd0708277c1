//! Rows of `images.toml`: what container images hold that others are built from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    problem::{Places, Problem},
    validate::Table,
};
use crate::facts::PythonVersion;

/// `images.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImageFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// Images, by pattern.
    #[serde(default)]
    pub image: Vec<ImageRow>,
}

/// What images of a repository with certain tags hold. Several rows may speak of one image: each says what the others do not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImageRow {
    /// The repository without a host: `nvidia/cuda`. Mirrors have it as the end of their own.
    pub repository: String,
    /// The tags: `*` stands for anything, `{cuda}`, `{torch}` and `{python}` for a version that the tag tells.
    pub tags: String,
    /// Whether nothing that a GPU is used with is in it but what the row names.
    #[serde(default)]
    pub plain: bool,
    /// Release of CUDA; where the pattern has `{cuda}`, the tag tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuda: Option<String>,
    /// Whether the toolkit has nvcc.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nvcc: Option<bool>,
    /// Version of torch; `{torch}` and `{cu}` (`124` of CUDA 12.4) stand for what the tag tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub torch: Option<String>,
    /// Python: its own, or the one that the distribution's packages bring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<PythonVersion>,
    /// Version of the GNU C library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glibc: Option<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// What a tag tells, by the names in a pattern; nothing if the pattern does not fit.
pub fn tag_tells(pattern: &str, tag: &str) -> Option<BTreeMap<String, String>> {
    let mut told = BTreeMap::new();
    tells(pattern, tag, &mut told).then_some(told)
}

/// Every name or star in a pattern takes the shortest text with which the rest fits. Patterns are rows of ours: short, with few of them.
fn tells(pattern: &str, tag: &str, told: &mut BTreeMap<String, String>) -> bool {
    let (name, rest) = match pattern.chars().next() {
        None => return tag.is_empty(),
        Some('*') => (None, pattern.get(1..).unwrap_or_default()),
        Some('{') => match pattern.get(1..).and_then(|inner| inner.split_once('}')) {
            Some((name, rest)) => (Some(name), rest),
            None => return false,
        },
        Some(c) => {
            let length = c.len_utf8();
            return match tag.strip_prefix(c) {
                Some(after) => tells(pattern.get(length..).unwrap_or_default(), after, told),
                None => false,
            };
        }
    };
    for (end, _) in tag.char_indices().chain([(tag.len(), ' ')]) {
        let (taken, after) = tag.split_at(end);
        // A name stands for a version: digits and dots, or what a pre-release ends with.
        if let Some(name) = name {
            let version = taken.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            if !version {
                return false;
            }
            if taken.is_empty() || after.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
                continue;
            }
            told.insert(name.to_owned(), taken.to_owned());
        }
        if tells(rest, after, told) {
            return true;
        }
    }
    false
}

/// `images.toml`
pub fn images(file: &ImageFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "image", &file.sources);
    for (index, row) in file.image.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if row.repository.starts_with('/') || row.repository.contains(':') || row.repository.is_empty() {
            table.fault(index, "repository", "a repository has no host and no tag: nvidia/cuda");
        }
        let names = ["cuda", "torch", "python"];
        let unknown =
            row.tags.split('{').skip(1).any(|part| !names.iter().any(|name| part.starts_with(&format!("{name}}}"))));
        if unknown {
            table.fault(index, "tags", "only {cuda}, {torch} and {python} stand for something");
        }
        if row.tags.matches(['*', '{']).count() > 5 {
            table.fault(index, "tags", "at most five parts of a pattern may vary");
        }
        if row.cuda.as_ref().is_some_and(|cuda| cuda.parse::<crate::facts::CudaVersion>().is_err()) {
            table.fault(index, "cuda", "no release of CUDA");
        }
    }
    let keys = file.image.iter().enumerate().map(|(index, row)| (index, format!("{}:{}", row.repository, row.tags)));
    table.unique("tags", keys);
    table.problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_tell_versions() {
        let told = |pattern, tag| tag_tells(pattern, tag).map(|told| told.into_values().collect::<Vec<_>>().join(" "));
        assert_eq!(told("{cuda}-*devel*", "12.8.1-cudnn-devel-ubuntu22.04").as_deref(), Some("12.8.1"));
        assert_eq!(told("{cuda}-*devel*", "12.8.1-runtime-ubuntu22.04"), None);
        assert_eq!(told("{torch}-cuda{cuda}-cudnn*", "2.5.1-cuda12.4-cudnn9-devel").as_deref(), Some("12.4 2.5.1"));
        assert_eq!(told("{torch}-cuda{cuda}-cudnn*", "latest"), None);
        assert_eq!(told("{python}*", "3.10-slim").as_deref(), Some("3.10"));
        assert_eq!(told("22.04", "22.04").as_deref(), Some(""));
        assert_eq!(told("{x", "1"), None);
    }
}
