//! `--gpu`, `--driver`, `--os` and `--python-version` take the place of what was probed.

use super::options::{Assume, AssumedOs, AssumedShell};
use crate::{
    facts::{Cpu, Driver, Environment, Fact, Facts, Gpu, How, Kernel, Os, Platform, ShellKind, Source},
    knowledge::Knowledge,
};

impl Assume {
    /// Whether this machine's driver matters: not when both it and the GPU are assumed.
    pub fn needs_driver(&self) -> bool {
        self.gpu.is_empty() || self.driver.is_none()
    }

    /// Puts what is assumed into the facts.
    ///
    /// # Errors
    /// A GPU name that no product has, or several that differ in what matters.
    pub fn apply(&self, facts: &mut Facts, knowledge: &Knowledge) -> anyhow::Result<()> {
        if !self.gpu.is_empty() {
            let gpus = self.gpu.iter().enumerate().map(|(index, text)| named_gpu(index, text, knowledge));
            let list = gpus.collect::<anyhow::Result<Vec<Gpu>>>()?;
            facts.gpus = Fact::known(list, Source::option("--gpu"));
            forget_driver(facts, "the GPU is assumed");
        }
        if let Some(shell) = self.shell {
            let (shell, name) = match shell {
                AssumedShell::Sh => (ShellKind::Sh, "sh"),
                AssumedShell::PowerShell => (ShellKind::PowerShell, "powershell"),
                AssumedShell::Cmd => (ShellKind::Cmd, "cmd"),
            };
            facts.host.shell = Fact::known(shell, Source::option(format!("--shell {name}")));
        }
        if let Some(os) = self.os {
            forget_driver(facts, "the system is assumed");
            assume_os(os, facts);
        }
        if let Some(version) = &self.driver {
            let driver = Driver { version: version.clone(), cuda: Fact::unknown("the driver is assumed") };
            facts.driver = Fact::known(driver, Source::option(format!("--driver {version}")));
        } else if self.os.is_some() || !self.gpu.is_empty() {
            // The driver of this machine says nothing of another machine's; without one, there is nothing to say either.
            if facts.driver.value().is_none() || self.os.is_some() {
                facts.driver = Fact::unknown("not given (--driver)");
            }
        }
        if let Some(python) = self.python_version {
            for environment in &mut facts.environments {
                environment.python = Fact::known(python, Source::option(format!("--python-version {python}")));
            }
        }
        Ok(())
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

fn named_gpu(index: usize, text: &str, knowledge: &Knowledge) -> anyhow::Result<Gpu> {
    let answer = knowledge.find_gpu(text.trim())?;
    let option = format!("--gpu {}", text.trim());
    let via = match answer.from_row {
        true => Source::new(How::Knowledge, format!("gpus.toml, {} ({option})", answer.name)),
        false => Source::option(&option),
    };
    let pci = answer.pci.map(|id| Fact::known(id, Source::option(&option)));
    Ok(Gpu {
        name: Fact::known(answer.name, Source::option(&option)),
        pci_device: pci.unwrap_or(Fact::unknown("only the name was given")),
        capability: Fact::known(answer.capability, via),
        named: true,
        ..Gpu::unknown(format!("gpu{index}"), "the GPU is assumed")
    })
}

/// Another system than the one that was probed: what was read from it says nothing.
fn assume_os(os: AssumedOs, facts: &mut Facts) {
    let cpu = facts.host.platform.value().map_or(Cpu::X86_64, |platform| platform.cpu);
    let (name, kind) = match os {
        AssumedOs::Linux => ("linux", Os::Linux),
        AssumedOs::Windows => ("windows", Os::Windows),
        AssumedOs::Wsl => ("wsl", Os::Linux),
    };
    let via = Source::option(format!("--os {name}"));
    let platform = Platform { os: kind, cpu };
    let assumed = "the system is assumed";
    let host = &mut facts.host;
    host.wsl = match os {
        AssumedOs::Wsl => Fact::known(2, via.clone()),
        _ => Fact::absent(via.clone()),
    };
    if host.platform.value() != Some(&platform) {
        host.distribution = Fact::unknown(assumed);
        host.kernel = Fact::unknown(assumed);
        host.glibc = Fact::unknown(assumed);
        host.container = Fact::unknown(assumed);
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
    // A line is for that system, where somebody who pastes it has it activated.
    environment.active = true;
    environment.elsewhere.clear();
    for package in &mut environment.packages {
        package.libraries.clear();
        package.forget_look();
    }
}
