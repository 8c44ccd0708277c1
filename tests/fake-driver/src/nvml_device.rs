//! NVML: what it says of a device. Signatures and structures are those of nvml.h.

use std::ffi::{c_char, c_int, c_uint, c_ulonglong};

use crate::{
    ffi::Out,
    instance::Instance,
    nvml::{ARGUMENT_VERSION_MISMATCH, Code, INVALID_ARGUMENT, NOT_FOUND, NOT_SUPPORTED, started, text},
    scenario::{self, Device},
};

/// An `nvmlDevice_t`, a pointer in C that callers must not follow: here a mark, the GPU, and the instance from 1.
type Handle = usize;

const MARK: Handle = 0x4e56_0000;

fn handle(instance: Instance) -> Handle {
    MARK | (instance.gpu << 8) | instance.mig.map_or(0, |mig| mig as usize + 1)
}

fn device(handle: Handle) -> Result<(Instance, &'static Device), Code> {
    started()?;
    let rest = handle.checked_sub(MARK).ok_or(INVALID_ARGUMENT)?;
    let mig = u32::try_from(rest & 0xff).map_err(|_| INVALID_ARGUMENT)?.checked_sub(1);
    let instance = Instance { gpu: rest >> 8, mig };
    Ok((instance, instance.device().ok_or(INVALID_ARGUMENT)?))
}

/// The GPUs that this library lists.
fn listed() -> impl Iterator<Item = (usize, &'static Device)> {
    scenario::current().devices.iter().enumerate().filter(|(_, device)| device.nvml)
}

/// A question that some products answer and others do not support.
fn supported<T>(answer: Option<T>) -> Result<T, Code> {
    answer.ok_or(NOT_SUPPORTED)
}

/// `nvmlMemory_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Memory {
    total: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

/// `nvmlMemory_v2_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MemoryV2 {
    version: c_uint,
    total: c_ulonglong,
    reserved: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

/// `NVML_STRUCT_VERSION(Memory, 2)`: the size, and the version in the upper byte.
const MEMORY_V2: c_uint = size_of::<MemoryV2>() as c_uint | (2 << 24);

/// `nvmlPciInfo_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PciInfo {
    legacy: [u8; 16],
    domain: c_uint,
    bus: c_uint,
    slot: c_uint,
    product: c_uint,
    subsystem: c_uint,
    address: [u8; 32],
}

/// `nvmlGpuFabricInfo_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FabricInfo {
    cluster: [u8; 16],
    status: c_uint,
    clique: c_uint,
    state: u8,
}

/// A text in a field of a structure, filled up with NUL.
fn field<const SIZE: usize>(text: &str) -> [u8; SIZE] {
    let mut field = [0; SIZE];
    field.iter_mut().take(SIZE - 1).zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    field
}

