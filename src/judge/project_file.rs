//! What a project's own file says to gpucheck: pyproject.toml under `[tool.gpucheck]`, gpucheck.toml at its top. One reader of its shape;
//! what a part means is said by the file whose part it is.

use std::collections::BTreeMap;

use gpucheck_model::knowledge::{Problem, from_toml};
use serde::Deserialize;

/// The parts of such a file, as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProjectFile {
    /// `[[target]]`: the machines to judge for.
    pub(super) target: Vec<Table>,
    /// `ignore = […]`: the rules whose findings are accepted.
    pub(super) ignore: Vec<IgnoredRule>,
    /// `[slurm]`.
    pub(super) slurm: Slurm,
}

/// What is said of a Slurm cluster.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Slurm {
    /// `[slurm.features]`: a feature of nodes, and the machine that it stands for.
    pub(super) features: BTreeMap<String, String>,
}

/// A rule whose findings are accepted, wherever they are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoredRule {
    /// Its slug.
    pub(super) rule: String,
    /// Why.
    pub(super) reason: String,
}

/// A target as a file has it: its keys and their values.
pub(super) type Table = std::collections::BTreeMap<String, OneOrMore>;

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a text in quotes, or a list of them")]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// pyproject.toml, of which the rest belongs to others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pyproject {
    tool: Tool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tool {
    gpucheck: ProjectFile,
}

impl ProjectFile {
    /// Reads the file of this name.
    ///
    /// # Errors
    /// A file that is no TOML, or a part in another shape.
    pub(super) fn read(name: &str, text: &str) -> Result<Self, Problem> {
        match name.ends_with("pyproject.toml") {
            true => from_toml::<Pyproject>(name, text).map(|file| file.tool.gpucheck),
            false => from_toml(name, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_say_the_same() {
        let parts = "ignore = [{ rule = \"a\", reason = \"b\" }]\n[slurm.features]\nh100 = \"H100\"\n[[target]]\ngpu = \"V100\"\n";
        let own = ProjectFile::read("gpucheck.toml", parts).unwrap();
        let of_project = "[project]\nname = \"a\"\n[tool.gpucheck]\nignore = [{ rule = \"a\", reason = \"b\" }]\n\
                          [tool.gpucheck.slurm.features]\nh100 = \"H100\"\n[[tool.gpucheck.target]]\ngpu = \"V100\"\n";
        let project = ProjectFile::read("x/pyproject.toml", of_project).unwrap();
        for file in [&own, &project] {
            assert_eq!((file.target.len(), file.ignore.len(), file.slurm.features.len()), (1, 1, 1));
        }
        assert!(ProjectFile::read("pyproject.toml", "[project]\nname = \"a\"\n").unwrap().target.is_empty());
        assert!(ProjectFile::read("gpucheck.toml", "target = 1\n").is_err());
    }
}
