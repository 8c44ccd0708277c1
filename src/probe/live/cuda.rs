//! Asks the CUDA driver API what a program of this user would see.

use super::message::{self, Device, Message, address, capability, cuda_version};
use crate::{
    driver_api::{self, Api},
    facts::{ContactOutcome, LibraryKind, Trouble},
};

/// Asks everything. What goes wrong is in the message.
pub fn ask() -> Message {
    let api = match Api::open() {
        Ok(api) => api,
        Err(answer) => return Message::new(None, answer),
    };
    let mut message = Message::new(api.file().cloned(), ContactOutcome::Ready);
    let wsl = api.file().is_some_and(|file| file.kind == LibraryKind::Wsl);
    message.plain_name = wsl.then(|| api.has_plain_name());
    if let Err(answer) = describe(&api, &mut message) {
        message.answer = answer;
    }
    message
}

fn describe(api: &Api, message: &mut Message) -> Result<(), ContactOutcome> {
    message.cuda = api.version().ok().and_then(cuda_version);
    api.init()?;
    message.devices = (0..api.device_count()?).map(|ordinal| device(api, ordinal)).collect();
    Ok(())
}

fn device(api: &Api, ordinal: i32) -> Device {
    let mut device = Device { index: ordinal.unsigned_abs(), ..Device::default() };
    match driver_api::Device::nth(api, ordinal).and_then(|found| fill(&mut device, found)) {
        Ok(()) => {}
        Err(ContactOutcome::Failed { call, code, name }) => device.trouble = Some(Trouble { call, code, name }),
        // A driver that lacks a question says nothing about the device.
        Err(_) => {}
    }
    device
}

fn fill(device: &mut Device, found: driver_api::Device<'_>) -> Result<(), ContactOutcome> {
    device.name = found.name().ok().and_then(|name| message::text(&name));
    device.address = found.address().ok().and_then(|text| address(&text));
    device.uuid = found.uuid().ok().map(uuid_text);
    device.memory = found.memory().ok().filter(|bytes| *bytes > 0);
    let (major, minor) = found.capability()?;
    device.capability = capability(major, minor);
    Ok(())
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
}
