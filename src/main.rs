//! The binary: parse, dispatch, exit code.

use std::process::ExitCode;

use clap::Parser;
use gpucheck::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run().into()
}
