#![no_main]

use libfuzzer_sys::fuzz_target;

// The text of a baseline: what is read is written and read back as the same.
use gpucheck::scan::Baseline;

fuzz_target!(|text: &str| {
    match Baseline::read("b.toml", text) {
        Ok(baseline) => {
            let written = baseline.text("x");
            let again = Baseline::read("b.toml", &written).unwrap();
            assert_eq!(again.text("x"), written);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
