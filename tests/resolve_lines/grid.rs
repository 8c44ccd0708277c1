//! Machines to ask about: every GPU of the knowledge base × drivers × platforms × Pythons × tools.

use crate::common;
use gpucheck::{
    facts::{ComputeCapability, Cpu, DriverVersion, Fact, Facts, How, Manager, Os, Platform, PythonVersion, Source},
    knowledge::Knowledge,
};

/// Pythons that people have.
pub const PYTHONS: [&str; 8] = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"];

/// The platforms of PyTorch's wheels.
pub const PLATFORMS: [Platform; 3] = [
    Platform { os: Os::Linux, cpu: Cpu::X86_64 },
    Platform { os: Os::Linux, cpu: Cpu::Aarch64 },
    Platform { os: Os::Windows, cpu: Cpu::X86_64 },
];

/// The tools that get lines of their own, pip first.
pub const MANAGERS: [Manager; 8] = [
    Manager::Pip,
    Manager::Uv,
    Manager::UvProject,
    Manager::Conda,
    Manager::Docker,
    Manager::System,
    Manager::Pixi,
    Manager::Poetry,
];

/// One of them.
#[derive(Debug, Clone)]
pub struct Machine {
    gpu: String,
    capability: ComputeCapability,
    driver: DriverVersion,
    /// Its platform.
    pub platform: Platform,
    /// Its Python.
    pub python: PythonVersion,
    /// What installs packages there.
    pub manager: Manager,
}

/// The oldest driver that serves an architecture, the newest that does, the newest of all, and those between from which on the CUDA
/// releases of torch's builds run.
fn drivers(knowledge: &Knowledge, capability: ComputeCapability, os: Os) -> Vec<DriverVersion> {
    let newest = knowledge.driver_branches().max().unwrap();
    let row = knowledge.architecture(capability).unwrap();
    let first = if os == Os::Windows { &row.driver_first_windows } else { &row.driver_first_linux };
    let of_branch = |branch: u32| format!("{branch}.99").parse::<DriverVersion>().unwrap();
    // Where no row says when an architecture was first served, the floor of CUDA 11 stands for an old driver.
    let oldest = first.clone().unwrap_or_else(|| "452.39".parse().unwrap());
    let last = of_branch(row.driver_last_branch.unwrap_or(newest));
    let builds = knowledge.torch_releases().flat_map(|release| &release.builds);
    let floors = builds.filter_map(|build| Some(knowledge.runtime_floor(build.cuda()?, os)?.driver));
    let steps = floors.filter(|step| *step > oldest && *step < last).collect();
    let mut drivers = [vec![oldest.clone()], steps, vec![last.clone(), of_branch(newest)]].concat();
    drivers.sort();
    drivers.dedup();
    drivers
}

/// All of them.
pub fn machines(knowledge: &Knowledge) -> Vec<Machine> {
    let mut machines = Vec::new();
    for platform in PLATFORMS {
        for gpu in knowledge.gpus() {
            for driver in drivers(knowledge, gpu.capability, platform.os) {
                for python in PYTHONS.map(|python| python.parse().unwrap()) {
                    machines.push(Machine {
                        gpu: gpu.name.clone(),
                        capability: gpu.capability,
                        driver: driver.clone(),
                        platform,
                        python,
                        manager: Manager::Pip,
                    });
                }
            }
        }
    }
    machines
}

/// Facts of a machine about which everything is assumed, as `recommend` makes them.
pub fn template(os: &str) -> Facts {
    let arguments = ["recommend", "--gpu", "RTX 4090", "--driver", "580.95.05", "--python-version", "3.12", "--os", os];
    let (_, stdout, _) = common::run(common::gpucheck().args(arguments).args(["--format", "json"]));
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    serde_json::from_value(report["facts"].clone()).unwrap()
}

impl Machine {
    /// What all machines share whose answer can only differ in names: GPUs of one compute capability.
    pub fn kind(&self) -> String {
        format!("{} {} {} {}", self.capability, self.driver, self.platform, self.python)
    }

    /// The same with another tool.
    pub fn with(&self, manager: Manager) -> Self {
        Self { manager, ..self.clone() }
    }

    /// In a few words.
    pub fn told(&self) -> String {
        let Self { gpu, driver, platform, python, manager, .. } = self;
        format!("{gpu}, driver {driver}, {platform}, Python {python}, {manager:?}")
    }

    /// Its facts, from those of a machine with the same system.
    pub fn facts(&self, template: &Facts) -> Facts {
        let via = |text: &str| Source::new(How::Option, text.to_owned());
        let mut facts = template.clone();
        facts.host.platform = Fact::known(self.platform, via("--os"));
        let gpu = &mut facts.gpus.value_mut().unwrap()[0];
        gpu.name = Fact::known(self.gpu.clone(), via("--gpu"));
        gpu.pci_device = Fact::unknown("only the name was given");
        gpu.capability = Fact::known(self.capability, via("--gpu"));
        facts.driver.value_mut().unwrap().version = self.driver.clone();
        for environment in &mut facts.environments {
            environment.platform = Fact::known(self.platform, via("--os"));
            environment.python = Fact::known(self.python, via("--python-version"));
            environment.manager = Fact::known(self.manager, via("test"));
        }
        facts
    }
}
