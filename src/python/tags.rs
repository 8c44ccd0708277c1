//! Which wheels a machine can install, and which of them pip takes: platform compatibility tags.
//! Format: <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>; the order is that of pip's `packaging.tags`.

use std::{fmt, str::FromStr};

use super::WheelName;
use crate::facts::{Cpu, Os, Platform, PythonVersion};

/// Newer than any C library: nothing is too new for it.
const ANY_GLIBC: (u16, u16) = (2, u16::MAX);

/// What a wheel must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelTarget {
    /// System and processor.
    pub platform: WheelPlatform,
    /// Python; any where nothing is known of it, the newest first.
    pub python: Option<PythonVersion>,
    /// Only wheels with this ABI tag.
    pub abi: Option<String>,
}

/// What a wheel's code runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelPlatform {
    /// System.
    pub system: System,
    /// Processor as tags write it (`x86_64`, `amd64`, `arm64`); nothing for that of this machine.
    pub cpu: Option<String>,
}

/// Systems that wheels are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux with a GNU C library of at most this version.
    Glibc(u16, u16),
    /// Linux with a musl of at most this version.
    Musl(u16, u16),
    /// Windows.
    Windows,
    /// macOS, of any version.
    Macos,
}

impl WheelPlatform {
    /// That of a machine; `glibc` as text, when it is known.
    pub fn of(platform: Platform, glibc: Option<&str>) -> Self {
        let version = glibc.and_then(|text| {
            let mut parts = text.split('.').map(str::parse::<u16>);
            Some((parts.next()?.ok()?, parts.next()?.ok()?))
        });
        let (major, minor) = version.unwrap_or(ANY_GLIBC);
        let system = match platform.os {
            Os::Linux => System::Glibc(major, minor),
            Os::Windows => System::Windows,
            Os::Macos => System::Macos,
        };
        let cpu = match (platform.os, platform.cpu) {
            (Os::Windows, Cpu::X86_64) => "amd64",
            (_, Cpu::X86_64) => "x86_64",
            (Os::Linux, Cpu::Aarch64) => "aarch64",
            (_, Cpu::Aarch64) => "arm64",
        };
        Self { system, cpu: Some(cpu.to_owned()) }
    }

    /// The same system on this processor.
    pub fn on(self, cpu: Cpu) -> Self {
        let of = |os| Self::of(Platform { os, cpu }, None).cpu;
        let cpu = match self.system {
            System::Glibc(..) | System::Musl(..) => of(Os::Linux),
            System::Windows => of(Os::Windows),
            System::Macos => of(Os::Macos),
        };
        Self { cpu, ..self }
    }

    /// The machine that it names, where its processor is one that NVIDIA has drivers for.
    pub fn machine(&self) -> Option<Platform> {
        let os = match self.system {
            System::Glibc(..) | System::Musl(..) => Os::Linux,
            System::Windows => Os::Windows,
            System::Macos => return None,
        };
        let cpu = match self.cpu.as_deref()? {
            "x86_64" | "amd64" => Cpu::X86_64,
            "aarch64" | "arm64" => Cpu::Aarch64,
            _ => return None,
        };
        Some(Platform { os, cpu })
    }

    /// How well a platform tag fits, 0 best; `None` when it does not.
    fn rank(&self, tag: &str) -> Option<u32> {
        let cpu = |text: &str| self.cpu.as_deref().is_none_or(|cpu| cpu == text);
        let older = |major: u16, minor: u16, have: (u16, u16), alias: u32| {
            ((major, minor) <= have).then(|| u32::from(have.1.saturating_sub(minor)) * 2 + alias)
        };
        match self.system {
            System::Glibc(..) if tag.strip_prefix("linux_").is_some_and(cpu) => Some(u32::MAX),
            System::Glibc(major, minor) => {
                let (needs, arch, alias) = manylinux(tag)?;
                if cpu(arch) { older(needs.0, needs.1, (major, minor), alias) } else { None }
            }
            System::Musl(major, minor) => {
                let (needs, arch) = versioned(tag.strip_prefix("musllinux_")?)?;
                if cpu(arch) { older(needs.0, needs.1, (major, minor), 0) } else { None }
            }
            System::Windows => {
                let arch = if tag == "win32" { "32" } else { tag.strip_prefix("win_")? };
                cpu(arch).then_some(0)
            }
            System::Macos => {
                let (_, arch) = versioned(tag.strip_prefix("macosx_")?)?;
                (cpu(arch) || arch.starts_with("universal")).then_some(0)
            }
        }
    }
}

