//! CUDA toolkits that are installed on the machine, and what leads programs to them.

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CudaVersion, fact::Fact};

/// An installed CUDA toolkit. It builds programs; it does not decide what a finished wheel can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Toolkit {
    /// Folder.
    pub path: String,
    /// Its release.
    pub version: Fact<CudaVersion>,
    /// Whether it has the compiler driver nvcc (run-time packages do not).
    pub nvcc: bool,
    /// What leads to it.
    pub found_by: Vec<ToolkitLead>,
}

impl Toolkit {
    /// What leads to it, for people.
    pub fn leads(&self) -> String {
        self.found_by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// What leads to a toolkit, written as people call it: `CUDA_HOME`, `nvcc on PATH`, `/usr/local/cuda`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub enum ToolkitLead {
    /// An environment variable names it.
    Variable(String),
    /// The first nvcc on PATH is its own.
    NvccOnPath,
    /// It is in a folder where programs look.
    Folder(String),
}

impl ToolkitLead {
    const ON_PATH: &str = "nvcc on PATH";

    /// An environment variable.
    pub fn variable(name: &str) -> Self {
        Self::Variable(name.to_owned())
    }

    /// A folder, as shown.
    pub fn folder(path: &str) -> Self {
        Self::Folder(path.to_owned())
    }
}

impl fmt::Display for ToolkitLead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable(name) => name,
            Self::NvccOnPath => Self::ON_PATH,
            Self::Folder(path) => path,
        })
    }
}

impl FromStr for ToolkitLead {
    type Err = Infallible;

    /// Reads back what [`fmt::Display`] writes: a name without a separator is that of a variable.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            Self::ON_PATH => Self::NvccOnPath,
            _ if text.contains(['/', '\\']) => Self::folder(text),
            _ => Self::variable(text),
        })
    }
}

impl Serialize for ToolkitLead {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ToolkitLead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|never: Infallible| match never {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_read_back_as_written() {
        for (text, lead) in [
            ("CUDA_HOME", ToolkitLead::variable("CUDA_HOME")),
            ("nvcc on PATH", ToolkitLead::NvccOnPath),
            ("/usr/local/cuda-12.8", ToolkitLead::folder("/usr/local/cuda-12.8")),
        ] {
            assert_eq!(serde_json::to_value(&lead).unwrap(), text);
            assert_eq!(serde_json::from_value::<ToolkitLead>(text.into()).unwrap(), lead);
        }
    }
}
