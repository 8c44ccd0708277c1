//! The device code in a binary. One type and one JSON shape for a scanned file, an installed library and a claim about one.

use std::collections::BTreeMap;

use gpucheck_model::facts::{CodeTarget, Cpu, PtxIsa};
use serde::{Deserialize, Serialize};

use super::fact::Fact;

/// A file with machine code of some kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Library {
    /// Path relative to what was read (site-packages, the wheel, the folder), with forward slashes.
    pub path: String,
    /// File format.
    pub container: Container,
    /// The processor that it is for, by its header, if it is one that has wheels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// Names of the shared libraries that the loader must find for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needed: Vec<String>,
    /// The newest version of the GNU C library whose symbols it needs, `2.32`; only read of installed libraries for Linux.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glibc: Option<String>,
    /// Device code. Unknown when no section contains any: code may hide in data sections. Absent when those were searched too.
    pub code: Fact<CodeObjects>,
}

impl Library {
    /// Whether it contains device code of any kind, link input included.
    pub fn has_code(&self) -> bool {
        self.code.value().is_some_and(|code| {
            let kinds = [&code.relocatable, &code.other, &code.hidden];
            !code.modules.is_empty() || kinds.iter().any(|counts| !counts.is_empty()) || !code.damage.is_empty()
        })
    }
}

/// File formats that can carry device code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// Linux shared library, program or object file.
    Elf,
    /// Windows DLL, extension module or program.
    Pe,
    /// Static library.
    Ar,
    /// Bare fatbin.
    Fatbin,
    /// Bare cubin.
    Cubin,
    /// PTX text.
    Ptx,
}

/// Device code of one file: counts of entries per target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeObjects {
    /// Number of fatbins (modules) in the general part.
    pub fatbins: u32,
    /// Runnable machine code of the general part (`.nv_fatbin`).
    #[serde(default)]
    pub sass: BTreeMap<CodeTarget, u32>,
    /// PTX of the general part.
    #[serde(default)]
    pub ptx: BTreeMap<CodeTarget, u32>,
    /// Link input (`__nv_relfatbin`, relocatable cubins): never runnable by itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relocatable: BTreeMap<CodeTarget, u32>,
    /// LTO-IR, Tile IR and kinds that are not known, of the general part.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other: BTreeMap<CodeTarget, u32>,
    /// Found outside the named sections: evidence for "has", weak evidence for "lacks".
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hidden: BTreeMap<CodeTarget, u32>,
    /// The fatbins of the general part, those with the same images counted together, most frequent first.
    #[serde(default)]
    pub modules: Vec<ModuleGroup>,
    /// Bytes stored per target in the general part.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bytes: BTreeMap<CodeTarget, u64>,
    /// Where reading stopped and why; what was read before is counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<Damage>,
    /// How far reading went.
    pub extent: Extent,
}

impl CodeObjects {
    /// Whether the general part is a stub: what lies elsewhere in the file outnumbers it by far.
    pub fn is_stub(&self) -> bool {
        let sum = |counts: &BTreeMap<CodeTarget, u32>| counts.values().map(|count| u64::from(*count)).sum::<u64>();
        sum(&self.hidden) > 4 * (sum(&self.sass) + sum(&self.ptx))
    }
}

/// How much of a file the counts cover.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// Every entry of the named sections.
    #[default]
    Sections,
    /// The named sections and a search of the whole file.
    WholeFile,
    /// The first fatbins only: the base set; rare architectures were not searched for.
    Sampled,
    /// Nothing was read: a knowledge row says so.
    Claim,
}

/// Fatbins that contain the same images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModuleGroup {
    /// How many fatbins.
    pub count: u32,
    /// Their images, sorted; runnable kinds only (SASS and PTX).
    pub images: Vec<Image>,
}

/// One image of a fatbin, as far as it decides who can run it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Image {
    /// Kind and target.
    pub code: CodeTarget,
    /// PTX only: the ISA version, which the driver must know to compile it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isa: Option<PtxIsa>,
    /// How it is stored, which the driver must know to unpack it.
    #[serde(default, skip_serializing_if = "Compression::is_none")]
    pub compression: Compression,
}

/// How an entry is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// As it is.
    #[default]
    None,
    /// LZ4 block: every driver of interest reads it.
    Lz4,
    /// zstd frame: needs a driver of branch R550 or newer.
    Zstd,
    /// Flagged as compressed in a way that is not known.
    Other,
}

impl Compression {
    /// Whether it is stored uncompressed.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// A place where a file does not follow its format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Damage {
    /// Byte offset in the file.
    pub offset: u64,
    /// What is wrong there, as a lower-case fragment.
    pub what: String,
}
