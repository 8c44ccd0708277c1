//! `gpucheck kb list` and `kb path`.

use std::fmt::Write;

use clap::Args;
use serde_json::json;

use super::{super::output, Format, Shared};
use crate::{knowledge::Knowledge, text::Grid};

/// Arguments of `gpucheck kb list`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    shared: Shared,
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let knowledge = self.shared.sources.load()?;
        let kinds = knowledge.kinds();
        if self.shared.format == Format::Json {
            let list = json!({"schema": crate::report::SCHEMA, "knowledge": stamp(knowledge), "kinds": kinds});
            return output::json(&list);
        }
        let mut grid = Grid::new([0]).wrapping();
        for kind in &kinds {
            let checked = match (&kind.oldest, &kind.newest) {
                (oldest, newest) if oldest == newest => format!("checked {oldest}"),
                (oldest, newest) => format!("checked {oldest} to {newest}"),
            };
            grid.row([kind.rows.to_string(), kind.kind.to_owned(), format!("{checked}  {}", kind.file)]);
        }
        let mut text = output::grid(&grid);
        let oldest = kinds.iter().filter(|kind| kind.rows > 0).map(|kind| kind.oldest.as_str()).min();
        let rows: usize = kinds.iter().map(|kind| kind.rows).sum();
        let _ = writeln!(text, "\n{rows} rows, newest {}, oldest {}", knowledge.date, oldest.unwrap_or("no date"));
        text += &update(knowledge);
        text += &overlays(knowledge);
        Ok(text)
    }
}

/// Where the rows are from, if not out of the program.
fn update(knowledge: &Knowledge) -> String {
    match &knowledge.update {
        Some(from) => output::paragraph(&format!("update: from {from} (gpucheck kb update)"), ""),
        None => String::new(),
    }
}

fn overlays(knowledge: &Knowledge) -> String {
    match knowledge.overlays.as_slice() {
        [] => output::paragraph("no overlay (--knowledge DIR, or GPUCHECK_KNOWLEDGE)", ""),
        folders => folders.iter().map(|folder| format!("overlay: {folder}\n")).collect(),
    }
}

fn stamp(knowledge: &Knowledge) -> serde_json::Value {
    json!({"date": knowledge.date, "hash": knowledge.hash, "update": knowledge.update, "overlays": knowledge.overlays})
}

/// Arguments of `gpucheck kb path`.
#[derive(Debug, Args)]
pub struct Path {
    #[command(flatten)]
    shared: Shared,
}

impl Path {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let knowledge = self.shared.sources.load()?;
        if self.shared.format == Format::Json {
            let text = json!({"schema": crate::report::SCHEMA, "knowledge": stamp(knowledge)});
            return output::json(&text);
        }
        let program =
            std::env::current_exe().map_or_else(|_| "this program".to_owned(), |path| path.display().to_string());
        let from = match &knowledge.update {
            Some(from) => format!("from {from} (gpucheck kb update), instead of what is built into {program}"),
            None => format!("built into {program}"),
        };
        let mut text = format!("{from}: dated {}, hash {}\n", knowledge.date, knowledge.hash);
        text += &overlays(knowledge);
        Ok(text)
    }
}
