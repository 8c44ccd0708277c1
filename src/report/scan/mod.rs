//! What a scan has to say: libraries, packages, what changed, and whether what was asked of it is met.

mod baseline;
mod diff;
mod gate;
mod library;
mod package;
mod read;

pub use baseline::{Change, ChangeKind, Compared};
pub use diff::{Delta, Diff, GpuChange, LibraryChange, PackageChange, Presence};
pub use gate::Gate;
pub use library::{Compressed, Profile, Ptx, Run, Scanned, Share};
pub use package::{Kind, Need, Part, Size, Status, Summary};
pub use read::{Remote, Unread};
