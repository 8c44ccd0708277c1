//! The README's pictures are what the program shows on a terminal.

#![cfg(unix)]

use std::{path::Path, process::Command};

#[test]
fn the_pictures_are_what_a_terminal_shows() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/pictures.py");
    let run = Command::new("python3").arg(script).arg(env!("CARGO_BIN_EXE_gpucheck")).arg("--check").output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
