//! From bundles to what a report says of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Collected,
    bundle::Bundle,
    needs::needs,
    profile::profile,
    summary::summary,
    verdict::{TargetGpu, bundle_runs, deciding, runs, terms},
};
use crate::{
    compat,
    facts::CodeTarget,
    knowledge::Knowledge,
    python::file_name,
    report::scan::{BundleKind, BundleSummary, Gate, Run, Scanned},
    rules::code::{Support, is_of_nvidia},
};

/// All bundles, judged.
#[derive(Debug, Default)]
pub struct JudgedBundles {
    /// Every library, bundle after bundle.
    pub libraries: Vec<Scanned>,
    /// The bundles.
    pub packages: Vec<BundleSummary>,
}

/// Judges bundles for these GPUs under this driver. `system`: what the system's loader has of the names that no bundle has.
pub fn judge(
    knowledge: &Knowledge,
    bundles: &[Bundle],
    gpus: &[TargetGpu],
    driver: &compat::DriverSupport,
    system: &BTreeMap<String, String>,
) -> JudgedBundles {
    let mut judged = JudgedBundles::default();
    let mut ids = BTreeSet::new();
    for bundle in bundles {
        let label = bundle.label();
        let id = if ids.insert(label.clone()) { label } else { format!("{label} ({})", bundle.at) };
        let terms = terms(knowledge, bundle, driver);
        let deciding = deciding(knowledge, bundle);
        let together = bundle_runs(&terms, bundle, &deciding, gpus);
        let scanned: Vec<Scanned> = bundle
            .libraries
            .iter()
            .map(|library| Scanned {
                profile: profile(knowledge, library),
                package: id.clone(),
                library: library.clone(),
                runs_on: runs(&terms, bundle, library, gpus),
            })
            .collect();
        let needs = needs(knowledge, bundle, bundles, system);
        judged.packages.push(summary(id, bundle, &scanned, &deciding, together, needs));
        judged.libraries.extend(scanned);
    }
    judged
}

impl JudgedBundles {
    /// The bundles that decide whether a GPU is served: all with code that decides. Beside a package whose main libraries are known,
    /// NVIDIA's own have lists that neither vouch nor veto: what loads them decides what they must serve.
    pub fn deciding(&self, knowledge: &Knowledge) -> Vec<&BundleSummary> {
        let with_main = |summary: &&BundleSummary| {
            summary.decided_by.iter().any(|path| knowledge.is_main_library(&summary.name, path, None))
        };
        let known = self.packages.iter().any(|summary| with_main(&summary));
        let of_nvidia = |summary: &BundleSummary| summary.kind == BundleKind::Installed && is_of_nvidia(&summary.name);
        let deciding = self.packages.iter().filter(|summary| !summary.decided_by.is_empty());
        deciding.filter(|summary| with_main(summary) || !(known && of_nvidia(summary))).collect()
    }

    /// Whether everything that decides runs on every GPU. A file that could not be read and may contain code decides, too, and so does a target
    /// with nothing in it that could run: nothing is met by nothing.
    pub fn gate(&self, knowledge: &Knowledge, gpus: Vec<String>, required: Vec<CodeTarget>, read: &Collected) -> Gate {
        let (mut reasons, mut unknown) = (Vec::new(), Vec::new());
        for package in self.deciding(knowledge) {
            for run in package.runs_on.iter().filter(|run| !run.works) {
                let why = run.why.clone().unwrap_or_else(|| run.how.to_string());
                let list = if run.verdict == Support::Unknown { &mut unknown } else { &mut reasons };
                list.push(format!("{} on {}: {why}", package.id, run.gpu));
            }
        }
        for scanned in &self.libraries {
            if let Some(damage) = scanned.library.code.value().and_then(|code| code.damage.first()) {
                let path = &scanned.library.path;
                reasons.push(format!("{path} is damaged at offset {}: {}", damage.offset, damage.what));
            }
        }
        // A package that compiles its code lacks nothing if no code was found.
        let compiles = |one: &BundleSummary| one.runs_on.iter().any(Run::is_compiled_there);
        let compiled = |path: &str| self.packages.iter().any(|one| compiles(one) && file_name(&one.at) == path);
        // A requirement on every library is not met by those that a sample reached.
        for bundle in read.bundles.iter().filter(|_| !required.is_empty()) {
            let share = knowledge.package_file(&bundle.name).is_some_and(|file| file.package.share.is_some());
            if bundle.sampled && share {
                let id = bundle.label();
                unknown.push(format!("{id}: its fatbins differ, and only the first were read (--full reads all)"));
            }
            let known = deciding(knowledge, bundle).known;
            if let Some(path) = bundle.unreached.as_ref().filter(|_| !known) {
                let id = bundle.label();
                unknown.push(format!("{id}: the sample did not reach its largest library, {path} (--full reads all)"));
            }
        }
        for unread in read.unread.iter().filter(|unread| unread.matters && !compiled(&unread.path)) {
            unknown.push(format!("{} could not be read: {}", unread.path, unread.why));
        }
        let decided = |bundles: std::ops::Range<usize>| {
            self.packages.get(bundles).into_iter().flatten().any(|one| !one.decided_by.is_empty() || compiles(one))
        };
        let nothing_in: Vec<String> = read
            .by_target()
            .filter(|(_, bundles)| !decided(bundles.clone()))
            .map(|(name, _)| name.to_owned())
            .collect();
        // A file that was named twice was read once; without any target nothing was read either.
        let met = reasons.is_empty() && unknown.is_empty() && nothing_in.is_empty() && !read.targets.is_empty();
        let sampled = self.packages.iter().any(|package| package.sampled);
        Gate { gpus, required, met, reasons, unknown, nothing_in, sampled, ..Gate::default() }
    }
}
