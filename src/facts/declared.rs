//! What files and commands ask a tool to install, in order, before anything is installed. What the tool would make of it is no fact:
//! `enrich` says that with the rows of the day.

use serde::{Deserialize, Serialize};

use super::written::Asked;

/// One call of a tool that changes an environment: a `pip install`, the dependencies of a project, a lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// Who decides which version comes.
    pub resolver: Resolver,
    /// The indexes that are asked, in the order in which they were given; empty: the default one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Pages and folders with files that are offered besides (`--find-links`), without credentials.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Whether pre-releases will do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pre: bool,
    /// Whether uv takes the best version of all indexes, as pip does (`--index-strategy unsafe-best-match`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub best_match: bool,
    /// Whether what is there already is replaced by the newest that fits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub upgrade: bool,
    /// Normalised names of packages that alone are replaced by the newest that fits (`--upgrade-package`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renewed: Vec<String>,
    /// Whether what is asked for is installed again although it is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reinstall: bool,
    /// Whether what is not asked for is removed from the environment (`uv sync`, `uv pip sync`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
    /// Whether it goes to another place than the environment (`--target`, `pip download`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// Whether what the packages require is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// Extras that are in force, for the markers of the requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<String>,
    /// What is asked for, in order.
    pub requests: Vec<Request>,
    /// Extras and groups that the project has besides, where nobody chose any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
}

/// An extra or a group of a project that is not installed unless somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Offer {
    /// Its normalised name.
    pub name: String,
    /// Normalised names of the packages that it would add.
    pub packages: Vec<String>,
    /// Whether it is a group, not an extra.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub group: bool,
}

/// Tools that decide which versions come, by rules of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Resolver {
    /// pip: the best version of all indexes together.
    #[default]
    Pip,
    /// uv: the first index that has the name, additional ones before the default one.
    Uv,
    /// Poetry: its sources in order, explicit ones only for the packages that name them.
    Poetry,
    /// conda, mamba, pixi: channels in order, and what `__cuda` says of the driver.
    Conda,
    /// Nobody: a lock file has the versions.
    Lock,
}

/// An index that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Index {
    /// Its address, without credentials; of conda the channel as written.
    pub url: String,
    /// What it is asked for.
    pub role: IndexRole,
}

/// What an index is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum IndexRole {
    /// Everything, in place of the tool's own default index.
    Default,
    /// Everything, besides the default index.
    Extra,
    /// Nothing but the packages that name it.
    Explicit,
}

/// One package that a step asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Request {
    /// Normalised name of the distribution; a package of conda has the name of the distribution that it holds (`pytorch`: torch).
    pub name: String,
    /// How it is written. The specifiers are PEP 440's, whatever the file's own kind.
    pub asked: Asked,
    /// The one index that it is taken from, where it names one; without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// conda's build string, or a pattern of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Names of the wheels that a lock file has of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wheels: Vec<String>,
    /// What becomes of it.
    #[serde(default, skip_serializing_if = "RequestRole::is_wanted")]
    pub role: RequestRole,
    /// The version that a resolver gave when it was asked (`--resolve`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<ResolvedVersion>,
}

/// The answer of a resolver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResolvedVersion {
    /// The version, with its local part.
    pub version: String,
    /// The tool that was asked.
    pub by: String,
}

impl Request {
    /// Any version of a package, by its normalised name.
    pub fn new(name: &str) -> Self {
        let asked =
            Asked { text: name.to_owned(), specifiers: String::new(), extras: Vec::new(), marker: None, source: None };
        Self {
            name: name.to_owned(),
            asked,
            index: None,
            build: None,
            wheels: Vec::new(),
            role: RequestRole::Wanted,
            resolved: None,
        }
    }
}

/// What becomes of a package that a step names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RequestRole {
    /// It is installed.
    #[default]
    Wanted,
    /// Only its version is held, if it comes at all (a constraint).
    Held,
    /// Its version is this one whatever others ask for (an override).
    Forced,
    /// It is removed.
    Removed,
}

impl RequestRole {
    fn is_wanted(&self) -> bool {
        *self == Self::Wanted
    }
}

/// Where a request stands among the steps of its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestPlace {
    /// Index of the step.
    pub step: usize,
    /// Index of the request in it.
    pub request: usize,
}

/// What another tool than the one that a file is judged for would make of the same steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Otherwise {
    /// The tool.
    pub resolver: Resolver,
    /// The torch that it would install; nothing where it finds none.
    pub torch: Option<String>,
    /// Why it would find none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Something in a file that decides what is installed and that nobody has read or understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gap {
    /// What is not known, for people, as it would follow "needs": `what nvcr.io/nvidia/pytorch:22.03-py3 contains`.
    pub what: String,
    /// What hangs on it.
    pub weight: GapWeight,
}

/// What hangs on something that was not read or understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GapWeight {
    /// The answer: without it, there is none.
    Decides,
    /// What a file that is not there would add; what was read stands.
    Missing,
    /// Little: it was passed over.
    PassedOver,
    /// Nothing of what is installed: a lock file has another version than its project asks for, and the tool that installs it stops or locks
    /// again.
    Stale,
    /// Everything: the tool stops there and installs nothing.
    Refused,
}
