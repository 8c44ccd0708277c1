//! What a file, a folder or a package can run on, before it is installed: facts from its libraries, and what they amount to.

mod baseline;
mod bundle;
mod collect;
mod depth;
mod diff;
mod installed;
mod judged;
mod located;
mod names;
mod needs;
mod profile;
mod progress;
mod remote;
mod require;
mod sizes;
mod summary;
mod system;
mod target;
mod verdict;

pub use baseline::{Against, Baseline, Unit, compare, units};
pub use bundle::Bundle;
pub use collect::{Collected, Reader};
pub use depth::Depth;
pub use diff::diff;
pub use judged::{JudgedBundles, judge};
pub use located::{AHEAD_FULL, Located};
pub use progress::{Counted, Progress};
pub use remote::{AHEAD_SAMPLE, FetchOptions, Fetched, Network, is_unreachable, sample};
pub use require::required;
pub use sizes::sizes;
pub use system::system_libraries;
pub use target::ScanTarget;
pub use verdict::{TargetGpu, answer};
