//! The device that a run is for: how it is found, and what CUDA says of it.

use super::super::live::message::{address, capability, text};
use crate::{
    driver_api::{
        Api,
        CUdevice_attribute::{
            CU_DEVICE_ATTRIBUTE_CLOCK_RATE as CLOCK_RATE, CU_DEVICE_ATTRIBUTE_COMPUTE_MODE as COMPUTE_MODE,
            CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH as MEMORY_BUS_WIDTH,
            CU_DEVICE_ATTRIBUTE_INTEGRATED as INTEGRATED, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE as MEMORY_CLOCK_RATE,
            CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT as MULTIPROCESSORS,
        },
        Device,
    },
    facts::{ComputeCapability, ContactOutcome, SmokeDevice},
};

/// Which device is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By its number among those that this process sees.
    Ordinal(i32),
    /// By its PCI address.
    Address(String),
}

/// Makes the driver ready and finds the device.
///
/// # Errors
/// What the driver answers; [`ContactOutcome::Garbled`] when it does not have the device.
pub fn find<'a>(api: &'a Api, wanted: &Wanted) -> Result<Device<'a>, ContactOutcome> {
    api.init()?;
    let wanted = match wanted {
        Wanted::Ordinal(ordinal) => return Device::nth(api, *ordinal),
        Wanted::Address(wanted) => wanted,
    };
    for ordinal in 0..api.device_count()? {
        let device = Device::nth(api, ordinal)?;
        if place(&device).as_ref() == Some(wanted) {
            return Ok(device);
        }
    }
    Err(ContactOutcome::Garbled { what: "CUDA no longer lists a device at this PCI address".to_owned() })
}

/// Its PCI address as Linux writes it.
pub fn place(device: &Device<'_>) -> Option<String> {
    address(&device.address().ok()?)
}

/// Its compute capability.
pub fn capability_of(device: &Device<'_>) -> Option<ComputeCapability> {
    let (major, minor) = device.capability().ok()?;
    capability(major, minor)
}

/// What CUDA says of it. What it does not say is left out.
pub fn describe(device: &Device<'_>) -> SmokeDevice {
    let attribute = |which| device.attribute(which).ok().and_then(|number| u32::try_from(number).ok());
    let above_zero = |which| attribute(which).filter(|number| *number > 0);
    let name = device.name().ok().and_then(|name| text(&name));
    SmokeDevice {
        name: name.unwrap_or_else(|| "unnamed device".to_owned()),
        capability: capability_of(device),
        multiprocessors: above_zero(MULTIPROCESSORS),
        clock_khz: above_zero(CLOCK_RATE),
        memory_clock_khz: above_zero(MEMORY_CLOCK_RATE),
        memory_bus_bits: above_zero(MEMORY_BUS_WIDTH),
        compute_mode: attribute(COMPUTE_MODE),
        integrated: attribute(INTEGRATED) == Some(1),
        free: None,
        memory: device.memory().ok(),
    }
}
