#![no_main]

use libfuzzer_sys::fuzz_target;

// TOML laid over the knowledge base. The first byte says which file it is.
use std::{cell::RefCell, fs};

use gpucheck::knowledge::Knowledge;

const NAMES: [&str; 7] =
    ["gpus.toml", "architectures.toml", "cuda.toml", "torch.toml", "arch_list.toml", "advice.toml", "packages/x.toml"];

thread_local! {
    static FOLDER: RefCell<tempfile::TempDir> = RefCell::new(tempfile::tempdir().unwrap());
}

fuzz_target!(|bytes: &[u8]| {
    let Some((name, text)) = bytes.split_first() else { return };
    FOLDER.with_borrow(|folder| {
        let file = folder.path().join(NAMES[usize::from(*name) % NAMES.len()]);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        if let Err(error) = Knowledge::with_overlay(folder.path()) {
            assert!(!error.to_string().is_empty());
        }
        fs::remove_file(&file).unwrap();
    });
});
