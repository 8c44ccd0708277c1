//! The atlas's pages as Markdown: versions that the judge answers alike are one line.

use std::collections::{BTreeMap, BTreeSet};

use gpucheck::{
    facts::{Cpu, Os, Platform},
    knowledge::Knowledge,
};

use super::ask::{Column, Entry, Outcome, gpus};

/// Neighbouring versions with the same answer.
struct Stretch<'c> {
    from: &'c str,
    to: &'c str,
    outcome: &'c Outcome,
}

/// The stretches of a GPU, the oldest first.
fn stretches(entries: &[Entry], gpu: usize) -> Vec<Stretch<'_>> {
    let mut all: Vec<Stretch<'_>> = Vec::new();
    for entry in entries {
        let Some(outcome) = entry.outcomes.get(gpu) else { continue };
        match all.last_mut().filter(|last| last.outcome == outcome) {
            Some(last) => last.to = &entry.to,
            None => all.push(Stretch { from: &entry.from, to: &entry.to, outcome }),
        }
    }
    all
}

fn versions(from: &str, to: &str) -> String {
    if from == to { from.to_owned() } else { format!("{from} to {to}") }
}

/// What people call a GPU: its products and its target.
fn label(knowledge: &Knowledge, gpu: &str) -> String {
    let Ok(found) = knowledge.find_gpu(gpu) else { return gpu.to_owned() };
    let target = format!("sm_{}", found.capability.number());
    match gpu.starts_with(|c: char| c.is_ascii_digit()) {
        // A card of PCs goes by the names of its generation, a machine by its own.
        true => format!("{} ({target})", knowledge.products(found.capability).join(", ")),
        false => format!("{gpu} ({target})"),
    }
}

fn platform_name(platform: Platform) -> &'static str {
    match (platform.os, platform.cpu) {
        (Os::Windows, _) => "Windows",
        (_, Cpu::Aarch64) => "Linux on ARM",
        (_, Cpu::X86_64) => "Linux",
    }
}

/// The platforms of the columns, Linux on PCs first.
fn platforms(columns: &[&Column]) -> Vec<Platform> {
    let mut all: Vec<Platform> = Vec::new();
    for column in columns {
        if !all.contains(&column.platform) {
            all.push(column.platform);
        }
    }
    let rank = |platform: &Platform| match platform_name(*platform) {
        "Linux" => 0,
        "Linux on ARM" => 1,
        _ => 2,
    };
    all.sort_by_key(rank);
    all
}

