//! What readers have found so far, and the facts that it makes. Of several values of one thing the surest counts, and of those the last.

use std::collections::BTreeMap;

use gpucheck_ground::Order as _;

use super::symptoms::Symptoms;
use crate::{
    facts::{
        Build, CodeKind, CodeObjects, CodeTarget, ComputeCapability, Container, Cpu, CudaVersion, Driver,
        DriverVersion, Environment, Extent, Fact, Facts, Gpu, How, Image, KernelModule, Library, Location, ModuleGroup,
        Origin, Os, Package, Platform, PythonVersion, Source, Toolkit, ToolkitLead,
    },
    python,
    system::redact,
};

/// How sure it is that a value is what it seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// A number behind a word.
    Loose,
    /// In a form that programs write.
    Likely,
    /// Said by the thing itself.
    Certain,
}

/// More packages than any list that is pasted has.
const MOST_PACKAGES: usize = 4000;
/// More GPUs than a machine has.
const MOST_GPUS: usize = 64;
/// More toolkits than a machine has.
const MOST_TOOLKITS: usize = 16;

#[derive(Debug, Clone)]
struct At<T> {
    value: T,
    line: u32,
    weight: Weight,
}

#[derive(Debug, Clone)]
struct SeenGpu {
    name: Option<String>,
    /// The name without what some leave out.
    plain: Option<String>,
    capability: Option<ComputeCapability>,
    pci: Option<String>,
    line: u32,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    gpus: Vec<SeenGpu>,
    compiled_for: Option<At<ComputeCapability>>,
    other_gpu: Option<At<String>>,
    driver: Option<At<DriverVersion>>,
    driver_cuda: Option<At<CudaVersion>>,
    packages: BTreeMap<String, At<String>>,
    torch_cuda: Option<At<Option<CudaVersion>>>,
    arch_list: Option<At<Vec<CodeTarget>>>,
    python: Option<At<PythonVersion>>,
    os: BTreeMap<Os, (u32, u32)>,
    arm: Option<u32>,
    wsl: Option<u32>,
    distribution: Option<At<String>>,
    glibc: Option<At<String>>,
    container: Option<At<String>>,
    variables: BTreeMap<&'static str, At<String>>,
    toolkits: Vec<At<(CudaVersion, bool)>>,
    module: Option<At<DriverVersion>>,
    flavour: Option<At<KernelModule>>,
    /// In a list of packages: how many more rows of it are read.
    pub list: Option<u16>,
    /// The name of `pip show`, whose version follows, and its line.
    pub named: Option<(String, u32)>,
    /// Whether the version of torch was asked for, and follows.
    pub expects_torch: bool,
    /// The variable that was asked for, whose value follows, and the line of the question.
    pub expects: Option<(&'static str, u32)>,
}

impl<T> At<T> {
    /// Whether a value on this line takes its place: one that is surer, or no less sure and not before it. Lines that were put together come
    /// behind those in which they are.
    fn gives_way(&self, line: u32, weight: Weight) -> bool {
        (weight, line) >= (self.weight, self.line)
    }
}

/// Puts a value in its place if the one that is there gives way.
fn put<T>(place: &mut Option<At<T>>, value: T, line: u32, weight: Weight) {
    if place.as_ref().is_none_or(|old| old.gives_way(line, weight)) {
        *place = Some(At { value, line, weight });
    }
}

impl Found {
    /// Whether something was asked for at a prompt, and the next line may answer, or that may be a row of a list.
    pub fn expects_answer(&self) -> bool {
        self.expects_torch || self.expects.is_some() || self.list.is_some()
    }

    pub fn gpu(&mut self, name: Option<String>, capability: Option<ComputeCapability>, line: u32) {
        let plain = name.as_deref().map(plain);
        let same = |seen: &&mut SeenGpu| match (&seen.plain, &plain) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let room = self.gpus.len() < MOST_GPUS;
        match self.gpus.iter_mut().find(same) {
            Some(seen) => {
                seen.capability = seen.capability.or(capability);
                // The longer name says more.
                if let Some(name) = name.filter(|name| seen.name.as_ref().is_none_or(|old| old.len() < name.len())) {
                    seen.name = Some(name);
                    seen.plain = plain;
                    seen.line = line;
                }
            }
            None if room => self.gpus.push(SeenGpu { name, plain, capability, pci: None, line }),
            None => {}
        }
    }

    /// What a compiler was told to build for.
    pub fn compiled_for(&mut self, capability: ComputeCapability, line: u32) {
        put(&mut self.compiled_for, capability, line, Weight::Loose);
    }

