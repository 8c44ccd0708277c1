//! The only place that touches the caller's memory.

use std::ffi::{c_char, c_int};

/// The caller passed NULL where an answer goes.
pub struct Null;

/// A place of the caller for an answer; in C a `T *`.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Out<T>(*mut T);

impl<T: Copy> Out<T> {
    /// Writes the answer.
    pub fn set(self, value: T) -> Result<(), Null> {
        if self.0.is_null() {
            return Err(Null);
        }
        // SAFETY: by the contract of the C API a pointer that is not NULL leads to a `T` of the caller.
        unsafe { self.0.write_unaligned(value) };
        Ok(())
    }

    /// What the caller put there: versioned structures say their version.
    pub fn get(self) -> Result<T, Null> {
        if self.0.is_null() {
            return Err(Null);
        }
        // SAFETY: as in `set`; structures that are read hold integers only, of which every value is one.
        Ok(unsafe { self.0.read_unaligned() })
    }
}

impl Out<c_char> {
    /// Writes as much of a text as fits into `length` bytes with its final NUL; a length below 1 holds nothing.
    pub fn text(self, text: &str, length: c_int) -> Result<(), Null> {
        let length = usize::try_from(length).unwrap_or(0);
        if self.0.is_null() || length == 0 {
            return Err(Null);
        }
        let fits = &text.as_bytes()[..text.len().min(length - 1)];
        for (at, byte) in fits.iter().chain([&0]).enumerate() {
            // SAFETY: `at` is below `length`, the size of the caller's buffer by the contract of the C API.
            unsafe { self.0.add(at).write(byte.cast_signed() as c_char) };
        }
        Ok(())
    }
}
