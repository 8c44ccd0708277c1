//! What nodes with the features of a Slurm cluster are: `a100 = "A100,driver=535.183.01"`, on the command line or in a file of the project.

use super::super::{Machine, project_file::ProjectFile};
use crate::knowledge::Knowledge;

/// A feature and the machine that it stands for.
pub type FeatureOf = (String, Machine);

/// Reads `FEATURE=MACHINE`.
///
/// # Errors
/// In words: a name that is none of Slurm's, a text that describes no machine.
pub fn feature(text: &str, knowledge: &Knowledge) -> Result<FeatureOf, String> {
    let (name, machine) = text
        .split_once('=')
        .ok_or_else(|| format!("'{text}' is not FEATURE=MACHINE, such as a100=A100,driver=535.183.01"))?;
    of_pair(name.trim(), machine, knowledge)
}

/// The features that a file names: gpucheck.toml in `[slurm.features]`, pyproject.toml in `[tool.gpucheck.slurm.features]`.
///
/// # Errors
/// A file that is no TOML, and what [`feature`] refuses, in words.
pub fn features_of_file(name: &str, text: &str, knowledge: &Knowledge) -> Result<Vec<FeatureOf>, String> {
    let features = ProjectFile::read(name, text).map_err(|problem| problem.to_string())?.slurm.features;
    let one = |(feature, machine): (&String, &String)| {
        of_pair(feature, machine, knowledge).map_err(|why| format!("{name}: {why}"))
    };
    features.iter().map(one).collect()
}

fn of_pair(name: &str, machine: &str, knowledge: &Knowledge) -> Result<FeatureOf, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > 255 || !name.chars().all(plain) {
        return Err(format!("'{name}' is not a feature of Slurm's (letters, digits, '_', '-' and '.')"));
    }
    let read = Machine::parse(machine, knowledge);
    let read = read.map_err(|error| match std::error::Error::source(&error) {
        Some(source) => format!("feature {name}: {error}: {source}"),
        None => format!("feature {name}: {error}"),
    })?;
    if read.assumed.gpus.is_empty() {
        return Err(format!("feature {name}: '{machine}' names no GPU (expected such as A100,driver=535.183.01)"));
    }
    Ok((name.to_owned(), read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_machines() {
        let knowledge = Knowledge::builtin().unwrap();
        let (name, machine) = feature("a100=A100,driver=535.183.01", &knowledge).unwrap();
        assert_eq!((name.as_str(), machine.assumed.gpus[0].as_str()), ("a100", "A100"));
        for (text, said) in [
            ("a100", "not FEATURE=MACHINE"),
            ("a|b=A100", "not a feature of Slurm's"),
            ("=A100", "not a feature of Slurm's"),
            ("a100=here", "names no GPU"),
            ("a100=A1000000", "unknown GPU"),
        ] {
            let error = feature(text, &knowledge).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        let text = "[slurm.features]\nh100 = \"H100\"\na100 = \"A100,driver=535.183.01\"\n";
        let all = features_of_file("gpucheck.toml", text, &knowledge).unwrap();
        assert_eq!(all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a100", "h100"]);
        let text = "[tool.gpucheck.slurm.features]\nh100 = \"H100\"\n";
        assert_eq!(features_of_file("pyproject.toml", text, &knowledge).unwrap().len(), 1);
        assert!(features_of_file("gpucheck.toml", "[slurm.features]\na = \"nothing\"\n", &knowledge).is_err());
    }
}
