//! What logs say: the texts of `errors.toml`, `failures.toml` and the problems of packages, and a search for all of them at once.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use gpucheck_ground::{Needles, Order as _};
use gpucheck_model::knowledge::{ErrorKind, Pattern, lower};

use super::{load::Knowledge, queries::cite};
use crate::facts::Meaning;

/// Shorter symptoms of problems are parts of too many lines.
const SHORTEST_SYMPTOM: usize = 16;

/// A row about a text, whichever file it is in.
#[derive(Debug, Clone)]
pub struct TextRow<'k> {
    /// Its name: the file, and the row's name there.
    pub id: String,
    /// What is searched for.
    pub texts: Vec<&'k str>,
    /// Texts of which a log must contain one, too; none: it needs none.
    pub beside: Cow<'k, [String]>,
    /// The package whose text it is, where that is in no other's.
    pub package: Option<&'k str>,
    /// What it says, as a lower-case fragment.
    pub meaning: &'k str,
    /// What that says of the software.
    pub kind: ErrorKind,
    /// Slug of the finding that the text shows by itself.
    pub finding: Option<&'k str>,
    /// Slug of the finding where the GPU is too new for something.
    pub newer: Option<&'k str>,
    /// Slug of the finding where the GPU is too old for something.
    pub older: Option<&'k str>,
    /// Slugs of findings that explain it, the likeliest first.
    pub rules: Vec<&'k str>,
    /// What to do where none does.
    pub help: Option<&'k str>,
    /// File, row and source.
    pub source: String,
}

impl Knowledge {
    /// The package whose texts a row of this name is about, where they are in no other's.
    pub fn package_of_text(&self, id: &str) -> Option<&str> {
        let name = id.strip_prefix("errors/")?;
        self.errors.error.iter().find(|row| row.id == name)?.package.as_deref()
    }

    /// Every row about a text, the specific before the general.
    pub fn texts(&self) -> Vec<TextRow<'_>> {
        let errors = self.errors.error.iter().map(|row| TextRow {
            id: format!("errors/{}", row.id),
            texts: row.text.iter().map(String::as_str).collect(),
            beside: Cow::Borrowed(&row.beside),
            package: row.package.as_deref(),
            meaning: &row.meaning,
            kind: row.kind,
            finding: row.finding.as_deref(),
            newer: row.newer.as_deref(),
            older: row.older.as_deref(),
            rules: row.rules.iter().map(String::as_str).collect(),
            help: row.help.as_deref(),
            source: self.cite_error(row),
        });
        let failures = self.failures.failure.iter().filter(|row| !row.texts.is_empty()).map(|row| TextRow {
            id: format!("failures/{}", row.name),
            texts: row.texts.iter().map(String::as_str).collect(),
            beside: Cow::Borrowed(&[]),
            package: None,
            meaning: &row.cause,
            kind: ErrorKind::Defect,
            finding: row.rule.as_deref(),
            newer: None,
            older: None,
            rules: Vec::new(),
            help: None,
            source: format!("failures.toml, {}; {}", row.name, cite(&self.failures.sources, &row.source)),
        });
        let problems = self.problems().filter_map(|(file, row)| {
            let texts: Vec<&str> =
                row.symptoms.iter().map(String::as_str).filter(|text| text.len() >= SHORTEST_SYMPTOM).collect();
            (!texts.is_empty()).then(|| TextRow {
                id: format!("problems/{}", row.id),
                texts,
                // Such a text may be anything: it is that of the package where the log names it.
                beside: if row.everywhere { Cow::Borrowed(&[]) } else { Cow::Owned(names(&file.package.name)) },
                package: None,
                meaning: &row.title,
                kind: ErrorKind::Defect,
                finding: None,
                newer: None,
                older: None,
                rules: vec![row.slug()],
                help: None,
                source: format!("packages/{}.toml, {}", file.package.name, row.id),
            })
        });
        errors.chain(failures).chain(problems).collect()
    }
}

/// How a log may write the name of a package, where that is long enough to be searched for.
fn names(package: &str) -> Vec<String> {
    const SHORTEST: usize = 4;
    let names = [package.to_owned(), package.replace('-', "_")];
    let mut names: Vec<String> = names.into_iter().filter(|name| name.len() >= SHORTEST).collect();
    names.dedup();
    names
}

/// The texts of all rows, ready to be searched for.
#[derive(Debug)]
pub struct Texts<'k> {
    rows: Vec<TextRow<'k>>,
    /// Each with the number of its row; the first ones are those that decide, then those of `beside`.
    patterns: Vec<(usize, Pattern)>,
    beside: Vec<(usize, Pattern)>,
    needles: Needles,
}

