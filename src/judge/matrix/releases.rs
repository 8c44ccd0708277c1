//! Which releases of torch a table is about.

use std::fmt;

use pep440_rs::{Version, VersionSpecifiers};

use crate::knowledge::{Knowledge, TorchRelease};

/// Why no release is meant by a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleasesError {
    /// No release is in this range.
    NoneInRange(String),
    /// There is no release of this version.
    NoSuch(String),
    /// It is neither a version nor a range.
    NoVersion(String),
}

impl fmt::Display for ReleasesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoneInRange(range) => {
                write!(f, "--torch '{range}': no release in the knowledge base is in this range")
            }
            Self::NoSuch(version) => write!(f, "--torch {version}: no such release in the knowledge base"),
            Self::NoVersion(text) => {
                write!(f, "--torch '{text}' is neither a version such as 2.7.1 nor a range such as '>=2.5,<2.9'")
            }
        }
    }
}

impl std::error::Error for ReleasesError {}

/// The releases that are asked for: by range, by version, or the last patch of each minor release.
///
/// # Errors
/// A text that is neither versions nor a range, and one that means no release.
pub fn releases<'k>(knowledge: &'k Knowledge, asked: Option<&str>) -> Result<Vec<&'k TorchRelease>, ReleasesError> {
    let all: Vec<(&TorchRelease, Version)> =
        knowledge.torch_releases().filter_map(|release| Some((release, release.version.parse().ok()?))).collect();
    let Some(asked) = asked else { return Ok(last_patches(&all)) };
    if let Ok(range) = asked.parse::<VersionSpecifiers>() {
        let chosen: Vec<_> = all.iter().filter(|(_, v)| range.contains(v)).map(|(release, _)| *release).collect();
        return if chosen.is_empty() { Err(ReleasesError::NoneInRange(asked.to_owned())) } else { Ok(chosen) };
    }
    let mut chosen = Vec::new();
    for text in asked.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let version: Version = text.parse().map_err(|_| ReleasesError::NoVersion(text.to_owned()))?;
        let before = chosen.len();
        let matching = all.iter().filter(|(_, other)| other.release().starts_with(version.release()));
        chosen.extend(matching.map(|(release, _)| *release));
        if chosen.len() == before {
            return Err(ReleasesError::NoSuch(text.to_owned()));
        }
    }
    Ok(chosen)
}

/// The last patch of each minor release.
fn last_patches<'k>(all: &[(&'k TorchRelease, Version)]) -> Vec<&'k TorchRelease> {
    let minor = |version: &Version| version.release().get(..2).map(<[u64]>::to_vec);
    let next = all.iter().skip(1).map(Some).chain([None]);
    let is_last = |(one, next): &(&(_, Version), Option<&(_, Version)>)| {
        next.is_none_or(|next: &(&TorchRelease, Version)| minor(&next.1) != minor(&one.1))
    };
    all.iter().zip(next).filter(is_last).map(|((release, _), _)| *release).collect()
}
