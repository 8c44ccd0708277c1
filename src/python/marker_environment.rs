//! What the variables of markers are in an environment.

use pep440_rs::Version;

use crate::facts::{Cpu, Os, Platform, PythonVersion};

/// The variables of the specification, with the spellings of PEP 345 and of setuptools that it lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    PythonVersion,
    PythonFullVersion,
    ImplementationVersion,
    OsName,
    SysPlatform,
    PlatformSystem,
    PlatformMachine,
    PlatformPythonImplementation,
    ImplementationName,
    PlatformRelease,
    PlatformVersion,
    Extra,
    /// All extras and groups in force, in markers of `pylock.toml` (PEP 751).
    Extras,
}

impl Variable {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "python_version" => Self::PythonVersion,
            "python_full_version" => Self::PythonFullVersion,
            "implementation_version" => Self::ImplementationVersion,
            "os_name" | "os.name" => Self::OsName,
            "sys_platform" | "sys.platform" => Self::SysPlatform,
            "platform_system" => Self::PlatformSystem,
            "platform_machine" | "platform.machine" => Self::PlatformMachine,
            "platform_python_implementation" | "platform.python_implementation" | "python_implementation" => {
                Self::PlatformPythonImplementation
            }
            "implementation_name" => Self::ImplementationName,
            "platform_release" => Self::PlatformRelease,
            "platform_version" | "platform.version" => Self::PlatformVersion,
            "extra" => Self::Extra,
            "extras" | "dependency_groups" => Self::Extras,
            _ => return None,
        })
    }

    /// Whether it has names of extras.
    pub fn is_extra(self) -> bool {
        self == Self::Extra || self.is_set()
    }

    /// Whether it has a set of names.
    pub fn is_set(self) -> bool {
        self == Self::Extras
    }

    /// Whether its values are compared as versions.
    pub fn is_version(self) -> bool {
        self == Self::PythonVersion || self.is_full_version()
    }

    /// Whether it has Python's patch release, which an environment does not tell.
    pub fn is_full_version(self) -> bool {
        matches!(self, Self::PythonFullVersion | Self::ImplementationVersion)
    }
}

/// What is known of an environment for its markers. The interpreter is taken to be a finished release of CPython: PyTorch has no
/// wheels for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkerEnvironment {
    python: Option<PythonVersion>,
    platform: Option<Platform>,
}

impl MarkerEnvironment {
    /// An environment with this interpreter on this platform; `None` means unknown.
    pub fn new(python: Option<PythonVersion>, platform: Option<Platform>) -> Self {
        Self { python, platform }
    }

    /// The values that a variable can have, as far as a comparison with the text tells them apart; `None` when it can have any.
    pub(super) fn values(&self, variable: Variable, beside: &str) -> Option<Vec<String>> {
        let value = match variable {
            Variable::PythonVersion => {
                let python = self.python?;
                return Some(vec![format!("{}.{}", python.major, python.minor)]);
            }
            Variable::PythonFullVersion | Variable::ImplementationVersion => {
                return Some(patch_releases(self.python?, beside));
            }
            Variable::PlatformPythonImplementation => "CPython",
            Variable::ImplementationName => "cpython",
            Variable::OsName => match self.platform?.os {
                Os::Linux | Os::Macos => "posix",
                Os::Windows => "nt",
            },
            Variable::SysPlatform => match self.platform?.os {
                Os::Linux => "linux",
                Os::Windows => "win32",
                Os::Macos => "darwin",
            },
            Variable::PlatformSystem => match self.platform?.os {
                Os::Linux => "Linux",
                Os::Windows => "Windows",
                Os::Macos => "Darwin",
            },
            Variable::PlatformMachine => match (self.platform?.os, self.platform?.cpu) {
                (Os::Windows, Cpu::X86_64) => "AMD64",
                (Os::Windows, Cpu::Aarch64) => "ARM64",
                (Os::Macos, Cpu::Aarch64) => "arm64",
                (_, Cpu::X86_64) => "x86_64",
                (_, Cpu::Aarch64) => "aarch64",
            },
            Variable::PlatformRelease | Variable::PlatformVersion | Variable::Extra | Variable::Extras => {
                return None;
            }
        };
        Some(vec![value.to_owned()])
    }
}

/// Patch releases of a Python that represent all of them when compared with a version: the first, one that never comes, and the version's own.
/// What holds for these holds for each, because every operator's answer changes only at that version.
fn patch_releases(python: PythonVersion, beside: &str) -> Vec<String> {
    let release = |patch: u64| format!("{}.{}.{patch}", python.major, python.minor);
    let mut releases = vec![release(0), release(u64::from(u32::MAX))];
    let beside = beside.trim();
    if let Ok(version) = beside.strip_suffix(".*").unwrap_or(beside).parse::<Version>()
        && let [major, minor, patch, ..] = *version.release()
        && (major, minor) == (u64::from(python.major), u64::from(python.minor))
    {
        releases.push(release(patch));
    }
    releases
}
