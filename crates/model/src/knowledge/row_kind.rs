//! Kinds of rows: how many there are, and when they were checked.

use serde::Serialize;

use super::PackageFile;

/// One kind of row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowKind {
    /// What the rows are: `gpus`.
    pub kind: &'static str,
    /// File in which they are.
    pub file: &'static str,
    /// How many.
    pub rows: usize,
    /// Oldest day on which one was checked; empty where there is none.
    pub oldest: String,
    /// Newest day.
    pub newest: String,
}

impl RowKind {
    /// From the days on which the rows were checked.
    pub(super) fn of<'r>(kind: &'static str, file: &'static str, dates: impl Iterator<Item = &'r String>) -> Self {
        let mut found = Self { kind, file, rows: 0, oldest: String::new(), newest: String::new() };
        for date in dates {
            if found.rows == 0 || *date < found.oldest {
                found.oldest.clone_from(date);
            }
            if *date > found.newest {
                found.newest.clone_from(date);
            }
            found.rows += 1;
        }
        found
    }

    /// Those of the files about packages.
    pub fn of_packages(files: &[PackageFile]) -> Vec<Self> {
        macro_rules! kinds {
            ($($kind:literal in $table:ident;)*) => {
                vec![
                    Self::of("packages", "packages/", files.iter().map(|file| &file.package.verified)),
                    $(Self::of($kind, "packages/", files.iter().flat_map(|file| &file.$table).map(|row| &row.verified)),)*
                ]
            };
        }
        kinds! {
            "package builds" in build;
            "assemblers in packages" in ptxas;
            "C++ ABIs of packages" in abi;
            "versions that are not there" in unpublished;
            "package wheel pages" in wheels;
            "known problems" in problem;
        }
    }
}
