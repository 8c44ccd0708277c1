//! What can hold a GPU back, as NVML tells it right after the kernels: power limit, PCIe link, reasons for low clocks.

use std::mem::ManuallyDrop;

use nvml_wrapper::{Nvml, bitmasks::device::ThrottleReasons};

use super::super::live::message;
use crate::{driver_api::library, facts::Conditions};

/// What people know the reasons by (nvml.h, nvmlClocksEventReasons; nvidia-smi's words). An idle GPU and clocks that were set on purpose
/// are none.
const REASONS: [(ThrottleReasons, &str); 5] = [
    (ThrottleReasons::SW_POWER_CAP, "power cap"),
    (ThrottleReasons::HW_SLOWDOWN, "hardware slowdown"),
    (ThrottleReasons::SW_THERMAL_SLOWDOWN, "software thermal slowdown"),
    (ThrottleReasons::HW_THERMAL_SLOWDOWN, "hardware thermal slowdown"),
    (ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN, "power brake"),
];

/// More devices than any machine has.
const MOST: u32 = 1024;

/// Asks about the GPU at this PCI address. What NVML does not say is left out.
pub fn conditions(address: &str) -> Option<Conditions> {
    let opened = library::open(&library::nvml_names(), "nvmlInit_v2").ok()?;
    let nvml = Nvml::builder().lib_path(opened.name.as_os_str()).init();
    // Its Drop calls nvmlShutdown, and panics where the library lacks it; the process ends in any case.
    let nvml = ManuallyDrop::new(nvml.ok()?);
    let mut devices = (0..nvml.device_count().ok()?.min(MOST)).filter_map(|index| nvml.device_by_index(index).ok());
    let at = |device: &nvml_wrapper::Device<'_>| device.pci_info().ok().and_then(|pci| message::address(&pci.bus_id));
    let device = devices.find(|device| at(device).as_deref() == Some(address))?;
    let held = device.current_throttle_reasons().unwrap_or(ThrottleReasons::NONE);
    Some(Conditions {
        power_limit: device.enforced_power_limit().ok(),
        power_default: device.power_management_limit_default().ok(),
        pcie_width: device.current_pcie_link_width().ok(),
        pcie_width_max: device.max_pcie_link_width().ok(),
        held_by: REASONS.iter().filter(|(bit, _)| held.contains(*bit)).map(|(_, name)| (*name).to_owned()).collect(),
    })
}
