//! The Python files without which a package cannot be imported: its `__init__.py`, and torch's `version.py`, which `__init__.py` reads.
//! Nothing is executed; a file that exists and contains text is assumed to be good.

use std::{io::ErrorKind, path::Path};

use super::{
    distribution::{Distribution, Wanted},
    look,
};
use crate::{
    facts::{BadFile, Flaw},
    system::Root,
};

/// Bytes to read of a file.
const HEAD: u64 = 64 << 10;

/// Those of the files that the package `name` cannot be imported without that must be there by its RECORD: none where it does not list
/// the package's `__init__.py`.
pub fn listed(record: &str, name: &str) -> Vec<Wanted> {
    let mut wanted: Vec<_> = wanted(name).collect();
    let Some(init) = wanted.first_mut() else { return wanted };
    let start = format!("{},", init.path);
    let mut places = memchr::memmem::find_iter(record.as_bytes(), start.as_bytes());
    let begins = |place: &usize| *place == 0 || record.as_bytes().get(place - 1) == Some(&b'\n');
    let Some(line) = places.find(begins).and_then(|place| record.get(place..)?.lines().next()) else {
        return Vec::new();
    };
    let size: Option<u64> = line.rsplit(',').next().and_then(|size| size.trim().parse().ok());
    init.filled |= size.is_some_and(|size| size > 0);
    wanted
}

fn wanted(name: &str) -> impl Iterator<Item = Wanted> + use<> {
    let init = Wanted { path: format!("{}/__init__.py", name.replace('-', "_")), filled: false };
    let version = (name == "torch").then(|| Wanted { path: "torch/version.py".to_owned(), filled: true });
    std::iter::once(init).chain(version)
}

/// What is wrong with those files. A torch that nothing lists must have them all the same, where there is a folder of its name.
pub fn faults(root: &Root, distribution: &Distribution) -> Vec<BadFile> {
    let (code, name) = (distribution.code(), distribution.package.name.as_str());
    let found = match &distribution.sources {
        Some(listed) if distribution.source.is_none() => listed.clone(),
        _ if name == "torch" && root.is_dir(&code.join(name)) => wanted(name).collect(),
        _ => Vec::new(),
    };
    let fault = |wanted: Wanted| {
        let (what, why) = fault(root, &code.join(&wanted.path), wanted.filled)?;
        Some(BadFile { path: wanted.path, what, why })
    };
    found.into_iter().filter_map(fault).collect()
}

fn fault(root: &Root, path: &Path, filled: bool) -> Option<(Flaw, String)> {
    let bytes = match root.read(path, HEAD) {
        Ok(bytes) => bytes,
        // Python uses the compiled file instead.
        Err(error) if error.kind() == ErrorKind::NotFound && root.is_file(&path.with_extension("pyc")) => return None,
        Err(error) => return Some(look::refused(root, path, &error)),
    };
    let found = |what, why: &str| Some((what, why.to_owned()));
    if bytes.is_empty() {
        return filled.then(|| (Flaw::Empty, "is empty (0 bytes)".to_owned()));
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return found(Flaw::Zeros, "starts with only zero bytes");
    }
    if bytes.starts_with(b"version https://git-lfs") {
        return found(Flaw::Pointer, "is a Git LFS pointer, not the file itself (run git lfs pull)");
    }
    if bytes.contains(&0) || bytes.trim_ascii_start().starts_with(b"<") {
        return found(Flaw::NoLibrary, "is not Python source");
    }
    let names_version = memchr::memmem::find(&bytes, b"__version__").is_some();
    if path.ends_with("torch/version.py") && !names_version {
        return found(Flaw::NoLibrary, "does not define __version__");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_which_files_must_be_there_and_have_bytes() {
        let record = "../torch/__init__.py,,5\ntorch/__init__.py,sha256=x,91000\nvision/torch/version.py,,3\ntorch/version.py,,\n";
        let wanted = |path: &str, filled| Wanted { path: path.to_owned(), filled };
        assert_eq!(listed(record, "torch"), [wanted("torch/__init__.py", true), wanted("torch/version.py", true)]);
        assert_eq!(listed("flash_attn/__init__.py,,0\n", "flash-attn"), [wanted("flash_attn/__init__.py", false)]);
        assert_eq!(listed("nvidia/cublas/lib/libcublas.so.12,,\n", "nvidia-cublas-cu12"), []);
    }
}
