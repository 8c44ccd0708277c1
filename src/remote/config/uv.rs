//! uv's configuration: `uv.toml`, `[tool.uv]` in pyproject.toml and `UV_…` variables.
//! Format: <https://docs.astral.sh/uv/reference/settings/> and <https://docs.astral.sh/uv/concepts/indexes/>.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::Deserialize;

use gpucheck_model::knowledge::{Problem, from_toml};

use super::Written;
use crate::{
    python,
    system::{Root, Surroundings},
};

const MAX_FILE: u64 = 4 << 20;
const MAX_TIMEOUT: u64 = 3600;

/// The indexes in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UvFile {
    index: Vec<UvIndex>,
    index_url: Option<String>,
    extra_index_url: Vec<String>,
    pip: UvPip,
    sources: BTreeMap<String, UvSources>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct UvIndex {
    name: Option<String>,
    url: String,
    default: bool,
    explicit: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct UvPip {
    index_url: Option<String>,
    extra_index_url: Vec<String>,
}

/// Where a package comes from: one place, or several with markers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum UvSources {
    Several(Vec<UvSource>),
    One(UvSource),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct UvSource {
    index: Option<String>,
}

#[derive(Deserialize)]
struct Pyproject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    uv: Option<UvFile>,
}

/// Reads `uv.toml`, or `[tool.uv]` of a pyproject.toml.
///
/// # Errors
/// When it is not TOML, or the fields about indexes are not what uv documents.
pub fn parse_uv(text: &str, pyproject: bool) -> Result<UvFile, String> {
    let told = |problem: Problem| problem.message;
    if pyproject {
        let file: Pyproject = from_toml("", text).map_err(told)?;
        return Ok(file.tool.and_then(|tool| tool.uv).unwrap_or_default());
    }
    from_toml("", text).map_err(told)
}

impl UvFile {
    /// The indexes for a package, in uv's order.
    fn indexes(&self, package: Option<&str>, by: &str) -> Written {
        let say = |url: &String| (url.clone(), by.to_owned());
        let source = self.sources.iter().find(|(name, _)| package == Some(python::normalize(name).as_str()));
        let named: Vec<&str> = match source {
            Some((_, UvSources::One(source))) => source.index.as_deref().into_iter().collect(),
            Some((_, UvSources::Several(list))) => list.iter().filter_map(|source| source.index.as_deref()).collect(),
            None => Vec::new(),
        };
        // A package that is tied to indexes comes from there and nowhere else.
        let tied: Vec<_> =
            self.index.iter().filter(|index| index.name.as_deref().is_some_and(|name| named.contains(&name))).collect();
        if let [first, rest @ ..] = tied.as_slice() {
            return Written { main: Some(say(&first.url)), extra: rest.iter().map(|index| say(&index.url)).collect() };
        }
        let usable = || self.index.iter().filter(|index| !index.explicit && !index.url.is_empty());
        let main = usable().find(|index| index.default).map(|index| &index.url);
        let main = main.or(self.index_url.as_ref()).or(self.pip.index_url.as_ref());
        let extra = usable().filter(|index| !index.default).map(|index| &index.url);
        let extra = extra.chain(&self.extra_index_url).chain(&self.pip.extra_index_url);
        Written { main: main.map(say), extra: extra.map(say).collect() }
    }
}

/// What uv is configured with here.
#[derive(Debug, Default)]
pub(super) struct Uv {
    project: Option<(UvFile, String)>,
    user: Vec<(UvFile, String)>,
    variables: Written,
    /// UV_HTTP_TIMEOUT.
    pub timeout: Option<Duration>,
}

