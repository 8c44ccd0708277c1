//! What a binary package is built for: system and processor.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::arch::{ParseError, serde_as_text};

/// Operating systems with NVIDIA drivers, and the one without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux, WSL2 included.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    Macos,
}

/// Processor architectures that wheels exist for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub enum Cpu {
    /// 64-bit x86 (amd64).
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM (arm64).
    #[serde(rename = "aarch64")]
    Aarch64,
}

/// What a binary package must have been built for; written `linux-x86_64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    /// Operating system.
    pub os: Os,
    /// Processor.
    pub cpu: Cpu,
}

impl fmt::Display for Platform {
    /// `linux-x86_64`, as the knowledge base writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let os = match self.os {
            Os::Linux => "linux",
            Os::Windows => "windows",
            Os::Macos => "macos",
        };
        let cpu = match self.cpu {
            Cpu::X86_64 => "x86_64",
            Cpu::Aarch64 => "aarch64",
        };
        write!(f, "{os}-{cpu}")
    }
}

impl FromStr for Platform {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = || ParseError(format!("'{text}' is not a platform such as linux-x86_64"));
        let (os, cpu) = text.split_once('-').ok_or_else(bad)?;
        let os = match os {
            "linux" => Os::Linux,
            "windows" => Os::Windows,
            "macos" => Os::Macos,
            _ => return Err(bad()),
        };
        let cpu = match cpu {
            "x86_64" => Cpu::X86_64,
            "aarch64" => Cpu::Aarch64,
            _ => return Err(bad()),
        };
        Ok(Self { os, cpu })
    }
}

serde_as_text!(Platform);
