//! `docs/rules/` holds the page of every rule, as `gpucheck rule SLUG` prints it. `UPDATE_SNAPSHOTS=1 cargo test --test rule_pages` writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{collections::BTreeMap, fs, path::Path};

use common::{gpucheck, run};
use gpucheck::{knowledge::Knowledge, rules};

fn pages() -> BTreeMap<String, String> {
    let knowledge = Knowledge::builtin().unwrap();
    let slugs = rules::titles(&knowledge).into_iter().map(|(slug, _)| slug);
    slugs.map(|slug| (format!("{slug}.md"), rules::page(&knowledge, &slug).unwrap())).collect()
}

#[test]
fn the_pages_are_kept_in_step() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let pages = pages();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        pages.iter().for_each(|(name, page)| fs::write(folder.join(name), page).unwrap());
    }
    let kept: BTreeMap<String, String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    let stale: Vec<&String> =
        pages.iter().filter(|(name, page)| kept.get(*name) != Some(page)).map(|(name, _)| name).collect();
    let gone: Vec<&String> = kept.keys().filter(|name| !pages.contains_key(*name)).collect();
    assert!(
        stale.is_empty() && gone.is_empty(),
        "UPDATE_SNAPSHOTS=1 writes them again: {stale:?}, no rule any more: {gone:?}"
    );
}

/// Every page says what it means, how it is decided, how to fix it, what it looks like in a log, and its sources.
#[test]
fn every_page_is_whole() {
    for (name, page) in pages() {
        assert!(page.starts_with(&format!("# {}\n", name.trim_end_matches(".md"))), "{name}");
        let several = page.contains("conditions must hold:") && !page.contains("## How it is decided");
        for heading in ["## How it is decided", "## How to fix it", "## In a log", "## Sources"] {
            assert!(several || page.contains(heading), "{name} lacks '{heading}'");
        }
    }
}

#[test]
fn the_command_prints_pages_of_code_and_of_rows() {
    for slug in ["extension-arch-missing", "int8-unsupported-on-gpu", "nccl-symbol-mismatch"] {
        let (code, out, err) = run(gpucheck().args(["rule", slug]));
        assert_eq!((code, err.as_str()), (0, ""));
        assert_eq!(Some(&out), pages().get(&format!("{slug}.md")), "{slug}");
    }
    let (code, out, _) = run(gpucheck().arg("rule"));
    assert!(code == 0 && out.contains("\nint8-unsupported-on-gpu "), "{out}");
    let (code, out, err) = run(gpucheck().args(["rule", "no-such-rule"]));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("no-such-rule"), "{err}");
}
