//! What manages an environment, and so decides which command lines change it.

use serde::{Deserialize, Serialize};

/// Tools that manage environments, each with its own command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    /// pip in a virtual environment or in the system.
    Pip,
    /// `uv pip` (the environment was made by uv, without a project).
    Uv,
    /// A uv project: pyproject.toml and uv.lock.
    UvProject,
    /// conda, mamba, micromamba.
    Conda,
    /// A pixi workspace: its manifest and pixi.lock.
    Pixi,
    /// A Poetry project: pyproject.toml and poetry.lock.
    Poetry,
    /// The image that a Dockerfile makes.
    Docker,
    /// The system's package manager: pip refuses to change this Python (EXTERNALLY-MANAGED, PEP 668).
    System,
}

impl Manager {
    /// As reports name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pip => "pip",
            Self::Uv => "uv",
            Self::UvProject => "uv project",
            Self::Conda => "conda",
            Self::Pixi => "pixi",
            Self::Poetry => "poetry",
            Self::Docker => "docker",
            Self::System => "the system's Python",
        }
    }
}
