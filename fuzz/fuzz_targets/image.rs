#![no_main]

use libfuzzer_sys::fuzz_target;

// An image in an archive. Checksums of tar headers are not looked at here.
fuzz_target!(|bytes: &[u8]| gpucheck::fuzzing::image(bytes));
