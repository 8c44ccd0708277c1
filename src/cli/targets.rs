//! What commands that judge for machines have in common: each machine alone, and one report or the reports of all of them.

use std::time::Instant;

use super::{options::Show, output};
use crate::{
    facts::Facts,
    judge::{self, Machine, Seen},
    knowledge::Knowledge,
    report::{MachineTable, Report},
    rules,
};

/// Whether the driver of this machine matters to one of the machines.
pub fn needs_driver(machines: &[Machine]) -> bool {
    machines.iter().any(|machine| machine.assumed.needs_driver())
}

/// The report of each machine. An error about one of several names it.
pub fn each(
    machines: &[Machine],
    mut report: impl FnMut(&Machine) -> anyhow::Result<Report>,
) -> anyhow::Result<Vec<Seen>> {
    let seen = |machine: &Machine| match report(machine) {
        Ok(report) => Ok(Seen { target: machine.name.clone(), report }),
        Err(error) if machines.len() > 1 => Err(error.context(format!("target '{}'", machine.name))),
        Err(error) => Err(error),
    };
    machines.iter().map(seen).collect()
}

/// Writes the report of a machine as it is, those of several together with what serves all of them; with a table, in any case.
pub fn deliver(
    knowledge: &Knowledge,
    mut seen: Vec<Seen>,
    table: Option<MachineTable>,
    show: &Show,
    start: Instant,
) -> anyhow::Result<()> {
    let page = &|slug: &str| rules::page(knowledge, slug);
    if seen.len() == 1
        && table.is_none()
        && let Some(only) = seen.pop()
    {
        return output::deliver(only.report, show, page);
    }
    match judge::machines(knowledge, seen, table, start) {
        Some(machines) => output::deliver(machines, show, page),
        None => Ok(()),
    }
}

/// That there is a GPU to judge for.
pub fn ensure_gpu(facts: &Facts) -> anyhow::Result<()> {
    anyhow::ensure!(
        facts.gpus.value().is_some_and(|gpus| !gpus.is_empty()),
        "no GPU found; name one, such as --gpu \"RTX 5090\""
    );
    Ok(())
}
