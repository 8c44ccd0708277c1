//! What has to be seen before anything else is done: whether standard output was closed when the program was started (`>&-`), and
//! which descriptors it was given.
//!
//! Rust's start-up opens /dev/null in the place of a standard descriptor that is closed, so that no file can get its number. After
//! that nothing tells a closed output from one that was sent to /dev/null: other programs (Python's subprocess, Node, daemon(3)) open
//! /dev/null in the same mode. A report must not be lost with exit code 0, so the look comes earlier: libc calls the functions of
//! `.init_array` before Rust's start-up. Elsewhere than on Linux nothing is looked at.

use std::{ffi::OsString, sync::OnceLock};

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicBool, Ordering};

    pub static CLOSED: AtomicBool = AtomicBool::new(false);

    extern "C" fn look() {
        // One call of the system and one store: nothing of std that needs its start-up.
        if rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err() {
            CLOSED.store(true, Ordering::Relaxed);
        }
    }

    // SAFETY: the section holds pointers to functions that libc calls once each, with the C calling convention, before `main`; libc
    // itself is ready by then. This one takes no arguments, which callers may pass all the same, and does not unwind.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;
}

/// The descriptors that the program was started with, where it is asked to write to one by its number.
static GIVEN: OnceLock<Vec<u32>> = OnceLock::new();

/// Notes which descriptors there are, before any file is opened: one that is opened later may get a number that somebody meant.
pub fn remember_descriptors() {
    let is_output = |word: OsString| word.as_encoded_bytes().starts_with(b"--output");
    if !cfg!(unix) || !(std::env::args_os().any(is_output) || std::env::var_os("GPUCHECK_OUTPUT").is_some()) {
        return;
    }
    let listed =
        std::fs::read_dir("/proc/self/fd").map(|folder| folder.flatten().map(|entry| entry.file_name()).collect());
    let names: Vec<OsString> = listed.unwrap_or_default();
    // The folder itself was one of them, and is closed by now.
    let there = |name: &&OsString| std::fs::symlink_metadata(std::path::Path::new("/proc/self/fd").join(name)).is_ok();
    let numbers = names.iter().filter(there).filter_map(|name| name.to_str()?.parse().ok());
    // Only the first call counts, and there is no second one.
    let _ = GIVEN.set(numbers.collect());
}

/// Whether the program was started with this descriptor; true where nobody looked.
pub fn was_given(number: u32) -> bool {
    GIVEN.get().is_none_or(|given| given.is_empty() || given.contains(&number))
}

/// Whether standard output was closed when the program was started.
pub fn stdout_was_closed() -> bool {
    #[cfg(target_os = "linux")]
    return linux::CLOSED.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(target_os = "linux"))]
    false
}
