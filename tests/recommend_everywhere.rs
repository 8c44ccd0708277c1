//! Every GPU of the knowledge base × drivers × systems × Pythons: `recommend` gives a plan that works or a reason why there is none.
//!
//! Whether a plan works is decided here a second time, from the rows alone and by plain comparisons, and so is whether there could have been one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may panic")]

mod common;

use std::time::Instant;

use gpucheck::{
    facts::{ComputeCapability, CudaVersion, DriverVersion, Fact, Facts, How, Os, PythonVersion, Source},
    finding::{Fix, Proof},
    judge::judge,
    knowledge::{Knowledge, TorchBuild, TorchRelease},
    report::CommandName,
    rules::Judged,
};

const PYTHONS: [&str; 6] = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];

/// Facts of a machine about which everything is assumed.
fn template(os: &str) -> Facts {
    let arguments = ["recommend", "--gpu", "RTX 4090", "--driver", "580.95.05", "--python-version", "3.12", "--os", os];
    let (_, stdout, _) = common::run(common::gpucheck().args(arguments).args(["--format", "json"]));
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    serde_json::from_value(report["facts"].clone()).unwrap()
}

/// The oldest driver that serves an architecture, the newest that does, and the newest of all.
fn drivers(knowledge: &Knowledge, capability: ComputeCapability, os: Os) -> Vec<DriverVersion> {
    let newest = knowledge.driver_branches().max().unwrap();
    let row = knowledge.architecture(capability).unwrap();
    let first = if os == Os::Windows { &row.driver_first_windows } else { &row.driver_first_linux };
    let of_branch = |branch: u32| format!("{branch}.99").parse::<DriverVersion>().unwrap();
    // Where no row says when an architecture was first served, the floor of CUDA 11 stands for an old driver.
    let oldest = first.clone().unwrap_or_else(|| "452.39".parse().unwrap());
    let mut drivers = vec![oldest, of_branch(row.driver_last_branch.unwrap_or(newest)), of_branch(newest)];
    drivers.dedup();
    drivers
}

struct Machine {
    capability: ComputeCapability,
    driver: DriverVersion,
    os: Os,
    python: PythonVersion,
}

impl Machine {
    fn facts(&self, template: &Facts, name: &str) -> Facts {
        let via = |text: &str| Source::new(How::Option, text.to_owned());
        let mut facts = template.clone();
        let gpu = &mut facts.gpus.value_mut().unwrap()[0];
        gpu.name = Fact::known(name.to_owned(), via("--gpu"));
        gpu.pci_device = Fact::unknown("only the name was given");
        gpu.capability = Fact::known(self.capability, via("--gpu"));
        facts.driver.value_mut().unwrap().version = self.driver.clone();
        for environment in &mut facts.environments {
            environment.python = Fact::known(self.python, via("--python-version"));
        }
        facts
    }

    /// Whether a build runs here, by plain comparisons. Tegra's exceptions are left to the rules: nothing for those.
    fn is_served(&self, knowledge: &Knowledge, release: &TorchRelease, build: &TorchBuild) -> bool {
        let gpu = self.capability;
        let floor =
            |cuda: CudaVersion| knowledge.runtime_floor(cuda, self.os).is_none_or(|floor| self.driver >= floor.driver);
        let Some(cuda) = build.cuda() else { return false };
        let sass = build.sass.iter().flatten().any(|target| {
            let code = target.capability;
            let plain = code.major == gpu.major && code.minor <= gpu.minor;
            plain && !knowledge.sass_excluded(code, gpu, Some(cuda))
        });
        let isa = knowledge.torch_code(build).into_iter().flat_map(|code| code.modules).flat_map(|group| group.images);
        let isa = isa.filter_map(|image| image.isa).max();
        let ptx = build.ptx.iter().flatten().any(|target| target.capability <= gpu)
            && isa.and_then(|isa| knowledge.ptx_cuda(isa)) <= knowledge.driver_cuda(&self.driver);
        build.platform.os == self.os
            && build.platform.cpu == gpucheck::facts::Cpu::X86_64
            && release.python_of(build).contains(&self.python)
            && floor(cuda)
            && (sass || ptx)
    }

