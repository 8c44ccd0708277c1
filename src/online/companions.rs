//! Which torchvision and torchaudio belong to a release of torch.
//!
//! Wheels up to torchvision 0.29.0 and torchaudio 2.10.0 are pinned to one torch. Later ones accept any torch from some version on, or name none.
//! What is left is the day: for every release from 1.13.0 to 2.15.0 the torchvision that belongs to it was uploaded on the same day, and so was
//! every torchaudio (2026-11-30). From 2.11 on not every torch has a torchaudio of its own: 2.11.0 serves until torch 2.14.1, 2.11.1 came with
//! torch 2.15.0.

use anyhow::Context as _;

use super::index::{self, Wheel};
use crate::{
    python::Requirement,
    verify::{self, Evidence},
};

/// The packages, as the fields of a release are called.
pub const COMPANIONS: [&str; 2] = ["torchvision", "torchaudio"];

/// The release that a wheel belongs to, and how that is known: it is pinned to it, or was uploaded on the same day and accepts it.
/// `release_of` says which release is the newest of a day.
///
/// # Errors
/// When neither is so.
pub fn torch_of(
    evidence: &Evidence,
    uploaded: Option<&str>,
    release_of: &dyn Fn(&str) -> Option<String>,
) -> anyhow::Result<(String, String)> {
    let wanted = wanted(evidence);
    if let Some(torch) = wanted.as_ref().and_then(verify::pinned) {
        return Ok((torch, "it is pinned to it".to_owned()));
    }
    let accepts = |torch: &String| wanted.as_ref().is_none_or(|wanted| wanted.accepts(torch) == Some(true));
    let torch = uploaded.and_then(release_of).filter(accepts);
    let shown = wanted.as_ref().map_or_else(|| "no torch".to_owned(), verify::spelled);
    let torch = torch.with_context(|| {
        format!("{}: it requires {shown}, and no release has the same date: pass --torch VERSION", evidence.target)
    })?;
    Ok((torch, format!("released on the same day; it requires {shown}")))
}

/// The torch that a wheel requires.
pub fn wanted(evidence: &Evidence) -> Option<Requirement> {
    let mut all = evidence.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
    all.find(|requirement| requirement.name == "torch")
}

/// The newest version that was uploaded on the day of a release.
pub fn of_the_day<'w>(
    wheels: &'w [Wheel],
    torch: &str,
    release_of: &dyn Fn(&str) -> Option<String>,
) -> Option<&'w str> {
    let of_that_day = |(_, day): &(&str, &str)| release_of(day).as_deref() == Some(torch);
    let versions = index::days(wheels).into_iter().filter(of_that_day);
    versions.map(|(version, _)| version).max_by_key(|version| index::numbers(version))
}
