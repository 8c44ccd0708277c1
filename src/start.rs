//! What has to be seen before `main`: whether standard output was closed when the program was started (`>&-`).
//!
//! Rust's start-up opens /dev/null in the place of a standard descriptor that is closed, so that no file can get its number. After
//! that nothing tells a closed output from one that was sent to /dev/null: other programs (Python's subprocess, Node, daemon(3)) open
//! /dev/null in the same mode. A report must not be lost with exit code 0, so the look comes earlier: libc calls the functions of
//! `.init_array` before Rust's start-up. Elsewhere than on Linux nothing is looked at.

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

/// Whether standard output was closed when the program was started.
pub fn stdout_was_closed() -> bool {
    #[cfg(target_os = "linux")]
    return linux::CLOSED.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(target_os = "linux"))]
    false
}
