//! The one judge of device code: whether a library, and a package of libraries, runs on a GPU with a driver. The doctor's rules, `scan`,
//! `matrix`, `kb verify` and the search for fixes all ask here.

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
pub use floor::{Floor, linked_major, required_major, runtime};
pub use library::{generation, has_runnable, on_code, on_library};
pub use package::{Deciding, Judgement, deciding, is_of_nvidia, together};

/// What a question about code rests on besides the code and the GPU.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Which code runs where, and what drivers know.
    pub knowledge: &'a Knowledge,
    /// The driver, as far as it is known.
    pub driver: &'a compat::DriverSupport,
    /// The CUDA release that the code was built with, where something says it; else the code itself tells the least it can be.
    pub cuda: Option<CudaVersion>,
    /// The CUDA major that the package requires, where its libraries do not say it themselves.
    pub major: Option<u16>,
    /// The system whose driver it is, where that is another than the libraries': Windows' own under WSL.
    pub os: Option<Os>,
    /// The share of its fatbins, in percent, with which the package works; nothing where it needs what most of them have.
    pub share: Option<u8>,
    /// Whether to also ask if the driver starts the CUDA runtime that the library links to, and serves the GPU at all.
    pub floors: bool,
}

impl<'a> Terms<'a> {
    /// Code of this CUDA release, of which most must serve the GPU; the driver's floors are asked for elsewhere.
    pub fn new(knowledge: &'a Knowledge, driver: &'a compat::DriverSupport, cuda: Option<CudaVersion>) -> Self {
        Self { knowledge, driver, cuda, major: None, os: None, share: None, floors: false }
    }
}

/// What an answer rests on that could be another if more was read.
pub const BY_SAMPLE: &str = "by the sample that was read";

/// How a GPU gets on with the code of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// By what it can use of the fatbins.
    Fatbins(Reach),
    /// This code serves it, found among so many images outside of the named sections.
    Hidden(CodeTarget, u32),
    /// Of so many images outside of the named sections none serves it, and there may be more.
    HiddenForOthers(u32),
    /// So many of so many fatbins serve it, and the library chooses among them while it runs.
    Chooses(u32, u32),
    /// It would run if it was built with this CUDA release or a newer one, which nothing says.
    IfBuiltWith(CudaVersion, CodeTarget),
    /// Its fatbins are built for different targets, and only the first of them were read.
    Sampled,
    /// The driver is in the way whatever the code is.
    Driver(Floor),
}

/// Kinds of answer, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// It runs.
    Yes,
    /// Only a part of it can run: no support.
    Partial,
    /// It cannot run.
    No,
    /// What was read does not tell.
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

    /// The code that the GPU takes, where it runs.
    pub fn target(&self) -> Option<CodeTarget> {
        match self {
            Self::Fatbins(Reach::Native(target) | Reach::Compiled(target)) | Self::Hidden(target, _) => Some(*target),
            _ => None,
        }
    }

    /// Whether the code itself is missing, which no driver can help.
    pub fn lacks(&self) -> bool {
        matches!(self, Self::Fatbins(reach) if reach.lacks())
    }

    /// How much it is: of several libraries that a package needs the one with the least decides.
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

    /// Whether [`Answer::why`] says that it rests on a sample, where only the first fatbins were read.
    pub(super) fn tells_of_sample(&self) -> bool {
        matches!(self, Self::Fatbins(Reach::Partial(..) | Reach::Nothing))
    }

    /// What keeps it from running or makes the answer uncertain, as the end of a sentence; nothing where there is nothing to say.
    /// `sampled`: whether only the first fatbins were read.
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
                format!("its PTX, of ISA {isa},{}, and {} is older", needs_of_isa(knowledge, *isa), version())
            }
            Self::Fatbins(Reach::ZstdTooNew) => {
                let branch = knowledge.zstd_branch();
                let branch = branch.map_or_else(|| "newer".to_owned(), |branch| format!("R{branch} or newer"));
                format!(
                    "its code is compressed with zstd, which needs a driver of {branch}, and {} is older",
                    version()
                )
            }
            Self::Fatbins(Reach::Partial(some, all)) => {
                format!("{some} of the {all} fatbins that concern it have code for it{sample}")
            }
            // The first fatbins have what most of a library is built for; the rest may hold more.
            Self::Fatbins(Reach::Nothing) => format!("no code for it{sample}"),
            Self::Hidden(_, found) => format!("found outside the named sections, in {found} images"),
            Self::HiddenForOthers(found) => {
                format!("its code lies outside the named sections, and none of the {found} images found is for it")
            }
            Self::Chooses(some, all) => format!(
                "{some} of the {all} fatbins that concern it have code for it, and the library chooses among them at run time"
            ),
            Self::IfBuiltWith(cuda, target) => format!(
                "{target} code runs on it if it was built with CUDA {cuda} or newer, and nothing in the file says which release it was"
            ),
            Self::Sampled => {
                "its fatbins are built for different targets, and only the first were read (--full, or no --quick, reads all)"
                    .to_owned()
            }
            Self::Driver(floor) => floor.why(),
        })
    }
}

/// ` needs CUDA 12.8, a driver of R570 or newer`.
fn needs_of_isa(knowledge: &Knowledge, isa: PtxIsa) -> String {
    match knowledge.ptx_needs(isa) {
        Some((cuda, Some(branch))) => format!(" needs CUDA {cuda}, a driver of R{branch} or newer"),
        Some((cuda, None)) => format!(" needs a driver with CUDA {cuda}"),
        None => " is too new".to_owned(),
    }
}
