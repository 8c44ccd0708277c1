//! Compares what was read with a baseline.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::Depth,
    Baseline, Unit,
    pair::pair,
    row::{Held, Row},
};
use crate::{
    compat,
    facts::CodeTarget,
    knowledge::Knowledge,
    report::scan::{BaselineChange, BundleKind, BundleSummary, ChangeKind, Compared, Scan, Scanned, Share},
};

/// What a scan is compared with.
#[derive(Debug)]
pub struct Against {
    /// What each library must contain.
    pub baseline: Baseline,
    /// How far reading went.
    pub depth: Depth,
    /// Whether the baseline is only the old one, which what was scanned has replaced.
    pub written: bool,
}

/// Compares what was scanned with a baseline. `units`: what is compared as a whole. `required`: the targets that were requested.
pub fn compare(
    knowledge: &Knowledge,
    scan: &Scan,
    against: &Against,
    units: &[Unit],
    required: &[CodeTarget],
) -> Compared {
    let Against { baseline, depth, written } = against;
    let mut by_package: BTreeMap<&str, Vec<&Scanned>> = BTreeMap::new();
    for scanned in &scan.libraries {
        by_package.entry(&scanned.package).or_default().push(scanned);
    }
    let file = baseline.file.clone();
    let mut compared = Compared { file, written: *written, libraries: 0, losses: Vec::new(), remarks: Vec::new() };
    for unit in units {
        let packages = || unit.bundles.iter().filter_map(|index| scan.packages.get(*index));
        let libraries = packages().filter_map(|package| by_package.get(package.id.as_str())).flatten().copied();
        let mut holder = Holder { package: &unit.name, required, compared: &mut compared };
        // With --quick, code outside the sections is not searched for either.
        let quick =
            |package: &BundleSummary| depth.quick && matches!(package.kind, BundleKind::Wheel | BundleKind::Conda);
        if packages().any(|package| package.sampled || quick(package)) {
            let text = "only a sample was read, but a baseline needs every fatbin (drop --quick, or add --full)";
            holder.lose(ChangeKind::Sampled, None, text.to_owned());
        } else {
            holder.unit(knowledge, baseline, &libraries.collect::<Vec<_>>());
        }
    }
    compared
}

/// Compares the libraries of one unit with the rows.
struct Holder<'h> {
    package: &'h str,
    required: &'h [CodeTarget],
    compared: &'h mut Compared,
}

