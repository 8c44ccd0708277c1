//! `gpucheck kb verify PACKAGE…`: rows against real packages.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::{
    super::{network::NetworkOptions, output, progress},
    Format, Shared, width,
};
use crate::{
    binary::{ArchiveOptions, Decides},
    exit::Exit,
    facts::PythonVersion,
    knowledge::{self, Knowledge},
    probe,
    python::WheelName,
    scan::{Located, Progress, ScanTarget},
    system::Surroundings,
    text::{visible, whole_words},
    verify::{self, Evidence, Outcome, Verified},
};

/// Arguments of `gpucheck kb verify`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Wheels, environment folders, the URL of a wheel, or NAME==VERSION
    #[arg(value_name = "PACKAGE", required = true)]
    packages: Vec<PathBuf>,
    /// Read only the beginning of each library in a wheel: the base set, in a fraction of a second
    #[arg(long)]
    quick: bool,
    /// Python version that a remote wheel must support, such as 3.12 or 3.14t
    #[arg(long, value_name = "VERSION", env = "GPUCHECK_PYTHON_VERSION")]
    python_version: Option<PythonVersion>,
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    network: NetworkOptions,
}

impl Arguments {
    /// Reads every package, compares it and reports.
    pub(super) fn run(self) -> anyhow::Result<(String, Exit)> {
        let knowledge = self.shared.sources.load()?;
        let mut all = Vec::new();
        for word in &self.packages {
            let found = progress::while_shown(&Progress::default(), false, || self.evidence(word, knowledge))?;
            all.extend(found.iter().map(|evidence| verify::verify(knowledge, evidence)));
        }
        // A package of which a library is broken was not verified.
        let doubtful = |verified: &Verified| verified.count(Outcome::Disagree) > 0 || verified.damaged;
        let disagree = all.iter().any(doubtful);
        let text = match self.shared.format {
            Format::Json => json_text(&all)?,
            Format::Human => all.iter().map(human).collect::<Vec<_>>().join("\n"),
        };
        Ok((text, if disagree { Exit::Found } else { Exit::Ok }))
    }

    fn evidence(&self, word: &Path, knowledge: &Knowledge) -> anyhow::Result<Vec<Evidence>> {
        let network = self.network.for_python(self.python_version);
        match ScanTarget::parse(word, &|_| network.index_url.is_some())? {
            ScanTarget::Local(path) => self.local(&path, knowledge).with_context(|| path.display().to_string()),
            ScanTarget::Address(url) => Ok(vec![self.remote(&network.at(&url)?, knowledge)?]),
            ScanTarget::Package(wanted) => {
                Ok(vec![self.remote(&network.find(&wanted, &word.display().to_string())?, knowledge)?])
            }
        }
    }

    fn local(&self, path: &Path, knowledge: &Knowledge) -> anyhow::Result<Vec<Evidence>> {
        if path.is_dir() {
            return environment(path, knowledge);
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(vec![verify::of_wheel(path, &name, &ArchiveOptions { quick: self.quick, ..ArchiveOptions::default() })?])
    }

    /// Over the network, only the deciding libraries are read; the others are known by name.
    fn remote(&self, located: &Located, knowledge: &Knowledge) -> anyhow::Result<Evidence> {
        let file = located.file()?;
        let name = WheelName::parse(&file).map(|wheel| wheel.name).unwrap_or_default();
        let main = knowledge.main_libraries(&name).chain(knowledge.libraries_instead(&name));
        let main: Vec<String> = main.map(|pattern| pattern.replace("{cuda}", "*")).collect();
        let only = Decides::new(move |path| main.iter().any(|pattern| knowledge::matches(pattern, path)));
        let only = (!self.network.full()).then_some(only);
        let options = ArchiveOptions { quick: self.quick, only, ..ArchiveOptions::default() };
        located.open(|source| verify::of_wheel_source(source, &file, &file, &options))
    }
}

/// The packages of an environment that have rows.
fn environment(path: &Path, knowledge: &Knowledge) -> anyhow::Result<Vec<Evidence>> {
    let interests = knowledge.interests();
    let options = probe::Options { python: vec![path.to_owned()], interests, ..probe::Options::default() };
    let facts = probe::facts(&options, &Surroundings::of_process())?;
    let environment = facts.environments.iter().find(|environment| environment.selected);
    let environment = environment.context("no Python environment found")?;
    let known = environment.packages.iter().filter(|package| verify::has_rows(knowledge, &package.name));
    // torch first: the others follow it.
    let (torch, others): (Vec<_>, Vec<_>) = known.partition(|package| package.name == "torch");
    let all = torch.into_iter().chain(others);
    let found: Vec<Evidence> = all.filter_map(|package| verify::of_environment(environment, package)).collect();
    anyhow::ensure!(!found.is_empty(), "none of the installed packages has rows in the knowledge base");
    Ok(found)
}

fn json_text(all: &[Verified]) -> anyhow::Result<String> {
    let count = |outcome| all.iter().map(|verified| verified.count(outcome)).sum::<usize>();
    let report = json!({
        "schema": crate::report::SCHEMA,
        "verified": all,
        "agree": count(Outcome::Agree),
        "disagree": count(Outcome::Disagree),
        "no_row": count(Outcome::NoRow),
        "unknown": count(Outcome::Unknown),
    });
    output::json(&report)
}

fn human(verified: &Verified) -> String {
    let mut text = format!("{}: {}\n", visible(&verified.target), visible(&verified.package));
    let mut put = |first: &str, value: &str| {
        let value = &*visible(value);
        let rest = " ".repeat(first.len());
        let options = whole_words(width()).initial_indent(first).subsequent_indent(&rest);
        let _ = writeln!(text, "{}", textwrap::fill(value, options));
    };
    if let Some(row) = &verified.row {
        put("  row: ", row);
    }
    let widest = verified.checks.iter().map(|check| check.fact.len()).max().unwrap_or(0);
    for check in &verified.checks {
        let label = |outcome: &str| format!("  {outcome:9} {:widest$}  ", check.fact);
        match check.outcome {
            Outcome::Agree => put(&label("agree"), &check.package),
            Outcome::NoRow => put(&label("no row"), &check.package),
            Outcome::Unknown => put(&label("unknown"), &check.package),
            Outcome::Disagree => {
                put(&(label("DISAGREE") + "the row: "), check.row.as_deref().unwrap_or("nothing"));
                put(&(" ".repeat(label("").len()) + "here: "), &check.package);
            }
        }
    }
    for (member, why) in &verified.unread {
        put("  not read  ", &format!("{member}: {why}"));
    }
    let count = |outcome| verified.count(outcome);
    let [agree, disagree, none] = [Outcome::Agree, Outcome::Disagree, Outcome::NoRow].map(count);
    let unknown = match count(Outcome::Unknown) {
        0 => String::new(),
        unknown => format!(", {unknown} could not be compared"),
    };
    let _ = writeln!(text, "  {agree} agree, {disagree} disagree, {none} without a row{unknown}");
    text
}
