//! Which torchvision and torchaudio belong to a release of torch.
//!
//! Wheels up to torchvision 0.29.0 and torchaudio 2.10.0 are pinned to one torch. Later ones accept any torch from some version on, or name none.
//! What is left is the day: for every release from 1.13.0 to 2.15.0 the torchvision that belongs to it was uploaded on the same day, and so was
//! every torchaudio (2026-11-30). From 2.11 on not every torch has a torchaudio of its own: 2.11.0 serves until torch 2.14.1, 2.11.1 came with
//! torch 2.15.0.

use anyhow::Context as _;
use gpucheck::{
    facts::PythonVersion,
    python::{self, Requirement},
    verify::{self, Evidence},
};

use crate::{
    fetch::{self, Index},
    rows::TorchFile,
};

/// The packages, as the fields of a release are called.
const COMPANIONS: [&str; 2] = ["torchvision", "torchaudio"];

/// The release that a wheel belongs to, and how that is known: it is pinned to it, or was uploaded on the same day and accepts it.
///
/// # Errors
/// When neither is so.
pub fn torch_of(file: &TorchFile, evidence: &Evidence, uploaded: Option<&str>) -> anyhow::Result<(String, String)> {
    let wanted = wanted(evidence);
    if let Some(torch) = wanted.as_ref().and_then(verify::pinned) {
        return Ok((torch, "it is pinned to it".to_owned()));
    }
    let accepts = |torch: &&str| wanted.as_ref().is_none_or(|wanted| wanted.accepts(torch) == Some(true));
    let torch = uploaded.and_then(|day| file.release_of(day)).filter(accepts);
    let shown = wanted.as_ref().map_or_else(|| "no torch".to_owned(), verify::spelled);
    let torch = torch.with_context(|| {
        format!("{}: it requires {shown}, and no release has the same date: pass --torch VERSION", evidence.target)
    })?;
    Ok((torch.to_owned(), format!("released on the same day; it requires {shown}")))
}

fn wanted(evidence: &Evidence) -> Option<Requirement> {
    let all = evidence.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
    all.into_iter().find(|requirement| requirement.name == "torch")
}

/// Looks for what belongs to a release whose row does not name it yet, and says what came of it.
///
/// # Errors
/// When a wheel of that day cannot be read.
pub fn of_release(
    index: &Index,
    file: &mut TorchFile,
    torch: &str,
    python: PythonVersion,
    today: &str,
) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    for name in COMPANIONS {
        if file.has(torch, name) {
            continue;
        }
        let wheels = index.wheels(name).unwrap_or_default();
        let of_that_day = |version: &&str| {
            let day = fetch::released(&wheels, version);
            day.is_some_and(|day| file.release_of(&day) == Some(torch))
        };
        let versions = wheels.iter().map(|wheel| wheel.version.as_str()).filter(of_that_day);
        let version = versions.max_by_key(|version| fetch::numbers(version));
        let chosen = version.map(|version| (version, fetch::one_for_each_platform(&wheels, version, python)));
        let found = match chosen {
            Some((version, chosen)) => match chosen.first() {
                Some(wheel) => {
                    let evidence = index.read(wheel)?;
                    let uploaded = fetch::released(&wheels, version);
                    Some((version, torch_of(file, &evidence, uploaded.as_deref())?))
                }
                None => None,
            },
            None => None,
        };
        match found {
            Some((version, (of, why))) if of == torch => {
                file.companion(torch, name, python::public_version(version), today)?;
                told.push(format!("{name} {version} belongs to torch {torch} ({why}): written"));
            }
            _ => told.push(format!(
                "{name}: no version of that day on the index belongs to torch {torch}; if another does: cargo xtask harvest {name}==VERSION --torch {torch}"
            )),
        }
    }
    Ok(told)
}
