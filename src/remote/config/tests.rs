//! Configuration files in a made-up home, and variables.

use std::fs;

use super::*;

struct Home {
    folder: tempfile::TempDir,
    surroundings: Surroundings,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("home")).unwrap();
        fs::create_dir_all(path("project/sub")).unwrap();
        fs::create_dir_all(path("venv/lib/python3.11/site-packages/pip/_internal/models")).unwrap();
        let mut surroundings =
            Surroundings { home: Some(path("home")), folder: Some(path("project/sub")), ..Surroundings::default() };
        // Nothing of the machine that runs the test.
        surroundings.variables.insert("XDG_CONFIG_DIRS".to_owned(), path("none").display().to_string());
        Self { folder, surroundings }
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.surroundings.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn config(&self, package: &str, named: (Option<&str>, &[String])) -> Config {
        let prefix = self.folder.path().join("venv");
        let prefixes = [(prefix.clone(), vec![prefix.join("lib/python3.11/site-packages")])];
        Config::of(&Root::new(None, None).unwrap(), &self.surroundings, Some(package), named, &prefixes).unwrap()
    }

    fn indexes(&self, package: &str) -> Vec<String> {
        self.config(package, (None, &[])).indexes.iter().map(|index| index.url.request()).collect()
    }
}

#[cfg(not(windows))]
#[test]
fn later_files_win_and_variables_over_all() {
    let mut home = Home::new();
    home.write(
        "venv/lib/python3.11/site-packages/pip/_internal/models/index.py",
        "PyPI = PackageIndex(\"https://builtin/\", x)\n",
    );
    assert_eq!(home.indexes("a"), ["https://builtin/simple"]);
    home.write("home/.pip/pip.conf", "[global]\nindex-url = https://legacy/simple\n");
    assert_eq!(home.indexes("a"), ["https://legacy/simple"]);
    home.write(
        "home/.config/pip/pip.conf",
        "[global]\nindex-url=https://user/simple\ncert = ~/ca.pem\nproxy=http://p:1\ntimeout=7\n",
    );
    home.write("venv/pip.conf", "[install]\nextra-index-url=https://a/simple https://b/simple\n");
    assert_eq!(home.indexes("a"), ["https://user/simple", "https://a/simple", "https://b/simple"]);
    let settings = home.config("a", (None, &[])).settings;
    assert!(settings.roots.unwrap().0.ends_with("home/ca.pem"));
    assert_eq!((settings.proxy.as_deref(), settings.timeout.as_secs()), (Some("http://p:1"), 7));
    home.set("PIP_INDEX_URL", "https://u:secret@variable/simple").set("PIP_EXTRA_INDEX_URL", "https://c/simple");
    assert_eq!(home.indexes("a"), ["https://variable/simple", "https://c/simple"]);
    let config = home.config("a", (None, &[]));
    assert!(!format!("{:?}", config.indexes).contains("secret"));
    assert_eq!(config.settings.credentials_for(&config.indexes[0].url).unwrap().1, "secret");
    // The command line replaces all of it.
    let named = home.config("a", (Some("https://cli/simple"), &["https://more/simple".to_owned()]));
    assert_eq!(named.indexes.iter().map(|index| index.url.host.as_str()).collect::<Vec<_>>(), ["cli", "more"]);
}

#[cfg(not(windows))]
#[test]
fn one_variable_names_the_file_or_none() {
    let mut home = Home::new();
    home.write("home/.config/pip/pip.conf", "[global]\nindex-url=https://user/simple\n");
    home.write("own.conf", "[global]\nextra-index-url=https://own/simple\n");
    let own = home.folder.path().join("own.conf").display().to_string();
    home.set("PIP_CONFIG_FILE", &own);
    assert_eq!(home.indexes("a").last().map(String::as_str), Some("https://own/simple"));
    assert!(!home.indexes("a").contains(&"https://user/simple".to_owned()));
    home.set("PIP_CONFIG_FILE", "/dev/null");
    assert!(!home.indexes("a").contains(&"https://own/simple".to_owned()));
    home.set("PIP_NO_INDEX", "1").set("PIP_INDEX_URL", "https://x/simple");
    assert_eq!(home.config("a", (None, &[])).forbidden.as_deref(), Some("no-index in PIP_NO_INDEX"));
}

#[test]
fn a_project_of_uv_comes_before_pip() {
    let mut home = Home::new();
    home.set("PIP_INDEX_URL", "https://pip/simple");
    home.write(
        "project/pyproject.toml",
        "[[tool.uv.index]]\nname='cu128'\nurl='https://torch/cu128'\nexplicit=true\n[[tool.uv.index]]\nurl='https://uv/simple'\ndefault=true\n\
         [tool.uv.sources]\ntorch = { index = 'cu128' }\n",
    );
    assert_eq!(home.indexes("torch"), ["https://torch/cu128"]);
    assert_eq!(home.indexes("numpy"), ["https://uv/simple"]);
    assert_eq!(home.config("numpy", (None, &[])).strategy, Strategy::First);
    home.set("UV_INDEX", "name=https://one/simple https://two/simple?a=b").set("UV_HTTP_TIMEOUT", "9");
    assert_eq!(home.indexes("numpy"), ["https://one/simple", "https://two/simple?a=b", "https://uv/simple"]);
    assert_eq!(home.config("numpy", (None, &[])).settings.timeout.as_secs(), 9);
    home.set("UV_DEFAULT_INDEX", "https://default/simple");
    assert_eq!(home.indexes("numpy").last().map(String::as_str), Some("https://default/simple"));
    home.set("UV_NO_CONFIG", "1")
        .surroundings
        .variables
        .retain(|name, _| !name.starts_with("UV_I") && !name.starts_with("UV_D"));
    assert_eq!(home.indexes("numpy"), ["https://pip/simple"]);
}
