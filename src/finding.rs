//! Findings and fixes: what rules conclude, what the fix search proposes, and what every renderer shows.

use serde::Serialize;

use crate::{
    facts::Location,
    shell::{FileText, ShellLine},
};

/// How bad it is. The order is that of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Information.
    Info,
    /// Runs, but wrong, slow or fragile.
    Warning,
    /// Cannot run.
    Error,
}

/// One thing that is wrong, with its root cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// Slug of the rule that found it.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: `torch 2.7.1+cu126`.
    pub subject: String,
    /// Id of the environment concerned, when it is about one.
    pub environment: Option<String>,
    /// Ids of the GPUs concerned.
    pub gpus: Vec<String>,
    /// Place in a file, for findings about what a file asks for.
    pub location: Option<Location>,
    /// The line at that place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
    /// The cause, in one sentence.
    pub summary: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// The error text that people see when they run into it.
    pub symptom: Option<String>,
    /// Slugs of rules whose findings follow from this one.
    pub consequences: Vec<&'static str>,
    /// What removes it, best first.
    pub fixes: Vec<Fix>,
    /// Identity across machines: rule and causal facts, without paths.
    pub fingerprint: String,
    /// How to read more.
    pub docs: String,
    /// What the fix search needs to know of it.
    #[serde(skip)]
    pub trace: Trace,
}

/// The line of a file at which a finding is, and the part of it that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Excerpt {
    /// The line, or what is around the part that is meant where it is long; without secrets.
    pub text: String,
    /// One-based column in `text`, in characters, at which the part begins.
    pub column: u32,
    /// The column behind it.
    pub end_column: u32,
}

/// Where a finding comes from, for those who search what removes it; no report shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// Slugs of rules whose finding about the same environment and GPUs makes this one a mere consequence.
    pub follows: Vec<String>,
    /// Normalised name of the package that it is about, whatever its version.
    pub package: Option<String>,
    /// Id of the row that describes the problem, for problems that are data.
    pub problem: Option<String>,
    /// The environment variable that it is about, where its rule may find several of them wrong.
    pub variable: Option<String>,
    /// Names of shared libraries that are missing.
    pub missing: Vec<String>,
    /// Which searches can find what removes it.
    pub remedies: Vec<Remedy>,
    /// What a row about an error text says to do.
    pub help: Option<String>,
}

/// Searches for what removes a finding; each is a file of `src/fix/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Another build of torch, with what follows from it.
    TorchBuild,
    /// What the packages require and do not have.
    Requirements,
    /// Another driver.
    Driver,
    /// Another value of an environment variable.
    Variables,
    /// Another version of the package concerned.
    PackageVersion,
    /// What the row of a known problem says.
    Row,
    /// Doing without the package concerned.
    Removal,
    /// One of two packages that own the same files, removed.
    Overwritten,
    /// The same package again, because its files are broken.
    Reinstall,
    /// The assembler of a toolkit that is there.
    Assembler,
    /// What only a person can do; rows of `advice.toml`.
    Advice,
}

/// A fact that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// What is so.
    pub fact: String,
    /// Where it was read.
    pub source: String,
    /// JSON pointer into the report's facts; nothing for what comes from the knowledge base.
    pub pointer: Option<String>,
}

impl Evidence {
    /// A fact and where it was read.
    pub fn new(fact: impl Into<String>, source: impl ToString) -> Self {
        Self { fact: fact.into(), source: source.to_string(), pointer: None }
    }

    /// The same, pointing into the report.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

/// A way out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fix {
    /// What it does, in a few words.
    pub summary: String,
    /// Lines of the files that were read as they are and as they would be: what was read asks for something, and then it is that which
    /// changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FileChange>,
    /// What to write into files, before the commands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<FileText>,
    /// What to paste, in order.
    pub commands: Vec<Command>,
    /// Why there is nothing to paste, if something that was read is unsafe on a command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_line: Option<String>,
    /// How it was verified.
    pub proof: Proof,
    /// What has to change besides packages and variables: another driver, another Python.
    pub needs: Vec<String>,
    /// What was not verified: what could not be judged.
    pub unproven: Vec<String>,
    /// What is wrong after it: findings that stay, and those that it causes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remains: Vec<String>,
    /// What will be there afterwards: `torch 2.7.1+cu128`.
    pub result: Option<String>,
    /// Names of the GPUs that it is for, where it does not serve all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<String>,
    /// Whether it is no way, but says why there is none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub impossible: bool,
    /// What to know about doing it with this tool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Which packages it brings, for those who change what files ask for.
    #[serde(skip)]
    pub moves: Moves,
}

impl Fix {
    /// Whether there is something to paste, into a shell or a file.
    pub fn is_written(&self) -> bool {
        !(self.commands.is_empty() && self.edits.is_empty() && self.changes.is_empty())
    }
}

/// Lines of a file that a fix changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileChange {
    /// The file, as findings name it.
    pub path: String,
    /// One-based number of the first line.
    pub line: u32,
    /// The lines as they are; none where lines are added before `line`.
    pub old: Vec<String>,
    /// The lines as they would be.
    pub new: Vec<String>,
}

/// What a fix does to packages; no report shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    /// What is installed.
    pub installs: Vec<Move>,
    /// The index that it comes from; nothing for the default one.
    pub index: Option<String>,
    /// Normalised names of what is removed.
    pub gone: Vec<String>,
    /// Variables that are set, each to a value.
    pub variables: Vec<(String, String)>,
    /// Whether anything else changes: a driver, another Python.
    pub more: bool,
}

/// A package that is installed in another version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Normalised name.
    pub name: String,
    /// The specifiers that it is asked for with: `==2.7.1+cu128`.
    pub specifiers: String,
    /// Whether it comes from the default index although the fix names another.
    pub apart: bool,
}

/// One line to paste.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Command {
    /// The program it is for: pip, uv, conda, apt, powershell …
    pub tool: &'static str,
    /// The line.
    pub line: ShellLine,
}

/// How a fix was verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// Advice that the rules cannot replay.
    #[default]
    None,
    /// The rules pass on what a knowledge row says of the new build.
    Knowledge,
    /// The rules pass on what was read from the new build itself.
    Binary,
}

/// Whether two findings have the same cause: the same rule about the same package, problem or variable. Versions may differ, and so may
/// the environments, which are states of one.
pub fn same_cause(before: &Finding, after: &Finding) -> bool {
    before.rule == after.rule
        && before.trace.package == after.trace.package
        && before.trace.problem == after.trace.problem
        && before.trace.variable == after.trace.variable
        && after.gpus.iter().all(|gpu| before.gpus.contains(gpu))
}

/// 64-bit FNV-1a over the parts, as hex: stable across versions and machines, no secret, no dependency.
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_separate_their_parts() {
        assert_eq!(fingerprint(["a", "b"]), fingerprint(["a", "b"]));
        assert_ne!(fingerprint(["ab", ""]), fingerprint(["a", "b"]));
        assert_eq!(fingerprint([]), "cbf29ce484222325");
    }
}