impl Uv {
    /// Reads files and variables. A file that cannot be read is as if it were not there: uv itself says what is wrong with it.
    pub(super) fn read(root: &Root, surroundings: &Surroundings) -> Self {
        let mut uv = Self { variables: variables(surroundings), ..Self::default() };
        let timeout =
            ["UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT"].iter().find_map(|name| surroundings.filled(name)?.parse().ok());
        uv.timeout = timeout.filter(|seconds| (1..=MAX_TIMEOUT).contains(seconds)).map(Duration::from_secs);
        let read = |path: PathBuf, pyproject: bool| {
            let text = root.read_text(&path, MAX_FILE).ok()?;
            Some((parse_uv(&text, pyproject).ok()?, root.shown(&path)))
        };
        if let Some(path) = surroundings.filled("UV_CONFIG_FILE").and_then(|path| surroundings.absolute(path.into())) {
            uv.project = read(path, false);
            return uv;
        }
        if surroundings.filled("UV_NO_CONFIG").is_some() {
            return uv;
        }
        for folder in surroundings.folder.iter().flat_map(|folder| folder.ancestors()) {
            // uv.toml beside a pyproject.toml takes its place.
            let own = folder.join("uv.toml");
            let found = if root.is_file(&own) { read(own, false) } else { read(folder.join("pyproject.toml"), true) };
            if found.as_ref().is_some_and(|(file, _)| *file != UvFile::default()) {
                uv.project = found;
                break;
            }
        }
        let variable = |name: &str| surroundings.filled(name).map(PathBuf::from);
        let user = if cfg!(windows) { variable("APPDATA") } else { variable("XDG_CONFIG_HOME") };
        let user = user.or_else(|| Some(surroundings.home.as_ref()?.join(".config")));
        let system = if cfg!(windows) { variable("PROGRAMDATA") } else { Some(PathBuf::from("/etc")) };
        for folder in [user, system].into_iter().flatten() {
            uv.user.extend(read(folder.join("uv").join("uv.toml"), false));
        }
        uv
    }

    /// Those of the project and of variables, and those of the user's and the machine's files.
    pub(super) fn indexes(&self, package: Option<&str>) -> (Written, Written) {
        let mut project = self.variables.clone();
        if let Some((file, by)) = &self.project {
            let more = file.indexes(package, by);
            project.main = project.main.or(more.main);
            project.extra.extend(more.extra);
        }
        let mut user = Written::default();
        for (file, by) in &self.user {
            let more = file.indexes(package, by);
            user.main = user.main.or(more.main);
            user.extra.extend(more.extra);
        }
        (project, user)
    }
}

/// UV_DEFAULT_INDEX, UV_INDEX (`name=url`, several with spaces), and their old names.
fn variables(surroundings: &Surroundings) -> Written {
    let bare = |text: &str| match text.split_once('=') {
        Some((name, url)) if !name.contains([':', '/']) => url.to_owned(),
        _ => text.to_owned(),
    };
    let main = ["UV_DEFAULT_INDEX", "UV_INDEX_URL"]
        .iter()
        .find_map(|name| Some((bare(surroundings.filled(name)?), (*name).to_owned())));
    let extra = ["UV_INDEX", "UV_EXTRA_INDEX_URL"].iter().flat_map(|name| {
        let value = surroundings.filled(name).unwrap_or_default();
        value.split_whitespace().map(|url| (bare(url), (*name).to_owned())).collect::<Vec<_>>()
    });
    Written { main, extra: extra.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = r#"
        [project]
        name = "x"
        [tool.uv]
        extra-index-url = ["https://old/simple"]
        [tool.uv.sources]
        Torch = [{ index = "cu128", marker = "sys_platform == 'linux'" }, { index = "cpu" }]
        local = { path = "x" }
        [[tool.uv.index]]
        name = "cu128"
        url = "https://torch/cu128"
        explicit = true
        [[tool.uv.index]]
        url = "https://main/simple"
        default = true
        [[tool.uv.index]]
        name = "more"
        url = "https://more/simple"
    "#;

    #[test]
    fn a_project_ties_packages_to_indexes() {
        let file = parse_uv(FILE, true).unwrap();
        let urls = |package| {
            let written = file.indexes(package, "x");
            written.main.into_iter().chain(written.extra).map(|(url, _)| url).collect::<Vec<_>>()
        };
        assert_eq!(urls(Some("torch")), ["https://torch/cu128"]);
        assert_eq!(urls(Some("numpy")), ["https://main/simple", "https://more/simple", "https://old/simple"]);
        assert_eq!(parse_uv("index-url = 'https://a'", false).unwrap().indexes(None, "x").main.unwrap().0, "https://a");
        assert!(parse_uv("x", false).is_err() && parse_uv("[project]\nname='x'", true).unwrap() == UvFile::default());
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "(\\[+tool.uv(.index)?\\]+\n|url = |'|\"|\\PC{0,6}\n?){0,20}") {
            let _ = parse_uv(&text, true);
            let _ = parse_uv(&text, false);
        }
    }
}
