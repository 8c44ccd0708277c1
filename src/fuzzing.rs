//! Doors for the fuzz targets (`fuzz/`) to parsers that are not public. Only there when they are built.

/// Reads the bytes as a kernel module.
pub fn modinfo(bytes: &[u8]) {
    let _ = crate::probe::kernel::modinfo::read(bytes);
}

/// Reads a file that asks for software: the first line is its name, the rest what it contains. No other file is there.
pub fn manifest(text: &str) {
    use crate::{
        manifest::{Choices, Reading, Shelf, Text},
        system::Root,
    };
    let (name, content) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(root) = Root::new(None, None) else { return };
    let folder = std::path::PathBuf::from("/nonexistent/fuzzed");
    let shelf = Shelf::new(root, folder.clone());
    let choices = Choices { platform: "linux-x86_64".parse().ok(), ..Choices::default() };
    let mut reading = Reading::new(&shelf, &choices);
    // A name with slashes would lead elsewhere.
    let name = name.replace(['/', '\\'], "");
    reading.text(&Text::new(folder.join(&name), name, content));
    let declared = reading.declared();
    for (pointer, place) in &declared.written {
        assert!(place.line >= 1 && place.column >= 1, "{pointer} is nowhere");
    }
}
