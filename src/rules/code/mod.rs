//! The one judge of device code: whether a library, or a package of libraries, runs on a GPU with a driver. The doctor's rules, `scan`,
//! `matrix`, `kb verify` and the search for fixes all use it.

mod execution;
mod floor;
mod library;
mod package;

#[cfg(test)]
mod tests;

use crate::{
    compat::{self, Reach},
    facts::{CodeTarget, CudaVersion, Os, PtxIsa},
    knowledge::Knowledge,
};

pub use execution::Execution;
pub use floor::{Floor, compiled_with, linked_major, major_of, runtime};
pub use library::{generation, has_runnable, on_code, on_library};
pub use package::{Deciding, Judgement, deciding, is_of_nvidia, together};

/// What an answer about code depends on besides the code and the GPU.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Which code runs where, and what drivers support.
    pub knowledge: &'a Knowledge,
    /// The driver, as far as it is known.
    pub driver: &'a compat::DriverSupport,
    /// The CUDA release that the code was built with, if known; else the code itself gives a lower bound.
    pub cuda: Option<CudaVersion>,
    /// The CUDA major version that the package requires, if its libraries do not name it themselves.
    pub major: Option<u16>,
    /// The driver's system, if it differs from the libraries': Windows under WSL.
    pub os: Option<Os>,
    /// The share of its fatbins, in percent, with which the package works; `None` if it needs most of them.
    pub share: Option<u8>,
    /// Whether to also check that the driver supports the CUDA runtime that the library links to, and the GPU at all.
    pub floors: bool,
}

impl<'a> Terms<'a> {
    /// Code of this CUDA release, most of which must support the GPU; minimum driver versions are checked elsewhere.
    pub fn new(knowledge: &'a Knowledge, driver: &'a compat::DriverSupport, cuda: Option<CudaVersion>) -> Self {
        Self { knowledge, driver, cuda, major: None, os: None, share: None, floors: false }
    }
}

/// Note on an answer that could change if more were read.
pub const BY_SAMPLE: &str = "based on the sample that was read";

/// Whether a GPU can run the code of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// By the code in the fatbins that the GPU can use.
    Fatbins(Reach),
    /// This code runs on it, found among this many images outside the named sections.
    Hidden(CodeTarget, u32),
    /// None of this many images outside the named sections runs on it, and there may be more images.
    HiddenForOthers(u32),
    /// This many of this many fatbins support it, and the library chooses among them at run time.
    Chooses(u32, u32),
    /// It runs if it was built with this CUDA release or a newer one, which is unknown.
    IfBuiltWith(CudaVersion, CodeTarget),
    /// Its fatbins are built for different targets, and only the first of them were read.
    Sampled,
    /// The driver is not suitable, regardless of the code.
    Driver(Floor),
}

/// Kinds of answer, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// It runs.
    Yes,
    /// Only part of it can run, which is not support.
    Partial,
    /// It cannot run.
    No,
    /// Unknown from what was read.
    Unknown,
}

impl Answer {
    /// The kind of answer.
    pub fn support(&self) -> Support {
        match self {
            Self::Fatbins(Reach::Native(_) | Reach::Compiled(_)) | Self::Hidden(..) => Support::Yes,
            Self::Fatbins(Reach::Partial(..)) => Support::Partial,
            Self::Fatbins(_) | Self::Driver(_) => Support::No,
            Self::HiddenForOthers(_) | Self::Chooses(..) | Self::IfBuiltWith(..) | Self::Sampled => Support::Unknown,
        }
    }

    /// The code that the GPU uses, if it runs.
    pub fn target(&self) -> Option<CodeTarget> {
        match self {
            Self::Fatbins(Reach::Native(target) | Reach::Compiled(target)) | Self::Hidden(target, _) => Some(*target),
            _ => None,
        }
    }

    /// Whether the code itself is missing, which no driver can fix.
    pub fn lacks(&self) -> bool {
        matches!(self, Self::Fatbins(reach) if reach.lacks())
    }

    /// Rank of the answer: of several libraries that a package needs, the lowest one decides.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Fatbins(Reach::Nothing) => 0,
            Self::Fatbins(Reach::Partial(..)) => 1,
            Self::Driver(_) => 2,
            Self::Fatbins(Reach::IsaTooNew(_) | Reach::ZstdTooNew) => 3,
            Self::Chooses(..) | Self::HiddenForOthers(_) | Self::IfBuiltWith(..) | Self::Sampled => 4,
            Self::Fatbins(Reach::Compiled(_)) => 5,
            Self::Fatbins(Reach::Native(_)) | Self::Hidden(..) => 6,
        }
    }

    /// Whether [`Answer::why`] mentions the sample if only the first fatbins were read.
    pub(super) fn tells_of_sample(&self) -> bool {
        matches!(self, Self::Fatbins(Reach::Partial(..) | Reach::Nothing))
    }

    /// What keeps it from running or makes the answer uncertain, as the end of a sentence; `None` if there is nothing to say. `sampled`:
    /// whether only the first fatbins were read.
    pub fn why(&self, terms: &Terms<'_>, sampled: bool) -> Option<String> {
        let knowledge = terms.knowledge;
        let version = || match &terms.driver.version {
            Some(version) => format!("driver {version}"),
            None => "the driver".to_owned(),
        };
        let sample = if sampled { format!(", {BY_SAMPLE}") } else { String::new() };
        Some(match self {
            Self::Fatbins(Reach::Native(_) | Reach::Compiled(_)) => return None,
            Self::Fatbins(Reach::IsaTooNew(isa)) => {
                format!("its PTX (ISA {isa}){}, but {} is older", needs_of_isa(knowledge, *isa), version())
            }
            Self::Fatbins(Reach::ZstdTooNew) => {
                let branch = knowledge.zstd_branch();
                let branch = branch.map_or_else(|| "newer".to_owned(), |branch| format!("R{branch} or newer"));
                format!(
                    "its code is compressed with zstd, which needs driver {branch}, but {} is older",
                    version()
                )
            }
            Self::Fatbins(Reach::Partial(some, all)) => {
                format!("only {some} of the {all} relevant fatbins have code for it{sample}")
            }
            // The first fatbins show what most of a library is built for; the rest may contain more.
            Self::Fatbins(Reach::Nothing) => format!("no code for it{sample}"),
            Self::Hidden(_, found) => format!("found outside the named sections, in {found} images"),
            Self::HiddenForOthers(found) => {
                format!("its code is outside the named sections, and none of the {found} images found there is for it")
            }
            Self::Chooses(some, all) => format!(
                "{some} of the {all} relevant fatbins have code for it, and the library chooses among them at run time"
            ),
            Self::IfBuiltWith(cuda, target) => format!(
                "{target} code runs on it if it was built with CUDA {cuda} or newer, but the file does not say which release was used"
            ),
            Self::Sampled => {
                "its fatbins are built for different targets, and only the first ones were read (use --full, or omit --quick, to read all)"
                    .to_owned()
            }
            Self::Driver(floor) => floor.why(),
        })
    }
}

/// ` needs CUDA 12.8 (driver R570 or newer)`.
fn needs_of_isa(knowledge: &Knowledge, isa: PtxIsa) -> String {
    match knowledge.ptx_needs(isa) {
        Some((cuda, Some(branch))) => format!(" needs CUDA {cuda} (driver R{branch} or newer)"),
        Some((cuda, None)) => format!(" needs a driver with CUDA {cuda}"),
        None => " needs a newer driver".to_owned(),
    }
}
