//! `docs/rules/` holds the page of every rule, as `gpucheck rule SLUG` prints it; `docs/rules.md` lists them by subject, and so does the book's
//! `docs/SUMMARY.md`. `UPDATE_SNAPSHOTS=1 cargo test --test rule_pages` writes all of them.
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

/// The folders of `src/rules`, in the registry's order, with what their rules are about.
const SUBJECTS: [(&str, &str); 9] = [
    ("driver", "The driver and its GPUs"),
    ("container", "Containers and WSL"),
    ("arch", "Code for the GPU in torch and other wheels"),
    ("packages", "Packages"),
    ("environment", "Environments and files"),
    ("build", "Compiling"),
    ("smoke", "Running kernels and torch"),
    ("log", "Logs"),
    ("page", "Pages"),
];

/// Rules by subject; those that are rows of `knowledge/packages` are the last group.
fn by_subject() -> Vec<(&'static str, Vec<(String, String)>)> {
    let mut left = rules::titles(&Knowledge::builtin().unwrap());
    let mut groups = Vec::new();
    for (folder, subject) in SUBJECTS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules").join(folder);
        let here = |slug: &str| folder.join(format!("{}.rs", slug.replace('-', "_"))).exists();
        let (group, others) = left.into_iter().partition(|(slug, _)| here(slug));
        left = others;
        groups.push((subject, group));
    }
    let (of_code, of_rows): (Vec<_>, Vec<_>) =
        left.into_iter().partition(|(slug, _)| rules::REGISTRY.iter().any(|entry| entry.rule.slug == slug));
    assert!(of_code.is_empty(), "rules in a folder that has no subject here: {of_code:?}");
    groups.push(("Known problems of packages", of_rows));
    groups
}

/// The page that lists the rules.
fn list() -> String {
    let mut page = "# Rules\n\n`gpucheck rule` lists them, `gpucheck rule SLUG` prints the page of one. A rule gives a finding where all of its conditions are known\n\
        to hold; what it could not know is listed under *not decided* in a report.\n"
        .to_owned();
    for (subject, rules) in by_subject() {
        page += &format!("\n## {subject}\n\n| rule | what it finds |\n| --- | --- |\n");
        for (slug, title) in rules {
            page += &format!("| [`{slug}`](rules/{slug}.md) | {} |\n", title.replace('|', "\\|"));
        }
    }
    page
}

/// The book's list of pages, with that of the rules below their index.
fn summary(kept: &str) -> String {
    let (before, after) = kept.split_once("(rules.md)\n").expect("SUMMARY.md names rules.md");
    let (_, after) = after.split_once("\n#").expect("something follows the rules");
    let lines: String = by_subject()
        .into_iter()
        .flat_map(|(_, rules)| rules)
        .map(|(slug, _)| format!("  - [{slug}](rules/{slug}.md)\n"))
        .collect();
    format!("{before}(rules.md)\n{lines}\n#{after}")
}

#[test]
fn the_lists_are_kept_in_step() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let kept = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    for (name, text) in [("rules.md", list()), ("SUMMARY.md", summary(&kept))] {
        let path = docs.join(name);
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert!(fs::read_to_string(&path).is_ok_and(|kept| kept == text), "UPDATE_SNAPSHOTS=1 writes {name} again");
    }
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
