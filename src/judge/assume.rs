//! What is assumed takes the place of what was probed: the GPUs, the driver, the system, the Python and the shell of another machine.

use std::{fmt, str::FromStr};

use crate::{
    enrich::enrich_gpu,
    facts::{
        Cpu, CudaVersion, Driver, DriverVersion, Environment, Fact, Facts, Gpu, How, Kernel, Origin, Os, Platform,
        PythonVersion, ShellKind, Source,
    },
    knowledge::{GpuLookupError, Knowledge},
};

/// What to assume. The facts name the option of the command line that stands for it as their source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assumed {
    /// The GPUs of the machine, each by name, alias, PCI id, architecture or compute capability.
    pub gpus: Vec<String>,
    /// NVIDIA driver.
    pub driver: Option<AskedDriver>,
    /// Operating system.
    pub system: Option<System>,
    /// What wheels must have been built for; nothing: what machines with these GPUs have, else the system on the processor that was probed.
    pub platform: Option<Platform>,
    /// Python version of every environment.
    pub python: Option<PythonVersion>,
    /// Shell that lines to paste are written for.
    pub shell: Option<ShellKind>,
    /// Who says so, for the sources of the facts.
    pub by: By,
}

/// Who says what is assumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum By {
    /// An option for each: `--gpu V100 --driver 580.95.05`.
    #[default]
    Options,
    /// One option for all: `--target V100,driver=580.95.05`.
    Target,
    /// A file of this name.
    File(String),
}

impl By {
    /// The source of a fact: what an option of its own would be called, and the value.
    fn source(&self, option: &str, value: &str) -> Source {
        match (self, option) {
            (Self::Options, _) => Source::option(format!("--{option} {value}")),
            (Self::Target, "gpu") => Source::option(format!("--target {value}")),
            (Self::Target, _) => Source::option(format!("--target {}={value}", option.trim_end_matches("-version"))),
            (Self::File(name), _) => {
                Source::option(format!("{name}: {} = {value}", option.trim_end_matches("-version")))
            }
        }
    }
}

/// Operating systems that can be assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux on the bare machine or in a container.
    Linux,
    /// Windows.
    Windows,
    /// Linux inside WSL2.
    Wsl,
}

impl System {
    /// Its operating system, inside of WSL Linux.
    pub(super) const fn os(self) -> Os {
        match self {
            Self::Windows => Os::Windows,
            Self::Linux | Self::Wsl => Os::Linux,
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::Wsl => "wsl",
        })
    }
}

impl FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "linux" => Ok(Self::Linux),
            "windows" => Ok(Self::Windows),
            "wsl" => Ok(Self::Wsl),
            _ => Err(format!("'{text}' is not one of linux, windows and wsl")),
        }
    }
}

/// A driver as people name it: by its version, by the CUDA release that nvidia-smi shows beside it, or by the release of Jetson Linux.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedDriver {
    /// `580.95.05`.
    Version(DriverVersion),
    /// `12.4`: no driver has such a version, and nvidia-smi's banner has this number.
    Showing(CudaVersion),
    /// `36.4.3`: a release of Jetson Linux, which brings a driver.
    JetsonLinux(String),
}

/// The first numbers of CUDA releases, of releases of Jetson Linux, and of drivers do not overlap.
const LAST_CUDA: u32 = 19;
const LAST_JETSON_LINUX: u32 = 99;

impl FromStr for AskedDriver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let first: Option<u32> = text.split('.').next().and_then(|first| first.parse().ok());
        let numbers = text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        match first.filter(|_| numbers && (2..=3).contains(&text.split('.').count())) {
            Some(..=LAST_CUDA) => text.parse().map(Self::Showing).map_err(|error| format!("{error}")),
            Some(..=LAST_JETSON_LINUX) => Ok(Self::JetsonLinux(text.to_owned())),
            _ => text.parse().map(Self::Version).map_err(|error| format!("{error}")),
        }
    }
}

impl fmt::Display for AskedDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Showing(cuda) => cuda.fmt(f),
            Self::JetsonLinux(release) => f.write_str(release),
        }
    }
}

impl AskedDriver {
    /// The version that is meant on a system, where the rows know it.
    pub fn version(&self, os: Os, knowledge: &Knowledge) -> Option<DriverVersion> {
        self.fact(&By::default(), os, knowledge).value().map(|driver| driver.version.clone())
    }

