//! Python environments: installed, declared or planned.

use std::collections::BTreeMap;

use gpucheck_model::facts::{CudaVersion, Manager, Platform, PythonVersion};
use serde::{Deserialize, Serialize};

use super::{
    code::Library,
    declared::{Gap, Otherwise, RequestPlace, Step},
    fact::Fact,
    image::ContainerImage,
    look::{BadFile, Elsewhere, Listing, Unlisted},
    statement::Statement,
    written::{Asked, Wanted},
};

/// A set of packages that one interpreter sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Environment {
    /// Its name inside a report: the path as shown to people.
    pub id: String,
    /// What it was read from.
    pub origin: Origin,
    /// Whether it decides the exit code.
    pub selected: bool,
    /// Why this one: `--python`, `VIRTUAL_ENV`, `.venv beside …`.
    pub found_by: String,
    /// Whether the user's shell has it activated, so that a plain `pip` acts on it.
    pub active: bool,
    /// How a command line names its interpreter, home shortened to `~`.
    pub interpreter: Fact<String>,
    /// Interpreter version.
    pub python: Fact<PythonVersion>,
    /// What wheels must have been built for.
    pub platform: Fact<Platform>,
    /// The platform of the machine that it is on, where it is judged as it would be on a machine with another processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_on: Option<Platform>,
    /// The tool that manages it.
    pub manager: Fact<Manager>,
    /// Its distributions, by normalised name.
    pub packages: Vec<Package>,
    /// Shared libraries that some package needs and no package has, and where the system loader would find them; and those that a
    /// package has and a folder of LD_LIBRARY_PATH has too, which the loader may take before it.
    #[serde(default)]
    pub system_libraries: BTreeMap<String, Fact<String>>,
    /// Folders of packages that could not be listed, or not to their end, and the file that says which folders those are, where it could
    /// not be read: their contents are unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<Unlisted>,
    /// Other places that have torch or one of its companions, and that Python may take it from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// The container image that it is part of, where that is not the machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Box<ContainerImage>>,
    /// What is wanted in it, where it is still to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Box<Wanted>>,
    /// What is installed in it, step by step, where files or commands declare it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The installed environment that the steps change, by its id: then the packages are what is there before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<String>,
    /// What a page says besides, in its prose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// What of it nobody has read or understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// The file that names the torch which a list is installed beside: the list itself only brings one along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// What another tool would make of the steps, where that differs; a conclusion, which only enriched facts have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Box<Otherwise>>,
}

impl Environment {
    /// One of which nothing is known, for the same reason.
    pub fn unknown(id: impl Into<String>, origin: Origin, why: &str) -> Self {
        Self {
            id: id.into(),
            origin,
            selected: true,
            found_by: String::new(),
            active: false,
            interpreter: Fact::unknown(why),
            python: Fact::unknown(why),
            platform: Fact::unknown(why),
            installed_on: None,
            manager: Fact::unknown(why),
            packages: Vec::new(),
            system_libraries: BTreeMap::new(),
            unlisted: Vec::new(),
            elsewhere: Vec::new(),
            image: None,
            wanted: None,
            steps: Vec::new(),
            changes: None,
            statements: Vec::new(),
            gaps: Vec::new(),
            beside: None,
            otherwise: None,
        }
    }

    /// JSON pointer to what is known of a package, by its place in the list; the environment is the one of this number. Of one that is only
    /// declared, that is the request that brings it, or the image that has it.
    pub fn pointer(&self, number: usize, package: usize) -> String {
        let environment = format!("/facts/environments/{number}");
        match self.packages.get(package).and_then(|package| package.request) {
            Some(RequestPlace { step, request }) => format!("{environment}/steps/{step}/requests/{request}"),
            None if matches!(self.origin, Origin::Declared(_)) && self.changes.is_none() => {
                format!("{environment}/image/base")
            }
            None => format!("{environment}/packages/{package}"),
        }
    }

    /// The distribution of this normalised name.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

/// What an environment was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A folder with installed distributions.
    Installed,
    /// A file that asks for packages.
    Declared(String),
    /// A wheel or other file that could be installed.
    Artifact(String),
    /// What a log says of an environment somewhere else: some of its packages, and no more.
    Log,
    /// Nothing yet: the environment that a plan would create.
    Hypothetical,
}

/// A distribution, installed or asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Package {
    /// Normalised name (PEP 503): `nvidia-cudnn-cu12`.
    pub name: String,
    /// Version as its metadata has it.
    pub version: Fact<String>,
    /// GPU build, for the packages that say it.
    pub build: Fact<Build>,
    /// Who installed it: `pip`, `uv`, `conda`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installer: Option<String>,
    /// `Requires-Dist` lines as they are, except those of extras.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Its shared libraries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<Library>,
    /// How those were found; `None` if nothing was searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// Those that should be there and are not, or cannot be taken for libraries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<BadFile>,
    /// Files of its metadata that could not be read, or are empty: its requirements or its files are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unlisted>,
    /// The folder that an editable install leads to, as shown; empty where nothing names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editable: Option<String>,
    /// Where it is: the dist-info folder, relative to the environment.
    pub at: String,
    /// How it was requested, if a file or a command requests it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Box<Asked>>,
    /// Which request of the environment's steps brings it, by itself or by what it requires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestPlace>,
    /// The version that was installed and that this one replaces; a conclusion, which only enriched facts have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Why no index that is asked has the version that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
}

impl Package {
    /// One of which only the name is known, for the same reason.
    pub fn unknown(name: impl Into<String>, why: &str) -> Self {
        Self {
            name: name.into(),
            version: Fact::unknown(why),
            build: Fact::unknown(why),
            installer: None,
            requires: Vec::new(),
            libraries: Vec::new(),
            listing: None,
            damaged: Vec::new(),
            unread: Vec::new(),
            editable: None,
            at: String::new(),
            asked: None,
            request: None,
            replaces: None,
            unavailable: None,
        }
    }

    /// Marks its files as not checked: what was read belonged to another version or another system.
    pub fn forget_look(&mut self) {
        self.listing = None;
        self.damaged.clear();
        self.unread.clear();
        self.editable = None;
    }
}

/// What a package was built for, read from its own code (METADATA cannot tell CPU from CUDA).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Build {
    /// Full version with the local part, `2.7.1+cu126`.
    pub version: String,
    /// CUDA release it was built with; `None` for a build without CUDA.
    pub cuda: Option<CudaVersion>,
}
