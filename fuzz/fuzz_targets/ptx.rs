#![no_main]

use libfuzzer_sys::fuzz_target;

// PTX text: what is none of the formats with a magic.
fuzz_target!(|bytes: &[u8]| {
    let mut file = b"".to_vec();
    file.extend(bytes.get(file.len()..).unwrap_or_default());
    gpucheck_fuzz::read(&file);
});
