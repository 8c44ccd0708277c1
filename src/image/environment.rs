//! How programs of an image are started: what they find in their environment, and where.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::system::{Root, Surroundings};

/// Where Apptainer keeps what it sets: scripts that a shell reads in order.
const SCRIPTS: &str = "/.singularity.d/env";
const MAX_SCRIPT: u64 = 64 << 10;
const MAX_PASSWORDS: u64 = 1 << 20;
/// Variables that list folders.
const LISTS: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LIBRARY_PATH"];

/// How programs of an image are started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// The folder that they start in.
    pub folder: Option<String>,
    /// By whom, as a name or a number.
    pub user: Option<String>,
}

impl Config {
    /// Nothing but where programs are.
    pub(super) fn with_path(path: &str) -> Self {
        Self { variables: [("PATH".to_owned(), path.to_owned())].into(), ..Self::default() }
    }

    /// What a program of the image finds around it.
    pub fn surroundings(&self, root: &Root) -> Surroundings {
        let mut variables = self.variables.clone();
        if cfg!(windows) {
            // Lists of folders are taken apart as this machine does it.
            for name in LISTS {
                variables.entry(name.to_owned()).and_modify(|value| *value = value.replace(':', ";"));
            }
        }
        Surroundings {
            folder: Some(PathBuf::from(self.folder.as_deref().unwrap_or("/"))),
            home: self.home(root).filter(|home| home.has_root()),
            variables,
            registered: Vec::new(),
        }
    }

    fn home(&self, root: &Root) -> Option<PathBuf> {
        if let Some(home) = self.variables.get("HOME").filter(|home| !home.is_empty()) {
            return Some(PathBuf::from(home));
        }
        let user = self.user.as_deref().unwrap_or("root");
        let user = user.split(':').next().unwrap_or(user);
        let text = root.read_text(Path::new("/etc/passwd"), MAX_PASSWORDS).unwrap_or_default();
        let home = text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, number) = (fields.next()?, fields.nth(1)?);
            (name == user || number == user).then(|| fields.nth(2).map(PathBuf::from))?
        });
        home.or_else(|| matches!(user, "root" | "0").then(|| PathBuf::from("/root")))
    }

    /// Adds what Apptainer's scripts set, as far as they say it plainly.
    pub(super) fn add_scripts(&mut self, root: &Root) {
        for name in root.names(Path::new(SCRIPTS)) {
            let text = root.read_text(&Path::new(SCRIPTS).join(name), MAX_SCRIPT).unwrap_or_default();
            for line in text.lines() {
                if let Some((name, value)) = line.trim().strip_prefix("export ").and_then(|line| self.set(line)) {
                    self.variables.insert(name, value);
                }
            }
        }
    }

    /// `NAME=value`, `NAME="value"`, and what Apptainer writes of a Docker image's variables: `NAME="${NAME:-"value"}"`.
    fn set(&self, line: &str) -> Option<(String, String)> {
        let (name, value) = line.split_once('=')?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(fits) {
            return None;
        }
        let plain = |value: &'_ str| -> String {
            let value = value.trim();
            let inner = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            inner.unwrap_or(value).to_owned()
        };
        let mut value = plain(value);
        let default = value.strip_prefix(&format!("${{{name}:-")).and_then(|rest| rest.strip_suffix('}'));
        if let Some(default) = default {
            value = plain(default);
        }
        Some((name.to_owned(), self.filled(&value)?))
    }

    /// The value with variables filled in; `None` where a shell would run something.
    fn filled(&self, value: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, after) = match after.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => {
                    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                    after.split_at_checked(end)?
                }
            };
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return None;
            }
            out.push_str(self.variables.get(name).map_or("", String::as_str));
            rest = after;
            if out.len() > MAX_SCRIPT as usize {
                return None;
            }
        }
        out.push_str(rest);
        (!out.contains('`')).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_set_what_they_say_plainly() {
        let config = Config::with_path("/usr/bin:/bin");
        let set = |line: &str| config.set(line).map(|(_, value)| value);
        assert_eq!(set(r#"PATH="${PATH:-"/opt/conda/bin:/bin"}""#).as_deref(), Some("/opt/conda/bin:/bin"));
        assert_eq!(set("PATH=/opt/bin:$PATH").as_deref(), Some("/opt/bin:/usr/bin:/bin"));
        assert_eq!(set("X='a b'").as_deref(), Some("a b"));
        assert_eq!(set("X=${NONE}y").as_deref(), Some("y"));
        assert_eq!(set("X=$(id)"), None);
        assert_eq!(set("X=`id`"), None);
        assert_eq!(set("A B=1"), None);
    }
}