    /// The driver on a system, and in words how it follows from what was asked.
    fn fact(&self, by: &By, os: Os, knowledge: &Knowledge) -> Fact<Driver> {
        let option = by.source("driver", &self.to_string());
        let unknown = |why: String| Fact::unknown(format!("{why} ({})", option.at));
        let known = |version: DriverVersion, cuda: Fact<CudaVersion>, how: Option<String>| {
            let at = how.map_or_else(|| option.at.clone(), |how| format!("{}: {how}", option.at));
            Fact::known(Driver { version, cuda }, Source::option(at))
        };
        match self {
            Self::Version(version) => known(version.clone(), Fact::unknown("the driver is assumed"), None),
            Self::Showing(cuda) => match knowledge.driver_showing(*cuda, os) {
                Some(version) => {
                    let how = "the CUDA version in nvidia-smi's banner, taken for the oldest driver that shows it";
                    known(version, Fact::known(*cuda, option.clone()), Some(how.to_owned()))
                }
                None => unknown(format!("no driver is known whose nvidia-smi shows CUDA {cuda}; give its version")),
            },
            Self::JetsonLinux(release) => match knowledge.jetpack_of_l4t(release) {
                Some(row) => {
                    let how = format!("Jetson Linux {release}, which brings this driver with JetPack {}", row.version);
                    known(row.driver.clone(), Fact::known(row.cuda, option.clone()), Some(how))
                }
                None => unknown(format!("the driver of Jetson Linux {release} is not in the knowledge base")),
            },
        }
    }
}

impl Assumed {
    /// The platform that wheels must be for: the one that is asked for, else the one that these GPUs imply.
    pub fn wheel_platform(&self, knowledge: &Knowledge) -> Option<Platform> {
        let gpu = |(index, text): (usize, &String)| named_gpu(index, text, &self.by, knowledge).ok();
        let gpus: Vec<Gpu> = self.gpus.iter().enumerate().filter_map(gpu).collect();
        self.platform.or_else(|| Some(implied(&gpus, self.system.map(System::os), knowledge)?.0))
    }

    /// Whether this machine's driver matters: not when both it and the GPU are assumed.
    pub fn needs_driver(&self) -> bool {
        self.gpus.is_empty() || self.driver.is_none()
    }

    /// Puts what is assumed into the facts.
    ///
    /// # Errors
    /// A GPU name that no product has, or several that differ in what matters.
    pub fn apply(&self, facts: &mut Facts, knowledge: &Knowledge) -> Result<(), GpuLookupError> {
        if !self.gpus.is_empty() {
            let gpus = self.gpus.iter().enumerate().map(|(index, text)| named_gpu(index, text, &self.by, knowledge));
            let list = gpus.collect::<Result<Vec<Gpu>, GpuLookupError>>()?;
            facts.gpus = Fact::known(list, Source::option("--gpu"));
            forget_driver(facts, "the GPU is assumed");
        }
        if let Some(shell) = self.shell {
            let name = match shell {
                ShellKind::Sh => "sh",
                ShellKind::PowerShell => "powershell",
                ShellKind::Cmd => "cmd",
            };
            facts.host.shell = Fact::known(shell, self.by.source("shell", name));
        }
        let named = if self.gpus.is_empty() { &[] } else { facts.gpus.value().map_or(&[][..], Vec::as_slice) };
        let implied = implied(named, self.system.map(System::os), knowledge).filter(|_| self.platform.is_none());
        let elsewhere = implied.as_ref().is_some_and(|(platform, _)| facts.host.platform.value() != Some(platform));
        let moved = self.system.is_some() || self.platform.is_some() || elsewhere;
        if moved {
            forget_driver(facts, "the system is assumed");
            move_machine(self, implied, facts);
        }
        if let Some(asked) = &self.driver {
            let os = match (facts.host.wsl.value(), facts.host.platform.value()) {
                (Some(_), _) => Os::Windows,
                (None, platform) => platform.map_or(Os::Linux, |platform| platform.os),
            };
            facts.driver = asked.fact(&self.by, os, knowledge);
        } else if moved || !self.gpus.is_empty() {
            // This machine's driver says nothing about another machine's; without one, there is nothing to say either.
            if facts.driver.value().is_none() || moved {
                facts.driver = Fact::unknown("not given (--driver)");
            }
        }
        self.python_of(facts);
        Ok(())
    }

    /// Puts the Python that is assumed into every environment.
    pub fn python_of(&self, facts: &mut Facts) {
        let Some(python) = self.python else { return };
        for environment in &mut facts.environments {
            environment.python = Fact::known(python, self.by.source("python-version", &python.to_string()));
        }
    }
}

/// What this machine's kernel and libraries say of its own driver is not about the one that is assumed.
fn forget_driver(facts: &mut Facts, why: &str) {
    facts.kernel = Kernel::default();
    facts.driver_libraries = Fact::unknown(why);
    facts.driver_files = Fact::unknown(why);
    facts.nvml = Fact::unknown(why);
    facts.cuda = Fact::unknown(why);
}

