//! What a broken driver does instead of answering.

use std::{
    io::{self, Write},
    process, thread,
    time::Duration,
};

use crate::scenario;

/// Lets the scenario's faults for this function happen; gives the code that it returns, where that is all.
pub fn strike(function: &str) -> Option<u32> {
    let scenario = scenario::current();
    let named = |list: &[String]| list.iter().any(|name| name == function);
    if named(&scenario.garbage) {
        noise();
        process::exit(0);
    }
    if named(&scenario.abort) {
        process::abort();
    }
    if named(&scenario.crash) {
        // A raised signal would return from Rust's SIGSEGV handler; a true fault does not.
        // SAFETY: none; the access is wrong on purpose and ends the process.
        unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(0) };
    }
    while named(&scenario.hang) {
        thread::sleep(Duration::from_secs(3600));
    }
    if named(&scenario.hang_at_exit) {
        at_exit(hang);
    }
    if named(&scenario.abort_at_exit) {
        at_exit(abort);
    }
    if named(&scenario.forge) {
        forge();
        at_exit(forge);
    }
    if named(&scenario.daemon) {
        // It is left to itself on purpose; where there is no setsid the test shows it. Until it has left the group it would die with it.
        if let Ok(child) = process::Command::new("setsid").args(["sleep", "60"]).spawn() {
            let command = format!("/proc/{}/cmdline", child.id());
            let is_left = || std::fs::read(&command).is_ok_and(|line| line.starts_with(b"sleep"));
            (0..500).take_while(|_| !is_left()).for_each(|_| thread::sleep(Duration::from_millis(10)));
        }
    }
    scenario.errors.get(function).copied()
}

/// As a destructor of the library would be: called when the process ends.
fn at_exit(callback: extern "C" fn()) {
    unsafe extern "C" {
        fn atexit(callback: extern "C" fn()) -> std::ffi::c_int;
    }
    // SAFETY: the C library's own function; the callback stays there as long as this library, which nobody unloads.
    unsafe { atexit(callback) };
}

extern "C" fn hang() {
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

extern "C" fn forge() {
    let answer = r#"{"library":null,"answer":{"state":"no-library"},"driver":null,"cuda":null,"devices":[]}"#;
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "\n{answer}").and_then(|()| stdout.flush());
}

extern "C" fn abort() {
    process::abort()
}

/// A mebibyte of bytes that are no text, the same ones each time.
fn noise() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(1 << 20);
    while bytes.len() < 1 << 20 {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_ne_bytes());
    }
    let mut stdout = io::stdout().lock();
    // The reader may have gone away already: then it has had enough.
    let _ = stdout.write_all(&bytes).and_then(|()| stdout.flush());
}
