//! What conda has installed, by the names of the files in `conda-meta`: `numpy-1.26.4-py311h64a7726_0.json`. Their contents are not
//! needed, but a truncated file is reported: conda itself relies on it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use crate::{facts::Unlisted, python, system::Root};

const FOLDER: &str = "conda-meta";
/// Bytes to read of the end of a file.
const TAIL: u64 = 64;

/// The packages of an environment that conda has installed.
#[derive(Debug, Default)]
pub struct Conda {
    /// Their files, by the names of their Python distributions.
    files: HashMap<String, PathBuf>,
    /// The folder of those files and why it could not be listed, or not to its end.
    pub unlisted: Option<(PathBuf, String)>,
}

impl Conda {
    /// What the environment in `prefix` has; empty if conda did not create it.
    pub fn of(root: &Root, prefix: &Path) -> Self {
        let folder = prefix.join(FOLDER);
        let (names, why) = match root.listing(&folder) {
            Ok((names, more)) => (names, more.then(|| "it has too many entries; not all were read".to_owned())),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let files = names.iter().filter_map(|file| Some((distribution(file)?, folder.join(file)))).collect();
        Self { files, unlisted: why.map(|why| (folder, why)) }
    }

    /// Whether it has installed the distribution of this normalised name.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// Its file about a distribution, if that is damaged.
    pub fn damaged(&self, root: &Root, name: &str, shown: impl Fn(&Path) -> String) -> Option<Unlisted> {
        let file = self.files.get(name)?;
        let why = match root.tail(file, TAIL) {
            Ok(end) if is_end(&end) => return None,
            Ok(end) if end.is_empty() => "it is empty".to_owned(),
            Ok(_) => "its JSON is incomplete: the file is truncated".to_owned(),
            Err(error) => error.to_string(),
        };
        Some(Unlisted { path: shown(file), why })
    }
}

/// Whether an environment is one that conda has made.
pub fn is_conda(root: &Root, prefix: &Path) -> bool {
    root.is_dir(&prefix.join(FOLDER))
}

/// The Python distribution that a file of `conda-meta` is about.
fn distribution(file: &str) -> Option<String> {
    let mut parts = file.strip_suffix(".json")?.rsplitn(3, '-');
    let (_build, _version, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(python::of_conda(name))
}

/// Whether a text ends as a JSON object does. All tools that write these files indent what is inside, so that the last brace stands at the
/// beginning of its line. Reading them to the end would take longer than everything else that is read of an environment.
fn is_end(tail: &[u8]) -> bool {
    let tail = tail.trim_ascii_end();
    match tail.iter().rposition(|byte| *byte == b'\n') {
        Some(line) => tail.get(line + 1..) == Some(b"}"),
        None => tail.ends_with(b"}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_python() {
        assert_eq!(distribution("pytorch-2.7.1-cuda128_py311_0.json").as_deref(), Some("torch"));
        assert_eq!(distribution("ruamel.yaml-0.18-py311_0.json").as_deref(), Some("ruamel-yaml"));
        assert_eq!(distribution("history"), None);
    }

    #[test]
    fn what_is_cut_off_does_not_end() {
        for whole in ["{}", "{\"a\": {}}\n", "{\n  \"a\": {\n  }\n}", "{\r\n \"a\": 1\r\n}\r\n"] {
            assert!(is_end(whole.as_bytes()), "{whole}");
        }
        for cut in ["", "{\n  \"a\": {\n  }", "{\n  \"a\": [\n", "{\"a\": 1", "{}\0\0"] {
            assert!(!is_end(cut.as_bytes()), "{cut}");
        }
    }
}