fn named_gpu(index: usize, text: &str, by: &By, knowledge: &Knowledge) -> Result<Gpu, GpuLookupError> {
    let answer = knowledge.find_gpu(text.trim())?;
    let option = by.source("gpu", text.trim());
    let via = match answer.from_row {
        true => Source::new(How::Knowledge, format!("gpus.toml, {} ({})", answer.name, option.at)),
        false => option.clone(),
    };
    let pci = answer.pci.map(|id| Fact::known(id, option.clone()));
    Ok(Gpu {
        name: Fact::known(answer.name, option),
        pci_device: pci.unwrap_or(Fact::unknown("only the name was given")),
        capability: Fact::known(answer.capability, via),
        named: true,
        ..Gpu::unknown(format!("gpu{index}"), "the GPU is assumed")
    })
}

/// The platform that machines with these GPUs have, where one of them exists for some alone, and which GPU says so. Of several it is the
/// one of this operating system, else the first.
fn implied(gpus: &[Gpu], os: Option<Os>, knowledge: &Knowledge) -> Option<(Platform, Source)> {
    gpus.iter().find_map(|gpu| {
        let platforms = knowledge.gpu_platforms(gpu);
        let of_system = platforms.iter().find(|platform| Some(platform.os) == os);
        let platform = *of_system.or(platforms.first())?;
        let platform = Platform { os: os.unwrap_or(platform.os), ..platform };
        let at = format!("gpus.toml, the machines of {}", gpu.name.value().map_or("this GPU", String::as_str));
        Some((platform, Source::new(How::Knowledge, at)))
    })
}

/// Puts the platform that the GPUs of a log imply into its facts: a log that names no processor is taken for one of x86_64.
pub(super) fn imply(facts: &mut Facts, knowledge: &Knowledge) {
    let os = facts.host.platform.value().map(|platform| platform.os);
    // People write names as they like: the capability tells more than a name that is no product's.
    let mut gpus = facts.gpus.value().cloned().unwrap_or_default();
    gpus.iter_mut().for_each(|gpu| enrich_gpu(gpu, knowledge));
    let Some((platform, via)) = implied(&gpus, os, knowledge) else { return };
    if facts.host.platform.value() == Some(&platform) {
        return;
    }
    facts.host.platform = Fact::known(platform, via.clone());
    for environment in facts.environments.iter_mut().filter(|environment| environment.origin == Origin::Log) {
        environment.platform = Fact::known(platform, via.clone());
    }
}

/// Another system than the one that was probed: what was read from it says nothing.
fn move_machine(assumed: &Assumed, implied: Option<(Platform, Source)>, facts: &mut Facts) {
    let cpu = facts.host.platform.value().map_or(Cpu::X86_64, |platform| platform.cpu);
    let (system, given) = (assumed.system, assumed.shell.is_some());
    let only_implied = assumed.platform.is_none() && implied.is_some();
    let (platform, via) = match (assumed.platform, implied, system) {
        (Some(platform), _, _) => (platform, assumed.by.source("platform", &platform.to_string())),
        (None, Some(implied), _) => implied,
        (None, None, Some(system)) => {
            let os = system.os();
            (Platform { os, cpu }, assumed.by.source("os", &system.to_string()))
        }
        (None, None, None) => return,
    };
    let assumed = "the system is assumed";
    let host = &mut facts.host;
    host.wsl = match system {
        Some(System::Wsl) => Fact::known(2, via.clone()),
        _ => Fact::absent(via.clone()),
    };
    if host.platform.value() != Some(&platform) {
        host.distribution = Fact::unknown(assumed);
        host.kernel = Fact::unknown(assumed);
        host.glibc = Fact::unknown(assumed);
        host.container = Fact::unknown(assumed);
        if !given {
            host.shell = Fact::unknown(assumed);
        }
        facts.toolkits.clear();
    }
    host.platform = Fact::known(platform, via.clone());
    for environment in &mut facts.environments {
        let before = environment.platform.value().copied();
        move_environment(environment, platform, &via);
        // Nobody asked for another processor: that the environment is for this one has to be said.
        let other = |before: &Platform| only_implied && before.cpu != platform.cpu;
        environment.installed_on = before.filter(other).filter(|_| environment.origin == Origin::Installed);
    }
}

/// An environment as it would be on another platform: the same versions, but none of the code that was measured here.
fn move_environment(environment: &mut Environment, platform: Platform, via: &Source) {
    if environment.platform.value() == Some(&platform) {
        return;
    }
    environment.platform = Fact::known(platform, via.clone());
    environment.system_libraries.clear();
    environment.interpreter = Fact::unknown("the system is assumed");
    // A command is for that system, where the environment is assumed to be activated.
    environment.active = true;
    environment.elsewhere.clear();
    for package in &mut environment.packages {
        package.libraries.clear();
        package.forget_look();
    }
}
