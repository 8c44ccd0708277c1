//! Reports running out of memory in one line, with the exit code for unfinished work. Rust itself would
//! abort, and leave an image of the process behind.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    process,
};

use gpucheck::exit;

#[global_allocator]
static OR_EXIT: OrExit = OrExit;

/// The system's allocator, whose refusal ends the program. No caller asks for memory that it could do without.
struct OrExit;

// SAFETY: every call goes to the system's allocator with what the caller promised; its own answer is returned, or the call
// does not return.
unsafe impl GlobalAlloc for OrExit {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about the layout.
        given(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about the layout.
        given(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the place is one of this allocator, which is the system's.
        given(unsafe { System.realloc(place, layout, size) })
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[inline]
fn given(place: *mut u8) -> *mut u8 {
    if place.is_null() {
        end();
    }
    place
}

#[cold]
fn end() -> ! {
    const SAID: &[u8] = b"gpucheck: out of memory\n";
    // The bare call: what std writes with may be locked by whoever asked. Nothing can be done when it fails.
    #[cfg(target_os = "linux")]
    let _ = rustix::io::write(rustix::stdio::stderr(), SAID);
    #[cfg(not(target_os = "linux"))]
    let _ = std::io::Write::write_all(&mut std::io::stderr(), SAID);
    process::exit(exit::INTERNAL.into())
}
