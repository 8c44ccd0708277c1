#![no_main]

use libfuzzer_sys::fuzz_target;

// METADATA of a distribution, and requires.txt of an egg; every requirement in it.
fuzz_target!(|text: &str| {
    let metadata = gpucheck::python::Metadata::parse(text);
    for requirement in metadata.requires.iter().chain(&gpucheck::python::egg_requires(text)) {
        let _ = requirement.parse::<gpucheck::python::Requirement>();
    }
});
