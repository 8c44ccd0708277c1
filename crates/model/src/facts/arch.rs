//! Compute capabilities and code targets: the vocabulary of `sm_120a`, `compute_90` and `12.0`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Compute capability of a device or a code target, such as 12.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComputeCapability {
    /// Generation: code for one major never runs on another (SASS).
    pub major: u16,
    /// Revision inside the generation, one digit.
    pub minor: u8,
}

impl ComputeCapability {
    /// `ComputeCapability::new(12, 0)` is 12.0.
    pub const fn new(major: u16, minor: u8) -> Self {
        Self { major, minor }
    }

    /// From the number in `sm_120`, which is also what fatbin headers hold. Numbers above 9999 are no capability.
    pub fn from_number(number: u32) -> Option<Self> {
        let major = u16::try_from(number / 10).ok().filter(|major| (1..1000).contains(major))?;
        Some(Self { major, minor: (number % 10) as u8 })
    }

    /// The number in `sm_120`.
    pub const fn number(self) -> u32 {
        self.major as u32 * 10 + self.minor as u32
    }
}

impl fmt::Display for ComputeCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What was not a compute capability, target or version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(pub(super) String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

impl FromStr for ComputeCapability {
    type Err = ParseError;

    /// Accepts `12.0` only; `sm_120` and the like are [`Target`]s.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = || ParseError(format!("'{text}' is not a compute capability such as 12.0"));
        let (major, minor) = text.split_once('.').ok_or_else(bad)?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(major) || !digits(minor) || minor.len() != 1 {
            return Err(bad());
        }
        let major = major.parse().ok().filter(|major| (1..1000).contains(major)).ok_or_else(bad)?;
        Ok(Self { major, minor: minor.parse().map_err(|_| bad())? })
    }
}

/// How far a code target reaches beyond its own capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suffix {
    /// `sm_120`: later minors of the same major too.
    Plain,
    /// `sm_120f`: the members of its family.
    Family,
    /// `sm_120a`: exactly this capability.
    Accelerated,
}

impl Suffix {
    /// The letter as written in a target.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Family => "f",
            Self::Accelerated => "a",
        }
    }
}

/// A code generation target without its kind: the `120a` of `sm_120a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// Capability the code was generated for.
    pub capability: ComputeCapability,
    /// Reach of the code.
    pub suffix: Suffix,
}

impl Target {
    /// A plain target, `sm_XY`.
    pub const fn plain(major: u16, minor: u8) -> Self {
        Self { capability: ComputeCapability::new(major, minor), suffix: Suffix::Plain }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.capability.number(), self.suffix.letter())
    }
}

impl FromStr for Target {
    type Err = ParseError;

    /// Accepts `120a`, `sm_120a` and `compute_120a`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = || ParseError(format!("'{text}' is not an architecture such as sm_120"));
        let bare = text.strip_prefix("sm_").or_else(|| text.strip_prefix("compute_")).unwrap_or(text);
        let (digits, suffix) = match bare.as_bytes().last() {
            Some(b'a') => (&bare[..bare.len() - 1], Suffix::Accelerated),
            Some(b'f') => (&bare[..bare.len() - 1], Suffix::Family),
            _ => (bare, Suffix::Plain),
        };
        if !(2..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let number = digits.parse().map_err(|_| bad())?;
        Ok(Self { capability: ComputeCapability::from_number(number).ok_or_else(bad)?, suffix })
    }
}

/// Kinds of device code an entry can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CodeKind {
    /// Machine code (a cubin).
    Sass,
    /// Text that the driver compiles when the program first needs it.
    Ptx,
    /// Link-time intermediate code: input of a linker, never run.
    LtoIr,
    /// CUDA Tile bytecode.
    TileIr,
    /// A kind this version does not know; the number of the fatbin header.
    Other(u16),
}

/// Kind and target of one entry: `sm_90a`, `compute_120`, `lto_90`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodeTarget {
    /// What the entry holds.
    pub kind: CodeKind,
    /// What it was generated for.
    pub target: Target,
}

impl CodeTarget {
    /// Machine code for `target`.
    pub const fn sass(target: Target) -> Self {
        Self { kind: CodeKind::Sass, target }
    }

    /// PTX for `target`.
    pub const fn ptx(target: Target) -> Self {
        Self { kind: CodeKind::Ptx, target }
    }
}

impl fmt::Display for CodeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            CodeKind::Sass => write!(f, "sm_{}", self.target),
            CodeKind::Ptx => write!(f, "compute_{}", self.target),
            CodeKind::LtoIr => write!(f, "lto_{}", self.target),
            CodeKind::TileIr => write!(f, "tile_{}", self.target),
            CodeKind::Other(kind) => write!(f, "kind{kind}_{}", self.target),
        }
    }
}

impl FromStr for CodeTarget {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = || ParseError(format!("'{text}' is not a code target such as sm_120 or compute_90"));
        let (prefix, rest) = text.split_once('_').ok_or_else(bad)?;
        let kind = match prefix {
            "sm" => CodeKind::Sass,
            "compute" => CodeKind::Ptx,
            "lto" => CodeKind::LtoIr,
            "tile" => CodeKind::TileIr,
            _ => CodeKind::Other(prefix.strip_prefix("kind").and_then(|n| n.parse().ok()).ok_or_else(bad)?),
        };
        Ok(Self { kind, target: rest.parse().map_err(|_| bad())? })
    }
}

/// Writes a type as the text its `Display` gives and reads it with its `FromStr`, also as a map key.
macro_rules! serde_as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        // In the schemas of the knowledge files and of reports it is a text.
        #[cfg(any(test, feature = "schema"))]
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                String::json_schema(generator)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}
pub(super) use serde_as_text;

serde_as_text!(ComputeCapability, Target, CodeTarget);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_read_back_as_written() {
        for text in ["sm_75", "sm_90a", "sm_103f", "compute_120", "lto_90", "tile_120", "kind64_80", "sm_35"] {
            assert_eq!(text.parse::<CodeTarget>().unwrap().to_string(), text);
        }
        for text in ["", "sm_", "sm_1", "sm_12000", "120", "gfx_90", "sm_9.0", "sm_a", "sm_120b", "sm_00"] {
            assert!(text.parse::<CodeTarget>().is_err(), "{text}");
        }
    }

    #[test]
    fn capabilities_read_back_as_written() {
        for text in ["5.0", "12.1", "8.6"] {
            assert_eq!(text.parse::<ComputeCapability>().unwrap().to_string(), text);
        }
        for text in ["12", "12.", ".1", "12.10", "a.b", "-1.0", "0.0", "+8.6"] {
            assert!(text.parse::<ComputeCapability>().is_err(), "{text}");
        }
        assert_eq!(ComputeCapability::from_number(120), Some(ComputeCapability::new(12, 0)));
        assert_eq!(ComputeCapability::from_number(u32::MAX), None);
    }
}
