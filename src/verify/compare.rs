//! Comparing one fact with its row.

use std::{collections::BTreeSet, fmt::Display};

use gpucheck_ground::Order as _;

use super::{Check, Outcome};
use crate::python::Requirement;

/// Compares what the row says with what the package says; no row where it says nothing.
pub fn same<T: PartialEq>(fact: &'static str, row: Option<T>, package: T, shown: impl Fn(&T) -> String) -> Check {
    let outcome = match &row {
        None => Outcome::NoRow,
        Some(row) if *row == package => Outcome::Agree,
        Some(_) => Outcome::Disagree,
    };
    Check { fact, outcome, row: row.as_ref().map(&shown), package: shown(&package) }
}

/// A list for people: `50 60 70`, `none`.
pub fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let text: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if text.is_empty() { "none".to_owned() } else { text.join(" ") }
}

/// Requirements without their markers, in one spelling: `cuda-toolkit[cublas,nvrtc]==13.2.2`.
pub fn plain<'r>(lines: impl IntoIterator<Item = &'r String>) -> BTreeSet<String> {
    lines.into_iter().map(|line| line.parse::<Requirement>().map_or_else(|_| line.clone(), |r| spelled(&r))).collect()
}

/// One requirement without its marker.
pub fn spelled(requirement: &Requirement) -> String {
    let mut extras = requirement.extras.clone();
    extras.order();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let mut specifiers: Vec<String> = requirement.specifiers.iter().map(ToString::to_string).collect();
    specifiers.order();
    format!("{}{extras}{}", requirement.name, specifiers.join(",").replace(' ', ""))
}

/// The version in `==2.27.3`, where that is all that is asked for.
pub fn pinned(requirement: &Requirement) -> Option<String> {
    let text = spelled(requirement);
    let (_, version) = text.split_once("==")?;
    (!version.contains(',')).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_compared_without_markers_and_order() {
        let lines = [
            "nvidia-nccl-cu12 (==2.18.1) ; platform_system == \"Linux\"".to_owned(),
            "cuda-toolkit[nvrtc,cublas]==13.2.2; platform_system == \"Linux\"".to_owned(),
            "cuda-bindings>=13.0.3,<14".to_owned(),
        ];
        let expected = ["cuda-bindings<14,>=13.0.3", "cuda-toolkit[cublas,nvrtc]==13.2.2", "nvidia-nccl-cu12==2.18.1"];
        assert_eq!(plain(&lines).into_iter().collect::<Vec<_>>(), expected);
        assert_eq!(pinned(&lines[0].parse().unwrap()).as_deref(), Some("2.18.1"));
        assert_eq!(pinned(&lines[2].parse().unwrap()), None);
    }

    #[test]
    fn what_no_row_says_is_no_disagreement() {
        let check = |row| same("x", row, 1, ToString::to_string).outcome;
        assert_eq!((check(None), check(Some(1)), check(Some(2))), (Outcome::NoRow, Outcome::Agree, Outcome::Disagree));
    }
}
