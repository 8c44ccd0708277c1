//! Which machine code and which PTX runs where (CUDA C++ Programming Guide, "Binary Compatibility" and "PTX Compatibility").

/// How far code reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// `sm_120`
    None,
    /// `sm_120a`
    Specific,
    /// `sm_120f`
    Family,
}

/// What code was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// 120 for 12.0.
    pub arch: u32,
    /// The letter behind it.
    pub suffix: Suffix,
}

/// Systems on a chip, whose code is apart from that of cards; CUDA 13.2 lets Xavier and Orin take it.
const TEGRA: [u32; 5] = [53, 62, 72, 87, 110];
const TAKES_DESKTOP_SINCE_13_2: [u32; 2] = [72, 87];

impl Target {
    /// Whether machine code for this target runs on a device.
    pub fn runs_on(self, device: u32, cuda: u32) -> bool {
        let same_major = self.arch / 10 == device / 10 && self.arch <= device;
        match self.suffix {
            Suffix::Specific => self.arch == device,
            Suffix::Family => self.is_family_of(device),
            Suffix::None => {
                let apart = TEGRA.contains(&self.arch) != TEGRA.contains(&device);
                same_major && (!apart || (cuda >= 13020 && TAKES_DESKTOP_SINCE_13_2.contains(&device)))
            }
        }
    }

    /// Whether PTX for this target can be compiled for a device.
    pub fn compiles_for(self, device: u32) -> bool {
        match self.suffix {
            Suffix::Specific => self.arch == device,
            Suffix::Family => self.is_family_of(device),
            Suffix::None => self.arch <= device,
        }
    }

    /// The families of CUDA 12.9 and 13: 100 and 103, 120 and 121, 110 alone.
    fn is_family_of(self, device: u32) -> bool {
        matches!((self.arch, device), (100, 100 | 103) | (103, 103) | (110, 110) | (120, 120 | 121) | (121, 121))
    }
}

/// The CUDA version whose driver compiles this PTX ISA first (PTX ISA manual, "Release Notes"): 8.7 came with 12.8.
pub fn first_cuda(major: u32, minor: u32) -> Option<u32> {
    Some(match (major, minor) {
        (..=5, _) => 8000,
        (6, 0..=2) => 9000 + 10 * minor,
        (6, 3..=5) => 10000 + 10 * (minor - 3),
        (7, 0..=8) => 11000 + 10 * minor,
        (8, 0..=5) => 12000 + 10 * minor,
        (8, 6..=8) => 12000 + 10 * (minor + 1),
        (9, _) => 13000 + 10 * minor,
        _ => return None,
    })
}
