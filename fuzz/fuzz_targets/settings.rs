#![no_main]

use gpucheck::remote::{Netrc, Url, parse_pip, parse_uv};
use libfuzzer_sys::fuzz_target;

// What says where packages come from: files of pip and uv, netrc, addresses.
fuzz_target!(|text: &str| {
    let _ = parse_pip(text);
    let _ = parse_uv(text, false);
    let _ = parse_uv(text, true);
    let _ = Netrc::parse(text);
    for line in text.lines() {
        let _ = Url::parse(line);
    }
});
