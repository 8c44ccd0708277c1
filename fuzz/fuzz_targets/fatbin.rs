#![no_main]

use libfuzzer_sys::fuzz_target;

// Bare fatbins: the magic is given.
fuzz_target!(|bytes: &[u8]| {
    let mut file = b"\x50\xED\x55\xBA".to_vec();
    file.extend(bytes.get(file.len()..).unwrap_or_default());
    gpucheck_fuzz::read(&file);
});
