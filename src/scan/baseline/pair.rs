//! Which row of a baseline is about which library.

use std::collections::BTreeMap;

use super::{glob::fits, row::Row};
use crate::python::{file_name, library_stem as stem};

/// A path without the versions and hashes in its file name.
pub fn stem_path(path: &str) -> String {
    let name = file_name(path);
    let folder = path.get(..path.len() - name.len()).unwrap_or_default();
    format!("{folder}{}", stem(name))
}

/// The row of each library: by path; by folder and name without versions and hashes; else the first wildcard that fits. A row without
/// a wildcard is about one library.
pub fn pair(rows: &[Row], paths: &[&str]) -> Vec<Option<usize>> {
    let by_path: BTreeMap<&str, usize> =
        rows.iter().enumerate().map(|(index, row)| (row.path.as_str(), index)).collect();
    let mut pairs: Vec<Option<usize>> = paths.iter().map(|path| by_path.get(path).copied()).collect();
    let mut taken = vec![false; rows.len()];
    for row in pairs.iter().flatten() {
        if let Some(taken) = taken.get_mut(*row) {
            *taken = true;
        }
    }
    // The last one comes first, as the first to be taken.
    let mut by_stem: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate().rev() {
        if !row.is_wildcard() && taken.get(index) == Some(&false) {
            by_stem.entry(stem_path(&row.path)).or_default().push(index);
        }
    }
    let wildcards: Vec<(usize, &Row)> = rows.iter().enumerate().filter(|(_, row)| row.is_wildcard()).collect();
    for (path, row) in paths.iter().zip(&mut pairs).filter(|(_, row)| row.is_none()) {
        let stem = stem_path(path);
        *row = by_stem.get_mut(&stem).and_then(Vec::pop).or_else(|| {
            let fitting = wildcards.iter().find(|(_, row)| fits(&row.path, path) || fits(&row.path, &stem));
            fitting.map(|(index, _)| *index)
        });
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(rows: &[&str], paths: &[&str]) -> Vec<Option<usize>> {
        let rows: Vec<Row> = rows.iter().map(|path| Row { path: (*path).to_owned(), ..Row::default() }).collect();
        pair(&rows, paths)
    }

    #[test]
    fn rows_find_their_libraries() {
        assert_eq!(paired(&["a/x.so", "a/y.so"], &["a/y.so", "a/z.so", "a/x.so"]), [Some(1), None, Some(0)]);
        assert_eq!(paired(&["a/x.so"], &["a/x-1a2b3c4d.so.3"]), [Some(0)]);
        assert_eq!(paired(&["a/_C.so"], &["a/_C.cpython-313-x86_64-linux-gnu.so", "b/_C.so"]), [Some(0), None]);
        // The same name in two versions: one is the old one's, the other takes the row that is left.
        assert_eq!(paired(&["l.so.11", "l.so.12"], &["l.so.12", "l.so.13", "l.so.14"]), [Some(1), Some(0), None]);
        assert_eq!(paired(&["a/*.so", "a/x.so"], &["a/x.so", "a/y.so.2", "a/z.so"]), [Some(1), Some(0), Some(0)]);
    }
}
