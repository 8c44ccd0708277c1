//! Asks NVIDIA's management library. One GPU that fails never keeps the others from being described.

use std::mem::{ManuallyDrop, MaybeUninit};

use nvml_wrapper::{Device as Handle, Nvml, error::NvmlError};

use super::{
    codes,
    message::{Device, Message, address, capability, cuda_version, text},
};
use crate::{
    driver_api::library,
    facts::{ContactOutcome, Fact, How, Mig, Source, Trouble},
};

/// More devices, or instances of one, than any machine has: a count above it is no answer.
const MOST: u32 = 1024;
/// Codes of any call that are about the GPU and not about the question.
const LOST: u32 = 15;
const RESET_REQUIRED: u32 = 16;

/// Asks everything. What goes wrong is in the message.
pub fn ask() -> Message {
    // Opened here first: only so does the parent learn which file it is when initialisation fails.
    let opened = match library::open(&library::nvml_names(), "nvmlInit_v2") {
        Ok(opened) => opened,
        Err(answer) => return Message::new(None, answer),
    };
    let mut message = Message::new(opened.file.clone(), ContactOutcome::Ready);
    match Nvml::builder().lib_path(opened.name.as_os_str()).init() {
        Ok(nvml) => {
            // Its Drop calls nvmlShutdown, and panics where the library lacks it; the process ends in any case.
            let nvml = ManuallyDrop::new(nvml);
            if let Err(answer) = describe(&nvml, &mut message) {
                message.answer = answer;
            }
        }
        Err(error) => message.answer = failure("nvmlInit", "nvmlInit_v2", error),
    }
    message
}

fn describe(nvml: &Nvml, message: &mut Message) -> Result<(), ContactOutcome> {
    message.driver = nvml.sys_driver_version().ok().and_then(|version| text(&version));
    message.cuda = nvml.sys_cuda_driver_version().ok().and_then(cuda_version);
    let count = nvml.device_count().map_err(|error| failure("nvmlDeviceGetCount", "nvmlDeviceGetCount_v2", error))?;
    if count > MOST {
        return Err(ContactOutcome::Garbled { what: format!("nvmlDeviceGetCount says {count}") });
    }
    message.devices = (0..count).map(|index| device(nvml, index)).collect();
    Ok(())
}

fn device(nvml: &Nvml, index: u32) -> Device {
    let mut device = Device { index, ..Device::default() };
    let handle = match nvml.device_by_index(index) {
        Ok(handle) => handle,
        Err(error) => {
            device.trouble = code(&error).map(|code| trouble("nvmlDeviceGetHandleByIndex", code));
            return device;
        }
    };
    let mut seen = None;
    device.name = keep("nvmlDeviceGetName", handle.name(), &mut seen).and_then(|name| text(&name));
    device.uuid = keep("nvmlDeviceGetUUID", handle.uuid(), &mut seen).and_then(|uuid| text(&uuid));
    if let Some(pci) = keep("nvmlDeviceGetPciInfo", handle.pci_info(), &mut seen) {
        device.address = address(&pci.bus_id);
        // The lower half is the vendor.
        device.pci_device =
            Some(pci.pci_device_id).filter(|id| id & 0xffff == 0x10de).map(|id| format!("{:04x}", id >> 16));
    }
    device.capability = keep("nvmlDeviceGetCudaComputeCapability", handle.cuda_compute_capability(), &mut seen)
        .and_then(|found| capability(found.major, found.minor));
    device.memory = keep("nvmlDeviceGetMemoryInfo", memory(nvml, &handle), &mut seen).filter(|bytes| *bytes > 0);
    device.mig = mig(&handle, &mut seen);
    device.ecc = keep("nvmlDeviceGetEccMode", handle.is_ecc_enabled(), &mut seen).map(|mode| mode.currently_enabled);
    device.display = keep("nvmlDeviceGetDisplayActive", handle.is_display_active(), &mut seen);
    #[cfg(target_os = "linux")]
    {
        device.persistence = keep("nvmlDeviceGetPersistenceMode", handle.is_in_persistent_mode(), &mut seen);
    }
    device.trouble = seen;
    device
}

/// The value, or the first trouble with the GPU itself; a question that it does not support is none.
fn keep<T>(call: &str, result: Result<T, NvmlError>, seen: &mut Option<Trouble>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let code = code(&error).filter(|code| matches!(*code, LOST | RESET_REQUIRED));
            if let (None, Some(code)) = (seen.as_ref(), code) {
                *seen = Some(trouble(call, code));
            }
            None
        }
    }
}

