//! What can change in an environment, of one state: the builds and versions that the files bring, and the driver that those need.

use std::collections::BTreeMap;

use crate::{
    enrich::enrich,
    facts::{CudaVersion, DriverVersion, Environment, Facts, Os},
    finding::Severity,
    judge::Seen,
    knowledge::Knowledge,
    report::{Aspect, Moved, scan::Presence},
};

/// Packages that go with torch, whether or not rows describe them.
const COMPANIONS: [&str; 4] = ["torchvision", "torchaudio", "triton", "xformers"];
/// What is said of a version that nothing says.
const OPEN: &str = "not known";

/// One environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Profile {
    image: Option<String>,
    python: Option<String>,
    torch: Option<String>,
    cuda: Option<Cuda>,
    driver: Option<DriverVersion>,
    packages: BTreeMap<String, String>,
}

/// What a build of torch is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cuda {
    Release(CudaVersion),
    /// It has no code for NVIDIA's GPUs.
    None,
}

impl Profile {
    /// Whether torch comes with it.
    pub fn has_torch(&self) -> bool {
        self.torch.is_some()
    }

    fn of(knowledge: &Knowledge, facts: &Facts, environment: &Environment, survey: bool) -> Self {
        let torch = environment.package("torch");
        let build = torch.and_then(|torch| torch.build.value());
        let cuda = build.map(|build| build.cuda.map_or(Cuda::None, Cuda::Release));
        let version = |package: &crate::facts::Package| {
            let build = package.build.value().map(|build| &build.version);
            build.or(package.version.value()).cloned().unwrap_or_else(|| OPEN.to_owned())
        };
        let told = |name: &str| COMPANIONS.contains(&name) || knowledge.package_file(name).is_some();
        let packages = environment.packages.iter().filter(|package| package.name != "torch" && told(&package.name));
        Self {
            image: environment.image.as_ref().and_then(|image| image.base.clone()),
            python: environment.python.value().map(ToString::to_string),
            torch: torch.map(version),
            driver: match cuda {
                Some(Cuda::Release(cuda)) => floor(knowledge, facts, cuda, survey),
                _ => None,
            },
            cuda,
            packages: packages.map(|package| (package.name.clone(), version(package))).collect(),
        }
    }

    /// An aspect in words; nothing where there is none.
    fn say(&self, aspect: Aspect) -> Option<String> {
        match aspect {
            Aspect::Image => self.image.clone(),
            Aspect::Python => self.python.clone(),
            Aspect::Torch => self.torch.clone(),
            Aspect::Cuda | Aspect::CudaMajor => self.cuda.map(|cuda| match cuda {
                Cuda::Release(version) => version.to_string(),
                Cuda::None => "none".to_owned(),
            }),
            Aspect::Driver => self.driver.as_ref().map(ToString::to_string),
            Aspect::Package => None,
        }
    }

    fn cuda_major(&self) -> Option<u16> {
        match self.cuda {
            Some(Cuda::Release(version)) => Some(version.major),
            _ => None,
        }
    }
}

/// The oldest driver for a CUDA release, and for the GPUs if somebody named them.
fn floor(knowledge: &Knowledge, facts: &Facts, cuda: CudaVersion, survey: bool) -> Option<DriverVersion> {
    let os = match facts.host.wsl.value() {
        Some(_) => Os::Windows,
        None => facts.host.platform.value().map_or(Os::Linux, |platform| platform.os),
    };
    let runtime = knowledge.runtime_floor(cuda, os).map(|floor| floor.driver);
    let gpus = facts.gpus.value().into_iter().flatten().filter(|_| !survey);
    let rows = gpus.filter_map(|gpu| knowledge.architecture(*gpu.capability.value()?));
    let first = rows.filter_map(|row| match os {
        Os::Windows => row.driver_first_windows.clone(),
        _ => row.driver_first_linux.clone(),
    });
    runtime.into_iter().chain(first).max()
}

/// All environments of a state, by the names that they have today, in their order.
pub(super) fn all(
    knowledge: &Knowledge,
    seen: &[Seen],
    today: &dyn Fn(&str) -> String,
    survey: bool,
) -> Vec<(String, Profile)> {
    let mut all: Vec<(String, Profile)> = Vec::new();
    // What the files bring is the same for all generations of GPUs.
    let distinct = if survey { 1 } else { seen.len() };
    for seen in seen.iter().take(distinct) {
        let facts = enrich(&seen.report.facts, knowledge);
        for environment in &facts.environments {
            let name = today(&environment.id);
            let profile = Profile::of(knowledge, &facts, environment, survey);
            match all.iter_mut().find(|(known, _)| *known == name) {
                // Of several machines, the one that asks for the most.
                Some((_, known)) => known.driver = known.driver.take().max(profile.driver),
                None => all.push((name, profile)),
            }
        }
    }
    all
}

/// What is another.
pub(super) fn moved(old: Profile, new: Profile, presence: Presence) -> Vec<Moved> {
    let mut all = Vec::new();
    for what in Aspect::ALL {
        let (before, after) = (old.say(what), new.say(what));
        if before == after {
            continue;
        }
        let majors = (old.cuda_major(), new.cuda_major());
        let what = match majors {
            (Some(old), Some(new)) if what == Aspect::Cuda && old != new => Aspect::CudaMajor,
            _ => what,
        };
        let rises =
            what == Aspect::Driver && presence == Presence::Both && old.driver.is_some() && new.driver > old.driver;
        all.push(Moved { what, name: None, before, after, worse: rises.then_some(Severity::Warning) });
    }
    let names = old.packages.keys().chain(new.packages.keys().filter(|name| !old.packages.contains_key(*name)));
    for name in names {
        let (before, after) = (old.packages.get(name).cloned(), new.packages.get(name).cloned());
        if before != after {
            all.push(Moved { what: Aspect::Package, name: Some(name.clone()), before, after, worse: None });
        }
    }
    all
}
