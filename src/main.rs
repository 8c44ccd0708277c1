//! The binary: parse, dispatch, exit code.

mod memory;

use std::process::ExitCode;

fn main() -> ExitCode {
    gpucheck::cli::main().into()
}
