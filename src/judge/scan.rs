//! From what `scan` read to a report.

use std::{collections::BTreeMap, time::Instant};

use super::{gates, judgement::Judgement};
use crate::{
    compat,
    facts::Facts,
    finding::Severity,
    knowledge::Knowledge,
    report::{Body, CommandName, Report, Verdict, scan::Scan},
    rules,
    scan::{self, Against, Collected, TargetGpu},
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
    /// The baseline to compare it with.
    pub against: Option<Against>,
    /// Whether it may lose nothing that the old release has.
    pub nothing_lost: bool,
    /// Libraries that this machine's loader has and nothing in the scan provides.
    pub system: BTreeMap<String, String>,
    /// When the command began.
    pub start: Instant,
}

/// Judges what was read.
pub fn scan(knowledge: &Knowledge, question: Question, read: Collected) -> Report {
    let Question { facts, every_gpu, old, against, nothing_lost, system, start } = question;
    let required = facts.required.clone();
    let judgement = Judgement::of(CommandName::Scan, facts, knowledge, rules::Judged::All, start);
    let enriched = &judgement.enriched;
    let driver = enriched.driver.value();
    let driver = compat::DriverSupport {
        version: driver.map(|driver| driver.version.clone()),
        cuda: driver.and_then(|driver| driver.cuda.value().copied()),
        jit: compat::Jit::WhereNeeded,
    };
    let named: Vec<TargetGpu> =
        enriched.gpus.value().into_iter().flatten().filter_map(|gpu| TargetGpu::of(knowledge, gpu)).collect();
    let gpus: Vec<String> = named.iter().map(|device| device.name.clone()).collect();
    let devices = if every_gpu { TargetGpu::all(knowledge) } else { named };
    let served = |driver: &compat::DriverSupport| scan::judge(knowledge, &read.bundles, &devices, driver, &system);
    let mut report = judgement.with_fixes_for(&|version| {
        let (version, cuda) = (Some(version.clone()), knowledge.driver_cuda(version));
        let judged = served(&compat::DriverSupport { version, cuda, jit: compat::Jit::WhereNeeded });
        judged.deciding(knowledge).into_iter().flat_map(|one| &one.runs_on).filter(|run| !run.works).count()
    });
    let wrong = report.findings.iter().any(|finding| finding.severity == Severity::Error);
    let judged = served(&driver);
    let mut body = Scan::default();
    if let Some(old) = old {
        let every = TargetGpu::all(knowledge);
        let of = |read: &Collected| scan::judge(knowledge, &read.bundles, &every, &driver, &BTreeMap::new());
        body.diff = Some(scan::diff(knowledge, &of(&old), &of(&read)));
        body.unread.extend(old.unread);
        body.remote.extend(old.remote);
    }
    if !gpus.is_empty() || !required.is_empty() {
        let mut gate = judged.gate(knowledge, gpus, required.clone(), &read);
        gate.met &= !wrong;
        report.verdict = match (gate.met, wrong || !gate.reasons.is_empty()) {
            (true, _) => report.verdict,
            (false, true) => Verdict::Error,
            (false, false) => Verdict::Unknown,
        };
        body.gate = Some(gate);
    }
    let units = scan::units(&read);
    body.sizes = scan::sizes(judged.libraries.iter().map(|scanned| &scanned.library));
    (body.libraries, body.packages) = (judged.libraries, judged.packages);
    body.unread.extend(read.unread);
    body.remote.extend(read.remote);
    let mut shut = false;
    if let Some(against) = &against {
        shut |= !gates::hold(knowledge, &mut body, against, &units, &required, wrong);
    }
    if nothing_lost {
        shut |= !gates::nothing_lost(&mut body, wrong);
    }
    if shut {
        report.verdict = Verdict::Error;
    }
    report.body = Body::Scan(Box::new(body));
    report
}
