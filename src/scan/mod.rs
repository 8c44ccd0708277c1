//! What a file, a folder or a package can run on, before it is installed: facts from its libraries, and what they amount to.

mod baseline;
mod bundle;
mod collect;
mod diff;
mod gates;
mod installed;
mod judged;
mod located;
mod needs;
mod profile;
mod progress;
mod remote;
mod report;
mod require;
mod sizes;
mod summary;
mod system;
mod target;
mod verdict;

use serde::Serialize;

pub use baseline::{Baseline, Change, ChangeKind, Compared, Unit, hold, units};
pub use bundle::{Bundle, Kind, file_name, is_variant};
pub use collect::{Collected, Depth, Reader, Unread};
pub use diff::{Delta, Diff, GpuChange, LibraryChange, PackageChange, Presence, diff};
pub use gates::nothing_lost;
pub use judged::{Gate, Judged, judge};
pub use located::Located;
pub use needs::{Need, Status};
pub use profile::{Compressed, Profile, Ptx, Share, has_code};
pub use progress::{Counted, Progress};
pub use remote::{Fetched, Network, Remote, Wish};
pub use report::{Question, report};
pub use require::required;
pub use sizes::{Size, sizes};
pub use summary::{Part, Summary};
pub use system::system_libraries;
pub use target::Target;
pub use verdict::{Device, Run};

use crate::facts::Library;

/// One library, and which of the GPUs in question can run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scanned {
    /// The library as it was read.
    #[serde(flatten)]
    pub library: Library,
    /// The bundle that it came with.
    pub package: String,
    /// What its code amounts to; nothing for one without runnable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The GPUs in question.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs_on: Vec<Run>,
}
