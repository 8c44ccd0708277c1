//! What a package requires, by its metadata: torch, and packages that others ask for, too.

use super::{Case, agree, disagree, none, unknown};
use crate::{
    python::{self, MarkerEnvironment, Requirement},
    verify::{
        Check,
        compare::{pinned, spelled},
    },
};

/// Every requirement that the row has.
pub(super) fn checks(case: &Case<'_>) -> impl Iterator<Item = Check> {
    let asked = case.row.requires.iter().filter(|_| case.row.newest.as_deref() == Some(&case.evidence.version));
    torch(case).into_iter().chain(asked.filter_map(|line| other(case, line)))
}

/// The requirements of this name that apply.
fn wanted(case: &Case<'_>, name: &str) -> Vec<Requirement> {
    let here = MarkerEnvironment::new(case.evidence.tags.as_ref().and_then(|tags| tags.python), case.evidence.platform);
    let lines = case.evidence.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
    let applies = |wanted: &Requirement| wanted.marker.as_ref().is_none_or(|m| m.eval(&here, None) != Some(false));
    lines.filter(|wanted| wanted.name == name && applies(wanted)).collect()
}

/// Metadata accepts the version that the row names, or names the same range.
fn other(case: &Case<'_>, line: &str) -> Option<Check> {
    let asked: Requirement = line.parse().ok()?;
    let wanted = wanted(case, &asked.name);
    if wanted.is_empty() {
        return Some(unknown("requires", Some(line.to_owned()), "METADATA names it only as what other packages bring"));
    }
    let shown = wanted.iter().map(spelled).collect::<Vec<_>>().join(" and ");
    let agrees = match pinned(&asked) {
        Some(version) => wanted.iter().all(|wanted| wanted.accepts(&version) == Some(true)),
        None => shown == spelled(&asked),
    };
    Some(if agrees { agree("requires", line, shown) } else { disagree("requires", line, shown) })
}

/// Row and metadata agree where they accept the same of all releases of torch.
fn torch(case: &Case<'_>) -> Option<Check> {
    let wanted = wanted(case, "torch");
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