/// What a manylinux tag needs, its processor, and 1 for the old way to write it.
fn manylinux(tag: &str) -> Option<((u16, u16), &str, u32)> {
    for (old, minor) in [("manylinux2014_", 17), ("manylinux2010_", 12), ("manylinux1_", 5)] {
        if let Some(arch) = tag.strip_prefix(old) {
            return Some(((2, minor), arch, 1));
        }
    }
    let (version, arch) = versioned(tag.strip_prefix("manylinux_")?)?;
    Some((version, arch, 0))
}

/// `2_28_x86_64`.
fn versioned(text: &str) -> Option<((u16, u16), &str)> {
    let (major, rest) = text.split_once('_')?;
    let (minor, arch) = rest.split_once('_')?;
    Some(((major.parse().ok()?, minor.parse().ok()?), arch))
}

impl FromStr for WheelPlatform {
    type Err = String;

    /// Accepts tags (`manylinux_2_28_x86_64`, `win_amd64`), and `linux`, `windows`, `macos`, each also with a processor
    /// (`linux-aarch64`).
    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase().replace('-', "_");
        let bad = || {
            format!(
                "'{text}' is not a platform such as linux, windows, linux-aarch64, manylinux_2_28_x86_64 or win_amd64"
            )
        };
        if lower == "win32" {
            return Ok(Self { system: System::Windows, cpu: Some("32".to_owned()) });
        }
        if let Some(((major, minor), arch, _)) = manylinux(&lower).filter(|(_, arch, _)| !arch.is_empty()) {
            return Ok(Self { system: System::Glibc(major, minor), cpu: Some(arch.to_owned()) });
        }
        if let Some(((major, minor), arch)) = lower.strip_prefix("musllinux_").and_then(versioned) {
            return Ok(Self { system: System::Musl(major, minor), cpu: Some(arch.to_owned()) });
        }
        if let Some((_, arch)) = lower.strip_prefix("macosx_").and_then(versioned) {
            return Ok(Self { system: System::Macos, cpu: Some(arch.to_owned()) });
        }
        let (name, cpu) = match lower.split_once('_') {
            Some((name, cpu)) if !cpu.is_empty() => (name, Some(cpu)),
            None => (lower.as_str(), None),
            Some(_) => return Err(bad()),
        };
        let system = match name {
            "linux" => System::Glibc(ANY_GLIBC.0, ANY_GLIBC.1),
            "windows" | "win" => System::Windows,
            "macos" => System::Macos,
            _ => return Err(bad()),
        };
        let cpu = cpu.map(|cpu| match (system, cpu) {
            (System::Windows, "x86_64") => "amd64".to_owned(),
            (System::Windows, "aarch64") | (System::Macos, "aarch64") => "arm64".to_owned(),
            (System::Glibc(..), "amd64") => "x86_64".to_owned(),
            (System::Glibc(..), "arm64") => "aarch64".to_owned(),
            (_, other) => other.to_owned(),
        });
        Ok(Self { system, cpu })
    }
}

impl fmt::Display for WheelPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.system {
            System::Glibc(..) => "Linux",
            System::Musl(..) => "Linux (musl)",
            System::Windows => "Windows",
            System::Macos => "macOS",
        };
        match &self.cpu {
            Some(cpu) => write!(f, "{name} {cpu}")?,
            None => f.write_str(name)?,
        }
        match self.system {
            System::Glibc(major, minor) if (major, minor) != ANY_GLIBC => write!(f, ", glibc {major}.{minor}"),
            System::Musl(major, minor) => write!(f, " {major}.{minor}"),
            _ => Ok(()),
        }
    }
}

/// Place of a wheel in the order of preference; less is better.
pub type Rank = (u32, u32, u32);

