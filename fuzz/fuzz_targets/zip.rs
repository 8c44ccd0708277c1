#![no_main]

use libfuzzer_sys::fuzz_target;

// Wheels: the whole zip file.
fuzz_target!(|bytes: &[u8]| gpucheck_fuzz::read_package("demo-1.0-py3-none-any.whl", bytes));
