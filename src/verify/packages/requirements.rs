//! The torch that a package requires, by its metadata.

use super::{Case, agree, disagree, none, unknown};
use crate::{
    python::{self, MarkerEnvironment, Requirement},
    verify::{Check, compare::spelled},
};

/// Row and metadata agree where they accept the same of all releases of torch.
pub(super) fn checks(case: &Case<'_>) -> Option<Check> {
    let here = MarkerEnvironment::new(case.evidence.tags.as_ref().and_then(|tags| tags.python), case.evidence.platform);
    let lines = case.evidence.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
    let wanted: Vec<Requirement> = lines
        .filter(|wanted| {
            wanted.name == "torch" && wanted.marker.as_ref().is_none_or(|m| m.eval(&here, None) != Some(false))
        })
        .collect();
    let shown = wanted.iter().map(spelled).collect::<Vec<_>>().join(" and ");
    let Some(row) = &case.row.torch else {
        let says = wanted.iter().any(|wanted| !wanted.specifiers.is_empty());
        return says.then(|| none("torch", shown));
    };
    if wanted.is_empty() {
        return Some(unknown("torch", Some(row.clone()), "METADATA requires no torch"));
    }
    let accepted = |version: &str| wanted.iter().all(|wanted| wanted.accepts(version) == Some(true));
    let different = case
        .knowledge
        .torch_releases()
        .find(|release| python::in_range(row, &release.version) != Some(accepted(&release.version)));
    Some(match different {
        None => agree("torch", row.clone(), shown),
        Some(release) => disagree("torch", row.clone(), format!("{shown}: the ranges differ for {}", release.version)),
    })
}
