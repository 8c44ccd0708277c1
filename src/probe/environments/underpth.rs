//! `python312._pth`, by which an embedded Python on Windows is told the folders that it may look through, and no others ("Finding modules" in
//! "Using Python on Windows"; CPython's Modules/getpath.py).

use std::path::{Path, PathBuf};

use gpucheck_ground::Order as _;

use crate::system::{Root, clean, is_remote};

/// Longer than any that a person or a packager wrote.
const MOST: u64 = 64 << 10;

/// What such a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderPth {
    /// The file.
    pub path: PathBuf,
    /// The folders and archives that it lists, relative ones from its own folder on.
    pub listed: Vec<PathBuf>,
    /// Whether it has `import site`: only then `Lib\site-packages` counts without being listed.
    pub site: bool,
    /// Why it could not be read.
    pub unread: Option<String>,
}

/// The file of the Python in `prefix`: that of its library (`python312._pth`) comes before that of its program (`python._pth`).
pub fn read(root: &Root, prefix: &Path) -> Option<UnderPth> {
    let named = |name: &String| name.strip_prefix("python").is_some_and(|rest| rest.ends_with("._pth"));
    let mut names: Vec<String> = root.names(prefix).into_iter().filter(named).collect();
    names.order_by_key(|name| name == "python._pth");
    let path = prefix.join(names.first()?);
    Some(match root.read_text(&path, MOST) {
        Ok(text) => parse(&text, prefix, path),
        Err(error) => UnderPth { path, listed: Vec::new(), site: true, unread: Some(error.to_string()) },
    })
}

/// One folder a line; `#` begins a comment; of statements only `import site` counts.
fn parse(text: &str, prefix: &Path, path: PathBuf) -> UnderPth {
    let mut found = UnderPth { path, listed: Vec::new(), site: false, unread: None };
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line == "import site" {
            found.site = true;
        } else if !line.is_empty() && !line.starts_with("import ") {
            // Both slashes separate folders on Windows, wherever the file is read.
            let parts = line.split(['/', '\\']).filter(|part| !part.is_empty());
            let absolute = line.starts_with(['/', '\\']) || line.as_bytes().get(1) == Some(&b':');
            let folder = match absolute {
                true => PathBuf::from(line),
                false => parts.fold(prefix.to_owned(), |folder, part| folder.join(part)),
            };
            found.listed.extend(clean(&folder).filter(|folder| !is_remote(folder, prefix)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> (Vec<String>, bool) {
        let found = parse(text, Path::new("/p/python_embeded"), PathBuf::new());
        (found.listed.iter().map(|path| path.display().to_string()).collect(), found.site)
    }

    #[test]
    fn folders_comments_and_site() {
        let told = of("../ComfyUI\r\npython312.zip\r\n.\r\n\r\n# Uncomment to run site.main()\r\nimport site\r\n");
        let listed = ["/p/ComfyUI", "/p/python_embeded/python312.zip", "/p/python_embeded"].map(str::to_owned);
        assert_eq!(told, (listed.into(), true));
        assert!(!of("python312.zip\n.\n#import site\n").1);
        assert_eq!(
            of("Lib\\site-packages # ours\nimport os\n"),
            (vec!["/p/python_embeded/Lib/site-packages".into()], false)
        );
        assert_eq!(of("../../../../x").0, Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            of(&text);
        }
    }
}
