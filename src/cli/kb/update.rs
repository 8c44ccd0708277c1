//! `gpucheck kb update`: newer rows from one signed file, only when a person asks for them.

use std::{fmt::Write, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::{super::output, super::store, Format};
use crate::{
    files,
    knowledge::{
        Knowledge, RowKind,
        update::{Kept, Key, LONGEST, Update},
    },
    remote::{Client, Settings, Url},
    system::{Root, Surroundings, redact},
    text::Grid,
};

/// Arguments of `gpucheck kb update`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The signed file, or its address
    #[arg(long, value_name = "URL|FILE", required_unless_present = "remove")]
    from: Option<String>,
    /// Whose signature counts: a public key of minisign, or a file with one [default: the publisher of this program]
    #[arg(long, value_name = "KEY|FILE", env = "GPUCHECK_KNOWLEDGE_KEY")]
    key: Option<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Go back to the rows that the program carries
    #[arg(long, conflicts_with_all = ["from", "key", "dry_run"])]
    remove: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", env = "GPUCHECK_FORMAT", default_value = "human")]
    format: Format,
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let before = store::in_force()?;
        let Some(from) = &self.from else { return self.removed(&before) };
        let key = self.key()?;
        let file = fetch(from)?;
        let shown = redact::urls(from);
        let of_file = || shown.clone();
        let update = Update::verified(&file, &key).with_context(of_file)?;
        let after = update.knowledge().with_context(of_file)?;
        after.read_all().with_context(of_file)?;
        anyhow::ensure!(
            after.date >= before.date,
            "{shown}: its rows are of {}, those in force of {}: an older file is not taken",
            after.date,
            before.date
        );
        let kept = Kept { from: shown, key: key.base64().to_owned(), read_by: Knowledge::program().to_owned() };
        let taken = after.hash != before.hash && !self.dry_run;
        if taken {
            store::keep(&kept, &file)?;
        }
        self.report(&before, &after, &kept.from, taken)
    }

    /// The key that is named, else the publisher's.
    fn key(&self) -> anyhow::Result<Key> {
        match &self.key {
            Some(named) => match Key::parse(named) {
                Ok(key) => Ok(key),
                Err(error) => {
                    let text = files::whole(&PathBuf::from(named), 4096).map_err(|_| error)?;
                    Key::parse(&text).with_context(|| named.clone())
                }
            },
            None => Key::of_publisher()?.context(
                "this gpucheck was built without a publisher's key: name whose signature counts with --key (docs/updating.md)",
            ),
        }
    }

    fn removed(&self, before: &Knowledge) -> anyhow::Result<String> {
        let there = store::remove()?;
        let after = store::in_force()?;
        if self.format == Format::Json {
            return output::json(&json!({
                "schema": crate::report::SCHEMA, "removed": there, "before": before.date, "after": after.date,
            }));
        }
        let what = if there { "removed the update" } else { "there was no update" };
        Ok(format!("{what}; in force are the rows that the program carries, of {}\n", after.date))
    }

    fn report(&self, before: &Knowledge, after: &Knowledge, from: &str, taken: bool) -> anyhow::Result<String> {
        let changed = changed(&before.kinds(), &after.kinds());
        if self.format == Format::Json {
            let kinds: Vec<_> = changed
                .iter()
                .map(|(kind, before, after)| json!({"kind": kind, "before": before, "after": after}))
                .collect();
            return output::json(&json!({
                "schema": crate::report::SCHEMA, "from": from, "taken": taken,
                "before": before.date, "after": after.date, "kinds": kinds,
            }));
        }
        let mut text = match (taken, after.hash == before.hash) {
            (_, true) => format!("the rows of {} are in force already\n", after.date),
            (true, _) => format!("in force are the rows of {} from {from}; before: {}\n", after.date, before.date),
            (false, _) => format!("{from} has rows of {}; in force are those of {}\n", after.date, before.date),
        };
        let mut grid = Grid::new([0]).wrapping();
        for (kind, before, after) in &changed {
            grid.row([(*kind).to_owned(), format!("{before} → {after} rows")]);
        }
        let _ = write!(text, "{}", output::grid(&grid));
        if taken {
            text += "gpucheck kb update --remove goes back to the program's own\n";
        }
        Ok(text)
    }
}

/// Kinds of rows whose number changes, with both numbers.
fn changed(before: &[RowKind], after: &[RowKind]) -> Vec<(&'static str, usize, usize)> {
    let count = |kind: &RowKind| {
        let same = |other: &&RowKind| other.kind == kind.kind && other.file == kind.file;
        before.iter().find(same).map_or(0, |other| other.rows)
    };
    let rows = after.iter().map(|kind| (kind.kind, count(kind), kind.rows));
    rows.filter(|(_, before, after)| before != after).collect()
}

/// The text of the file, no longer than such files are.
fn fetch(from: &str) -> anyhow::Result<String> {
    if !from.contains("://") {
        return files::whole(&PathBuf::from(from), LONGEST).with_context(|| format!("cannot read {from}"));
    }
    let surroundings = Surroundings::of_process();
    let root = Root::new(None, surroundings.home.as_deref())?;
    let client = Client::new(Settings::of(&root, &surroundings))?;
    let url = Url::parse(from)?;
    let bytes = client.get(&url, &[], |reply| reply.success()?.text(LONGEST))?;
    String::from_utf8(bytes)
        .ok()
        .with_context(|| format!("{}: not a gpucheck knowledge file: it is not text", redact::urls(from)))
}
