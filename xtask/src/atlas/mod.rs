//! `cargo xtask atlas`: pages of the book that say which version of which package runs on which GPU (`docs/atlas/`), from the rows of
//! `knowledge/`, and their list in `docs/SUMMARY.md`. The answers are those of `gpucheck needs` for an environment with that package alone.

mod ask;
mod page;

use std::{collections::BTreeMap, fs, path::Path, process::ExitCode};

use anyhow::Context as _;
use gpucheck::knowledge::Knowledge;

use self::{
    ask::{Column, columns},
    page::{index, page},
};

/// The root of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const ATLAS: &str = "docs/atlas";
const SUMMARY: &str = "docs/SUMMARY.md";
/// The line of the book's list that the pages stand below.
const INDEX_LINE: &str = "- [The atlas](atlas/index.md)\n";

/// Arguments of `cargo xtask atlas`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Writes the pages, and removes those of packages that have no rows any more.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let files = files(&summary()?)?;
        let folder = Path::new(ROOT).join(ATLAS);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        for (name, text) in &files {
            fs::write(Path::new(ROOT).join(name), text).with_context(|| name.clone())?;
        }
        crate::say(&format!("{ATLAS} and {SUMMARY}: {} files", files.len()));
        Ok(ExitCode::SUCCESS)
    }
}

fn summary() -> anyhow::Result<String> {
    fs::read_to_string(Path::new(ROOT).join(SUMMARY)).context(SUMMARY)
}

/// Path below the root and text of each file. `summary`: the book's list as it is.
fn files(summary: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let knowledge = Knowledge::builtin()?;
    let columns = columns(&knowledge)?;
    let mut by_page: BTreeMap<&str, Vec<&Column>> = BTreeMap::new();
    for column in &columns {
        by_page.entry(&column.page).or_default().push(column);
    }
    let mut files = BTreeMap::new();
    for (name, columns) in &by_page {
        files.insert(format!("{ATLAS}/{name}.md"), page(&knowledge, name, columns));
    }
    files.insert(format!("{ATLAS}/index.md"), index(&knowledge, &columns));
    // torch is what most people look for.
    let names: Vec<&str> =
        ["torch"].into_iter().chain(by_page.keys().copied().filter(|name| *name != "torch")).collect();
    files.insert(SUMMARY.to_owned(), listed(summary, &names)?);
    Ok(files)
}

/// The book's list with the pages below their index.
fn listed(summary: &str, names: &[&str]) -> anyhow::Result<String> {
    let (before, after) = summary.split_once(INDEX_LINE).with_context(|| format!("{SUMMARY} lacks {INDEX_LINE}"))?;
    let rest: String = after.split_inclusive('\n').skip_while(|line| line.contains("](atlas/")).collect();
    let lines: String = names.iter().map(|name| format!("  - [{name}](atlas/{name}.md)\n")).collect();
    Ok(format!("{before}{INDEX_LINE}{lines}{rest}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_what_the_rows_give() {
        let files = files(&summary().unwrap()).unwrap();
        let kept = |name: &str| fs::read_to_string(Path::new(ROOT).join(name)).ok();
        let stale: Vec<&String> =
            files.iter().filter(|(name, text)| kept(name).as_ref() != Some(text)).map(|(name, _)| name).collect();
        let there = fs::read_dir(Path::new(ROOT).join(ATLAS)).unwrap();
        let there = there.map(|entry| format!("{ATLAS}/{}", entry.unwrap().file_name().to_str().unwrap()));
        let gone: Vec<String> = there.filter(|name| !files.contains_key(name)).collect();
        assert!(stale.is_empty() && gone.is_empty(), "`cargo xtask atlas` writes {stale:?} and removes {gone:?}");
    }

    #[test]
    fn only_the_atlas_changes_in_the_books_list() {
        let before = "# Atlas\n\n- [The atlas](atlas/index.md)\n  - [old](atlas/old.md)\n\n# Rules\n";
        let after = "# Atlas\n\n- [The atlas](atlas/index.md)\n  - [torch](atlas/torch.md)\n\n# Rules\n";
        assert_eq!(listed(before, &["torch"]).unwrap(), after);
        assert_eq!(listed(after, &["torch"]).unwrap(), after);
        assert!(listed("# Rules\n", &[]).is_err());
    }
}
