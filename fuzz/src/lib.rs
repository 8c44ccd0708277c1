//! What the targets share: reading with the cost held against the length, and containers around bytes of the fuzzer.

pub mod counting;
pub mod packages;

pub use counting::read;
pub use packages::{read_package, stored, zip, zstd};