/// The page of a package.
pub fn page(knowledge: &Knowledge, name: &str, columns: &[&Column]) -> String {
    let rows = if name == "torch" { "torch.toml".to_owned() } else { format!("packages/{name}.toml") };
    let mut page = format!("# {name}: which version runs on which GPU\n\n");
    page += &match name {
        "torch" => "Official builds by CUDA variant. Builds that were only announced, and those whose code is not known, are left out; most of those for\n\
            Windows are known by their build scripts ([sources](../kept-true.md#sources-for-wheels-that-were-not-read)).\n".to_owned(),
        _ if columns.iter().all(|column| column.variant) => format!(
            "Versions of {name} whose device code is known. *Build*: the CUDA release of the torch beside it, by which it chooses its library.\n"
        ),
        _ => format!("Versions of {name} whose device code is known.\n"),
    };
    let outcomes = columns.iter().flat_map(|column| &column.entries).flat_map(|entry| &entry.outcomes);
    let at_least = outcomes.into_iter().any(|outcome| matches!(outcome, Outcome::Runs { at_least: true, .. }));
    page += &format!(
        "*Driver* is the lowest with which `gpucheck` finds nothing wrong; *PTX* means that the driver compiles the code at its first use.{}\n\
         From the rows of `knowledge/{rows}`; `gpucheck kb show {}` shows one with its sources.\n",
        if at_least {
            " *At least*: its row does not say\nwhich CUDA release it is built with, so it may need a newer one; beside torch, torch's own counts too."
        } else {
            ""
        },
        if name == "torch" { "torch 2.7.1+cu128".to_owned() } else { format!("package {name} VERSION") }
    );
    for platform in platforms(columns) {
        page += &format!("\n## {}\n", platform_name(platform));
        let here: Vec<&Column> = columns.iter().copied().filter(|column| column.platform == platform).collect();
        let here = alike(&here);
        let several = here.len() > 1 || here.iter().any(|(build, _)| build != name);
        page += if several {
            "\n| GPU | build | versions | code | driver |\n| --- | --- | --- | --- | --- |\n"
        } else {
            "\n| GPU | versions | code | driver |\n| --- | --- | --- | --- |\n"
        };
        for (at, gpu) in gpus(platform).iter().enumerate() {
            let before = page.len();
            for (build, entries) in &here {
                let build = if several { format!("{build} | ") } else { String::new() };
                for stretch in stretches(entries, at) {
                    let versions = versions(stretch.from, stretch.to);
                    let (code, driver) = match stretch.outcome {
                        Outcome::Runs { driver, until_branch, from_ptx, at_least } => {
                            let lowest = match (driver, at_least) {
                                (Some(driver), false) => driver.to_string(),
                                (Some(driver), true) => format!("at least {driver}"),
                                (None, false) => "any".to_owned(),
                                (None, true) => "not known".to_owned(),
                            };
                            let last = until_branch.map(|last| format!(", up to R{last}")).unwrap_or_default();
                            (if *from_ptx { "PTX" } else { "SASS" }, lowest + &last)
                        }
                        Outcome::Unknown => ("not known", String::new()),
                        Outcome::Fails => continue,
                    };
                    page += &format!("| {} | {build}{versions} | {code} | {driver} |\n", label(knowledge, gpu));
                }
            }
            if page.len() == before {
                let build = if several { "| " } else { "" };
                page += &format!("| {} | {build}none | | |\n", label(knowledge, gpu));
            }
        }
    }
    page
}

/// One word for a GPU in the index: since when, until when.
fn cell(entries: &[Entry], gpu: usize) -> String {
    let of = |entry: &Entry| entry.outcomes.get(gpu).cloned().unwrap_or(Outcome::Unknown);
    let runs = |entry: &Entry| matches!(of(entry), Outcome::Runs { .. });
    let (Some(first), Some(last)) = (entries.iter().position(runs), entries.iter().rposition(runs)) else {
        return if entries.iter().any(|entry| of(entry) == Outcome::Unknown) { "?" } else { "✗" }.to_owned();
    };
    let from = entries.get(first).filter(|_| first > 0).map(|entry| format!("from {}", entry.from));
    let to = entries.get(last).filter(|_| last + 1 < entries.len()).map(|entry| format!("to {}", entry.to));
    match (from, to) {
        (None, None) => "✓".to_owned(),
        (from, to) => from.into_iter().chain(to).collect::<Vec<_>>().join(" "),
    }
}

/// Variants of the same versions as one: a GPU is served where one of them serves it.
fn united(columns: &[&Column]) -> Vec<Entry> {
    let mut rows: BTreeMap<usize, Entry> = BTreeMap::new();
    for entry in columns.iter().flat_map(|column| &column.entries) {
        let whole = rows.entry(entry.row).or_insert_with(|| entry.clone());
        for (one, other) in whole.outcomes.iter_mut().zip(&entry.outcomes) {
            if !matches!(one, Outcome::Runs { .. }) && *other != Outcome::Fails {
                *one = other.clone();
            }
        }
    }
    rows.into_values().collect()
}

