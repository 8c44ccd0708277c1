#![no_main]

use libfuzzer_sys::fuzz_target;

// A file that asks for software: its name on the first line, what it contains below.
fuzz_target!(|text: &str| gpucheck::fuzzing::manifest(text));
