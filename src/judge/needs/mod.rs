//! What something needs: for each GPU the lowest driver with which the rules find nothing wrong, and what they find with the one below.
//! No rule of its own and no table: the answers are those of `doctor`, `check` and `scan` for such a machine.

mod features;
mod gate;
mod package;
mod place;
mod search;

use std::{collections::BTreeSet, time::Instant};

use gpucheck_ground::Order as _;

use self::search::{Answer, Ask, Found, Stand, Steps};
use super::{AskedDriver, Machine, System};
use crate::{
    facts::{ComputeCapability, Cpu, DriverVersion, Os, Platform},
    knowledge::Knowledge,
    report::{
        CommandName, KnowledgeStamp, SCHEMA,
        needs::{
            Decides, Feature, FeatureAnswer, GpuClass, LackingGpus, Needs, NeedsOf, NeedsSystem, ServedGpus,
            SystemNeeds,
        },
    },
};

pub use features::{FeatureOf, feature, features_of_file};
pub use package::{PackageFor, needs_of_package};
pub use place::{facts_of_declared, needs_of_declared, needs_of_environment};

/// What is asked, whatever it is asked about.
#[derive(Debug)]
pub struct NeedsQuestion<'q> {
    /// The rows.
    pub knowledge: &'q Knowledge,
    /// The machine's Python and platform, if they are given, and its GPUs: without one, every compute capability is asked about.
    pub machine: &'q Machine,
    /// The systems; without one, those that the software exists for.
    pub systems: &'q [NeedsSystem],
    /// What nodes with a feature of the site's are.
    pub features: &'q [(String, Machine)],
    /// When the command began.
    pub start: Instant,
}

/// Puts the answers together.
pub fn needs(question: &NeedsQuestion<'_>, subjects: Vec<NeedsOf>) -> Needs {
    let knowledge = question.knowledge;
    Needs {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        knowledge: KnowledgeStamp::of(knowledge),
        command: CommandName::Needs,
        verdict: Needs::verdict_of(&subjects),
        subjects,
        elapsed_ms: question.start.elapsed().as_secs_f64() * 1000.0,
    }
}

impl From<NeedsSystem> for System {
    fn from(system: NeedsSystem) -> Self {
        match system {
            NeedsSystem::Linux => Self::Linux,
            NeedsSystem::Wsl => Self::Wsl,
            NeedsSystem::Windows => Self::Windows,
        }
    }
}

/// The system whose driver counts.
fn driver_os(system: NeedsSystem) -> Os {
    if system == NeedsSystem::Linux { Os::Linux } else { Os::Windows }
}

