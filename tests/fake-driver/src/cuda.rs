//! The CUDA driver API: enumeration. Signatures are those of cuda.h.

use std::{
    ffi::{CStr, c_char, c_int, c_uint},
    ptr,
    sync::OnceLock,
};

use crate::{
    cuda_errors,
    ffi::{Null, Out},
    instance::Instance,
    scenario::{self, Device},
    visible,
};

/// A `CUresult`.
pub struct Code(pub u32);

/// `CUDA_ERROR_INVALID_VALUE`.
pub const INVALID_VALUE: Code = Code(1);
/// `CUDA_ERROR_OUT_OF_MEMORY`.
pub const OUT_OF_MEMORY: Code = Code(2);
/// `CUDA_ERROR_NOT_INITIALIZED`.
pub const NOT_INITIALIZED: Code = Code(3);
/// `CUDA_ERROR_DEVICE_UNAVAILABLE`.
pub const DEVICE_UNAVAILABLE: Code = Code(46);
const NO_DEVICE: Code = Code(100);
/// `CUDA_ERROR_INVALID_DEVICE`.
pub const INVALID_DEVICE: Code = Code(101);
/// `CUDA_ERROR_INVALID_CONTEXT`.
pub const INVALID_CONTEXT: Code = Code(201);
/// `CUDA_ERROR_INVALID_HANDLE`.
pub const INVALID_HANDLE: Code = Code(400);
/// `CUDA_ERROR_NOT_FOUND`.
pub const NOT_FOUND: Code = Code(500);

impl From<Null> for Code {
    fn from(_: Null) -> Self {
        INVALID_VALUE
    }
}

/// The devices of this process, from the first `cuInit` that succeeds.
static DEVICES: OnceLock<Vec<Instance>> = OnceLock::new();

/// The device of a `CUdevice`, which is its number.
pub fn device(number: c_int) -> Result<(Instance, &'static Device), Code> {
    let devices = DEVICES.get().ok_or(NOT_INITIALIZED)?;
    let instance = usize::try_from(number).ok().and_then(|number| devices.get(number)).ok_or(INVALID_DEVICE)?;
    Ok((*instance, instance.device().ok_or(INVALID_DEVICE)?))
}

/// How many devices this process sees; nothing before `cuInit`.
pub fn count() -> Option<usize> {
    DEVICES.get().map(Vec::len)
}

fn attribute(device: &Device, attribute: c_uint) -> Result<c_int, Code> {
    let (domain, bus, slot) = device.pci_place().ok_or(INVALID_DEVICE)?;
    let value = match attribute {
        // MAX_THREADS_PER_BLOCK, WARP_SIZE
        1 => 1024,
        10 => 32,
        // CLOCK_RATE (kHz), MULTIPROCESSOR_COUNT, MEMORY_CLOCK_RATE (kHz), GLOBAL_MEMORY_BUS_WIDTH (bits)
        13 => device.clock,
        16 => device.multiprocessors,
        36 => device.memory_clock,
        37 => device.bus_width,
        // INTEGRATED, COMPUTE_MODE, ECC_ENABLED
        18 => c_uint::from(device.integrated),
        20 => device.compute_mode,
        32 => c_uint::from(device.ecc == Some(true)),
        // PCI_BUS_ID, PCI_DEVICE_ID (the slot, not the product), PCI_DOMAIN_ID
        33 => bus,
        34 => slot,
        50 => domain,
        // COMPUTE_CAPABILITY_MAJOR, COMPUTE_CAPABILITY_MINOR
        75 => return Ok(device.cc[0]),
        76 => return Ok(device.cc[1]),
        // GPU_PCI_DEVICE_ID, from CUDA 12.8 on
        139 if scenario::current().cuda_version >= 12080 => device.pci_id().ok_or(INVALID_DEVICE)?,
        // The highest number in cuda.h 13.5 is below; nobody asks for the rest yet.
        known if (1..149).contains(&known) => 0,
        _ => return Err(INVALID_VALUE),
    };
    c_int::try_from(value).map_err(|_| INVALID_VALUE)
}

