#![no_main]

use libfuzzer_sys::fuzz_target;

// ELF libraries and objects: the magic is given.
fuzz_target!(|bytes: &[u8]| {
    let mut file = b"\x7fELF".to_vec();
    file.extend(bytes.get(file.len()..).unwrap_or_default());
    gpucheck_fuzz::read(&file);
});
