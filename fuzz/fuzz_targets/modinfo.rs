#![no_main]

use libfuzzer_sys::fuzz_target;

// The .modinfo section of a kernel module.
fuzz_target!(|bytes: &[u8]| gpucheck::fuzzing::modinfo(bytes));
