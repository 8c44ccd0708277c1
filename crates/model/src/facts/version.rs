//! Versions of the driver, of CUDA, of the PTX ISA and of Python. Package versions follow PEP 440 (`crate::python`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::arch::{ParseError, serde_as_text};

/// A version of two numbers, ordered numerically: CUDA 12.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CudaVersion {
    /// Compatibility holds inside one major from CUDA 11 on.
    pub major: u16,
    /// Feature release.
    pub minor: u16,
}

impl CudaVersion {
    /// `CudaVersion::new(12, 8)` is CUDA 12.8.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for CudaVersion {
    type Err = ParseError;

    /// Accepts `12.8` and longer forms such as `12.8.61`, of which the first two numbers count.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let numbers = numbers(text)
            .filter(|n| n.len() >= 2)
            .ok_or_else(|| ParseError(format!("'{text}' is not a CUDA version such as 12.8")))?;
        let part =
            |n: u32| u16::try_from(n).map_err(|_| ParseError(format!("'{text}' is not a CUDA version such as 12.8")));
        Ok(Self { major: part(numbers[0])?, minor: part(numbers[1])? })
    }
}

/// Version of the PTX instruction set, written in a module's `.version` line: a driver compiles only what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PtxIsa {
    /// First number of `.version`.
    pub major: u16,
    /// Second number of `.version`.
    pub minor: u16,
}

impl fmt::Display for PtxIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for PtxIsa {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = || ParseError(format!("'{text}' is not a PTX ISA version such as 8.7"));
        let (major, minor) = text.split_once('.').ok_or_else(bad)?;
        Ok(Self { major: major.parse().map_err(|_| bad())?, minor: minor.parse().map_err(|_| bad())? })
    }
}

/// NVIDIA driver version: `580.95.05` on Linux, `581.57` on Windows. Its first number is the branch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DriverVersion {
    numbers: Vec<u32>,
    text: String,
}

impl DriverVersion {
    /// The branch: 580 of 580.95.05.
    pub fn branch(&self) -> u32 {
        self.numbers[0]
    }

    /// From numbers: the branch, and up to two more; two digits each, as NVIDIA writes them.
    pub fn of(branch: u32, minor: u32, patch: u32) -> Self {
        let text = match (minor, patch) {
            (0, 0) => branch.to_string(),
            (minor, 0) => format!("{branch}.{minor:02}"),
            (minor, patch) => format!("{branch}.{minor:02}.{patch:02}"),
        };
        let numbers = [branch, minor, patch].into_iter().rev().skip_while(|number| *number == 0);
        let mut numbers: Vec<u32> = numbers.collect();
        numbers.reverse();
        if numbers.is_empty() {
            numbers.push(0);
        }
        Self { numbers, text }
    }

    /// The highest version below it, as far as three numbers go and branches have a thousand releases: 525.60.12 of 525.60.13.
    pub fn below(&self) -> Self {
        const LAST: u32 = 999;
        match self.parts() {
            (branch, minor, patch) if patch > 0 => Self::of(branch, minor, patch - 1),
            (branch, minor, _) if minor > 0 => Self::of(branch, minor - 1, LAST),
            (branch, ..) => Self::of(branch.saturating_sub(1), LAST, LAST),
        }
    }

    /// Its branch and the two numbers behind it; what it lacks is zero.
    pub fn parts(&self) -> (u32, u32, u32) {
        let at = |index: usize| self.numbers.get(index).copied().unwrap_or(0);
        (at(0), at(1), at(2))
    }
}

impl PartialOrd for DriverVersion {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DriverVersion {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| self.text.cmp(&other.text))
    }
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for DriverVersion {
    type Err = ParseError;

    /// Accepts `580`, `581.57` and `580.95.05`; the text is kept as written (05 is not 5). `32.0.15.7283`, by which Windows' Device Manager
    /// and dxdiag know a driver, is 572.83.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        if let Some(version) = of_windows(text) {
            return version.parse();
        }
        let bad = || ParseError(format!("'{text}' is not a driver version such as 580.95.05 or 581.57"));
        let numbers = numbers(text).filter(|n| n.len() <= 4 && n[0] >= 100).ok_or_else(bad)?;
        Ok(Self { numbers, text: text.to_owned() })
    }
}

/// NVIDIA's version in one of Windows' own form, whose last five digits are it (NVIDIA's knowledge base, "How to find the NVIDIA display driver
/// version": 27.21.14.5671 is 456.71).
fn of_windows(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('.').collect();
    let [system, _, third, fourth] = parts.as_slice() else { return None };
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    // The first number is that of the driver model: 21 to 27 and 30 to 32 since Windows 10.
    let fits = digits(system, 1..=2) && digits(third, 2..=2) && digits(fourth, 1..=4) && numbers(text).is_some();
    let five = format!("{}{fourth:0>4}", third.get(1..)?);
    fits.then(|| format!("{}.{}", &five[..3], &five[3..]))
}

/// A Python feature release, 3.12 or free-threaded 3.14t.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PythonVersion {
    /// 3.
    pub major: u16,
    /// Feature release.
    pub minor: u16,
    /// Built without the global interpreter lock: another ABI, other wheels.
    pub free_threaded: bool,
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}{}", self.major, self.minor, if self.free_threaded { "t" } else { "" })
    }
}

impl FromStr for PythonVersion {
    type Err = ParseError;

    /// Accepts `3.12`, `3.12.4` and `3.14t`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = || ParseError(format!("'{text}' is not a Python version such as 3.12"));
        let (bare, free_threaded) = match text.strip_suffix('t') {
            Some(bare) => (bare, true),
            None => (text, false),
        };
        let numbers = numbers(bare).filter(|n| n.len() >= 2).ok_or_else(bad)?;
        let part = |n: u32| u16::try_from(n).map_err(|_| bad());
        Ok(Self { major: part(numbers[0])?, minor: part(numbers[1])?, free_threaded })
    }
}

/// The numbers of a dotted version, or nothing when a part is not a number.
fn numbers(text: &str) -> Option<Vec<u32>> {
    text.split('.').map(|part| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?).collect()
}

serde_as_text!(CudaVersion, PtxIsa, DriverVersion, PythonVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn driver_versions_order_numerically_and_keep_their_text() {
        let version = |text: &str| text.parse::<DriverVersion>().unwrap();
        assert!(version("580.95.05") > version("580.82.07"));
        assert!(version("580.119.02") > version("580.95.05"));
        assert!(version("580") < version("580.65.06"));
        assert_eq!(version("580.95.05").to_string(), "580.95.05");
        assert_eq!(version("581.57").branch(), 581);
        for (windows, own) in [("32.0.15.7283", "572.83"), ("27.21.14.5671", "456.71"), ("32.0.15.6094", "560.94")] {
            assert_eq!(version(windows).to_string(), own);
        }
        for text in [
            "",
            "580.",
            "R580",
            "58",
            "580.95.05.1.1",
            "5.8",
            "4294967296.1",
            "32.0.1ü.728",
            "32.0.15.72831",
            "32.0.15.",
            "32..15.7283",
            "2.0.10.500",
        ] {
            assert!(text.parse::<DriverVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn python_versions_read_back() {
        assert_eq!("3.14t".parse::<PythonVersion>().unwrap().to_string(), "3.14t");
        assert_eq!("3.11.7".parse::<PythonVersion>().unwrap().to_string(), "3.11");
        assert!("3".parse::<PythonVersion>().is_err());
        assert!("".parse::<PythonVersion>().is_err());
    }
}
