#![no_main]

use libfuzzer_sys::fuzz_target;

// Conda packages: the tar file in sound zstd frames in a sound zip file.
fuzz_target!(|bytes: &[u8]| {
    let frame = gpucheck_fuzz::zstd(bytes);
    let members =
        [gpucheck_fuzz::stored("info-demo-1.0-0.tar.zst", &frame), gpucheck_fuzz::stored("pkg-demo-1.0-0.tar.zst", &frame)];
    gpucheck_fuzz::read_package("demo-1.0-0.conda", &gpucheck_fuzz::zip(&members));
});
