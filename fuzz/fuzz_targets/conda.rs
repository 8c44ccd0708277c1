#![no_main]

use libfuzzer_sys::fuzz_target;

// Conda packages: the zstd frames in a sound zip file.
fuzz_target!(|bytes: &[u8]| {
    let (info, package) = bytes.split_at(bytes.len() / 4);
    let members = [
        gpucheck_fuzz::stored("info-demo-1.0-0.tar.zst", info),
        gpucheck_fuzz::stored("pkg-demo-1.0-0.tar.zst", package),
    ];
    gpucheck_fuzz::read_package("demo-1.0-0.conda", &gpucheck_fuzz::zip(&members));
});
