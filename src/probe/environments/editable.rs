//! Where an editable install leads: to a folder of sources, by `direct_url.json` (PEP 610), by the `.pth` file that makes Python look
//! there, or by the `.egg-link` of older tools.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{
    python,
    system::{Root, is_remote},
};

/// These files contain a line or an object of a few fields.
const MAX_TEXT: u64 = 64 << 10;
/// RECORD of an editable install: its `.pth` file, a finder, scripts and metadata.
const MAX_RECORD: usize = 64 << 10;

/// The folder that an editable install leads to. Outside nothing: it is none. Inside nothing: no file names the folder, as where a finder
/// written in Python leads there. `place` is its metadata folder, and `record` what its RECORD lists.
pub fn folder(root: &Root, site: &Path, place: &Path, record: &str) -> Option<Option<PathBuf>> {
    let by_url = || {
        let text = root.read_text(&place.join("direct_url.json"), MAX_TEXT).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let editable = value.pointer("/dir_info/editable").and_then(Value::as_bool).unwrap_or(false);
        editable.then(|| local(value.get("url")?.as_str()?))
    };
    // An editable install lists next to nothing: where there is a megabyte of files they are there themselves.
    let short = record.len() <= MAX_RECORD;
    let listed = |name: &str| short && memchr::memmem::find(record.as_bytes(), name.as_bytes()).is_some();
    if listed("direct_url.json")
        && let Some(found) = by_url()
    {
        return Some(found.filter(|folder| folder.has_root() && !is_remote(folder, place)));
    }
    let start = listed("__editable__").then(|| record.lines().find(|line| line.starts_with("__editable__")))??;
    let file = start.split(',').next().filter(|file| file.ends_with(".pth"))?;
    let text = root.read_text(&site.join(file), MAX_TEXT).unwrap_or_default();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#']));
    Some(line.map(PathBuf::from).filter(|folder| folder.has_root() && !is_remote(folder, place)))
}

/// Whether a file of this name in a folder of packages makes Python look elsewhere for an editable install.
pub fn is_left(name: &str) -> bool {
    pth_stem(name).is_some()
}

fn pth_stem(name: &str) -> Option<&str> {
    name.strip_prefix("__editable__.")?.strip_suffix(".pth")
}

/// The file that an editable install has left beside a package that is none: a `.pth` file in the folder of packages, or the
/// `direct_url.json` in its metadata folder `place`. `files`: those of [`is_left`] in the folder of packages.
pub fn left(root: &Root, place: &Path, name: &str, files: &[PathBuf]) -> Option<PathBuf> {
    let site = place.parent()?;
    let is_its = |file: &&PathBuf| {
        let stem = file.file_name().and_then(|file| file.to_str()).and_then(pth_stem);
        let its_name = stem.is_some_and(|stem| python::normalize(stem.split('-').next().unwrap_or_default()) == name);
        its_name && file.parent() == Some(site)
    };
    // Without its own module the package is the one that the file leads to.
    root.is_file(&site.join(name).join("__init__.py")).then_some(())?;
    if let Some(file) = files.iter().find(is_its) {
        return Some(file.clone());
    }
    let file = place.join("direct_url.json");
    let value: Value = serde_json::from_str(&root.read_text(&file, MAX_TEXT).ok()?).ok()?;
    value.pointer("/dir_info/editable").and_then(Value::as_bool).unwrap_or(false).then_some(file)
}

/// The folder and the metadata folder in it that an `.egg-link` leads to.
pub fn egg_link(root: &Root, link: &Path) -> Option<(PathBuf, String)> {
    let text = root.read_text(link, MAX_TEXT).ok()?;
    let folder = PathBuf::from(text.lines().next()?.trim());
    let name = python::normalize(link.file_stem()?.to_str()?);
    let is_its = |found: &String| found.strip_suffix(".egg-info").is_some_and(|stem| python::normalize(stem) == name);
    let here = folder.has_root() && !is_remote(&folder, link);
    let metadata = here.then(|| root.names(&folder).into_iter().find(is_its))??;
    Some((folder, metadata))
}

/// The path of a `file:` URL.
fn local(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("file://")?;
    let path = if cfg!(windows) { path.trim_start_matches('/') } else { path };
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_files_are_paths() {
        assert_eq!(local("file:///home/sam/my%20torch%2"), Some(PathBuf::from("/home/sam/my torch%2")));
        assert_eq!(local("https://host/x"), None);
        assert_eq!(local("file:///%ff"), None);
    }
}