fn describe(
    code: c_uint,
    place: Out<*const c_char>,
    part: fn((&'static CStr, &'static CStr)) -> &'static CStr,
) -> Result<(), Code> {
    match cuda_errors::find(code) {
        Some(known) => Ok(place.set(part(known).as_ptr())?),
        None => {
            place.set(ptr::null())?;
            Err(INVALID_VALUE)
        }
    }
}

exports! {
    /// Makes the driver ready; its answer is most of a diagnosis.
    fn cuInit(flags: c_uint) {
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        let variable = std::env::var_os("CUDA_VISIBLE_DEVICES");
        let variable = variable.as_ref().map(|value| value.to_string_lossy());
        let devices = visible::devices(scenario::current(), variable.as_deref());
        if devices.is_empty() {
            return Err(NO_DEVICE);
        }
        DEVICES.get_or_init(|| devices);
        Ok(())
    }

    /// The CUDA version of the driver; needs no `cuInit`.
    fn cuDriverGetVersion(version: Out<c_int>) {
        Ok(version.set(scenario::current().cuda_version)?)
    }

    /// Name of a code; NULL for one that is not known.
    fn cuGetErrorName(code: c_uint, name: Out<*const c_char>) {
        describe(code, name, |(name, _)| name)
    }

    /// Text of a code; NULL for one that is not known.
    fn cuGetErrorString(code: c_uint, text: Out<*const c_char>) {
        describe(code, text, |(_, text)| text)
    }

    /// How many devices this process sees.
    fn cuDeviceGetCount(count: Out<c_int>) {
        let devices = DEVICES.get().ok_or(NOT_INITIALIZED)?;
        Ok(count.set(c_int::try_from(devices.len()).map_err(|_| INVALID_VALUE)?)?)
    }

    /// The handle of a device, which is its number.
    fn cuDeviceGet(handle: Out<c_int>, ordinal: c_int) {
        device(ordinal)?;
        Ok(handle.set(ordinal)?)
    }

    /// Product name, cut where the buffer ends.
    fn cuDeviceGetName(name: Out<c_char>, length: c_int, number: c_int) {
        let (instance, device) = device(number)?;
        Ok(name.text(&instance.name(device), length)?)
    }

    /// Memory that programs can use.
    fn cuDeviceTotalMem_v2(bytes: Out<usize>, number: c_int) {
        let (instance, device) = device(number)?;
        let (memory, reserved) = instance.memory(device);
        Ok(bytes.set(usize::try_from(memory - reserved).map_err(|_| INVALID_VALUE)?)?)
    }

    /// One attribute.
    fn cuDeviceGetAttribute(value: Out<c_int>, which: c_uint, number: c_int) {
        let (_, device) = device(number)?;
        Ok(value.set(attribute(device, which)?)?)
    }

    /// PCI address with a domain of four digits.
    fn cuDeviceGetPCIBusId(address: Out<c_char>, length: c_int, number: c_int) {
        let (domain, bus, slot) = device(number)?.1.pci_place().ok_or(INVALID_DEVICE)?;
        Ok(address.text(&format!("{domain:04x}:{bus:02x}:{slot:02x}.0"), length)?)
    }

    /// UUID; of a multi-instance device, that of its GPU.
    fn cuDeviceGetUuid(uuid: Out<[u8; 16]>, number: c_int) {
        let (instance, device) = device(number)?;
        Ok(uuid.set(Instance { mig: None, ..instance }.uuid_bytes(device))?)
    }

    /// UUID; of a multi-instance device, its own.
    fn cuDeviceGetUuid_v2(uuid: Out<[u8; 16]>, number: c_int) {
        let (instance, device) = device(number)?;
        Ok(uuid.set(instance.uuid_bytes(device))?)
    }
}
