//! The index that pip asks when nothing is configured. gpucheck has none of its own: it reads the one that the installed pip names.

use std::path::{Path, PathBuf};

use crate::system::Root;

/// Where pip keeps it, in a folder of packages. Seen so in pip 19.0 to 25.3.
const FILE: &str = "pip/_internal/models/index.py";
const MAX_FILE: u64 = 1 << 16;
/// Where Debian keeps pip for the system's Python.
const SYSTEM: [&str; 1] = ["/usr/lib/python3/dist-packages"];

/// The index of the first environment that has pip, and what that is.
pub(super) fn index(root: &Root, prefixes: &[(PathBuf, Vec<PathBuf>)]) -> Option<(String, String)> {
    let folders = prefixes.iter().flat_map(|(_, folders)| folders).map(PathBuf::as_path);
    folders.chain(SYSTEM.iter().map(Path::new)).find_map(|folder| {
        let path = FILE.split('/').fold(folder.to_owned(), |path, part| path.join(part));
        let text = root.read_text(&path, MAX_FILE).ok()?;
        Some((parse(&text)?, "pip's default".to_owned()))
    })
}

/// Out of `PyPI = PackageIndex("https://…/", file_storage_domain="…")`; the pages of projects lie below `simple`.
fn parse(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim_start).position(|line| line.starts_with("PyPI = PackageIndex("))?;
    // The call may be broken into lines.
    let call: String = text.lines().skip(line).take(3).collect::<Vec<_>>().join(" ");
    let quoted = call.split_once('(')?.1.trim_start();
    let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (url, _) = quoted.get(1..)?.split_once(quote)?;
    url.starts_with("https://").then(|| format!("{}/simple", url.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found() {
        let text = "class PackageIndex:\n    x\n\nPyPI = PackageIndex(\"https://index.example/\", file_storage_domain=\"x\")\n";
        assert_eq!(parse(text).as_deref(), Some("https://index.example/simple"));
        assert_eq!(parse("PyPI = PackageIndex(\n    'https://a', x\n)").as_deref(), Some("https://a/simple"));
        for text in
            ["", "PyPI = PackageIndex(", "PyPI = PackageIndex(\"ftp://x/\")", "TestPyPI = PackageIndex(\"https://x/\")"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
