//! Rows of a folder that contradict rows that stay, told with their place. A row with the key of another replaces it and contradicts
//! nothing.

use gpucheck_model::knowledge::{Files, GpuRow, Interval, Places, Problem, contradictions};

use super::load::Knowledge;

impl Knowledge {
    /// The faults that rows of one file have beside the rows that they are laid over. `files` holds that file alone.
    pub(super) fn clashes(&self, files: &Files, shown: &str, text: &str) -> Vec<Problem> {
        let places = Places::new(shown, text);
        let mut problems = Vec::new();
        if let Some(over) = &files.gpus {
            let kept = self.gpus.gpu.iter().filter(|row| over.gpu.iter().all(|other| other.name != row.name));
            let mut rows: Vec<&GpuRow> = kept.collect();
            let first = rows.len();
            rows.extend(&over.gpu);
            for (index, field, message) in contradictions(&rows) {
                if let Some(index) = index.checked_sub(first) {
                    problems.push(places.problem("gpu", index, field, message));
                }
            }
        }
        if let Some(over) = &files.arch_list {
            let ranges =
                |rows: &[super::ParserRow]| rows.iter().map(|row| (String::new(), row.versions.clone())).collect();
            overlapping("parser", ranges(&self.arch_list.parser), ranges(&over.parser), &places, &mut problems);
        }
        if let Some(over) = &files.torch {
            let key = |row: &super::NightlyRow| (format!("{} on {}", row.variant, row.platform), row.versions.clone());
            let ranges = |rows: &[super::NightlyRow]| rows.iter().map(key).collect();
            overlapping("nightly", ranges(&self.torch.nightly), ranges(&over.nightly), &places, &mut problems);
        }
        problems
    }
}

/// New ranges that overlap an old one of the same key without being that very range, which they would replace.
fn overlapping(
    table: &str,
    old: Vec<(String, String)>,
    new: Vec<(String, String)>,
    places: &Places<'_>,
    problems: &mut Vec<Problem>,
) {
    for (index, (key, range)) in new.iter().enumerate() {
        let clash = old.iter().find(|(other_key, other)| {
            let both = Interval::parse(other).ok().zip(Interval::parse(range).ok());
            other_key == key && other != range && both.is_some_and(|(a, b)| a.overlaps(&b))
        });
        if let Some((_, other)) = clash {
            let message = format!("'{range}' overlaps the row '{other}'; only a row with the same range is replaced");
            problems.push(places.problem(table, index, "versions", message));
        }
    }
}
