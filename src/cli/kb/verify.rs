//! `gpucheck kb verify PACKAGE…`: rows against real packages.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use textwrap::Options;

use super::{Format, Shared, width};
use crate::{
    binary::ArchiveOptions,
    exit::Exit,
    kb::{self, Evidence, Outcome, Verified},
    probe::{self, Surroundings},
};

/// Arguments of `gpucheck kb verify`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Wheels of torch, torchvision or torchaudio, or folders of environments in which they are installed
    #[arg(value_name = "PACKAGE", required = true)]
    packages: Vec<PathBuf>,
    /// Of wheels read only the beginning of each library: the base set, in a fraction of a second
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    shared: Shared,
}

/// Packages that are verified in an environment.
const PACKAGES: [&str; 3] = ["torch", "torchvision", "torchaudio"];

impl Arguments {
    /// Reads every package, compares, and tells.
    pub(super) fn run(self) -> anyhow::Result<(String, Exit)> {
        let knowledge = self.shared.sources.load()?;
        let mut all = Vec::new();
        for path in &self.packages {
            let shown = path.display().to_string();
            let found = self.evidence(path).with_context(|| shown)?;
            all.extend(found.iter().map(|evidence| kb::verify(knowledge, evidence)));
        }
        let disagree = all.iter().any(|verified| verified.count(Outcome::Disagree) > 0);
        let text = match self.shared.format {
            Format::Json => json_text(&all)?,
            Format::Human => all.iter().map(human).collect::<Vec<_>>().join("\n"),
        };
        Ok((text, if disagree { Exit::Found } else { Exit::Ok }))
    }

    fn evidence(&self, path: &Path) -> anyhow::Result<Vec<Evidence>> {
        if path.is_dir() {
            let options = probe::Options { python: vec![path.to_owned()], ..probe::Options::default() };
            let facts = probe::facts(&options, &Surroundings::of_process())?;
            let environment = facts.environments.iter().find(|environment| environment.selected);
            let environment = environment.context("no Python environment was found there")?;
            let found: Vec<Evidence> = PACKAGES
                .iter()
                .filter_map(|name| kb::of_environment(environment, environment.package(name)?))
                .collect();
            anyhow::ensure!(!found.is_empty(), "none of {} is installed there", PACKAGES.join(", "));
            return Ok(found);
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let evidence = kb::of_wheel(path, &name, &ArchiveOptions { quick: self.quick, ..ArchiveOptions::default() })?;
        anyhow::ensure!(
            PACKAGES.contains(&evidence.name.as_str()),
            "it is {}: the knowledge base has releases of {} only",
            evidence.name,
            PACKAGES.join(", ")
        );
        Ok(vec![evidence])
    }
}

fn json_text(all: &[Verified]) -> anyhow::Result<String> {
    let count = |outcome| all.iter().map(|verified| verified.count(outcome)).sum::<usize>();
    let report = json!({
        "schema": crate::report::SCHEMA,
        "verified": all,
        "agree": count(Outcome::Agree),
        "disagree": count(Outcome::Disagree),
        "no_row": count(Outcome::NoRow),
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn human(verified: &Verified) -> String {
    let mut text = format!("{}: {}\n", verified.target, verified.package);
    let mut put = |first: &str, value: &str| {
        let rest = " ".repeat(first.len());
        let options = Options::new(width()).initial_indent(first).subsequent_indent(&rest).break_words(false);
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
            Outcome::Disagree => {
                put(&(label("DISAGREE") + "the row: "), check.row.as_deref().unwrap_or("nothing"));
                put(&(" ".repeat(label("").len()) + "here: "), &check.package);
            }
        }
    }
    for (member, why) in &verified.unread {
        put("  not read  ", &format!("{member}: {why}"));
    }
    let [agree, disagree, none] = [Outcome::Agree, Outcome::Disagree, Outcome::NoRow].map(|o| verified.count(o));
    let _ = writeln!(text, "  {agree} agree, {disagree} disagree, {none} without a row");
    text
}
