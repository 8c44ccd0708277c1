//! Lock files that are JSON: pip's installation report (`pip install --dry-run --report`) and `Pipfile.lock`.
//! Formats: <https://pip.pypa.io/en/stable/reference/installation-report/>, <https://pipenv.pypa.io/en/latest/locking.html>.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{ground::Ground, locked::Locked};
use crate::{
    facts::{Location, PythonVersion},
    manifest::{Sheet, StepSheet, Text},
};

/// Packages beyond these many are not looked at.
const MAX_PACKAGES: usize = 50_000;

/// An installation report of pip, as far as it matters here.
#[derive(Debug, Deserialize)]
struct PipReport {
    install: Vec<Installed>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Installed {
    metadata: Metadata,
    #[serde(default)]
    download_info: Download,
    #[serde(default)]
    is_direct: bool,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    version: String,
}

#[derive(Debug, Default, Deserialize)]
struct Download {
    #[serde(default)]
    url: String,
}

/// A lock file of Pipenv.
#[derive(Debug, Deserialize)]
struct Pipenv {
    #[serde(default, rename = "_meta")]
    meta: Meta,
    #[serde(default = "Entries::none")]
    default: Entries<Pinned>,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default)]
    sources: Vec<Source>,
}

#[derive(Debug, Deserialize)]
struct Source {
    name: String,
    url: String,
}

#[derive(Debug, Deserialize)]
struct Pinned {
    #[serde(default)]
    version: String,
    index: Option<String>,
    markers: Option<String>,
    git: Option<String>,
    file: Option<String>,
}

/// The entries of an object in the order of the file, the first [`MAX_PACKAGES`] of them: a sheet says that it keeps fewer than that.
#[derive(Debug)]
struct Entries<T>(Vec<(String, T)>);

impl<T> Entries<T> {
    fn none() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FirstEntries(PhantomData))
    }
}

struct FirstEntries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstEntries<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::new();
        while entries.len() < MAX_PACKAGES
            && let Some(entry) = map.next_entry()?
        {
            entries.push(entry);
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Entries(entries))
    }
}

/// Whether a text is a report of pip.
pub(super) fn is_report(text: &str) -> bool {
    let start = text.get(..4096).unwrap_or(text);
    text.trim_start().starts_with('{') && start.contains("\"pip_version\"") && text.contains("\"install\"")
}

/// Puts what a report of pip would install into a step.
///
/// # Errors
/// What is wrong with the JSON.
pub(super) fn report(
    text: &Text,
    ground: &Ground,
    sheet: &mut Sheet,
    step: &mut StepSheet,
) -> Result<(), serde_json::Error> {
    let report: PipReport = serde_json::from_str(&text.text)?;
    let python = report.environment.get("python_version").and_then(|python| python.parse::<PythonVersion>().ok());
    if let Some(python) = python {
        sheet.python(python, &text.at(0));
    }
    let mut places = Places::new(text);
    for one in report.install.iter().take(MAX_PACKAGES) {
        let url = one.download_info.url.as_str();
        // The folder of a file is the index that it came from, as far as anything tells.
        let index = url.rsplit_once('/').map(|(folder, _)| folder).filter(|folder| folder.contains("/whl"));
        let locked = Locked {
            name: &one.metadata.name,
            version: &one.metadata.version,
            index,
            source: Some(url).filter(|_| one.is_direct && !url.ends_with(".whl")),
            marker: None,
        };
        step.ask(
            locked.request(std::iter::once(url), ground),
            places.next(&format!("\"name\": \"{}\"", one.metadata.name)),
        );
    }
    Ok(())
}

/// Puts what a lock file of Pipenv installs into a step.
///
/// # Errors
/// What is wrong with the JSON.
pub(super) fn pipenv(text: &Text, ground: &Ground, step: &mut StepSheet) -> Result<(), serde_json::Error> {
    let lock: Pipenv = serde_json::from_str(&text.text)?;
    let mut places = Places::new(text);
    for (name, pinned) in &lock.default.0 {
        let index =
            pinned.index.as_deref().and_then(|index| lock.meta.sources.iter().find(|source| source.name == index));
        let git = pinned.git.as_ref().map(|url| format!("git+{url}"));
        let locked = Locked {
            name,
            version: pinned.version.trim_start_matches('='),
            index: index.map(|index| index.url.as_str()),
            source: git.as_deref().or(pinned.file.as_deref()),
            marker: pinned.markers.as_deref(),
        };
        step.ask(locked.request(std::iter::empty(), ground), places.next(&format!("\"{name}\": {{")));
    }
    Ok(())
}

/// Where names stand in a file, looked for in the order in which the parser gave them.
struct Places<'t> {
    text: &'t Text,
    from: usize,
    /// How often nothing was found: every search goes to the end of the file then.
    misses: u32,
}

impl<'t> Places<'t> {
    fn new(text: &'t Text) -> Self {
        Self { text, from: 0, misses: 0 }
    }

    /// The next place of these words; where the last one was if there is none.
    fn next(&mut self, words: &str) -> Location {
        let rest = self.text.text.get(self.from..).filter(|_| self.misses < 32).unwrap_or_default();
        match memchr::memmem::find(rest.as_bytes(), words.as_bytes()) {
            Some(found) => self.from += found,
            None => self.misses += 1,
        }
        self.text.at(self.from)
    }
}
