//! Asks the CUDA driver API what a program of this user would see. Signatures are raw: a result is a number, so that one
//! that no header knows stays a number.

use std::ffi::c_int;

use libloading::Library;

use super::{
    codes,
    library::{self, Opened},
    message::{self, Device, Message, address, capability, cuda_version},
};
use crate::facts::{ContactOutcome, LibraryKind, Trouble};

/// `CUresult`, or its number: an enum would make an unlisted value undefined behaviour.
type Code = u32;
/// `CUdevice` is an int in cuda.h.
type Handle = c_int;

/// `CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `…_MINOR` in cuda.h.
const CAPABILITY: [c_int; 2] = [75, 76];
/// More devices than any machine has: a count above it is no answer.
const MOST: c_int = 1024;

/// Asks everything. What goes wrong is in the message.
pub fn ask() -> Message {
    let opened = match library::open(&library::cuda_names(), "cuInit") {
        Ok(opened) => opened,
        Err(answer) => return Message::new(None, answer),
    };
    let mut message = Message::new(opened.file.clone(), ContactOutcome::Ready);
    message.plain_name = plain_name(&opened);
    if let Err(answer) = describe(&opened, &mut message) {
        message.answer = answer;
    }
    // Unloading runs NVIDIA's destructors, which a broken driver may not survive; the process ends in any case.
    std::mem::forget(opened);
    message
}

/// Whether `libcuda.so` is found beside `libcuda.so.1`: in WSL the loader's cache has one name for each soname.
fn plain_name(opened: &Opened) -> Option<bool> {
    let wsl = opened.file.as_ref().is_some_and(|file| file.kind == LibraryKind::Wsl);
    // SAFETY: loading runs the library's initialisers; it is the one that is loaded already, or the same driver's.
    wsl.then(|| unsafe { Library::new("libcuda.so") }.is_ok())
}

fn describe(opened: &Opened, message: &mut Message) -> Result<(), ContactOutcome> {
    let api = Api { library: &opened.library };
    // It needs no initialisation, so that a driver that cannot start still tells its version.
    message.cuda = api.get("cuDriverGetVersion", 0).ok().and_then(cuda_version);
    api.init()?;
    let count = api.get("cuDeviceGetCount", 0)?;
    if !(0..=MOST).contains(&count) {
        return Err(ContactOutcome::Garbled { what: format!("cuDeviceGetCount says {count}") });
    }
    message.devices = (0..count).map(|ordinal| api.device(ordinal)).collect();
    Ok(())
}

/// The functions that are asked, each looked up where it is needed: an older driver lacks some.
struct Api<'a> {
    library: &'a Library,
}