impl<'k> Texts<'k> {
    /// All that the knowledge base has.
    pub fn of(knowledge: &'k Knowledge) -> Self {
        let rows = knowledge.texts();
        let (mut patterns, mut beside) = (Vec::new(), Vec::new());
        for (number, row) in rows.iter().enumerate() {
            patterns.extend(row.texts.iter().map(|text| (number, Pattern::new(text))));
            beside.extend(row.beside.iter().map(|text| (number, Pattern::new(text))));
        }
        let needles = Needles::new(patterns.iter().chain(&beside).map(|(_, pattern)| pattern.anchor()));
        Self { rows, patterns, beside, needles }
    }

    /// A literal of every text: a line without any of them fits no row.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().chain(&self.beside).map(|(_, pattern)| pattern.anchor())
    }

    /// The row of this name.
    pub fn row(&self, id: &str) -> Option<&TextRow<'k>> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The rows that lines fit, for each line; a place that two rows fit is the first one's.
    pub fn meanings(&self, lines: &[&str]) -> Vec<Vec<Meaning>> {
        let lowered: Vec<Cow<'_, str>> = lines.iter().map(|line| lower_case(line)).collect();
        let found: Vec<Vec<Found>> = lowered.iter().map(|line| self.found(line)).collect();
        let beside: BTreeSet<usize> = lowered.iter().flat_map(|line| self.beside_in(line)).collect();
        let complete = |row: usize| self.rows.get(row).is_none_or(|row| row.beside.is_empty()) || beside.contains(&row);
        lines
            .iter()
            .zip(found)
            .map(|(line, found)| {
                let mut kept: Vec<Found> = Vec::new();
                // Where a row is, by any of its texts, no later one is looked for.
                let mut taken: Vec<(usize, usize, usize)> = Vec::new();
                for one in found.into_iter().filter(|one| complete(one.row)) {
                    let (row, start, end) = (one.row, one.start, one.end);
                    if taken.iter().any(|&(other, from, to)| other != row && start < to && from < end) {
                        continue;
                    }
                    taken.push((row, start, end));
                    match kept.iter_mut().find(|other| other.row == row) {
                        // Of several texts of a row the one with more values tells more.
                        Some(other) if one.values.len() > other.values.len() => *other = one,
                        Some(_) => {}
                        None => kept.push(one),
                    }
                }
                kept.into_iter().filter_map(|found| self.meaning(line, found)).collect()
            })
            .collect()
    }

    /// The texts that are in a line, each with the byte at which its anchor is.
    fn anchors(&self, line: &str) -> impl Iterator<Item = (usize, usize)> {
        let mut hits = Vec::new();
        self.needles.find(line.as_bytes(), &mut hits);
        hits.into_iter().map(|hit| (hit.literal as usize, hit.at))
    }

    /// The places in a line, those of earlier rows first.
    fn found(&self, line: &str) -> Vec<Found> {
        let place = |(number, at): (usize, usize)| {
            let (row, pattern) = self.patterns.get(number)?;
            let hit = pattern.at(line, at)?;
            Some(Found { row: *row, start: hit.start, end: hit.end, values: hit.values })
        };
        let mut found: Vec<Found> = self.anchors(line).filter_map(place).collect();
        found.order_by_key(|found| found.row);
        found
    }

    fn beside_in(&self, line: &str) -> Vec<usize> {
        let row = |(number, at): (usize, usize)| {
            let (row, pattern) = self.beside.get(number.checked_sub(self.patterns.len())?)?;
            pattern.at(line, at).map(|_| *row)
        };
        self.anchors(line).filter_map(row).collect()
    }

    fn meaning(&self, line: &str, found: Found) -> Option<Meaning> {
        let value = |(name, (from, to)): (String, (usize, usize))| Some((name, line.get(from..to)?.to_owned()));
        let captured: BTreeMap<String, String> = found.values.into_iter().filter_map(value).collect();
        Some(Meaning { row: self.rows.get(found.row)?.id.clone(), captured })
    }
}

/// A row in a line.
struct Found {
    row: usize,
    start: usize,
    end: usize,
    values: BTreeMap<String, (usize, usize)>,
}

/// A line in lower case, every letter at its place.
fn lower_case(line: &str) -> Cow<'_, str> {
    if line.is_ascii() {
        return line.to_ascii_lowercase().into();
    }
    line.chars().flat_map(lower).collect::<String>().into()
}
