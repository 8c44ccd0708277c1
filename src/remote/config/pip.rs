//! pip's configuration: files and `PIP_…` variables. Format: <https://pip.pypa.io/en/stable/topics/configuration/>, which is that
//! of Python's `RawConfigParser`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{super::settings::Settings, Written};
use crate::system::{Root, Surroundings};

const MAX_FILE: u64 = 1 << 20;
/// The longest wait for a byte.
const MAX_TIMEOUT: u64 = 3600;

/// Values by `section.key`, keys in lower case with hyphens. Invalid lines are skipped.
pub fn parse_pip(text: &str) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let (mut section, mut last) = (String::new(), None::<String>);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let content = line.trim();
        if content.starts_with(['#', ';']) {
            continue;
        }
        if content.is_empty() {
            continue;
        }
        // What is indented goes on with the value above.
        if line.starts_with([' ', '\t'])
            && let Some(value) = last.as_ref().and_then(|key| values.get_mut(key))
        {
            value.push('\n');
            value.push_str(content);
            continue;
        }
        last = None;
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.trim().to_ascii_lowercase();
            continue;
        }
        let Some((key, value)) = content.split_once(['=', ':']) else { continue };
        let key = key.trim().to_ascii_lowercase().replace('_', "-");
        let key = format!("{section}.{}", key.trim_start_matches("--"));
        values.insert(key.clone(), value.trim().to_owned());
        last = Some(key);
    }
    values
}

/// What pip is configured with, each value with what says it.
#[derive(Debug, Default)]
pub(super) struct Pip {
    values: BTreeMap<String, (String, String)>,
}

impl Pip {
    /// Reads files and variables. `prefix` is the environment whose pip it would be.
    pub(super) fn read(root: &Root, surroundings: &Surroundings, prefix: Option<&Path>) -> Self {
        let mut pip = Self::default();
        for path in files(root, surroundings, prefix) {
            let Ok(text) = root.read_text(&path, MAX_FILE) else { continue };
            let shown = root.shown(&path);
            for (key, value) in parse_pip(&text) {
                pip.values.insert(key, (value, shown.clone()));
            }
        }
        for (name, value) in &surroundings.variables {
            let key = name.strip_prefix("PIP_").map(|key| key.to_ascii_lowercase().replace('_', "-"));
            if let Some(key) = key.filter(|_| !value.trim().is_empty()) {
                pip.values.insert(format!(":env:.{key}"), (value.clone(), name.clone()));
            }
        }
        pip
    }

    /// A value as `pip install` sees it: of a variable, of its own section, of the section for all commands.
    fn value(&self, key: &str) -> Option<&(String, String)> {
        [":env:", "install", "global"].iter().find_map(|section| self.values.get(&format!("{section}.{key}")))
    }

    /// The setting that forbids pip every index.
    pub(super) fn forbids(&self) -> Option<String> {
        let (value, by) = self.value("no-index")?;
        ["1", "true", "yes", "on"].contains(&value.to_ascii_lowercase().as_str()).then(|| format!("no-index in {by}"))
    }

    pub(super) fn indexes(&self) -> Written {
        let main = ["index-url", "pypi-url"].iter().find_map(|key| self.value(key)).cloned();
        let extra = self
            .value("extra-index-url")
            .map(|(value, by)| value.split_whitespace().map(|url| (url.to_owned(), by.clone())).collect::<Vec<_>>());
        Written { main: main.map(|(url, by)| (url.trim().to_owned(), by)), extra: extra.unwrap_or_default() }
    }

    /// What concerns the network.
    pub(super) fn settings(&self, surroundings: &Surroundings, settings: &mut Settings) {
        if let Some((value, by)) = self.value("cert")
            && let Some(path) = surroundings.absolute(home(value, surroundings))
        {
            settings.roots = Some((path, by.clone()));
        }
        if let Some((value, _)) = self.value("proxy") {
            settings.proxy = Some(value.clone());
        }
        let timeout = ["timeout", "default-timeout"].iter().find_map(|key| self.value(key)?.0.parse::<f64>().ok());
        if let Some(seconds) = timeout.filter(|seconds| *seconds > 0.0) {
            settings.timeout = Duration::from_secs_f64(seconds.min(MAX_TIMEOUT as f64));
        }
    }
}

fn home(value: &str, surroundings: &Surroundings) -> PathBuf {
    match (value.strip_prefix("~/"), &surroundings.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(value),
    }
}

/// The files in the order in which later ones win: the machine's, the user's, the environment's, the one that a variable names.
fn files(root: &Root, surroundings: &Surroundings, prefix: Option<&Path>) -> Vec<PathBuf> {
    let named = surroundings.filled("PIP_CONFIG_FILE").and_then(|path| surroundings.absolute(home(path, surroundings)));
    if named.as_deref().is_some_and(|path| path == Path::new("/dev/null") || path.ends_with("nul")) {
        return Vec::new();
    }
    let name = if cfg!(windows) { "pip.ini" } else { "pip.conf" };
    let variable = |name: &str| surroundings.filled(name).map(PathBuf::from);
    let mut files = Vec::new();
    if cfg!(windows) {
        files.extend(variable("PROGRAMDATA").map(|folder| folder.join("pip").join(name)));
    } else if cfg!(target_os = "macos") {
        files.push(Path::new("/Library/Application Support/pip").join(name));
    } else {
        let list = surroundings.filled("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
        files.extend(std::env::split_paths(list).map(|folder| folder.join("pip").join(name)));
        files.push(Path::new("/etc").join(name));
    }
    // A file that a variable names takes the place of the user's.
    if !named.as_deref().is_some_and(|path| root.is_file(path)) {
        if let Some(home) = &surroundings.home {
            files.push(home.join(if cfg!(windows) { "pip" } else { ".pip" }).join(name));
            if cfg!(target_os = "macos") {
                files.push(home.join("Library/Application Support/pip").join(name));
            }
        }
        let user = if cfg!(windows) { variable("APPDATA") } else { variable("XDG_CONFIG_HOME") };
        let user = user.or_else(|| Some(surroundings.home.as_ref()?.join(".config")));
        files.extend(user.map(|folder| folder.join("pip").join(name)));
    }
    files.extend(prefix.map(|prefix| prefix.join(name)));
    files.extend(named);
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_format_is_pythons() {
        let values = parse_pip(
            "\u{feff}# comment\n[global]\nIndex_URL = https://u:p@h/simple\nextra-index-url =\n    https://a/simple\n    # no\n\n  https://b/simple\n\
             ; no\ncert: /x.pem\n[install]\n--no-index = yes\nnothing\n[broken\ntimeout=3",
        );
        let value = |key: &str| values.get(key).map(String::as_str);
        assert_eq!(value("global.index-url"), Some("https://u:p@h/simple"));
        assert_eq!(value("global.extra-index-url"), Some("\nhttps://a/simple\nhttps://b/simple"));
        assert_eq!((value("global.cert"), value("install.no-index"), values.len()), (Some("/x.pem"), Some("yes"), 5));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "([\\[\\]=:#; \n]|index-url|\\PC{0,6}){0,30}") {
            parse_pip(&text);
        }
    }
}