/// Variants with the same answers together: `CUDA 12.0, CUDA 12.1`.
fn alike<'c>(columns: &[&'c Column]) -> Vec<(String, &'c [Entry])> {
    let mut all: Vec<(String, &[Entry])> = Vec::new();
    let said = |entries: &[Entry]| -> Vec<(String, String, Vec<Outcome>)> {
        entries.iter().map(|one| (one.from.clone(), one.to.clone(), one.outcomes.clone())).collect()
    };
    for column in columns {
        match all.iter_mut().find(|(_, entries)| said(entries) == said(&column.entries)).filter(|_| column.variant) {
            Some((names, _)) => *names += &format!(", {}", column.name),
            None => all.push((column.name.clone(), &column.entries)),
        }
    }
    all
}

/// The page that lists all others.
pub fn index(knowledge: &Knowledge, columns: &[Column]) -> String {
    let mut page = "# The atlas: which release runs on which GPU\n\n\
        One row for each package with device code that the [knowledge base](../knowledge.md) has read; a page for each has the exact versions, the kind of\n\
        code and the driver. ✓: all versions that are known. *from*, *to*: the first, and the last. ✗: none. ?: not known. Versions in\n\
        between may be lacking: the pages say so. Of torch and bitsandbytes, which have several builds of one version, any that runs counts.\n\n\
        The pages are written by `cargo xtask atlas`, and the judge is that of `gpucheck needs`. For a machine of your own ask\n\
        `gpucheck recommend`, `gpucheck matrix` or `gpucheck needs NAME==VERSION`. A package that has no row is not bad, only not read:\n\
        `gpucheck scan` reads it.\n"
        .to_owned();
    let all: Vec<&Column> = columns.iter().collect();
    for platform in platforms(&all) {
        let asked = gpus(platform);
        page += &format!("\n## {}\n\n| package |", platform_name(platform));
        for gpu in asked {
            // The index is wide: the first name is enough.
            let label = label(knowledge, gpu);
            page += &format!(" {} |", label.split([',', '(']).next().unwrap_or(&label).trim_end());
        }
        page += &format!("\n| --- |{}\n", " --- |".repeat(asked.len()));
        let here: Vec<&Column> = columns.iter().filter(|column| column.platform == platform).collect();
        let mut row = |title: &str, link: &str, entries: &[Entry]| {
            page += &format!("| [{title}]({link}.md) |");
            for at in 0..asked.len() {
                page += &format!(" {} |", cell(entries, at));
            }
            page.push('\n');
        };
        let pages: BTreeSet<&str> = here.iter().map(|column| column.page.as_str()).collect();
        // torch is what most people look for.
        let others = pages.iter().copied().filter(|link| *link != "torch");
        for link in pages.get("torch").copied().into_iter().chain(others) {
            let own: Vec<&Column> = here.iter().copied().filter(|column| column.page == link).collect();
            if own.iter().all(|column| column.variant) {
                row(link, link, &united(&own));
            } else {
                own.iter().for_each(|column| row(&column.name, link, &column.entries));
            }
        }
    }
    page
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    fn entry(version: &str, outcome: &Outcome) -> Entry {
        Entry { row: 0, from: version.to_owned(), to: version.to_owned(), outcomes: vec![outcome.clone()] }
    }

    #[test]
    fn a_gap_is_not_hidden() {
        let runs = Outcome::Runs { driver: None, until_branch: None, from_ptx: false, at_least: false };
        let entries = [
            ("1", &Outcome::Fails),
            ("2", &runs),
            ("3", &Outcome::Fails),
            ("4", &runs),
            ("5", &runs),
            ("6", &Outcome::Fails),
        ];
        let entries = entries.map(|(version, outcome)| entry(version, outcome));
        let said: Vec<String> = stretches(&entries, 0)
            .iter()
            .filter(|stretch| *stretch.outcome == runs)
            .map(|stretch| versions(stretch.from, stretch.to))
            .collect();
        assert_eq!(said, ["2", "4 to 5"]);
        assert_eq!(cell(&entries, 0), "from 2 to 5");
        assert_eq!(cell(&entries[1..2], 0), "✓");
        assert_eq!(cell(&entries[2..3], 0), "✗");
    }
}
