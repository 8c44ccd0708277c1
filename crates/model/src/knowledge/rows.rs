//! What every file of rows can do: be checked, be laid over another, tell its kinds of rows. Made from the list of the files.

use std::{collections::BTreeMap, mem};

use gpucheck_ground::Order as _;
use pep440_rs::Version;
use serde::{Serialize, de::DeserializeOwned};

use super::{PackageFile, Places, Problem, RowKind};
use crate::knowledge_files;

/// A file of rows.
pub trait Rows: Serialize + DeserializeOwned {
    /// What is wrong with it beyond its types.
    fn check(&self, places: &Places<'_>) -> Vec<Problem>;

    /// Lays the rows of another over its own: those with the key of a row that is there take its place, the others are added.
    fn lay(&mut self, over: Self);

    /// Its kinds of rows.
    fn kinds(&self) -> Vec<RowKind>;
}

/// Rows that are read from what was embedded. The code is made here, once, so that it is built as this crate is.
pub trait Embedded: Sized {
    /// Reads them.
    ///
    /// # Errors
    /// When the text does not have these rows.
    fn read(json: &str) -> serde_json::Result<Self>;
}

impl Embedded for Vec<PackageFile> {
    fn read(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }
}

macro_rules! rows {
    ($($part:ident: $file:ident {
        check $module:ident::$check:ident;
        $($table:ident: $kind:literal by $key:expr
            $(, sorted by $order:expr)? $(, each with $inner_kind:literal in $inner:ident)?;)*
    })*) => {$(
        impl Embedded for super::$file {
            fn read(json: &str) -> serde_json::Result<Self> {
                serde_json::from_str(json)
            }
        }

        impl Rows for super::$file {
            fn check(&self, places: &Places<'_>) -> Vec<Problem> {
                super::$module::$check(self, places)
            }

            fn lay(&mut self, over: Self) {
                self.sources.extend(over.sources);
                $(
                    lay(&mut self.$table, over.$table, $key);
                    $(self.$table.order_by_cached_key($order);)?
                )*
            }

            fn kinds(&self) -> Vec<RowKind> {
                const FILE: &str = concat!(stringify!($part), ".toml");
                vec![$(
                    RowKind::of($kind, FILE, self.$table.iter().map(|row| &row.verified)),
                    $({
                        let each = self.$table.iter().flat_map(|row| row.$inner.iter().map(|_| &row.verified));
                        RowKind::of($inner_kind, FILE, each)
                    },)?
                )*]
            }
        }
    )*};
}
knowledge_files!(rows);

/// Lays files about packages over others: one of the same package takes its place as a whole.
pub fn lay_packages(files: &mut Vec<PackageFile>, over: Vec<PackageFile>) {
    lay(files, over, |file| file.package.name.clone());
}

/// Each new row stands where one with its key stood, as far as there are such; the rest come at the end. Of the rows with the key of a
/// new one none stays: two products of one name are two rows.
fn lay<T, K: PartialEq>(rows: &mut Vec<T>, over: Vec<T>, key: impl Fn(&T) -> K) {
    let keys: Vec<K> = over.iter().map(&key).collect();
    let mut over: Vec<Option<T>> = over.into_iter().map(Some).collect();
    for row in mem::take(rows) {
        let this = key(&row);
        if keys.contains(&this) {
            let mut new = keys.iter().zip(&mut over).filter(|(other, _)| **other == this);
            rows.extend(new.find_map(|(_, row)| row.take()));
        } else {
            rows.push(row);
        }
    }
    rows.extend(over.into_iter().flatten());
}

/// What the keys of a row stand for in the `[sources]` of its file.
pub fn spelled(sources: &BTreeMap<String, String>, keys: &[String]) -> Vec<String> {
    keys.iter().filter_map(|key| sources.get(key)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_take_the_place_of_all_with_their_key() {
        let mut rows = vec![("a", 1), ("b", 1), ("a", 2), ("c", 1)];
        lay(&mut rows, vec![("d", 3), ("a", 3), ("c", 3), ("c", 4)], |row| row.0);
        assert_eq!(rows, [("a", 3), ("b", 1), ("c", 3), ("d", 3), ("c", 4)]);
    }
}
