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
    scenario.errors.get(function).copied()
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
