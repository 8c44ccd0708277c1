#![no_main]

use libfuzzer_sys::fuzz_target;

// Inflating: a member of a sound directory, with any bytes. The first four say what size it claims.
fuzz_target!(|bytes: &[u8]| {
    let Some((size, packed)) = bytes.split_first_chunk::<4>() else { return };
    let size = u32::from_le_bytes(*size) % (32 << 20);
    let names = ["demo/a.so", "demo/b.dll", "demo/c.fatbin", "demo-1.0.dist-info/METADATA"];
    let members = names.map(|name| gpucheck_fuzz::packages::Member(name, 8, packed, size, 0));
    gpucheck_fuzz::read_package("demo-1.0-py3-none-any.whl", &gpucheck_fuzz::zip(&members));
});