    fn could_be_served(&self, knowledge: &Knowledge) -> bool {
        let row = knowledge.architecture(self.capability).unwrap();
        let first = if self.os == Os::Windows { &row.driver_first_windows } else { &row.driver_first_linux };
        let known = first.as_ref().is_none_or(|first| self.driver >= *first)
            && row.driver_last_branch.is_none_or(|last| self.driver.branch() <= last);
        known
            && knowledge
                .torch_releases()
                .any(|release| release.builds.iter().any(|build| self.is_served(knowledge, release, build)))
    }
}

impl Machine {
    /// Whether there is a plan; it works, or else nothing could and that is said.
    fn is_answered(&self, knowledge: &Knowledge, template: &Facts, name: &str) -> bool {
        let facts = self.facts(template, name);
        let report = judge(CommandName::Recommend, facts.clone(), knowledge, Judged::Selected, Instant::now());
        let fixes: Vec<&Fix> = report.findings.iter().flat_map(|finding| &finding.fixes).collect();
        let told =
            format!("{name} ({}), driver {}, {:?}, Python {}", self.capability, self.driver, self.os, self.python);
        assert!(!fixes.is_empty(), "{told}: no answer at all");
        let torch = |fix: &&&Fix| fix.result.as_deref().is_some_and(|result| result.starts_with("torch "));
        match fixes.iter().filter(torch).find(|fix| fix.needs.is_empty()) {
            Some(fix) => {
                assert!(!fix.commands.is_empty() && fix.proof != Proof::None, "{told}: {fix:?}");
                let (release, build) = promised(knowledge, fix, &facts);
                let version = build.full_version(release);
                assert!(self.is_served(knowledge, release, build), "{told}: {version} does not run there");
                true
            }
            None => {
                assert!(fixes.iter().all(|fix| !fix.summary.is_empty()), "{told}");
                assert!(!self.could_be_served(knowledge), "{told}: {:?}", fixes[0]);
                false
            }
        }
    }
}

/// The release and build that a fix promises.
fn promised<'k>(knowledge: &'k Knowledge, fix: &Fix, facts: &Facts) -> (&'k TorchRelease, &'k TorchBuild) {
    let result = fix.result.as_deref().unwrap_or_else(|| panic!("{fix:?}"));
    let version = result.split(", ").find_map(|part| part.strip_prefix("torch ")).unwrap();
    knowledge.torch_build(version, *facts.host.platform.value().unwrap()).unwrap_or_else(|| panic!("{version}"))
}

/// Judges every GPU on one system; plans and impossibilities.
fn everywhere(knowledge: &Knowledge, template: &Facts, os: Os) -> (usize, usize) {
    let (mut plans, mut impossible) = (0, 0);
    for gpu in knowledge.gpus() {
        for driver in drivers(knowledge, gpu.capability, os) {
            for python in PYTHONS.map(|python| python.parse().unwrap()) {
                let machine = Machine { capability: gpu.capability, driver: driver.clone(), os, python };
                if machine.is_answered(knowledge, template, &gpu.name) { plans += 1 } else { impossible += 1 }
            }
        }
    }
    (plans, impossible)
}

#[test]
fn there_is_a_plan_that_works_or_a_named_impossibility() {
    let start = Instant::now();
    let knowledge = Knowledge::builtin().unwrap();
    let (linux, windows) = std::thread::scope(|scope| {
        let linux = scope.spawn(|| everywhere(&knowledge, &template("linux"), Os::Linux));
        (everywhere(&knowledge, &template("windows"), Os::Windows), linux.join().unwrap())
    });
    let (plans, impossible) = (linux.0 + windows.0, linux.1 + windows.1);
    assert!(plans > 5000 && impossible > 500, "{plans} plans, {impossible} impossible");
    println!("{plans} plans, {impossible} named impossibilities in {:.1} s", start.elapsed().as_secs_f64());
}