impl NeedsQuestion<'_> {
    /// The GPUs that are asked about.
    fn gpus(&self) -> Vec<GpuClass> {
        let of = |capability: ComputeCapability, products: Vec<String>| GpuClass { capability, products };
        let named = self.machine.assumed.gpus.iter().filter_map(|text| self.knowledge.find_gpu(text).ok());
        let mut named: Vec<GpuClass> = named.map(|gpu| of(gpu.capability, vec![gpu.name])).collect();
        if named.is_empty() {
            let all = self.knowledge.capabilities();
            named = all.map(|capability| of(capability, self.knowledge.products(capability).to_vec())).collect();
        }
        named.order_by_key(|gpu| gpu.capability);
        named
    }

    /// The answer for one system.
    fn system(&self, system: NeedsSystem, ask: &Ask<'_>) -> SystemNeeds {
        let steps = Steps::of(self.knowledge, driver_os(system));
        let mut all: Vec<(GpuClass, Found)> = Vec::new();
        for gpu in self.gpus() {
            let ask = |gpu: ComputeCapability, driver: &DriverVersion| said_of(ask(gpu, driver), gpu, driver);
            let guess = all.last().and_then(|(_, found)| found.driver.as_ref());
            let found = steps.lowest(self.knowledge, &ask, gpu.capability, guess);
            all.push((gpu, found));
        }
        let open: BTreeSet<&String> = all.iter().flat_map(|(_, found)| &found.best.open).collect();
        let of = |answer: Answer| all.iter().filter(move |(_, found)| found.best.answer == answer);
        let served = grouped_served(of(Answer::Runs));
        SystemNeeds {
            system,
            driver: served.iter().filter_map(|group| group.driver.clone()).min(),
            unknown: grouped_lacking(of(Answer::Unknown)),
            not_served: grouped_lacking(of(Answer::Fails)),
            served,
            open: open.into_iter().cloned().collect(),
            missing: None,
        }
    }

    /// What becomes of it on nodes with the features of a site.
    fn features(&self, asks: &[(NeedsSystem, &Ask<'_>)]) -> Vec<Feature> {
        self.features.iter().map(|(name, machine)| self.feature(name, machine, asks)).collect()
    }

    fn feature(&self, name: &str, machine: &Machine, asks: &[(NeedsSystem, &Ask<'_>)]) -> Feature {
        let of = |answer: FeatureAnswer, why: Option<String>| Feature {
            name: name.to_owned(),
            machine: machine.name.clone(),
            answer,
            why,
        };
        let Some((_, ask)) = asks.iter().find(|(system, _)| *system == NeedsSystem::Linux) else {
            return of(FeatureAnswer::Unknown, Some("it was not judged for Linux".to_owned()));
        };
        let steps = Steps::of(self.knowledge, Os::Linux);
        let mut worst = of(FeatureAnswer::Runs, None);
        for text in &machine.assumed.gpus {
            let Ok(gpu) = self.knowledge.find_gpu(text) else { continue };
            let one = match &machine.assumed.driver {
                Some(asked) => {
                    let Some(driver) = asked.version(Os::Linux, self.knowledge) else {
                        return of(FeatureAnswer::Unknown, Some(format!("no driver is known as {asked}")));
                    };
                    let stand = ask(gpu.capability, &driver);
                    let answer = match stand.answer {
                        Answer::Runs => FeatureAnswer::Runs,
                        Answer::Unknown => FeatureAnswer::Unknown,
                        Answer::Fails => FeatureAnswer::Fails,
                    };
                    of(answer, stand.why.filter(|_| answer != FeatureAnswer::Runs))
                }
                None => {
                    let found = steps.lowest(self.knowledge, *ask, gpu.capability, None);
                    match (found.best.answer, found.driver) {
                        (Answer::Runs, None) => of(FeatureAnswer::Runs, None),
                        (Answer::Runs, Some(driver)) => {
                            of(FeatureAnswer::Driver, Some(format!("it needs driver {driver} or newer")))
                        }
                        (Answer::Unknown, _) => of(FeatureAnswer::Unknown, found.best.why),
                        (Answer::Fails, _) => of(FeatureAnswer::Fails, found.best.why),
                    }
                }
            };
            let rank = |answer: FeatureAnswer| match answer {
                FeatureAnswer::Runs => 0,
                FeatureAnswer::Driver => 1,
                FeatureAnswer::Unknown => 2,
                FeatureAnswer::Fails => 3,
            };
            if rank(one.answer) > rank(worst.answer) {
                worst = one;
            }
        }
        worst
    }
}

/// The reason in the words of somebody who asked about no card and no driver: the GPU is its capability, and a version that there is not is
/// its branch.
fn said_of(mut stand: Stand, gpu: ComputeCapability, driver: &DriverVersion) -> Stand {
    let number = gpu.number();
    const LAST: u32 = search::END_OF_BRANCH;
    let shorter = match driver.parts() {
        (branch, LAST, _) => Some(format!("R{branch}")),
        (branch, minor, LAST) => Some(DriverVersion::of(branch, minor, 0).to_string()),
        _ => None,
    };
    stand.why = stand.why.map(|why| {
        let why = why.replace(&format!("sm_{number} GPU (sm_{number})"), &format!("sm_{number}"));
        // The GPUs stand before the reason, and those with the same one together.
        let why = why.replace(&format!(" on sm_{number} GPU: "), ": ");
        match &shorter {
            Some(shorter) => why.replace(&format!("driver {driver}"), &format!("driver {shorter}")),
            None => why,
        }
    });
    stand
}

/// GPUs with the same driver for the same reason together.
fn grouped_served<'f>(all: impl Iterator<Item = &'f (GpuClass, Found)>) -> Vec<ServedGpus> {
    let mut groups: Vec<ServedGpus> = Vec::new();
    for (gpu, found) in all {
        let below = found.below.as_ref();
        let decided_by = below.map_or(Decides::Nothing, |below| below.decides);
        let alike = |group: &&mut ServedGpus| {
            group.driver == found.driver
                && group.until_branch == found.until
                && group.decided_by == decided_by
                && group.from_ptx == found.best.from_ptx
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.gpus.push(gpu.clone()),
            None => groups.push(ServedGpus {
                gpus: vec![gpu.clone()],
                driver: found.driver.clone(),
                until_branch: found.until,
                decided_by,
                why: below.and_then(|below| below.why.clone()),
                rule: below.and_then(|below| below.rule),
                from_ptx: found.best.from_ptx,
            }),
        }
    }
    groups
}

/// GPUs with the same reason together; a reason that names the GPU is that of each rule.
fn grouped_lacking<'f>(all: impl Iterator<Item = &'f (GpuClass, Found)>) -> Vec<LackingGpus> {
    let mut groups: Vec<LackingGpus> = Vec::new();
    for (gpu, found) in all {
        let why = found.best.why.clone().unwrap_or_else(|| "nothing says whether it runs".to_owned());
        let alike = |group: &&mut LackingGpus| match group.rule {
            Some(rule) => Some(rule) == found.best.rule,
            None => found.best.rule.is_none() && group.why == why,
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.gpus.push(gpu.clone()),
            None => groups.push(LackingGpus { gpus: vec![gpu.clone()], why, rule: found.best.rule }),
        }
    }
    groups
}

/// The machine with this GPU and this driver. `cpu`: the processor that the software is for. It stays where no GPU is named: what was read is not
/// what another processor would get, so that a GPU of other machines is not served.
fn machine(base: &Machine, system: NeedsSystem, gpu: ComputeCapability, driver: &DriverVersion, cpu: Cpu) -> Machine {
    let mut machine = base.clone();
    if base.assumed.gpus.is_empty() && base.assumed.platform.is_none() {
        machine.assumed.platform = Some(Platform { os: System::from(system).os(), cpu });
    }
    machine.assumed.gpus = vec![gpu.to_string()];
    machine.assumed.driver = Some(AskedDriver::Version(driver.clone()));
    machine.assumed.system = Some(system.into());
    machine
}
