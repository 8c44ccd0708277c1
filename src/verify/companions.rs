//! torchvision and torchaudio: the torch that a wheel asks for, against the companions of that torch.

use super::{Check, Evidence, Outcome, Verified, compare};
use crate::{knowledge::Knowledge, python};

/// The torch that it is pinned to, or the releases that name it.
pub fn verify(knowledge: &Knowledge, evidence: &Evidence, verified: &mut Verified) {
    let version = python::public_version(&evidence.version);
    let naming: Vec<&str> = knowledge
        .torch_releases()
        .filter(|release| release.companion(&evidence.name) == Some(version))
        .map(|release| release.version.as_str())
        .collect();
    verified.row = (!naming.is_empty()).then(|| format!("torch.toml, {}", naming.join(", ")));
    let row = (!naming.is_empty()).then(|| format!("torch {}", naming.join(", ")));
    let wanted = evidence.requires.iter().filter_map(|line| line.parse::<python::Requirement>().ok());
    let Some(wanted) = wanted.into_iter().find(|requirement| requirement.name == "torch") else {
        let package = "requires no torch".to_owned();
        let outcome = if row.is_some() { Outcome::Agree } else { Outcome::NoRow };
        return verified.checks.push(Check { fact: "torch", outcome, row, package });
    };
    let accepted = naming.iter().all(|version| wanted.accepts(version) == Some(true));
    let outcome = match (naming.is_empty(), accepted) {
        (true, _) => Outcome::NoRow,
        (_, true) => Outcome::Agree,
        (_, false) => Outcome::Disagree,
    };
    verified.checks.push(Check { fact: "torch", outcome, row, package: compare::spelled(&wanted) });
}
