//! The container image that an environment is part of, as a Dockerfile or an image archive describes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{fact::Fact, toolkit::Toolkit};

/// What programs inside of an image see instead of what the host has. The driver and the GPUs are the host's all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContainerImage {
    /// The image that it starts from, as written with variables filled in: `nvidia/cuda:12.8.0-cudnn-devel-ubuntu22.04`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The image that parts of it are compiled in, where that is another one (an earlier stage).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builder: Option<String>,
    /// What is compiled from source while it is built: packages and repositories, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compiled: Vec<String>,
    /// Packages of the system that are installed in it and bring libraries for GPUs, as its package manager calls them: `libcudnn8`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system_packages: Vec<String>,
    /// Whether another Python is used than its base has, of a version that is not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_python: bool,
    /// CUDA toolkits in it.
    #[serde(default)]
    pub toolkits: Vec<Toolkit>,
    /// Those of its environment variables that change what CUDA and PyTorch do.
    #[serde(default)]
    pub env_vars: BTreeMap<String, String>,
    /// Whether its container is started with access to a GPU, where a file says how it is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<bool>,
    /// Version of its GNU C library.
    #[serde(default)]
    pub glibc: Fact<String>,
}