impl WheelTarget {
    /// Whether a wheel can be installed, and how far it is from the best.
    pub fn rank(&self, wheel: &WheelName) -> Option<Rank> {
        if self.abi.as_ref().is_some_and(|abi| !wheel.abis.contains(abi)) {
            return None;
        }
        let any = wheel.platforms.iter().any(|tag| tag == "any");
        let platform = wheel.platforms.iter().filter_map(|tag| self.platform.rank(tag)).min();
        let best = wheel.pythons.iter().flat_map(|python| wheel.abis.iter().map(move |abi| (python, abi)));
        let best = best.filter_map(|(python, abi)| self.python_rank(python, abi)).min()?;
        match platform {
            Some(platform) => Some((best.0, best.1, platform)),
            // Pure Python comes after everything that is built.
            None if any => Some((best.0 + 10, best.1, 0)),
            None => None,
        }
    }

    /// Class and distance of a Python tag with an ABI tag.
    fn python_rank(&self, tag: &str, abi: &str) -> Option<(u32, u32)> {
        let (kind, digits) = tag.split_at_checked(2)?;
        let tagged = version(digits)?;
        let Some(python) = self.python else {
            let distance = 10_000u32.saturating_sub(u32::from(tagged.1));
            // Without the interpreter lock is what fewer have.
            let class = if abi.ends_with('t') && abi != "none" { 1 } else { 0 };
            return (kind == "cp" || kind == "py").then_some((class, distance));
        };
        if tagged.0 != python.major || tagged.1 > python.minor && digits.len() > 1 {
            return None;
        }
        let distance = u32::from(python.minor.saturating_sub(tagged.1));
        let same = tagged.1 == python.minor;
        let own = format!("cp{}{}", python.major, python.minor);
        let own = match (python.free_threaded, python.minor < 8) {
            (true, _) => own + "t",
            (false, true) => own + "m",
            (false, false) => own,
        };
        match (kind, abi) {
            ("cp", abi) if same && abi == own => Some((0, 0)),
            ("cp", "abi3") if !python.free_threaded && digits.len() > 1 => {
                Some(if same { (1, 0) } else { (3, distance) })
            }
            ("cp", "none") if same => Some((2, 0)),
            // `py311`, then `py3`, then older ones.
            ("py", "none") => Some((4, if digits.len() == 1 { 1 } else { distance * 2 })),
            _ => None,
        }
    }
}

/// 3 and 11 of `311`, 3 and 0 of `3`.
fn version(digits: &str) -> Option<(u16, u16)> {
    let (major, minor) = digits.split_at_checked(1)?;
    Some((major.parse().ok()?, if minor.is_empty() { 0 } else { minor.parse().ok()? }))
}

