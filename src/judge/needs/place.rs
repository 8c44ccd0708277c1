//! Environments: those that are there, and those that files or a command would make. The rules judge them as `doctor` and `check` have them
//! judge; what runs must have been looked at.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    NeedsQuestion, gate, machine,
    search::{Answer, Ask, END_OF_BRANCH, Stand},
};
use crate::{
    facts::{ComputeCapability, Cpu, DriverVersion, Environment, Facts, Os},
    finding::{Finding, Severity},
    judge::{CheckError, Inputs, Machine, inputs::Bench, judgement::Judgement, plain},
    knowledge::GpuLookupError,
    manifest::Choices,
    report::{
        CommandName,
        needs::{Decides, NeedsOf, NeedsSystem, SubjectOf, SystemNeeds},
    },
    rules::{
        Context, Judged, PackageOnGpu,
        code::{Execution, Support},
        packages_on_gpu,
    },
};

/// The findings by which the driver decides, and what of it. A finding of another rule is about the software or the GPU.
const BY_RULE: [(&str, Decides); 6] = [
    ("driver-too-old-for-cuda-runtime", Decides::Runtime),
    ("driver-too-old-for-package", Decides::Runtime),
    ("driver-too-old-for-ptx", Decides::Ptx),
    ("extension-ptx-too-new-for-driver", Decides::Ptx),
    ("driver-too-old-for-zstd", Decides::Zstd),
    ("driver-too-old-for-gpu", Decides::Gpu),
];

/// What an environment that is there needs. `facts` has it alone.
///
/// # Errors
/// A GPU that no product is.
pub fn needs_of_environment(
    question: &NeedsQuestion<'_>,
    facts: &Facts,
    kind: SubjectOf,
) -> Result<NeedsOf, GpuLookupError> {
    let name = facts.environments.first().map_or_else(String::new, |environment| environment.id.clone());
    let systems = systems(question, facts.environments.first(), facts.host.wsl.value().is_some());
    let platform = facts.environments.first().and_then(|environment| environment.platform.value());
    let cpu = platform.map_or(Cpu::X86_64, |platform| platform.cpu);
    let judge = |system: NeedsSystem, gpu: ComputeCapability, driver: &DriverVersion, with: &mut With<'_>| {
        let machine = machine(question.machine, system, gpu, driver, cpu);
        let mut facts = facts.clone();
        machine.assumed.apply(&mut facts, question.knowledge)?;
        with(&Judgement::of(CommandName::Needs, facts, question.knowledge, Judged::All, question.start));
        Ok(())
    };
    answer(question, name, kind, &systems, &judge)
}

/// What the environments need that files or a command ask for.
///
/// # Errors
/// When nothing could be read.
pub fn needs_of_declared(
    question: &NeedsQuestion<'_>,
    facts: &Facts,
    inputs: &Inputs,
    choices: &Choices,
) -> Result<Vec<NeedsOf>, CheckError> {
    let (systems, cpu) = read_on(question, facts);
    let read = |system: NeedsSystem| {
        let machine = reading(question, system, cpu);
        let bench = Bench::of(question.knowledge, facts.clone(), &machine, choices.clone(), question.start)?;
        let mut declared = bench.read(inputs)?;
        // Places are those of all environments of the files.
        declared.written.clear();
        Ok((system, declared))
    };
    let read: Vec<_> = systems.iter().map(|system| read(*system)).collect::<Result<_, CheckError>>()?;
    let mut names: Vec<String> = Vec::new();
    for environment in read.iter().flat_map(|(_, declared)| &declared.environments) {
        if !names.contains(&environment.id) {
            names.push(environment.id.clone());
        }
    }
    let one = |name: String| {
        let own = |system: NeedsSystem| {
            let (_, declared) = read.iter().find(|(of, _)| *of == system)?;
            let only = declared.environments.iter().find(|environment| environment.id == name)?;
            let mut declared = declared.clone();
            declared.environments = vec![only.clone()];
            Some(declared)
        };
        let there: Vec<NeedsSystem> = systems.iter().copied().filter(|system| own(*system).is_some()).collect();
        let judge = |system: NeedsSystem, gpu: ComputeCapability, driver: &DriverVersion, with: &mut With<'_>| {
            let machine = machine(question.machine, system, gpu, driver, cpu);
            let bench = Bench::of(question.knowledge, facts.clone(), &machine, choices.clone(), question.start)?;
            with(&bench.judge(inputs, own(system).unwrap_or_default()));
            Ok(())
        };
        answer(question, name.clone(), SubjectOf::Declared, &there, &judge)
    };
    names.into_iter().map(one).collect()
}

/// The facts about what files or a command ask for, on each system that is asked about.
///
/// # Errors
/// When nothing could be read.
pub fn facts_of_declared(
    question: &NeedsQuestion<'_>,
    facts: &Facts,
    inputs: &Inputs,
    choices: &Choices,
) -> Result<Vec<Facts>, CheckError> {
    let (systems, cpu) = read_on(question, facts);
    let of = |system: &NeedsSystem| {
        let machine = reading(question, *system, cpu);
        Ok(plain(question.knowledge, facts.clone(), &machine, inputs, choices.clone(), question.start)?.facts)
    };
    systems.iter().map(of).collect()
}

