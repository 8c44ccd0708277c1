//! Wheels and other files with code: judged as `scan --gpu --driver` judges them.

use std::collections::BTreeMap;

use super::{
    NeedsQuestion,
    search::{Answer, Ask, Stand},
};
use crate::{
    compat::{DriverSupport, Reach},
    facts::{ComputeCapability, Cpu, DriverVersion, Fact, Facts, Source},
    judge::{self, Question},
    knowledge::GpuLookupError,
    report::{
        Report, Verdict,
        needs::{Decides, NeedsOf, NeedsSystem, SubjectOf, SystemNeeds},
    },
    rules::code::{Answer as OfCode, Floor},
    scan::{self, Collected},
};

/// What was read for one system, or why there is nothing for it.
#[derive(Debug)]
pub struct PackageFor {
    /// The system.
    pub system: NeedsSystem,
    /// What was read.
    pub read: Result<Collected, String>,
}

/// What a package needs on each of these systems.
///
/// # Errors
/// A GPU that no product is.
pub fn needs_of_package(
    question: &NeedsQuestion<'_>,
    name: String,
    all: &[PackageFor],
) -> Result<NeedsOf, GpuLookupError> {
    let asks: Vec<(NeedsSystem, Box<Ask<'_>>)> = all
        .iter()
        .filter_map(|one| {
            let read = one.read.as_ref().ok()?;
            let ask: Box<Ask<'_>> = Box::new(move |gpu, driver| stand(question, read, one.system, gpu, driver));
            Some((one.system, ask))
        })
        .collect();
    let asks: Vec<(NeedsSystem, &Ask<'_>)> = asks.iter().map(|(system, ask)| (*system, ask.as_ref())).collect();
    let systems = all.iter().map(|one| match (&one.read, asks.iter().find(|(system, _)| *system == one.system)) {
        (Ok(_), Some((system, ask))) => question.system(*system, *ask),
        (read, _) => SystemNeeds {
            system: one.system,
            driver: None,
            served: Vec::new(),
            unknown: Vec::new(),
            not_served: Vec::new(),
            open: Vec::new(),
            missing: read.as_ref().err().cloned(),
        },
    });
    let systems = systems.collect();
    let features = question.features(&asks);
    Ok(NeedsOf { name, kind: SubjectOf::Package, systems, findings: Vec::new(), gate: None, features })
}

/// What becomes of it on one GPU with one driver.
fn stand(
    question: &NeedsQuestion<'_>,
    read: &Collected,
    system: NeedsSystem,
    gpu: ComputeCapability,
    driver: &DriverVersion,
) -> Stand {
    let report = report(question, read, system, gpu, driver);
    let gate = report.scan().and_then(|scan| scan.gate.as_ref());
    let first = |list: &[String]| list.first().cloned();
    let (reasons, mut open) = gate.map_or((None, Vec::new()), |gate| (first(&gate.reasons), gate.unknown.clone()));
    // The libraries of a sample do not say which CUDA they link to.
    if gate.is_some_and(|gate| gate.sampled) {
        open.push("only a sample was read (--full reads all of it)".to_owned());
    }
    let nothing = gate.and_then(|gate| first(&gate.nothing_in)).map(|name| format!("no code for GPUs in {name}"));
    let finding = report.findings.iter().max_by_key(|finding| finding.severity);
    let answer = match (gate.is_some_and(|gate| gate.met), report.verdict) {
        (true, _) => Answer::Runs,
        (false, Verdict::Error) => Answer::Fails,
        (false, _) => Answer::Unknown,
    };
    let judged = by_code(question, read, gpu, driver);
    let from_ptx = judged.iter().any(|one| matches!(one, OfCode::Fatbins(Reach::Compiled(_))));
    let decides = judged.iter().find_map(decides);
    let why = match answer {
        Answer::Runs => None,
        Answer::Fails => reasons.or(finding.map(|finding| finding.summary.clone())),
        Answer::Unknown => open.first().cloned().or(nothing),
    };
    let rule = finding.filter(|_| answer == Answer::Fails && decides.is_none()).map(|finding| finding.rule);
    Stand { answer, why, rule, decides: decides.unwrap_or(Decides::Problem), open, from_ptx }
}

/// The report of `scan` for it.
fn report(
    question: &NeedsQuestion<'_>,
    read: &Collected,
    system: NeedsSystem,
    gpu: ComputeCapability,
    driver: &DriverVersion,
) -> Report {
    let knowledge = question.knowledge;
    let platform = read.bundles.first().and_then(scan::Bundle::platform);
    let cpu = platform.map_or(Cpu::X86_64, |platform| platform.cpu);
    let machine = super::machine(question.machine, system, gpu, driver, cpu);
    let mut facts = Facts { gpus: Fact::unknown("not requested"), ..Facts::default() };
    // A capability is always a GPU.
    let _ = machine.assumed.apply(&mut facts, knowledge);
    if let Some(platform) = platform {
        facts.host.platform = Fact::known(platform, Source::file("the scanned files"));
    }
    facts.environments = read.bundles.iter().map(|bundle| bundle.environment(&facts)).collect();
    let question = Question {
        facts,
        every_gpu: false,
        old: None,
        against: None,
        nothing_lost: false,
        system: BTreeMap::new(),
        start: question.start,
    };
    judge::scan(knowledge, question, read.clone())
}

/// The answers about the code of each package.
fn by_code(
    question: &NeedsQuestion<'_>,
    read: &Collected,
    gpu: ComputeCapability,
    driver: &DriverVersion,
) -> Vec<OfCode> {
    let support = DriverSupport {
        version: Some(driver.clone()),
        cuda: question.knowledge.driver_cuda(driver),
        ..DriverSupport::default()
    };
    let of = |bundle| scan::answer(question.knowledge, bundle, &support, gpu);
    read.bundles.iter().filter_map(of).collect()
}

fn decides(answer: &OfCode) -> Option<Decides> {
    match answer {
        OfCode::Driver(Floor::Runtime { .. }) => Some(Decides::Runtime),
        OfCode::Driver(Floor::First { .. }) => Some(Decides::Gpu),
        OfCode::Fatbins(Reach::IsaTooNew(_)) => Some(Decides::Ptx),
        OfCode::Fatbins(Reach::ZstdTooNew) => Some(Decides::Zstd),
        _ => None,
    }
}
