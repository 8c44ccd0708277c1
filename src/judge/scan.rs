//! From what `scan` read to a report.

use std::{collections::BTreeMap, time::Instant};

use super::judge;
use crate::{
    compat,
    enrich::enrich,
    facts::Facts,
    finding::Severity,
    knowledge::Knowledge,
    report::{Report, Verdict},
    rules,
    scan::{self, Collected, Device},
};

/// What is asked of a scan.
#[derive(Debug)]
pub struct Question {
    /// The GPUs that were named, the driver, what is required.
    pub facts: Facts,
    /// Whether not one GPU but each is in question, which no exit code answers.
    pub every_gpu: bool,
    /// The release to compare with.
    pub old: Option<Collected>,
    /// What this machine's loader has of what nothing that was read brings.
    pub system: BTreeMap<String, String>,
    /// When the command began.
    pub start: Instant,
}

/// Judges what was read.
pub fn scan(knowledge: &Knowledge, question: Question, read: Collected) -> Report {
    let Question { facts, every_gpu, old, system, start } = question;
    let enriched = enrich(&facts, knowledge);
    let driver = enriched.driver.value();
    let driver = compat::Driver {
        version: driver.map(|driver| driver.version.clone()),
        cuda: driver.and_then(|driver| driver.cuda.value().copied()),
        jit: compat::Jit::WhereNeeded,
    };
    let named: Vec<Device> = enriched.gpus.value().into_iter().flatten().filter_map(Device::of).collect();
    let gpus: Vec<String> = named.iter().map(|device| device.name.clone()).collect();
    let required = facts.required.clone();
    let devices = if every_gpu { Device::all(knowledge) } else { named };
    let mut report = judge("scan", facts, knowledge, rules::Judged::All, start);
    let judged = scan::judge(knowledge, &read.bundles, &devices, &driver, &system);
    if let Some(old) = old {
        let every = Device::all(knowledge);
        let of = |read: &Collected| scan::judge(knowledge, &read.bundles, &every, &driver, &BTreeMap::new());
        report.diff = Some(scan::diff(knowledge, &of(&old), &of(&read)));
        report.unread.extend(old.unread);
        report.remote.extend(old.remote);
    }
    if !gpus.is_empty() || !required.is_empty() {
        let mut gate = judged.gate(knowledge, gpus, required, &read);
        let found = report.findings.iter().any(|finding| finding.severity == Severity::Error);
        gate.met &= !found;
        report.verdict = match (gate.met, found || !gate.reasons.is_empty()) {
            (true, _) => report.verdict,
            (false, true) => Verdict::Error,
            (false, false) => Verdict::Unknown,
        };
        report.gate = Some(gate);
    }
    report.sizes = scan::sizes(judged.libraries.iter().map(|scanned| &scanned.library));
    (report.scan, report.packages) = (judged.libraries, judged.packages);
    report.unread.extend(read.unread);
    report.remote.extend(read.remote);
    report
}