    pub fn pci(&mut self, id: &str, line: u32) {
        let id = id.to_ascii_lowercase();
        let room = self.gpus.len() < MOST_GPUS;
        match self.gpus.iter_mut().find(|seen| seen.pci.as_ref().is_none_or(|other| *other == id)) {
            Some(seen) => seen.pci = Some(id),
            None if room => {
                self.gpus.push(SeenGpu { name: None, plain: None, capability: None, pci: Some(id), line });
            }
            None => {}
        }
    }

    pub fn other_gpu(&mut self, name: &str, line: u32) {
        put(&mut self.other_gpu, name.to_owned(), line, Weight::Likely);
    }

    pub fn driver(&mut self, version: &str, line: u32, weight: Weight) {
        // A branch alone, `525`, is a version too.
        if let Ok(version) = version.parse::<DriverVersion>()
            && version.branch() < 1000
        {
            put(&mut self.driver, version, line, weight);
        }
    }

    pub fn driver_cuda(&mut self, version: &str, line: u32) {
        if let Ok(version) = version.parse() {
            put(&mut self.driver_cuda, version, line, Weight::Certain);
        }
    }

    pub fn package(&mut self, name: &str, version: &str, line: u32, weight: Weight) {
        let name = python::normalize(name);
        let room = self.packages.len() < MOST_PACKAGES;
        match self.packages.get_mut(&name) {
            Some(old) if old.gives_way(line, weight) => {
                // The same release, of which more was said before.
                let more =
                    old.value.split('+').next() == Some(version) && old.value.contains('+') && !version.contains('+');
                if !more || weight > old.weight {
                    version.clone_into(&mut old.value);
                    (old.line, old.weight) = (line, weight);
                }
            }
            Some(_) => {}
            None if room => {
                self.packages.insert(name, At { value: version.to_owned(), line, weight });
            }
            None => {}
        }
    }

    pub fn torch_cuda(&mut self, cuda: Option<CudaVersion>, line: u32) {
        put(&mut self.torch_cuda, cuda, line, Weight::Certain);
    }

    /// Targets that torch says it was built for; a `whole` list replaces one that is there, else they are added to it.
    pub fn arch_list(&mut self, mut list: Vec<CodeTarget>, line: u32, whole: bool) {
        if list.is_empty() {
            return;
        }
        if !whole && let Some(old) = self.arch_list.take() {
            list.extend(old.value);
            list.truncate(64);
        }
        list.order();
        list.dedup();
        put(&mut self.arch_list, list, line, Weight::Certain);
    }

    pub fn python(&mut self, version: &str, line: u32, weight: Weight) {
        if let Ok(version) = version.parse() {
            put(&mut self.python, version, line, weight);
        }
    }

    /// Python 3 of this minor version, as the paths and names of packages have it.
    pub fn python_tag(&mut self, minor: u16, line: u32) {
        put(&mut self.python, PythonVersion { major: 3, minor, free_threaded: false }, line, Weight::Loose);
    }

    pub fn glibc(&mut self, version: &str, line: u32) {
        put(&mut self.glibc, version.to_owned(), line, Weight::Certain);
    }

    pub fn linux(&mut self, line: u32) {
        self.os(Os::Linux, line);
    }

    pub fn windows(&mut self, line: u32) {
        self.os(Os::Windows, line);
    }

    pub fn macos(&mut self, line: u32) {
        self.os(Os::Macos, line);
    }

    fn os(&mut self, os: Os, line: u32) {
        let (votes, _) = self.os.entry(os).or_insert((0, line));
        *votes = votes.saturating_add(1);
    }

    pub fn arm(&mut self, line: u32) {
        self.arm.get_or_insert(line);
    }

    pub fn wsl(&mut self, line: u32) {
        self.wsl.get_or_insert(line);
        self.os(Os::Linux, line);
    }

    pub fn distribution(&mut self, name: &str, line: u32, weight: Weight) {
        let name: String = name.chars().take(60).collect();
        for (word, os) in [("windows", Os::Windows), ("mac", Os::Macos), ("ubuntu", Os::Linux), ("linux", Os::Linux)] {
            if name.to_lowercase().contains(word) {
                // It is said, and not guessed from paths.
                let (votes, _) = self.os.entry(os).or_insert((0, line));
                *votes = votes.saturating_add(1000);
            }
        }
        put(&mut self.distribution, name, line, weight);
    }

    pub fn container(&mut self, kind: &str, line: u32) {
        if self.container.is_none() {
            put(&mut self.container, kind.to_owned(), line, Weight::Loose);
        }
    }

