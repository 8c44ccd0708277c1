//! The `gpucheck` command.
fn main() {}
