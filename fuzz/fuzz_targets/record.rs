#![no_main]

use libfuzzer_sys::fuzz_target;

// RECORD of a distribution.
fuzz_target!(|text: &str| {
    for path in gpucheck::python::record_paths(text) {
        let _ = gpucheck::python::shared_library(&path);
    }
});
