//! A walk in company gives what it gives alone.

use std::{fs, io::Write, path::Path, time::Duration};

use proptest::prelude::*;

use super::{
    damaged::{apply, changes},
    writer::{Parts, dll, fatbins, library, parts},
};
use crate::{
    binary::{FileSource, ReadAt, fatbin, read_source, read_source_deep},
    facts::Damage,
};

fn file(bytes: &[u8], patience: Duration) -> FileSource {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    FileSource::of(file).unwrap().with_patience(patience)
}

/// Everything a walk tells, in its order.
fn walk(source: &impl ReadAt) -> (Vec<fatbin::Item>, Vec<Damage>) {
    let mut items = Vec::new();
    let damage = fatbin::walk(source, 0..source.len() + 1, &mut |item| items.push(item));
    (items, damage)
}

/// Reads it from memory, alone and in company.
fn check(bytes: &[u8], name: &str) {
    let (alone, company) = (file(bytes, Duration::MAX), file(bytes, Duration::ZERO));
    let walked = walk(&bytes);
    assert_eq!(walk(&alone), walked, "{name}");
    assert_eq!(walk(&company), walked, "{name}");
    for read in [read_source, read_source_deep] {
        let library = read(&bytes, name).map_err(|error| error.to_string());
        assert_eq!(read(&alone, name).map_err(|error| error.to_string()), library, "{name}");
        assert_eq!(read(&company, name).map_err(|error| error.to_string()), library, "{name}");
    }
}

#[test]
fn the_corpus_reads_the_same() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin");
    let mut checked = 0;
    for folder in fs::read_dir(corpus).unwrap().filter_map(|entry| fs::read_dir(entry.unwrap().path()).ok()) {
        for path in folder.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let bytes = fs::read(&path).unwrap();
            check(&bytes, &path.display().to_string());
            if path.extension().is_some_and(|ending| ending == "fatbin") && bytes.len() < 1 << 16 {
                // So many that somebody is called.
                check(&bytes.repeat(40), &path.display().to_string());
            }
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn damage_reads_the_same(parts in parts(), times in 1usize..30, changes in changes(), cut in 0.0..1.0) {
        let parts = Parts { general: vec![parts.general; times].concat(), ..parts };
        for bytes in [fatbins(&parts.general), library(&parts), dll(&parts)] {
            check(&apply(bytes, &changes, cut), "x");
        }
    }
}