impl Api<'_> {
    /// A function by its name.
    ///
    /// # Safety
    /// `F` must be the function's type in cuda.h, with numbers for enums.
    unsafe fn find<F: Copy>(&self, name: &str) -> Result<F, ContactOutcome> {
        // SAFETY: passed on to the caller.
        let symbol = unsafe { self.library.get::<F>(name.as_bytes()) };
        symbol.map(|symbol| *symbol).map_err(|_| ContactOutcome::MissingFunction { name: name.to_owned() })
    }

    fn init(&self) -> Result<(), ContactOutcome> {
        // SAFETY: CUresult cuInit(unsigned int Flags); the flags must be 0.
        check("cuInit", unsafe { self.find::<unsafe extern "C" fn(u32) -> Code>("cuInit")?(0) })
    }

    /// One number from a function that takes the place for it; `before` is what stands there already.
    fn get(&self, name: &str, before: c_int) -> Result<c_int, ContactOutcome> {
        let mut number = before;
        // SAFETY: asked for are cuDriverGetVersion(int *) and cuDeviceGetCount(int *) only.
        check(name, unsafe { self.find::<unsafe extern "C" fn(*mut c_int) -> Code>(name)?(&mut number) })?;
        Ok(number)
    }

    fn device(&self, ordinal: c_int) -> Device {
        let mut device = Device { index: ordinal.unsigned_abs(), ..Device::default() };
        match self.handle(ordinal) {
            Ok(handle) => {
                device.name = self.name(handle);
                device.address = self.address(handle);
                device.uuid = self.uuid(handle);
                device.memory = self.memory(handle);
                let [major, minor] = CAPABILITY.map(|attribute| self.attribute(attribute, handle));
                match (major, minor) {
                    (Ok(major), Ok(minor)) => device.capability = capability(major, minor),
                    (Err(answer), _) | (_, Err(answer)) => device.trouble = trouble(answer),
                }
            }
            Err(answer) => device.trouble = trouble(answer),
        }
        device
    }

    fn handle(&self, ordinal: c_int) -> Result<Handle, ContactOutcome> {
        let mut handle: Handle = 0;
        // SAFETY: CUresult cuDeviceGet(CUdevice *device, int ordinal).
        let code = unsafe {
            self.find::<unsafe extern "C" fn(*mut Handle, c_int) -> Code>("cuDeviceGet")?(&mut handle, ordinal)
        };
        check("cuDeviceGet", code).map(|()| handle)
    }

    fn attribute(&self, attribute: c_int, handle: Handle) -> Result<c_int, ContactOutcome> {
        let mut number: c_int = 0;
        // SAFETY: CUresult cuDeviceGetAttribute(int *pi, CUdevice_attribute attrib, CUdevice dev).
        let code = unsafe {
            self.find::<unsafe extern "C" fn(*mut c_int, c_int, Handle) -> Code>("cuDeviceGetAttribute")?(
                &mut number,
                attribute,
                handle,
            )
        };
        check("cuDeviceGetAttribute", code).map(|()| number)
    }

    fn name(&self, handle: Handle) -> Option<String> {
        message::text(&self.text("cuDeviceGetName", handle)?)
    }

    fn address(&self, handle: Handle) -> Option<String> {
        address(&self.text("cuDeviceGetPCIBusId", handle)?)
    }

    /// The text of cuDeviceGetName or cuDeviceGetPCIBusId.
    fn text(&self, name: &str, handle: Handle) -> Option<String> {
        let mut buffer = [0u8; 256];
        // SAFETY: both are CUresult (char *, int len, CUdevice dev); the length is the buffer's.
        let code = unsafe {
            self.find::<unsafe extern "C" fn(*mut u8, c_int, Handle) -> Code>(name).ok()?(
                buffer.as_mut_ptr(),
                buffer.len() as c_int,
                handle,
            )
        };
        let written = buffer.split(|byte| *byte == 0).next()?;
        if code == 0 { Some(String::from_utf8_lossy(written).into_owned()) } else { None }
    }

    fn uuid(&self, handle: Handle) -> Option<String> {
        let mut bytes = [0u8; 16];
        type Get = unsafe extern "C" fn(*mut [u8; 16], Handle) -> Code;
        // The second version (CUDA 11.4) gives a MIG instance's own.
        // SAFETY: CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice dev), and _v2 alike; CUuuid is char bytes[16].
        let code = unsafe {
            let get = self.find::<Get>("cuDeviceGetUuid_v2").or_else(|_| self.find::<Get>("cuDeviceGetUuid"));
            get.ok()?(&mut bytes, handle)
        };
        if code == 0 { Some(uuid_text(bytes)) } else { None }
    }

    fn memory(&self, handle: Handle) -> Option<u64> {
        let mut bytes: usize = 0;
        // SAFETY: CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice dev).
        let code = unsafe {
            self.find::<unsafe extern "C" fn(*mut usize, Handle) -> Code>("cuDeviceTotalMem_v2").ok()?(
                &mut bytes, handle,
            )
        };
        if code == 0 && bytes > 0 { u64::try_from(bytes).ok() } else { None }
    }
}

fn check(call: &str, code: Code) -> Result<(), ContactOutcome> {
    match code {
        0 => Ok(()),
        code => Err(ContactOutcome::Failed { call: call.to_owned(), code, name: codes::cuda(code) }),
    }
}

fn trouble(answer: ContactOutcome) -> Option<Trouble> {
    match answer {
        ContactOutcome::Failed { call, code, name } => Some(Trouble { call, code, name }),
        _ => None,
    }
}

/// As NVML writes it: `GPU-0b1c2d3e-4f50-…`.
fn uuid_text(bytes: [u8; 16]) -> String {
    let mut text = String::from("GPU-");
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_written_as_nvml_does() {
        let bytes = std::array::from_fn(|at| at as u8 * 17);
        assert_eq!(uuid_text(bytes), "GPU-00112233-4455-6677-8899-aabbccddeeff");
    }

    #[test]
    fn a_code_without_a_name_stays_a_number() {
        let failed = |code, name| Err(ContactOutcome::Failed { call: "cuInit".to_owned(), code, name });
        assert_eq!(check("cuInit", 77777), failed(77777, None));
        assert_eq!(check("cuInit", 100), failed(100, Some("CUDA_ERROR_NO_DEVICE".to_owned())));
    }
}
