//! The tags in a wheel's file name: `cp311-cp311-manylinux_2_28_x86_64` (PEP 425, PEP 600).

use crate::facts::{Cpu, Os, Platform, PythonVersion};

/// What a wheel is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelTags {
    /// Python, where the wheel is for one.
    pub python: Option<PythonVersion>,
    /// Platform, where it is for one of ours.
    pub platform: Option<Platform>,
    /// manylinux tag without the processor: `manylinux_2_28`, `manylinux1`.
    pub manylinux: Option<String>,
}

impl WheelTags {
    /// Reads `cp314-cp314t-win_amd64`; nothing when it is not three tags.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (python, abi, platform) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = python.strip_prefix("cp").filter(|digits| digits.len() > 1);
        let python = digits.and_then(|digits| {
            let (major, minor) = digits.split_at_checked(1)?;
            Some(PythonVersion {
                major: major.parse().ok()?,
                minor: minor.parse().ok()?,
                free_threaded: abi.ends_with('t'),
            })
        });
        let cpu = match platform {
            text if text.ends_with("x86_64") || text.ends_with("amd64") => Some(Cpu::X86_64),
            text if text.ends_with("aarch64") => Some(Cpu::Aarch64),
            _ => None,
        };
        let os = match platform {
            text if text.starts_with("win") => Some(Os::Windows),
            text if text.contains("linux") => Some(Os::Linux),
            _ => None,
        };
        let manylinux = platform.starts_with("manylinux").then(|| {
            let first = platform.split('.').next().unwrap_or(platform);
            first.trim_end_matches("_x86_64").trim_end_matches("_aarch64").to_owned()
        });
        Some(Self { python, platform: os.zip(cpu).map(|(os, cpu)| Platform { os, cpu }), manylinux })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_taken_apart() {
        let read = |text: &str| {
            let tags = WheelTags::parse(text).unwrap();
            let python = tags.python.map(|python| python.to_string()).unwrap_or_default();
            let platform = tags.platform.map(|platform| platform.to_string()).unwrap_or_default();
            format!("{python} {platform} {}", tags.manylinux.unwrap_or_default())
        };
        assert_eq!(read("cp311-cp311-manylinux_2_28_x86_64"), "3.11 linux-x86_64 manylinux_2_28");
        assert_eq!(read("cp314-cp314t-manylinux_2_28_aarch64"), "3.14t linux-aarch64 manylinux_2_28");
        assert_eq!(read("cp311-cp311-manylinux1_x86_64"), "3.11 linux-x86_64 manylinux1");
        assert_eq!(
            read("cp311-cp311-manylinux2014_aarch64.manylinux_2_17_aarch64"),
            "3.11 linux-aarch64 manylinux2014"
        );
        assert_eq!(read("cp39-cp39-win_amd64"), "3.9 windows-x86_64 ");
        assert_eq!(read("cp312-none-macosx_11_0_arm64"), "3.12  ");
        assert_eq!(read("py3-none-any"), "  ");
        assert_eq!(WheelTags::parse("any"), None);
    }
}