    pub fn variable(&mut self, name: &'static str, value: &str, line: u32) {
        let value: String = redact::variable(name, value.trim(), []).chars().take(400).collect();
        self.variables.insert(name, At { value, line, weight: Weight::Likely });
    }

    pub fn toolkit(&mut self, version: &str, line: u32, nvcc: bool) {
        let Ok(version) = version.parse::<CudaVersion>() else { return };
        if !(5..100).contains(&version.major) {
            return;
        }
        let room = self.toolkits.len() < MOST_TOOLKITS;
        match self.toolkits.iter_mut().find(|old| old.value.0 == version) {
            Some(old) => old.value.1 |= nvcc,
            None if room => {
                self.toolkits.push(At { value: (version, nvcc), line, weight: Weight::Likely });
            }
            None => {}
        }
    }

    pub fn module(&mut self, version: &str, flavour: Option<KernelModule>, line: u32) {
        if let Ok(version) = version.parse() {
            put(&mut self.module, version, line, Weight::Certain);
        }
        if let Some(flavour) = flavour {
            self.flavour(flavour, line);
        }
    }

    pub fn flavour(&mut self, flavour: KernelModule, line: u32) {
        put(&mut self.flavour, flavour, line, Weight::Certain);
    }

    /// The facts, and where each is written.
    pub fn into_facts(mut self, name: &str, symptoms: Symptoms) -> Facts {
        let mut facts = Facts::default();
        let at = |line: u32| Location { path: name.to_owned(), line, column: 1 };
        facts.symptoms = symptoms.into_symptoms(at);
        let mut written = BTreeMap::new();
        for (number, symptom) in facts.symptoms.iter().enumerate() {
            written.extend(symptom.at.clone().map(|place| (format!("/symptoms/{number}"), place)));
        }
        let mut note = |pointer: String, line: u32| {
            written.insert(pointer, at(line));
        };
        self.host(&mut facts, &mut note);
        self.machine(&mut facts, &mut note);
        let environment = self.environment(&facts, &mut note);
        facts.environments.extend(environment);
        facts.written = written;
        facts
    }

    fn host(&mut self, facts: &mut Facts, note: &mut impl FnMut(String, u32)) {
        let host = &mut facts.host;
        let os = self.os.iter().max_by_key(|(_, (votes, _))| *votes);
        if let Some((&os, &(_, line))) = os {
            let cpu = if self.arm.is_some() { Cpu::Aarch64 } else { Cpu::X86_64 };
            host.platform = Fact::known(Platform { os, cpu }, log(line));
            note("/host/platform".to_owned(), line);
        }
        if let Some(distribution) = self.distribution.take() {
            host.distribution = Fact::known(distribution.value, log(distribution.line));
        }
        if let Some(glibc) = self.glibc.take() {
            host.glibc = Fact::known(glibc.value, log(glibc.line));
        }
        if let Some(line) = self.wsl {
            host.wsl = Fact::known(2, log(line));
            note("/host/wsl".to_owned(), line);
        }
        if let Some(container) = self.container.take() {
            host.container = Fact::known(container.value, log(container.line));
            note("/host/container".to_owned(), container.line);
        }
    }

    fn machine(&mut self, facts: &mut Facts, note: &mut impl FnMut(String, u32)) {
        if let Some(driver) = self.driver.take() {
            let cuda =
                self.driver_cuda.take().map_or(Fact::unknown(NOT_SAID), |cuda| Fact::known(cuda.value, log(cuda.line)));
            facts.driver = Fact::known(Driver { version: driver.value, cuda }, log(driver.line));
            note("/driver".to_owned(), driver.line);
        }
        if let Some(module) = self.module.take() {
            facts.kernel.version = Fact::known(module.value, log(module.line));
        }
        if let Some(flavour) = self.flavour.take() {
            facts.kernel.flavour = Fact::known(flavour.value, log(flavour.line));
        }
        if let Some(target) = self.compiled_for.take() {
            match self.gpus.as_mut_slice() {
                [] => self.gpu(None, Some(target.value), target.line),
                [SeenGpu { name: None, pci: None, capability: unknown @ None, .. }] => *unknown = Some(target.value),
                _ => {}
            }
        }
        if !self.gpus.is_empty() {
            let first = self.gpus.first().map_or(1, |gpu| gpu.line);
            let gpus = std::mem::take(&mut self.gpus).into_iter().enumerate().map(|(number, seen)| {
                note(format!("/gpus/value/{number}"), seen.line);
                let said = |text: Option<String>| {
                    text.map_or(Fact::unknown(NOT_SAID), |text| Fact::known(text, log(seen.line)))
                };
                Gpu {
                    name: said(seen.name),
                    pci_device: said(seen.pci),
                    capability: seen
                        .capability
                        .map_or(Fact::unknown(NOT_SAID), |value| Fact::known(value, log(seen.line))),
                    seen_by: vec![How::Log],
                    ..Gpu::unknown(format!("gpu{number}"), NOT_SAID)
                }
            });
            facts.gpus = Fact::known(gpus.collect(), log(first));
        } else if let Some(other) = self.other_gpu.take() {
            facts.gpus = Fact::absent(Source::new(How::Log, format!("line {}: {}", other.line, other.value)));
            note("/gpus".to_owned(), other.line);
        }
        for (number, toolkit) in std::mem::take(&mut self.toolkits).into_iter().enumerate() {
            let (version, nvcc) = toolkit.value;
            note(format!("/toolkits/{number}"), toolkit.line);
            facts.toolkits.push(Toolkit {
                path: format!("line {}", toolkit.line),
                version: Fact::known(version, log(toolkit.line)),
                nvcc,
                found_by: if nvcc { vec![ToolkitLead::NvccOnPath] } else { Vec::new() },
            });
        }
        for (name, variable) in std::mem::take(&mut self.variables) {
            note(format!("/env_vars/{name}"), variable.line);
            facts.env_vars.insert(name.to_owned(), variable.value);
        }
    }