exports! {
    /// How many GPUs there are, lost ones included.
    fn nvmlDeviceGetCount_v2(count: Out<c_uint>) {
        started()?;
        Ok(count.set(c_uint::try_from(listed().count()).map_err(|_| INVALID_ARGUMENT)?)?)
    }

    /// Handle of a GPU, in the order of the PCI bus.
    fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, place: Out<Handle>) {
        started()?;
        let (gpu, device) = listed().nth(index as usize).ok_or(INVALID_ARGUMENT)?;
        match device.nvml_error {
            Some(code) => Err(Code(code)),
            None => Ok(place.set(handle(Instance { gpu, mig: None }))?),
        }
    }

    /// Product name.
    fn nvmlDeviceGetName(handle: Handle, name: Out<c_char>, length: c_uint) {
        let (instance, device) = device(handle)?;
        text(name, length, &instance.name(device))
    }

    /// UUID.
    fn nvmlDeviceGetUUID(handle: Handle, uuid: Out<c_char>, length: c_uint) {
        let (instance, device) = device(handle)?;
        text(uuid, length, &instance.uuid(device))
    }

    /// PCI address, product and subsystem.
    fn nvmlDeviceGetPciInfo_v3(handle: Handle, info: Out<PciInfo>) {
        let (_, device) = device(handle)?;
        let (domain, bus, slot) = device.pci_place().ok_or(INVALID_ARGUMENT)?;
        Ok(info.set(PciInfo {
            legacy: field(&format!("{domain:04X}:{bus:02X}:{slot:02X}.0")),
            domain,
            bus,
            slot,
            product: device.pci_id().ok_or(INVALID_ARGUMENT)?,
            subsystem: 0,
            address: field(&format!("{domain:08X}:{bus:02X}:{slot:02X}.0")),
        })?)
    }

    /// Memory; what the driver keeps counts as used.
    fn nvmlDeviceGetMemoryInfo(handle: Handle, memory: Out<Memory>) {
        let (instance, device) = device(handle)?;
        let (total, reserved) = instance.memory(device);
        Ok(memory.set(Memory { total, free: total - reserved, used: reserved })?)
    }

    /// Memory; what the driver keeps stands by itself.
    fn nvmlDeviceGetMemoryInfo_v2(handle: Handle, memory: Out<MemoryV2>) {
        let (instance, device) = device(handle)?;
        if memory.get()?.version != MEMORY_V2 {
            return Err(ARGUMENT_VERSION_MISMATCH);
        }
        let (total, reserved) = instance.memory(device);
        Ok(memory.set(MemoryV2 { version: MEMORY_V2, total, reserved, free: total - reserved, used: 0 })?)
    }

    /// Compute capability.
    fn nvmlDeviceGetCudaComputeCapability(handle: Handle, major: Out<c_int>, minor: Out<c_int>) {
        let (_, device) = device(handle)?;
        major.set(device.cc[0])?;
        Ok(minor.set(device.cc[1])?)
    }

    /// Multi-instance mode, now and after the next reset.
    fn nvmlDeviceGetMigMode(handle: Handle, current: Out<c_uint>, pending: Out<c_uint>) {
        let mig = supported(device(handle)?.1.mig.as_ref())?;
        current.set(c_uint::from(mig.current))?;
        Ok(pending.set(c_uint::from(mig.pending))?)
    }

    /// How many instances there can be; none where the mode is off.
    fn nvmlDeviceGetMaxMigDeviceCount(handle: Handle, count: Out<c_uint>) {
        let on = device(handle)?.1.mig.as_ref().is_some_and(|mig| mig.current);
        Ok(count.set(if on { 7 } else { 0 })?)
    }

    /// Handle of an instance.
    fn nvmlDeviceGetMigDeviceHandleByIndex(parent: Handle, index: c_uint, place: Out<Handle>) {
        let (instance, device) = device(parent)?;
        let mig = supported(device.mig.as_ref())?;
        if index >= 7 || instance.mig.is_some() {
            return Err(INVALID_ARGUMENT);
        }
        if index >= mig.instances {
            return Err(NOT_FOUND);
        }
        Ok(place.set(handle(Instance { mig: Some(index), ..instance }))?)
    }

    /// Whether the driver stays loaded when nobody uses it.
    fn nvmlDeviceGetPersistenceMode(handle: Handle, mode: Out<c_uint>) {
        Ok(mode.set(c_uint::from(supported(device(handle)?.1.persistence)?))?)
    }

    /// Error correction, now and after the next reset.
    fn nvmlDeviceGetEccMode(handle: Handle, current: Out<c_uint>, pending: Out<c_uint>) {
        let on = c_uint::from(supported(device(handle)?.1.ecc)?);
        current.set(on)?;
        Ok(pending.set(on)?)
    }

    /// Who may use it.
    fn nvmlDeviceGetComputeMode(handle: Handle, mode: Out<c_uint>) {
        Ok(mode.set(device(handle)?.1.compute_mode)?)
    }

    /// Whether a display is attached.
    fn nvmlDeviceGetDisplayMode(handle: Handle, display: Out<c_uint>) {
        Ok(display.set(c_uint::from(device(handle)?.1.display))?)
    }

    /// Whether a display is used.
    fn nvmlDeviceGetDisplayActive(handle: Handle, active: Out<c_uint>) {
        Ok(active.set(c_uint::from(device(handle)?.1.display))?)
    }

    /// Power limit in force, in milliwatts.
    fn nvmlDeviceGetEnforcedPowerLimit(handle: Handle, limit: Out<c_uint>) {
        Ok(limit.set(supported(device(handle)?.1.power_limit)?)?)
    }

    /// State of the registration with the NVLink fabric.
    fn nvmlDeviceGetGpuFabricInfo(handle: Handle, info: Out<FabricInfo>) {
        let state = supported(device(handle)?.1.fabric)?;
        Ok(info.set(FabricInfo { cluster: [0; 16], status: 0, clique: 0, state })?)
    }
}