/// Drivers before 510 have the first version of the question only, which nvml-wrapper does not ask.
fn memory(nvml: &Nvml, handle: &Handle<'_>) -> Result<u64, NvmlError> {
    match handle.memory_info() {
        Ok(info) => Ok(info.total),
        Err(first) if matches!(code(&first), Some(LOST | RESET_REQUIRED)) => Err(first),
        Err(first) => {
            let Ok(ask) = nvml.lib().nvmlDeviceGetMemoryInfo.as_ref() else { return Err(first) };
            let mut info = MaybeUninit::zeroed();
            // SAFETY: the handle is this library's own; the struct is nvmlMemory_t, three 64-bit numbers, zeroed before.
            let (code, info) = unsafe { (ask(handle.handle(), info.as_mut_ptr()), info.assume_init()) };
            if code == 0 { Ok(info.total) } else { Err(code.into()) }
        }
    }
}

fn mig(handle: &Handle<'_>, seen: &mut Option<Trouble>) -> Fact<Mig> {
    const CALL: &str = "nvmlDeviceGetMigMode";
    let via = Source::new(How::Nvml, CALL);
    match handle.mig_mode() {
        Ok(mode) => {
            let most = handle.mig_device_count().unwrap_or(0).min(MOST);
            let instances = if mode.current == 1 {
                (0..most).filter(|index| handle.mig_device_by_index(*index).is_ok()).count() as u32
            } else {
                0
            };
            Fact::known(Mig { current: mode.current == 1, pending: mode.pending == 1, instances }, via)
        }
        Err(NvmlError::NotSupported) => Fact::absent(via),
        Err(error) => {
            let why = format!("{CALL}: {error}");
            keep::<()>(CALL, Err(error), seen);
            Fact::unknown(why)
        }
    }
}

fn failure(call: &str, function: &str, error: NvmlError) -> ContactOutcome {
    match (code(&error), error) {
        (Some(code), _) => ContactOutcome::Failed { call: call.to_owned(), code, name: codes::name(code) },
        (None, NvmlError::FailedToLoadSymbol(_)) => ContactOutcome::MissingFunction { name: function.to_owned() },
        (None, error @ NvmlError::LibloadingError(_)) => ContactOutcome::Unloadable { why: error.to_string() },
        (None, error) => ContactOutcome::Garbled { what: format!("{call}: {error}") },
    }
}

/// The library's own code; nothing when the wrapper failed before or after the call.
fn code(error: &NvmlError) -> Option<u32> {
    use NvmlError::*;
    Some(match error {
        Uninitialized => 1,
        InvalidArg => 2,
        NotSupported => 3,
        NoPermission => 4,
        NotFound => 6,
        InsufficientSize(_) => 7,
        InsufficientPower => 8,
        DriverNotLoaded => 9,
        Timeout => 10,
        IrqIssue => 11,
        LibraryNotFound => 12,
        FunctionNotFound => 13,
        CorruptedInfoROM => 14,
        GpuLost => LOST,
        ResetRequired => RESET_REQUIRED,
        OperatingSystem => 17,
        LibRmVersionMismatch => 18,
        InUse => 19,
        InsufficientMemory => 20,
        NoData => 21,
        VgpuEccNotSupported => 22,
        Unknown => 999,
        UnexpectedVariant(code) => *code,
        // Code 5 is deprecated, and naming it is too; the rest are the wrapper's own.
        _ => return None,
    })
}

fn trouble(call: &str, code: u32) -> Trouble {
    Trouble { call: call.to_owned(), code, name: codes::name(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_comes_back_as_it_was() {
        for number in (1..=40).chain([999, 77777]).filter(|number| *number != 5) {
            assert_eq!(code(&NvmlError::from(number)), Some(number));
        }
    }

    #[test]
    fn failures_are_told_apart() {
        let init = |error| failure("nvmlInit", "nvmlInit_v2", error);
        let failed = |code, name: Option<&str>| ContactOutcome::Failed {
            call: "nvmlInit".to_owned(),
            code,
            name: name.map(ToOwned::to_owned),
        };
        assert_eq!(init(NvmlError::DriverNotLoaded), failed(9, Some("NVML_ERROR_DRIVER_NOT_LOADED")));
        assert_eq!(init(NvmlError::UnexpectedVariant(31)), failed(31, None));
        let missing = init(NvmlError::FailedToLoadSymbol("x".to_owned()));
        assert_eq!(missing, ContactOutcome::MissingFunction { name: "nvmlInit_v2".to_owned() });
        let bytes: Vec<u8> = vec![0xff];
        let error = NvmlError::from(String::from_utf8(bytes).unwrap_err().utf8_error());
        assert!(matches!(init(error), ContactOutcome::Garbled { .. }));
    }

    #[test]
    fn only_the_gpus_own_failures_are_trouble() {
        let mut seen = None;
        assert_eq!(keep::<()>("a", Err(NvmlError::NotSupported), &mut seen), None);
        assert_eq!(seen, None);
        keep::<()>("b", Err(NvmlError::GpuLost), &mut seen);
        keep::<()>("c", Err(NvmlError::ResetRequired), &mut seen);
        assert_eq!(seen, Some(trouble("b", 15)));
        assert_eq!(keep("d", Ok(1), &mut seen), Some(1));
    }
}
