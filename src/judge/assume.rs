//! What is assumed takes the place of what was probed: the GPUs, the driver, the system, the Python and the shell of another machine.

use std::{fmt, str::FromStr};

use crate::{
    facts::{
        Cpu, Driver, DriverVersion, Environment, Fact, Facts, Gpu, How, Kernel, Os, Platform, PythonVersion, ShellKind,
        Source,
    },
    knowledge::{GpuLookupError, Knowledge},
};

/// What to assume. The facts name the option of the command line that stands for it as their source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assumed {
    /// The GPUs of the machine, each by name, alias, PCI id, architecture or compute capability.
    pub gpus: Vec<String>,
    /// NVIDIA driver version.
    pub driver: Option<DriverVersion>,
    /// Operating system.
    pub system: Option<System>,
    /// What wheels must have been built for; nothing: the system on the processor that was probed.
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

impl Assumed {
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
        let moved = self.system.is_some() || self.platform.is_some();
        if moved {
            forget_driver(facts, "the system is assumed");
            move_machine(self, facts);
        }
        if let Some(version) = &self.driver {
            let driver = Driver { version: version.clone(), cuda: Fact::unknown("the driver is assumed") };
            facts.driver = Fact::known(driver, self.by.source("driver", &version.to_string()));
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

/// Another system than the one that was probed: what was read from it says nothing.
fn move_machine(assumed: &Assumed, facts: &mut Facts) {
    let cpu = facts.host.platform.value().map_or(Cpu::X86_64, |platform| platform.cpu);
    let (system, given) = (assumed.system, assumed.shell.is_some());
    let (platform, via) = match (assumed.platform, system) {
        (Some(platform), _) => (platform, assumed.by.source("platform", &platform.to_string())),
        (None, Some(system)) => {
            let os = if system == System::Windows { Os::Windows } else { Os::Linux };
            (Platform { os, cpu }, assumed.by.source("os", &system.to_string()))
        }
        (None, None) => return,
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
        move_environment(environment, platform, &via);
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
