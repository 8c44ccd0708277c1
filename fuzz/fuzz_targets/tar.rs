#![no_main]

use libfuzzer_sys::fuzz_target;

/// Makes the checksum of every header right, so that the fuzzer gets behind it.
fn sound(mut bytes: Vec<u8>) -> Vec<u8> {
    for block in bytes.chunks_exact_mut(512).filter(|block| &block[257..262] == b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}

// Conda packages: the tar file in sound zstd frames in a sound zip file.
fuzz_target!(|bytes: &[u8]| {
    let frame = gpucheck_fuzz::zstd(&sound(bytes.to_vec()));
    let members = [
        gpucheck_fuzz::stored("info-demo-1.0-0.tar.zst", &frame),
        gpucheck_fuzz::stored("pkg-demo-1.0-0.tar.zst", &frame),
    ];
    gpucheck_fuzz::read_package("demo-1.0-0.conda", &gpucheck_fuzz::zip(&members));
});
