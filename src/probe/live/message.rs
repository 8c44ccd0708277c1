//! What the child that asks a library of the driver reports to its parent, as JSON on its standard output.

use serde::{Deserialize, Serialize};

use crate::facts::{ComputeCapability, ContactOutcome, CudaVersion, DriverLibrary, Fact, Mig, Trouble};

/// Longest text that is taken from a driver: NVIDIA's buffers hold 96 bytes.
const LONGEST: usize = 96;

/// The answer of one library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The file that the loader took; nothing when it took none or does not say which.
    pub library: Option<DriverLibrary>,
    /// How it ended.
    pub answer: ContactOutcome,
    /// The driver's version, as written.
    pub driver: Option<String>,
    /// Whether the name without a version is found too; only told in WSL.
    #[serde(default)]
    pub plain_name: Option<bool>,
    /// The newest CUDA version that the driver serves.
    pub cuda: Option<CudaVersion>,
    /// The GPUs in the library's order.
    pub devices: Vec<Device>,
}

impl Message {
    /// An answer with nothing beside it.
    pub fn new(library: Option<DriverLibrary>, answer: ContactOutcome) -> Self {
        Self { library, answer, driver: None, plain_name: None, cuda: None, devices: Vec::new() }
    }
}

/// One GPU as one library describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// Number in the library's order.
    pub index: u32,
    /// Product name.
    pub name: Option<String>,
    /// `GPU-` or `MIG-` and the UUID. The parent drops it unless it was asked to identify the machine.
    pub uuid: Option<String>,
    /// PCI address as Linux writes it: `0000:01:00.0`.
    pub address: Option<String>,
    /// PCI device id of vendor 10de, four lower-case hex digits.
    pub pci_device: Option<String>,
    /// Compute capability.
    pub capability: Option<ComputeCapability>,
    /// Memory in bytes; that of the instance where CUDA sees a MIG instance.
    pub memory: Option<u64>,
    /// Multi-instance mode.
    pub mig: Fact<Mig>,
    /// Whether its memory corrects errors.
    pub ecc: Option<bool>,
    /// Whether the driver stays initialised without a program (Linux).
    pub persistence: Option<bool>,
    /// Whether a display is shown with it.
    pub display: Option<bool>,
    /// What was answered instead of a description.
    pub trouble: Option<Trouble>,
}

/// A PCI address in Linux's form, out of NVML's (`00000000:01:00.0`) or CUDA's (`0000:01:00.0`).
pub fn address(text: &str) -> Option<String> {
    let (domain, rest) = text.trim().split_once(':')?;
    let (bus, rest) = rest.split_once(':')?;
    let (device, function) = rest.split_once('.').unwrap_or((rest, "0"));
    let number = |text: &str, largest: u32| u32::from_str_radix(text, 16).ok().filter(|number| *number <= largest);
    let (domain, bus) = (number(domain, u32::MAX)?, number(bus, 0xff)?);
    Some(format!("{domain:04x}:{bus:02x}:{:02x}.{:x}", number(device, 0x1f)?, number(function, 7)?))
}

/// CUDA's number of a version: 13000 is 13.0, 12080 is 12.8. 0 is what a library without a driver says.
pub fn cuda_version(number: i32) -> Option<CudaVersion> {
    let number = u32::try_from(number).ok().filter(|number| *number >= 1000)?;
    Some(CudaVersion::new(u16::try_from(number / 1000).ok()?, (number % 1000 / 10) as u16))
}

/// A capability out of the two numbers that both libraries give.
pub fn capability(major: i32, minor: i32) -> Option<ComputeCapability> {
    let major = u16::try_from(major).ok().filter(|major| (1..1000).contains(major))?;
    Some(ComputeCapability::new(major, u8::try_from(minor).ok().filter(|minor| *minor <= 9)?))
}

/// Text of a driver as it may reach a terminal: short, one line, no control characters; nothing when nothing is left.
pub fn text(raw: &str) -> Option<String> {
    let kept: String = raw.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    let kept = kept.trim();
    if kept.is_empty() { None } else { Some(kept.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_of_an_address_are_one() {
        assert_eq!(address("00000000:01:00.0").as_deref(), Some("0000:01:00.0"));
        assert_eq!(address("0000:CA:00.0\n").as_deref(), Some("0000:ca:00.0"));
        assert_eq!(address("00010000:01:00.0").as_deref(), Some("10000:01:00.0"));
        for wrong in ["", "01:00.0", "0000:1ff:00.0", "0000:01:20.0", "0000:01:00.8", "x:01:00.0"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_become_versions() {
        assert_eq!(cuda_version(13000), Some(CudaVersion::new(13, 0)));
        assert_eq!(cuda_version(12080), Some(CudaVersion::new(12, 8)));
        assert_eq!((cuda_version(0), cuda_version(-1), cuda_version(999)), (None, None, None));
        assert_eq!(cuda_version(i32::MAX), None);
        assert_eq!(capability(12, 0), Some(ComputeCapability::new(12, 0)));
        assert_eq!((capability(0, 0), capability(12, 10), capability(-1, 0)), (None, None, None));
    }

    #[test]
    fn a_name_cannot_drive_a_terminal() {
        assert_eq!(text("RTX\u{1b}[2J 5090 \n").as_deref(), Some("RTX[2J 5090"));
        assert_eq!(text(" \0 "), None);
        assert_eq!(text(&"x".repeat(500)).map(|text| text.len()), Some(LONGEST));
    }

    #[test]
    fn a_message_survives_the_pipe() {
        let mut message = Message::new(None, ContactOutcome::NoLibrary);
        message.devices.push(Device { capability: capability(9, 0), ..Device::default() });
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(raw in any::<String>(), number in any::<i32>()) {
            address(&raw);
            text(&raw);
            cuda_version(number);
            capability(number, number);
        }
    }
}