impl Holder<'_> {
    fn change(&self, kind: ChangeKind, library: Option<&str>, text: String) -> BaselineChange {
        let library = library.map(str::to_owned);
        BaselineChange {
            kind,
            package: self.package.to_owned(),
            library,
            target: None,
            now: None,
            baseline: None,
            text,
        }
    }

    fn lose(&mut self, kind: ChangeKind, library: Option<&str>, text: String) {
        let change = self.change(kind, library, text);
        self.compared.losses.push(change);
    }

    fn remark(&mut self, kind: ChangeKind, library: &str, target: Option<CodeTarget>, text: String) {
        let change = self.change(kind, Some(library), text);
        self.compared.remarks.push(BaselineChange { target, ..change });
    }

    fn unit(&mut self, knowledge: &Knowledge, baseline: &Baseline, libraries: &[&Scanned]) {
        let paths: Vec<&str> = libraries.iter().map(|scanned| scanned.library.path.as_str()).collect();
        let pairs = pair(&baseline.rows, &paths);
        let mut found = BTreeSet::new();
        let mut without_code: BTreeMap<usize, &str> = BTreeMap::new();
        let mut new = Vec::new();
        for ((scanned, path), pair) in libraries.iter().zip(&paths).zip(pairs) {
            let row = pair.and_then(|index| Some((index, baseline.rows.get(index)?)));
            match (Held::of(knowledge, &scanned.library), row) {
                (Some(held), Some((index, row))) => {
                    found.insert(index);
                    self.compared.libraries += 1;
                    self.library(path, &held, row);
                    self.by_design(knowledge, scanned, row);
                }
                (None, Some((index, row))) if !row.is_wildcard() => drop(without_code.insert(index, path)),
                (Some(held), None) => new.push((*path, held)),
                (None, _) => {}
            }
        }
        if found.is_empty() && !self.compared.written {
            let text = format!("no library is listed in the baseline {}", baseline.file);
            self.lose(ChangeKind::NothingMatches, None, text);
        }
        for (index, row) in baseline.rows.iter().enumerate().filter(|(index, _)| !found.contains(index)) {
            let targets = list(row.held.counts.keys().chain(&row.held.hidden));
            let (path, text) = match without_code.get(&index) {
                Some(path) => (*path, format!("{path} no longer contains device code, baseline {targets}")),
                None => (row.path.as_str(), format!("{} is gone, baseline {targets}", row.path)),
            };
            self.lose(ChangeKind::LibraryGone, Some(path), text);
        }
        for (path, held) in new {
            let text = format!("{path} is new: {}", list(held.counts.keys().chain(&held.hidden)));
            self.remark(ChangeKind::LibraryNew, path, None, text);
        }
    }

    /// One library and its row.
    fn library(&mut self, path: &str, held: &Held, row: &Row) {
        let targets: BTreeSet<CodeTarget> = row.held.counts.keys().chain(held.counts.keys()).copied().collect();
        for target in targets {
            let share =
                |held: &Held| Share { fatbins: held.counts.get(&target).copied().unwrap_or(0), of: held.fatbins };
            let (now, then) = (share(held), share(&row.held));
            let (kind, verb) = match (now.fatbins, then.fatbins) {
                (0, _) => (ChangeKind::TargetLost, "lost"),
                (_, 0) => (ChangeKind::TargetNew, "gained"),
                _ => match product(now, then).cmp(&product(then, now)) {
                    std::cmp::Ordering::Less => (ChangeKind::ShareFell, "has less"),
                    std::cmp::Ordering::Equal => continue,
                    std::cmp::Ordering::Greater => (ChangeKind::ShareRose, "has more"),
                },
            };
            let lost = matches!(kind, ChangeKind::TargetLost | ChangeKind::ShareFell);
            let (now_text, then_text) = (
                format!("{} of {} fatbins", now.fatbins, now.of),
                match then.of {
                    0 => "none".to_owned(),
                    of => format!("{} of {of}", then.fatbins),
                },
            );
            let text = format!("{path} {verb} {target}: {now_text}, baseline {then_text}");
            let change = self.change(kind, Some(path), text);
            let change = BaselineChange { target: Some(target), now: Some(now), baseline: Some(then), ..change };
            if lost { self.compared.losses.push(change) } else { self.compared.remarks.push(change) }
        }
        for target in row.held.hidden.iter().filter(|target| !held.hidden.contains(target)) {
            // Moved to where the loader looks for it: not a loss.
            if !held.counts.contains_key(target) {
                let text = format!("{path} lost {target}, which the baseline lists outside the named sections");
                let change = self.change(ChangeKind::TargetLost, Some(path), text);
                self.compared.losses.push(BaselineChange { target: Some(*target), ..change });
            }
        }
        for target in held.hidden.iter().filter(|target| !row.held.hidden.contains(target)) {
            let text = format!("{path} gained {target} outside the named sections");
            self.remark(ChangeKind::TargetNew, path, Some(*target), text);
        }
    }

    /// What the row says is left out by design.
    fn by_design(&mut self, knowledge: &Knowledge, scanned: &Scanned, row: &Row) {
        let path = &scanned.library.path;
        let Some(code) = scanned.library.code.value().filter(|_| !row.lacks.is_empty()) else { return };
        let built = compat::built(knowledge, code);
        for target in &row.lacks {
            let why = row.note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
            if built.serves(*target) {
                let text = format!("{path} contains {target}, which the baseline lists under lacks");
                self.remark(ChangeKind::LacksNoMore, path, Some(*target), text);
            } else if self.required.contains(target) {
                let text = format!("{path} lacks {target} by design{why}");
                self.remark(ChangeKind::LacksByDesign, path, Some(*target), text);
            }
        }
    }
}

/// One share times the whole of the other: what to compare shares by.
fn product(share: Share, other: Share) -> u64 {
    u64::from(share.fatbins) * u64::from(other.of)
}

fn list<'t>(targets: impl Iterator<Item = &'t CodeTarget>) -> String {
    let targets: BTreeSet<&CodeTarget> = targets.collect();
    targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