    fn environment(&mut self, facts: &Facts, note: &mut impl FnMut(String, u32)) -> Option<Environment> {
        let torch = self.torch_cuda.is_some() || self.arch_list.is_some();
        if self.packages.is_empty() && self.python.is_none() && !torch {
            return None;
        }
        let mut environment = Environment::unknown("log", Origin::Log, NOT_SAID);
        environment.found_by = "the log".to_owned();
        environment.platform = facts.host.platform.clone();
        if let Some(python) = self.python.take() {
            environment.python = Fact::known(python.value, log(python.line));
        }
        let mut lines = Vec::new();
        for (name, package) in std::mem::take(&mut self.packages) {
            lines.push(package.line);
            environment.packages.push(Package {
                version: Fact::known(package.value, log(package.line)),
                ..Package::unknown(name, NOT_SAID)
            });
        }
        if torch && environment.package("torch").is_none() {
            lines.push(
                self.arch_list
                    .as_ref()
                    .map(|list| list.line)
                    .or(self.torch_cuda.as_ref().map(|cuda| cuda.line))
                    .unwrap_or(1),
            );
            environment.packages.push(Package::unknown("torch", NOT_SAID));
        }
        if let Some(torch) = environment.packages.iter_mut().find(|package| package.name == "torch") {
            if let (Some(cuda), Some(version)) = (self.torch_cuda.take(), torch.version.value()) {
                let build = Build { version: version.clone(), cuda: cuda.value };
                torch.build = Fact::known(build, log(cuda.line));
            }
            if let Some(list) = self.arch_list.take() {
                torch.libraries.push(main_library(&list.value, log(list.line), facts));
            }
        }
        for (number, line) in lines.into_iter().enumerate() {
            note(format!("/environments/0/packages/{number}"), line);
        }
        Some(environment)
    }
}

const NOT_SAID: &str = "the log does not say it";

fn log(line: u32) -> Source {
    Source::new(How::Log, format!("line {line}"))
}

/// torch's main library, of which torch itself has printed what it holds.
fn main_library(list: &[CodeTarget], via: Source, facts: &Facts) -> Library {
    let windows = facts.host.platform.value().is_some_and(|platform| platform.os == Os::Windows);
    let (path, container) = match windows {
        true => ("torch/lib/torch_cuda.dll", Container::Pe),
        false => ("torch/lib/libtorch_cuda.so", Container::Elf),
    };
    let count = |kind| list.iter().copied().filter(|code| code.kind == kind).map(|code| (code, 1)).collect();
    let images = list.iter().map(|&code| Image { code, isa: None, compression: Default::default() }).collect();
    let code = CodeObjects {
        fatbins: 1,
        sass: count(CodeKind::Sass),
        ptx: count(CodeKind::Ptx),
        modules: vec![ModuleGroup { count: 1, images }],
        extent: Extent::Claim,
        ..CodeObjects::default()
    };
    Library {
        path: path.to_owned(),
        container,
        cpu: None,
        needed: Vec::new(),
        glibc: None,
        code: Fact::known(code, via),
    }
}

/// A name of a GPU without what some leave out.
fn plain(name: &str) -> String {
    let words = name.split_whitespace().filter(|word| !["NVIDIA", "GeForce", "GPU", "Tesla", "Quadro"].contains(word));
    words.collect::<String>().to_ascii_lowercase()
}
