//! The kernel side of the driver, by its files: module, device nodes, firmware. No library is asked.

mod fabric;
pub(crate) mod modinfo;
mod modules;
mod nodes;
mod secure_boot;
mod version;

#[cfg(test)]
mod tests;

use super::pci::Device;
use crate::{
    facts::{Driver, Fact, Host, Kernel, Os},
    system::Root,
};

/// What the kernel shows.
pub fn kernel(root: &Root, host: &Host, devices: &Fact<Vec<Device>>) -> Kernel {
    let linux = host.platform.value().is_none_or(|platform| platform.os == Os::Linux);
    if !linux {
        return Kernel::default();
    }
    let nodes = nodes::nodes(root);
    // WSL's kernel has no part of the driver but a door to Windows.
    if host.wsl.value().is_some() {
        return Kernel { nodes, ..Kernel::default() };
    }
    let loaded = modules::loaded(root);
    let (version, flavour) = version::loaded(root, &loaded);
    let (installed, installed_flavour) = modules::installed(root, host);
    let flavour = version::completed(flavour, &version, &installed, &installed_flavour);
    Kernel {
        version,
        flavour,
        loaded,
        installed,
        installed_flavour,
        nodes,
        secure_boot: secure_boot::secure_boot(root),
        nvswitches: fabric::nvswitches(devices),
        fabric_manager: fabric::manager(root, host, devices),
    }
}

/// The driver as far as its kernel module shows it.
pub fn driver(kernel: &Kernel, host: &Host) -> Fact<Driver> {
    if host.wsl.value().is_some() {
        return Fact::unknown("WSL uses Windows' driver; give its version with --driver");
    }
    if host.platform.value().is_some_and(|platform| platform.os != Os::Linux) {
        return Fact::unknown(
            "the driver's version is only in a file on Linux, and the driver libraries were not queried",
        );
    }
    match &kernel.version {
        Fact::Known { value, via } => {
            let cuda = Fact::unknown("the driver was not queried, and its files do not say");
            Fact::known(Driver { version: value.clone(), cuda }, via.clone())
        }
        Fact::Absent { via } => Fact::absent(via.clone()),
        Fact::Unknown { .. } => Fact::unknown(
            "no kernel driver was found in /proc/driver/nvidia, and the driver libraries were not queried",
        ),
    }
}
