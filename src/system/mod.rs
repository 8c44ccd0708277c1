//! The system as a program finds it: files below a root, what a process inherits, and what of both may be shown. Everything that is read
//! is read through here, so that an unpacked image, a test and a machine are the same.

mod past;
mod programs;
pub(crate) mod redact;
mod registered;
mod root;
mod shares;
mod surroundings;
mod tree;

pub use past::{Entry, Past};
pub use programs::programs;
pub use registered::{RegisteredPython, preferred};
pub use root::{Root, canonical, clean};
pub use shares::is_remote;
pub use surroundings::Surroundings;
pub use tree::{Node, Tree};
