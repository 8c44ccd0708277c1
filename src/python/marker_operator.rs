//! The comparisons of markers: of versions where both sides are versions, of texts otherwise.

use pep440_rs::{Version, VersionSpecifier};

use super::versions::specifier_accepts;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Compatible,
    Exact,
    In,
    NotIn,
}

impl Operator {
    /// The comparison of versions, `None` when one side is not a version or the operator is not for versions.
    pub fn compare_versions(self, left: &str, right: &str) -> Option<bool> {
        let symbol = match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Compatible => "~=",
            Self::Exact => "===",
            Self::In | Self::NotIn => return None,
        };
        let specifier: VersionSpecifier = format!("{symbol}{right}").parse().ok()?;
        Some(specifier_accepts(&specifier, &left.parse::<Version>().ok()?))
    }

    /// The comparison of texts.
    ///
    /// Installers disagree about their order: Python's own order until `packaging` 25, only equality counts since. Where the two
    /// differ the answer is unknown.
    pub fn compare_texts(self, left: &str, right: &str) -> Option<bool> {
        let by_order = match self {
            Self::Equal | Self::Exact => return Some(left == right),
            Self::NotEqual => return Some(left != right),
            Self::In => return Some(right.contains(left)),
            Self::NotIn => return Some(!right.contains(left)),
            Self::Compatible => return None,
            Self::Less => left < right,
            Self::LessEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterEqual => left >= right,
        };
        let by_equality = left == right && matches!(self, Self::LessEqual | Self::GreaterEqual);
        (by_order == by_equality).then_some(by_order)
    }
}
