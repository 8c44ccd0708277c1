//! pyvenv.cfg, the file that makes a folder a virtual environment (PEP 405).

use std::path::{Path, PathBuf};

use crate::system::{Root, is_remote};

/// Name of the file.
pub const FILE: &str = "pyvenv.cfg";

/// What the file says, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pyvenv {
    /// `version` (venv), `version_info` (virtualenv, uv): `3.11.7`, `3.11.7.final.0`.
    pub version: Option<String>,
    /// Folder of the base interpreter.
    pub home: Option<PathBuf>,
    /// Whether the base's packages are seen too.
    pub system_site_packages: bool,
    /// Whether uv made it.
    pub uv: bool,
    /// Why the file could not be read.
    pub unread: Option<String>,
}

/// The file in `folder`; `None` when there is none, an answer with only the reason when it cannot be read.
pub fn read(root: &Root, folder: &Path) -> Option<Pyvenv> {
    let path = folder.join(FILE);
    root.is_file(&path).then(|| match root.read_text(&path, 64 << 10) {
        Ok(text) => {
            let found = parse(&text);
            Pyvenv { home: found.home.filter(|home| !is_remote(home, &path)), ..found }
        }
        Err(error) => Pyvenv { unread: Some(error.to_string()), ..Pyvenv::default() },
    })
}

/// Lines of `key = value`; keys count without regard to case, the last one wins.
fn parse(text: &str) -> Pyvenv {
    let mut found = Pyvenv::default();
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "version" | "version_info" if !value.is_empty() => found.version = Some(value.to_owned()),
            "home" if !value.is_empty() => found.home = Some(PathBuf::from(value)),
            "include-system-site-packages" => found.system_site_packages = value.eq_ignore_ascii_case("true"),
            "uv" => found.uv = true,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_makers_are_read() {
        let venv = parse("home = /usr/bin\ninclude-system-site-packages = True\nversion = 3.11.7\n");
        assert_eq!((venv.version.as_deref(), venv.system_site_packages, venv.uv), (Some("3.11.7"), true, false));
        let uv = parse("home = /x\nimplementation = CPython\nuv = 0.9.9\nversion_info = 3.12.4\n");
        assert_eq!((uv.version.as_deref(), uv.system_site_packages, uv.uv), (Some("3.12.4"), false, true));
        assert_eq!(parse("version =\nnonsense"), Pyvenv::default());
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            parse(&text);
        }
    }
}
