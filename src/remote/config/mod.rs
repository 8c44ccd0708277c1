//! Which package indexes pip and uv are configured with here, and how to reach them.
//!
//! The first of these that names an index counts: the project's uv configuration, uv's variables, pip's variables and files, uv's own
//! files. Where nothing does, it is the index that an installed pip has built in; gpucheck has none.

mod builtin;
mod pip;
mod uv;

use std::path::PathBuf;

pub use pip::parse_pip;
pub use uv::{UvFile, parse_uv};

use super::{error::Error, settings::Settings, url::Url};
use crate::system::{Root, Surroundings};

/// A package index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its address; the pages of projects lie below.
    pub url: Url,
    /// What named it.
    pub origin: String,
}

/// What happens when several indexes have a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// The best file of all of them, as with pip.
    #[default]
    Best,
    /// The first that has the package at all, as with uv.
    First,
}

/// Where packages come from.
#[derive(Clone, Default)]
pub struct Config {
    /// In the order in which they are asked.
    pub indexes: Vec<Index>,
    /// Which of them decides.
    pub strategy: Strategy,
    /// What forbids to use any: pip's `no-index`.
    pub forbidden: Option<String>,
    /// How to reach them.
    pub settings: Settings,
}

/// Indexes as one tool's configuration has them, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// Instead of the built-in one: address and what named it.
    pub main: Option<(String, String)>,
    /// Besides.
    pub extra: Vec<(String, String)>,
}

impl Written {
    const fn is_empty(&self) -> bool {
        self.main.is_none() && self.extra.is_empty()
    }
}

impl Config {
    /// The configuration that applies here to a package. `named` are addresses from the command line, `--index-url` and then
    /// `--extra-index-url`: what they say replaces what files and variables say. `prefixes` are the folders of Python environments,
    /// the selected one first, with their folders of packages.
    ///
    /// # Errors
    /// When an address is not a valid URL.
    pub fn of(
        root: &Root,
        surroundings: &Surroundings,
        package: Option<&str>,
        named: (Option<&str>, &[String]),
        prefixes: &[(PathBuf, Vec<PathBuf>)],
    ) -> Result<Self, Error> {
        let pip = pip::Pip::read(root, surroundings, prefixes.first().map(|(prefix, _)| prefix.as_path()));
        let uv = uv::Uv::read(root, surroundings);
        let mut config = Self { settings: Settings::of(root, surroundings), ..Self::default() };
        pip.settings(surroundings, &mut config.settings);
        if let Some(timeout) = uv.timeout {
            config.settings.timeout = timeout;
        }
        let options = |text: &String| (text.clone(), "--extra-index-url".to_owned());
        let mut extra: Vec<(String, String)> = named.1.iter().map(options).collect();
        let (project, elsewhere) = uv.indexes(package);
        let mut written = match named.0 {
            Some(url) => Written { main: Some((url.to_owned(), "--index-url".to_owned())), extra: Vec::new() },
            None if !project.is_empty() => {
                config.strategy = Strategy::First;
                project
            }
            None if pip.forbids().is_none() && !pip.indexes().is_empty() => pip.indexes(),
            None if !elsewhere.is_empty() => {
                config.strategy = Strategy::First;
                elsewhere
            }
            None => {
                config.forbidden = pip.forbids();
                Written::default()
            }
        };
        if written.main.is_none() {
            written.main = builtin::index(root, prefixes);
        }
        extra.append(&mut written.extra);
        // uv searches the others before the default, pip compares them all.
        let order: Vec<(String, String)> = match config.strategy {
            Strategy::First => extra.into_iter().chain(written.main).collect(),
            Strategy::Best => written.main.into_iter().chain(extra).collect(),
        };
        for (text, origin) in order {
            let url = Url::parse(&text)?;
            config.settings.known.push(url.clone());
            if !config.indexes.iter().any(|index| index.url == url) {
                config.indexes.push(Index { url, origin });
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests;
