//! What both libraries can name: a GPU, or one multi-instance device of it.

use crate::scenario::{self, Device};

/// A GPU of the scenario, whole or one instance of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// Place of the GPU in the scenario.
    pub gpu: usize,
    /// Which of its multi-instance devices, from 0; without one the whole GPU.
    pub mig: Option<u32>,
}

impl Instance {
    /// Its GPU.
    pub fn device(self) -> Option<&'static Device> {
        scenario::current().devices.get(self.gpu)
    }

    /// Its name: that of an instance ends with the profile.
    pub fn name(self, device: &Device) -> String {
        match (self.mig, &device.mig) {
            (Some(_), Some(mig)) => format!("{} MIG {}", device.name, mig.profile),
            _ => device.name.clone(),
        }
    }

    /// Its UUID in bytes. That of an instance is the GPU's with the instance's number from 1 as the first byte.
    pub fn uuid_bytes(self, device: &Device) -> [u8; 16] {
        let mut bytes = device.uuid_bytes().unwrap_or_default();
        if let Some(mig) = self.mig {
            bytes[0] = u8::try_from(mig + 1).unwrap_or(u8::MAX);
        }
        bytes
    }

    /// Its UUID as people write it, `GPU-…` or `MIG-…`.
    pub fn uuid(self, device: &Device) -> String {
        let digits: String = self.uuid_bytes(device).iter().map(|byte| format!("{byte:02x}")).collect();
        let part = |range| digits.get(range).unwrap_or_default();
        let kind = if self.mig.is_some() { "MIG" } else { "GPU" };
        format!("{kind}-{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
    }

    /// Memory in bytes, and the part of it that the driver keeps. An instance has an eighth.
    pub fn memory(self, device: &Device) -> (u64, u64) {
        let parts = if self.mig.is_some() { 8 } else { 1 };
        (device.memory / parts, device.reserved / parts)
    }
}