/// The systems for which files or a command are read, and the processor.
fn read_on<'q>(question: &NeedsQuestion<'q>, facts: &Facts) -> (&'q [NeedsSystem], Cpu) {
    const BOTH: &[NeedsSystem] = &[NeedsSystem::Linux, NeedsSystem::Windows];
    let systems = if question.systems.is_empty() { BOTH } else { question.systems };
    (systems, facts.host.platform.value().map_or(Cpu::X86_64, |platform| platform.cpu))
}

/// The machine that files or a command are read for: what is read hangs on the system and on Python, and neither on the GPU nor on the driver.
fn reading(question: &NeedsQuestion<'_>, system: NeedsSystem, cpu: Cpu) -> Machine {
    machine(question.machine, system, ComputeCapability::new(9, 0), &DriverVersion::of(100, 0, 0), cpu)
}

/// The systems that an environment exists for.
fn systems(question: &NeedsQuestion<'_>, environment: Option<&Environment>, wsl: bool) -> Vec<NeedsSystem> {
    if !question.systems.is_empty() {
        return question.systems.to_vec();
    }
    match environment.and_then(|environment| environment.platform.value()).map(|platform| platform.os) {
        Some(Os::Windows) => vec![NeedsSystem::Windows],
        _ if wsl => vec![NeedsSystem::Wsl],
        _ => vec![NeedsSystem::Linux, NeedsSystem::Wsl],
    }
}

/// What is done with a judgement.
type With<'w> = dyn FnMut(&Judgement<'_>) + 'w;
/// Who puts a judgement together.
type Judge<'j, E> = dyn Fn(NeedsSystem, ComputeCapability, &DriverVersion, &mut With<'_>) -> Result<(), E> + 'j;

