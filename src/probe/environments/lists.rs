//! Lists that tools keep of the Pythons they have made: conda's `environments.txt`, uv's folder of Pythons.

use std::path::{Path, PathBuf};

use gpucheck_ground::Order as _;

use crate::system::{Root, Surroundings, is_remote};

/// Longer than any list that conda keeps.
const MOST_TEXT: u64 = 256 << 10;
/// More than are looked at.
const MOST: usize = 64;

/// The environments that conda has registered for this user, in its order (conda's `conda/core/envs_manager.py`).
pub fn conda(root: &Root, surroundings: &Surroundings) -> Vec<PathBuf> {
    let Some(home) = surroundings.home.as_deref() else { return Vec::new() };
    let file = home.join(".conda").join("environments.txt");
    let text = root.read_text(&file, MOST_TEXT).unwrap_or_default();
    prefixes(&text).into_iter().filter(|folder| !is_remote(folder, &file)).collect()
}

/// One folder a line, from the root on. Of a list that something else has written over, what is none is left out.
fn prefixes(text: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        let path = PathBuf::from(line);
        if (path.is_absolute() || path.has_root()) && !found.contains(&path) && found.len() < MOST {
            found.push(path);
        }
    }
    found
}

/// The Pythons that uv has installed, the newest first ("Storage" in uv's documentation; `uv python dir` prints the folder).
pub fn uv(root: &Root, surroundings: &Surroundings) -> Vec<PathBuf> {
    let chosen = surroundings.filled("UV_PYTHON_INSTALL_DIR").map(PathBuf::from);
    let folder = |name: &str, below: &[&str]| {
        let start = surroundings.filled(name).map(PathBuf::from)?;
        Some(below.iter().fold(start, |path, part| path.join(part)))
    };
    let home = || surroundings.home.as_deref().map(|home| home.join(".local/share/uv/python"));
    let usual = if cfg!(windows) {
        [folder("APPDATA", &["uv", "python"]), folder("APPDATA", &["uv", "data", "python"])]
    } else {
        [folder("XDG_DATA_HOME", &["uv", "python"]).or_else(home), None]
    };
    let folders = if chosen.is_some() { [chosen, None] } else { usual };
    folders.into_iter().flatten().flat_map(|folder| pythons(root, &folder)).take(MOST).collect()
}

/// `cpython-3.12.4-windows-x86_64-none`. Links such as `cpython-3.12-linux-x86_64-gnu` lead to one of the others.
fn pythons(root: &Root, folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = root.names(folder).into_iter().filter_map(|name| Some((release(&name)?, name))).collect();
    found.order_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, name)| folder.join(name)).collect()
}

/// The numbers of the version in such a name.
fn release(name: &str) -> Option<Vec<u32>> {
    let version = name.strip_prefix("cpython-")?.split('-').next()?.split('+').next()?;
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_environment_a_line() {
        let text = "\u{feff}/opt/conda\r\n\r\nrelative\n/home/sam/envs/b\n/opt/conda\n";
        assert_eq!(prefixes(text), [Path::new("/opt/conda"), Path::new("/home/sam/envs/b")]);
    }

    #[test]
    fn names_tell_releases() {
        assert_eq!(release("cpython-3.12.10-windows-x86_64-none"), Some(vec![3, 12, 10]));
        assert_eq!(release("cpython-3.14.0+freethreaded-linux-x86_64-gnu"), Some(vec![3, 14, 0]));
        assert_eq!(
            (release("pypy-3.10.16-windows-x86_64-none"), release(".temp"), release("cpython-x")),
            (None, None, None)
        );
    }

    proptest! {
        #[test]
        fn any_list_is_taken(text in any::<String>()) {
            prefixes(&text);
            release(&format!("cpython-{text}"));
        }
    }
}
