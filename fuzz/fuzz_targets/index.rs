#![no_main]

use gpucheck::remote::{Page, parse_html, parse_json};
use libfuzzer_sys::fuzz_target;

// The page of a package on an index, as HTML and as JSON. What it lists is no longer than its text: a byte that cannot be shown takes
// three, in the address and in the name that is made from it.
fuzz_target!(|bytes: &[u8]| {
    let sound = |page: &Page| page.files.iter().all(|file| file.name.len() + file.href.len() <= 6 * bytes.len());
    if let Ok(page) = parse_html(&String::from_utf8_lossy(bytes)) {
        assert!(sound(&page));
    }
    assert!(parse_json(bytes).is_ok_and(|page| sound(&page)) || parse_json(bytes).is_err());
});
