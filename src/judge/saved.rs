//! The facts of a saved report, to be judged again. Another version or a person may have written them, so anything that must not be in facts is removed.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use serde::{
    Deserialize,
    de::{Error as _, IgnoredAny},
};

use crate::{facts::Facts, report::SCHEMA, system::redact};

/// Of one machine no more are judged.
const MAX_GPUS: usize = 4096;

/// Why a text gives no facts. Each names what was read.
#[derive(Debug)]
pub enum SavedError {
    /// It is not JSON, or contains no facts.
    NotAReport {
        /// What was read.
        name: String,
        /// What is wrong with it, and where.
        why: serde_json::Error,
    },
    /// A newer gpucheck wrote it.
    Newer {
        /// What was read.
        name: String,
        /// Its schema number.
        schema: u32,
    },
    /// It lists more GPUs than a machine can have.
    TooManyGpus {
        /// What was read.
        name: String,
        /// How many.
        gpus: usize,
    },
}

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAReport { name, .. } => {
                write!(f, "{name} is not a JSON report of gpucheck (`--format json` writes one)")
            }
            Self::Newer { name, schema } => {
                write!(
                    f,
                    "{name} has schema {schema}, written by a newer gpucheck; this one reads schemas up to {SCHEMA}"
                )
            }
            Self::TooManyGpus { name, gpus } => write!(f, "{name} has {gpus} GPUs, which is more than any machine has"),
        }
    }
}

impl std::error::Error for SavedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotAReport { why, .. } => Some(why),
            Self::Newer { .. } | Self::TooManyGpus { .. } => None,
        }
    }
}

/// What tells one machine's report from another's.
#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(default)]
    schema: u32,
    /// The labels that its user gave it.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(rename = "facts")]
    _facts: IgnoredAny,
}

impl Head {
    /// Of the report at the beginning of a text, and how long that report is. All of it is JSON then.
    ///
    /// # Errors
    /// It is not a report, or was written by a newer gpucheck.
    pub fn read(name: &str, text: &str) -> Result<(Self, usize), SavedError> {
        let mut reports = serde_json::Deserializer::from_str(text).into_iter::<Self>();
        let no_report = |why| SavedError::NotAReport { name: name.to_owned(), why };
        let head = reports
            .next()
            .unwrap_or_else(|| Err(serde_json::Error::custom("there is nothing in it")))
            .map_err(no_report)?;
        match head.schema > SCHEMA {
            true => Err(SavedError::Newer { name: name.to_owned(), schema: head.schema }),
            false => Ok((head, reports.byte_offset())),
        }
    }
}

/// What is read of a report; all else in it was concluded from this.
#[derive(Deserialize)]
struct Saved {
    #[serde(default)]
    schema: u32,
    facts: Facts,
}

/// The facts of a report in JSON. `name` is what errors call it.
///
/// # Errors
/// It is not a report, was written by a newer gpucheck, or is not about one machine.
pub fn saved(name: &str, text: &str) -> Result<Facts, SavedError> {
    let name = || name.to_owned();
    let Saved { schema, mut facts } =
        serde_json::from_str(text).map_err(|why| SavedError::NotAReport { name: name(), why })?;
    if schema > SCHEMA {
        return Err(SavedError::Newer { name: name(), schema });
    }
    let gpus = facts.gpus.value().map_or(0, Vec::len);
    if gpus > MAX_GPUS {
        return Err(SavedError::TooManyGpus { name: name(), gpus });
    }
    for (name, value) in &mut facts.env_vars {
        *value = redact::variable(name, value, None);
    }
    for environment in &mut facts.environments {
        // One of each name, as in an environment that is read.
        let mut seen = HashSet::new();
        environment.packages.retain(|package| seen.insert(package.name.clone()));
    }
    for package in facts.environments.iter_mut().flat_map(|environment| &mut environment.packages) {
        package.requires.iter_mut().for_each(|line| *line = redact::urls(line));
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of a machine with this many GPUs, a schema number in front.
    fn report(schema: u32, gpus: usize) -> String {
        let mut facts = Facts::default();
        let unknown = |index| crate::facts::Gpu::unknown(format!("gpu{index}"), "test");
        let via = crate::facts::Source::option("test");
        facts.gpus = crate::facts::Fact::known((0..gpus).map(unknown).collect(), via);
        facts.env_vars.insert("PIP_INDEX_URL".to_owned(), "https://me:secret@example.org/simple".to_owned());
        format!("{{\"schema\":{schema},\"facts\":{}}}", serde_json::to_string(&facts).unwrap())
    }

    #[test]
    fn facts_come_back_without_secrets() {
        let facts = saved("x", &report(SCHEMA, 2)).unwrap();
        assert_eq!(facts.gpus.value().map(Vec::len), Some(2));
        assert!(facts.env_vars.values().all(|value| !value.contains("secret")), "{:?}", facts.env_vars);
    }

    #[test]
    fn what_is_no_report_of_a_machine_is_refused() {
        for (text, why) in [
            ("{}".to_owned(), "x is not a JSON report"),
            (report(SCHEMA + 1, 1), "written by a newer gpucheck"),
            (report(SCHEMA, MAX_GPUS + 1), "more than any machine"),
        ] {
            let error = saved("x", &text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
