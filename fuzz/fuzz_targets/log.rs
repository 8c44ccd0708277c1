#![no_main]

use libfuzzer_sys::fuzz_target;

// A log, as bytes: any encoding, or none.
fuzz_target!(|bytes: &[u8]| gpucheck::fuzzing::log(bytes));