impl fmt::Display for WheelTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(python) = self.python {
            write!(f, "Python {python} on ")?;
        }
        self.platform.fmt(f)?;
        match &self.abi {
            Some(abi) => write!(f, ", ABI {abi}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn best(target: &str, python: Option<&str>, tags: &[&'static str]) -> Option<&'static str> {
        let python = python.map(|text| text.parse().unwrap());
        let target = WheelTarget { platform: target.parse().unwrap(), python, abi: None };
        let rank = |tags: &str| target.rank(&WheelName::parse(&format!("a-1-{tags}.whl")).unwrap());
        tags.iter().filter_map(|tags| Some((rank(tags)?, *tags))).min().map(|(_, tags)| tags)
    }

    /// The order in which `pip debug --verbose` of pip 23.2.1 on Python 3.11 lists them.
    const ORDER: [&str; 14] = [
        "cp311-cp311-manylinux_2_28_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-cp311-manylinux2014_x86_64",
        "cp311-cp311-linux_x86_64",
        "cp311-abi3-manylinux_2_28_x86_64",
        "cp311-none-manylinux_2_28_x86_64",
        "cp310-abi3-manylinux_2_28_x86_64",
        "cp39-abi3-manylinux1_x86_64",
        "py311-none-manylinux_2_28_x86_64",
        "py3-none-manylinux_2_28_x86_64",
        "py310-none-manylinux_2_28_x86_64",
        "cp311-none-any",
        "py311-none-any",
        "py3-none-any",
    ];

    #[test]
    fn the_order_is_that_of_pip() {
        for start in 0..ORDER.len() {
            let rest: Vec<&str> = ORDER[start..].iter().rev().copied().collect();
            assert_eq!(best("manylinux_2_36_x86_64", Some("3.11"), &rest), Some(ORDER[start]));
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        for (target, python, tags) in [
            ("manylinux_2_17_x86_64", "3.11", "cp311-cp311-manylinux_2_28_x86_64"),
            ("linux-x86_64", "3.11", "cp311-cp311-manylinux_2_28_aarch64"),
            ("linux-x86_64", "3.11", "cp312-cp312-manylinux_2_28_x86_64"),
            ("linux-x86_64", "3.11", "cp312-abi3-manylinux_2_28_x86_64"),
            ("linux-x86_64", "3.13t", "cp313-cp313-manylinux_2_28_x86_64"),
            ("linux-x86_64", "3.13", "cp313-cp313t-manylinux_2_28_x86_64"),
            ("windows-x86_64", "3.11", "cp311-cp311-win32"),
            ("windows-x86_64", "3.11", "cp311-cp311-manylinux_2_28_x86_64"),
            ("linux-x86_64", "3.11", "py2-none-any"),
            ("linux-x86_64", "3.11", "cp311-cp311-musllinux_1_2_x86_64"),
        ] {
            assert_eq!(best(target, Some(python), &[tags]), None, "{target} {python} {tags}");
        }
        assert_eq!(best("windows", Some("3.11"), &["cp311-cp311-win_amd64"]), Some("cp311-cp311-win_amd64"));
        assert_eq!(best("win32", Some("3.11"), &["cp311-cp311-win32"]), Some("cp311-cp311-win32"));
        assert_eq!(
            best("musllinux_1_2_x86_64", None, &["py3-none-musllinux_1_1_x86_64"]),
            Some("py3-none-musllinux_1_1_x86_64")
        );
        assert_eq!(
            best("linux-aarch64", Some("3.13t"), &["cp313-cp313t-manylinux2014_aarch64"]),
            Some("cp313-cp313t-manylinux2014_aarch64")
        );
    }

    #[test]
    fn without_a_python_the_newest_is_taken() {
        let tags = ["cp39-cp39-win_amd64", "cp313-cp313t-win_amd64", "cp312-cp312-win_amd64"];
        assert_eq!(best("win_amd64", None, &tags), Some("cp312-cp312-win_amd64"));
        assert_eq!(
            best("macosx_11_0_arm64", None, &["cp39-cp39-macosx_11_0_universal2"]),
            Some("cp39-cp39-macosx_11_0_universal2")
        );
    }

    #[test]
    fn platforms_are_read_and_shown() {
        let shown = |text: &str| text.parse::<WheelPlatform>().map(|platform| platform.to_string());
        assert_eq!(shown("manylinux_2_28_x86_64").as_deref(), Ok("Linux x86_64, glibc 2.28"));
        assert_eq!(shown("Windows-x86_64").as_deref(), Ok("Windows amd64"));
        assert_eq!(shown("linux").as_deref(), Ok("Linux"));
        for text in ["", "solaris", "linux_", "manylinux_x_y", "cp311"] {
            assert!(shown(text).is_err(), "{text}");
        }
        let here = WheelPlatform::of("linux-x86_64".parse().unwrap(), Some("2.36"));
        assert_eq!(here, "manylinux_2_36_x86_64".parse().unwrap());
    }

    proptest! {
        #[test]
        fn any_tag_is_taken(python in "[a-z0-9é]{0,6}", abi in "[a-z0-9]{0,6}", platform in "[a-z0-9_]{0,24}") {
            let name = WheelName::parse(&format!("a-1-{python}-{abi}-{platform}.whl")).unwrap();
            for version in [None, Some("3.11"), Some("3.13t")] {
                let target = WheelTarget {
                    platform: "linux-x86_64".parse().unwrap(),
                    python: version.map(|text| text.parse().unwrap()),
                    abi: None,
                };
                target.rank(&name);
            }
            let _ = platform.parse::<WheelPlatform>();
        }
    }
}
