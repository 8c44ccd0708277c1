//! libcuda, open: what can be asked of the driver itself.

use std::ffi::c_int;

use libloading::Library;

use super::{
    functions::Functions,
    library::{self, Opened},
};
use crate::facts::{ContactOutcome, DriverLibrary};

/// More devices than any machine has: a count above it is no answer.
const MOST: c_int = 1024;

/// The library, open. It stays loaded.
pub struct Api {
    pub(super) functions: Functions,
    file: Option<DriverLibrary>,
}

impl Api {
    /// Opens libcuda as any program of this user would.
    ///
    /// # Errors
    /// When there is none or it cannot be loaded.
    pub fn open() -> Result<Self, ContactOutcome> {
        let Opened { library, file, .. } = library::open(&library::cuda_names(), "cuInit")?;
        Ok(Self { functions: Functions::new(library), file })
    }

    /// The file that the loader took; nothing where the system does not say.
    pub fn file(&self) -> Option<&DriverLibrary> {
        self.file.as_ref()
    }

    /// Whether the loader also finds it by its name without a version (`libcuda.so`): in WSL its cache has one name for each soname.
    pub fn has_plain_name(&self) -> bool {
        // SAFETY: loading runs the library's initialisers; it is the one that is loaded already, or the same driver's.
        unsafe { Library::new("libcuda.so") }.is_ok()
    }

    /// Makes the driver ready.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn init(&self) -> Result<(), ContactOutcome> {
        // SAFETY: nothing is handed over.
        unsafe { self.functions.init(0) }
    }

    /// The number of the CUDA version that the driver serves: 13000 is 13.0. It needs no initialisation, so that a driver that cannot
    /// start still tells it.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn version(&self) -> Result<c_int, ContactOutcome> {
        number(|place| {
            // SAFETY: the place is a number's own.
            unsafe { self.functions.driver_version(place) }
        })
    }

    /// How many devices this process sees.
    ///
    /// # Errors
    /// What the driver answers; [`ContactOutcome::Garbled`] when it is no number of devices.
    pub fn device_count(&self) -> Result<c_int, ContactOutcome> {
        let count = number(|place| {
            // SAFETY: the place is a number's own.
            unsafe { self.functions.device_count(place) }
        })?;
        if !(0..=MOST).contains(&count) {
            return Err(ContactOutcome::Garbled { what: format!("cuDeviceGetCount says {count}") });
        }
        Ok(count)
    }
}

/// The number that a call writes.
pub(super) fn number<T: Default>(ask: impl FnOnce(*mut T) -> Result<(), ContactOutcome>) -> Result<T, ContactOutcome> {
    let mut number = T::default();
    ask(&mut number)?;
    Ok(number)
}
