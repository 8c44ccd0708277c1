#![no_main]

use libfuzzer_sys::fuzz_target;

// Bare cubins: class, byte order and machine are given.
fuzz_target!(|bytes: &[u8]| {
    let mut file = bytes.to_vec();
    if let Some(head) = file.get_mut(..20) {
        head[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        head[18..].copy_from_slice(&190u16.to_le_bytes());
    }
    gpucheck_fuzz::read(&file);
});
