#![no_main]

use gpucheck::remote::{Page, parse_html, parse_json};
use libfuzzer_sys::fuzz_target;

// The page of a package on an index, as HTML and as JSON. A page lists no more than its text can hold.
fuzz_target!(|bytes: &[u8]| {
    let sound = |page: &Page| page.files.iter().all(|file| file.name.len() + file.href.len() <= 2 * bytes.len());
    assert!(sound(&parse_html(&String::from_utf8_lossy(bytes))) || std::str::from_utf8(bytes).is_err());
    assert!(parse_json(bytes).is_ok_and(|page| sound(&page)) || parse_json(bytes).is_err());
});
