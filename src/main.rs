//! The binary: parse, dispatch, exit code.

use std::process::ExitCode;

use gpucheck::cli::Cli;

fn main() -> ExitCode {
    Cli::main().into()
}
