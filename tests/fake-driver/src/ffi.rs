//! The only place that touches the caller's memory.

use std::ffi::{c_char, c_int, c_uint, c_void};

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

/// An image that the caller gives without its length; in C a `const void *`.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Input(*const u8);

impl Input {
    /// That many bytes from an offset on; nothing behind NULL.
    pub fn bytes(self, offset: usize, length: usize) -> Option<&'static [u8]> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: by the contract of the C API the image is as long as its own headers say, and stays while it is loaded.
        Some(unsafe { std::slice::from_raw_parts(self.0.add(offset), length) })
    }

    /// The image at an offset inside this one.
    pub fn at(self, offset: usize) -> Option<Self> {
        // SAFETY: as in `bytes`: the caller of this function has checked that the image reaches that far.
        (!self.0.is_null()).then(|| Self(unsafe { self.0.add(offset) }))
    }

    /// The image that a pointer inside this one leads to.
    pub fn pointer(self, offset: usize) -> Option<Self> {
        let bytes = self.bytes(offset, size_of::<usize>())?;
        let address = usize::from_ne_bytes(bytes.try_into().ok()?);
        Some(Self(std::ptr::with_exposed_provenance(address)))
    }

    /// Text up to its NUL.
    pub fn text(self) -> Option<&'static str> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: by the contract of the C API text ends with a NUL.
        unsafe { std::ffi::CStr::from_ptr(self.0.cast()) }.to_str().ok()
    }
}

impl Out<c_char> {
    /// The place at an address that the caller gave as a number.
    pub fn at(address: usize) -> Self {
        Self(std::ptr::with_exposed_provenance_mut(address))
    }
}

/// Host memory that the driver copies from.
pub fn read(from: *const c_void, size: usize) -> Option<&'static [u8]> {
    // SAFETY: by the contract of the C API the caller's buffer is that long; it is not kept.
    (!from.is_null()).then(|| unsafe { std::slice::from_raw_parts(from.cast(), size) })
}

/// Host memory that the driver copies to.
pub fn write(to: *mut c_void, size: usize) -> Option<&'static mut [u8]> {
    // SAFETY: as in `read`; nobody else uses it during the call.
    (!to.is_null()).then(|| unsafe { std::slice::from_raw_parts_mut(to.cast(), size) })
}

/// The value of one option of `cuModuleLoadDataEx`.
pub fn option(count: c_uint, options: *const c_uint, values: *const usize, wanted: c_uint) -> Option<usize> {
    if options.is_null() || values.is_null() {
        return None;
    }
    (0..usize::try_from(count).ok()?)
        // SAFETY: by the contract of the C API both lists have `count` entries.
        .find(|index| unsafe { options.add(*index).read() } == wanted)
        // SAFETY: as above.
        .map(|index| unsafe { values.add(index).read() })
}

/// One parameter of a kernel: `kernelParams` has a pointer to each, and the kernel knows their types.
pub fn parameter<T: Copy>(parameters: *const *const c_void, index: usize) -> Option<T> {
    if parameters.is_null() {
        return None;
    }
    // SAFETY: by the contract of the C API there is a pointer for each parameter of the kernel.
    let place = unsafe { parameters.add(index).read() };
    // SAFETY: and it leads to a value of the parameter's type; only integers are read.
    (!place.is_null()).then(|| unsafe { place.cast::<T>().read_unaligned() })
}

#[cfg(test)]
impl Input {
    /// The image in a buffer that outlives the call.
    pub fn of(bytes: &[u8]) -> Self {
        Self(bytes.as_ptr())
    }
}
