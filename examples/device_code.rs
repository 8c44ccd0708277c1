//! Prints what files hold for GPUs: `cargo run --example device_code -- [--deep] FILE…`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::{path::Path, process::ExitCode};

use gpucheck::{
    binary,
    facts::{Fact, Library},
};

fn main() -> ExitCode {
    let (options, files): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|argument| argument == "--deep");
    let read = if options.is_empty() { binary::read_library } else { binary::read_deep };
    let mut failed = false;
    for file in files {
        match read(Path::new(&file), &file) {
            Ok(library) => show(&library),
            Err(error) => {
                eprintln!("{file}: {error}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn show(library: &Library) {
    println!("{} ({:?})", library.path, library.container);
    let code = match &library.code {
        Fact::Known { value, .. } => value,
        Fact::Absent { .. } => return println!("  nothing for GPUs"),
        Fact::Unknown { why } => return println!("  not known: {why}"),
    };
    let parts = [("runs", &code.sass), ("compiles", &code.ptx), ("links", &code.relocatable), ("other", &code.other)];
    for (part, counts) in parts.into_iter().chain([("hidden", &code.hidden)]) {
        for (target, count) in counts {
            println!("  {part:9} {target} x{count}");
        }
    }
    for damage in &code.damage {
        println!("  damaged   at {:#x}: {}", damage.offset, damage.what);
    }
}