fn answer<E>(
    question: &NeedsQuestion<'_>,
    name: String,
    kind: SubjectOf,
    systems: &[NeedsSystem],
    judge: &Judge<'_, E>,
) -> Result<NeedsOf, E> {
    // What brings the software differs from system to system.
    let own = systems.iter().map(|system| Ok((*system, always(question, std::slice::from_ref(system), judge)?)));
    let own: BTreeMap<NeedsSystem, BTreeSet<String>> = own.collect::<Result<_, E>>()?;
    let nothing = BTreeSet::new();
    let always = |system: NeedsSystem| own.get(&system).unwrap_or(&nothing);
    let failed = RefCell::new(None);
    let stand_of = |system: NeedsSystem, gpu: ComputeCapability, driver: &DriverVersion| {
        let mut answer = unknown("it could not be judged".to_owned());
        let judged = judge(system, gpu, driver, &mut |judgement| answer = stand(judgement, always(system)));
        if let Err(error) = judged {
            failed.borrow_mut().get_or_insert(error);
        }
        answer
    };
    let stand_of = &stand_of;
    let asks: Vec<(NeedsSystem, Box<Ask<'_>>)> = systems
        .iter()
        .map(|&system| {
            let ask: Box<Ask<'_>> = Box::new(move |gpu, driver| stand_of(system, gpu, driver));
            (system, ask)
        })
        .collect();
    let asks: Vec<(NeedsSystem, &Ask<'_>)> = asks.iter().map(|(system, ask)| (*system, ask.as_ref())).collect();
    let answers: Vec<SystemNeeds> = asks.iter().map(|(system, ask)| question.system(*system, *ask)).collect();
    let features = question.features(&asks);
    if let Some(error) = failed.borrow_mut().take() {
        return Err(error);
    }
    // The gate of an image is about Linux.
    let linux = answers.iter().find(|one| one.system == NeedsSystem::Linux);
    let lowest = linux.and_then(|one| one.driver.clone());
    let (mut gate, mut findings) = (None, Vec::new());
    if let (Some(gpu), Some(&system)) = (question.gpus().last(), systems.first()) {
        let driver = lowest.clone().unwrap_or_else(|| DriverVersion::of(999, 0, 0));
        judge(system, gpu.capability, &driver, &mut |judgement| {
            gate = gate::declared(&judgement.enriched);
            findings = gate::finding(question.knowledge, &judgement.enriched, lowest.as_ref());
        })?;
        let serves = |one: &&SystemNeeds| !one.served.is_empty();
        for &system in systems {
            // What keeps it from one system alone is said there, and is no fault of the software.
            let here = answers.iter().filter(serves).any(|one| one.system == system);
            if !here && answers.iter().any(|one| serves(&one)) {
                continue;
            }
            judge(system, gpu.capability, &driver, &mut |judgement| {
                for finding in judgement.findings() {
                    let known = findings.iter().any(|other: &Finding| other.fingerprint == finding.fingerprint);
                    if always(system).contains(&finding.fingerprint) && !known {
                        findings.push(finding);
                    }
                }
            })?;
        }
    }
    Ok(NeedsOf { name, kind, systems: answers, findings, gate, features })
}

/// What is wrong with every GPU and the newest driver that it has: that is the software's own.
fn always<E>(
    question: &NeedsQuestion<'_>,
    systems: &[NeedsSystem],
    judge: &Judge<'_, E>,
) -> Result<BTreeSet<String>, E> {
    let newest = question.knowledge.driver_branches().max().unwrap_or(0);
    let mut always: Option<BTreeSet<String>> = None;
    for &system in systems {
        for gpu in question.gpus() {
            let last = question.knowledge.architecture(gpu.capability).and_then(|row| row.driver_last_branch);
            let driver = DriverVersion::of(last.unwrap_or(newest), END_OF_BRANCH, 0);
            let mut own = BTreeSet::new();
            judge(system, gpu.capability, &driver, &mut |judgement| own = own_errors(&judgement.findings()))?;
            always = Some(match always {
                None => own,
                Some(before) => before.intersection(&own).cloned().collect(),
            });
            if always.as_ref().is_some_and(BTreeSet::is_empty) {
                return Ok(BTreeSet::new());
            }
        }
    }
    Ok(always.unwrap_or_default())
}

/// Errors that are about no GPU.
fn own_errors(findings: &[Finding]) -> BTreeSet<String> {
    let own = |finding: &&Finding| {
        finding.severity == Severity::Error && finding.gpus.is_empty() && decides(finding).is_none()
    };
    findings.iter().filter(own).map(|finding| finding.fingerprint.clone()).collect()
}

fn decides(finding: &Finding) -> Option<Decides> {
    BY_RULE.iter().find(|(rule, _)| *rule == finding.rule).map(|(_, decides)| *decides)
}

fn unknown(why: String) -> Stand {
    Stand {
        answer: Answer::Unknown,
        why: Some(why),
        rule: None,
        decides: Decides::Nothing,
        open: Vec::new(),
        from_ptx: false,
    }
}

/// What a judgement amounts to.
fn stand(judgement: &Judgement<'_>, always: &BTreeSet<String>) -> Stand {
    let findings = judgement.findings();
    let counts = |finding: &&Finding| {
        finding.severity == Severity::Error
            && !gate::RULES.contains(&finding.rule)
            && !always.contains(&finding.fingerprint)
    };
    if let Some(finding) = findings.iter().find(counts) {
        return Stand {
            answer: Answer::Fails,
            rule: Some(finding.rule),
            decides: decides(finding).unwrap_or(Decides::Problem),
            ..unknown(finding.summary.clone())
        };
    }
    let facts = &judgement.enriched;
    let packages: Vec<_> = facts
        .environments
        .iter()
        .enumerate()
        .flat_map(|environment| {
            let gpus = facts.gpus.value().into_iter().flatten().enumerate();
            gpus.flat_map(move |gpu| {
                let context = Context::new(facts, judgement.knowledge());
                packages_on_gpu(&Context { environment: Some(environment), gpu: Some(gpu), ..context })
            })
        })
        .collect();
    let said = |one: &PackageOnGpu| match &one.why {
        Some(why) => format!("{}: {why}", one.subject),
        None => one.subject.clone(),
    };
    let with = |support: Support| packages.iter().find(move |one| one.support == support);
    let torch = packages.iter().find(|one| one.subject.starts_with("torch "));
    let open: Vec<String> = packages.iter().filter(|one| one.support == Support::Unknown).map(said).collect();
    let fails = |one: &PackageOnGpu| {
        // A package that falls back to the processor is only warned about, and is not served all the same.
        let by_driver = findings.iter().find(|finding| decides(finding).is_some());
        Stand {
            answer: Answer::Fails,
            rule: by_driver.map(|finding| finding.rule),
            decides: by_driver.and_then(decides).unwrap_or(Decides::Problem),
            ..unknown(by_driver.map_or_else(|| said(one), |finding| finding.summary.clone()))
        }
    };
    if let Some(torch) = torch.filter(|torch| torch.support == Support::No) {
        return fails(torch);
    }
    if let Some(torch) = torch.filter(|torch| torch.support == Support::Unknown) {
        return Stand { open, ..unknown(said(torch)) };
    }
    match with(Support::Yes) {
        Some(_) => Stand {
            answer: Answer::Runs,
            from_ptx: packages.iter().any(|one| matches!(one.how, Execution::Jit(_))),
            open,
            ..Stand { why: None, ..unknown(String::new()) }
        },
        None => match with(Support::No).or_else(|| with(Support::Partial)) {
            Some(one) => fails(one),
            None => Stand {
                open: open.clone(),
                ..unknown(open.first().cloned().unwrap_or_else(|| "no code for GPUs was found in it".to_owned()))
            },
        },
    }
}
