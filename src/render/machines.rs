//! The pages of several targets: each machine's own page under its name, or one table with a column for each, and what serves all of them.

use std::fmt::Write;

use gpucheck_ground::Order as _;
use textwrap::core::display_width;

use super::{Screen, escape::escaped, markdown, matrix as grid, reason};
use crate::{
    report::{CellStatus, CommandName, InstallFor, MachineTable, Machines, RowKind, Served},
    text::{self, Grid, Paint, blocks},
};

const LABEL: usize = 14;

/// For people.
pub(super) fn human(machines: &Machines, screen: &Screen) -> String {
    let mut out = String::new();
    match &machines.table {
        Some(table) => out += &tabled(machines, table, screen),
        None => {
            for (index, machine) in machines.targets.iter().enumerate() {
                let title = format!("Target {} of {}: {}", index + 1, machines.targets.len(), machine.target);
                let _ = writeln!(out, "{}\n", Paint::Strong.on(title, screen.color));
                let _ = writeln!(out, "{}\n", super::for_people(&machine.report, screen).trim_end());
            }
        }
    }
    serves_all(&mut out, machines, screen);
    out
}

/// The last lines: what serves all targets.
fn serves_all(out: &mut String, machines: &Machines, screen: &Screen) {
    let said = &machines.serves_all;
    let paint = match said.answer {
        Served::Yes => Paint::Good,
        Served::No => Paint::Error,
        Served::Unknown => Paint::Warning,
    };
    let label =
        if machines.command == CommandName::Check && machines.table.is_some() { "in short" } else { "serves all" };
    labelled(out, label, paint, &said.text, screen);
    for InstallFor { targets, commands } in &said.install {
        if said.install.len() > 1 {
            labelled(out, "", Paint::Dim, &format!("on {}:", targets.join("; ")), screen);
        }
        for command in commands {
            let _ = writeln!(out, "      {}", Paint::Command.on(&command.line, screen.color));
        }
    }
    for unproven in &said.unproven {
        labelled(out, "not verified", Paint::Dim, unproven, screen);
    }
}

/// A block of text behind a label, wrapped and indented under itself.
fn labelled(out: &mut String, label: &str, paint: Paint, text: &str, screen: &Screen) {
    for (index, line) in screen.lines(LABEL, text).iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        let padding = " ".repeat(LABEL.saturating_sub(label.chars().count()));
        let label = if label.is_empty() { String::new() } else { paint.on(label, screen.color).to_string() };
        let _ = writeln!(out, "{label}{padding}{line}");
    }
}

/// The name of a row, without the word that the head of its column has.
fn row_name(name: &str) -> &str {
    name.strip_prefix("torch ").unwrap_or(name)
}

fn head(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Torch => "torch",
        RowKind::Environment => "environment",
    }
}

fn tabled(machines: &Machines, table: &MachineTable, screen: &Screen) -> String {
    let mut out = String::new();
    let dim = |text: &str| Paint::Dim.on(text, screen.color).to_string();
    for (index, machine) in machines.targets.iter().enumerate() {
        let _ = writeln!(out, "{}  {}", dim(&(index + 1).to_string()), Paint::Strong.on(&machine.target, screen.color));
    }
    out.push('\n');
    marks(&mut out, machines.targets.len(), table, screen);
    for (status, who, text, rows) in reasons(table) {
        let (mark, paint) = grid::mark(status);
        let _ = write!(out, "{} ", paint.on(mark, screen.color));
        grid::wrapped(&mut out, "  ", &format!("{}: {}: {text}", numbers(&who), rows.join(", ")), screen);
    }
    let used =
        |status| table.rows.iter().any(|row| row.all == status || row.cells.iter().any(|cell| cell.status == status));
    let _ = writeln!(out, "\n{}\n", grid::legend(used, screen));
    out
}

/// A mark for each row and machine, in as many blocks as the screen asks for. Names that leave no room beside them get lines of their own.
fn marks(out: &mut String, targets: usize, table: &MachineTable, screen: &Screen) {
    let dim = |text: &str| Paint::Dim.on(text, screen.color).to_string();
    let mark = |status: CellStatus| {
        let (mark, paint) = grid::mark(status);
        paint.on(mark, screen.color).to_string()
    };
    let heads: Vec<String> = (1..=targets).map(|number| number.to_string()).chain(["all".to_owned()]).collect();
    let widths: Vec<usize> = heads.iter().map(|head| head.len() + grid::GAP).collect();
    let names = table.rows.iter().map(|row| display_width(row_name(&row.name)));
    let names = names.chain([head(table.kind).len()]).max().unwrap_or(0);
    let apart = screen.width.is_some_and(|width| names > width / 2 && names + widths.iter().sum::<usize>() > width);
    for block in blocks(if apart { 0 } else { names }, &widths, screen.width) {
        let heads = heads.get(block.clone()).unwrap_or_default();
        let first = |name: &str| (!apart).then(|| name.to_owned());
        let mut lines = Grid::new(usize::from(!apart)..heads.len() + 1);
        lines.row(first(&dim(head(table.kind))).into_iter().chain(heads.iter().map(|head| dim(head))));
        for row in &table.rows {
            let cells: Vec<String> = row.cells.iter().map(|cell| cell.status).chain([row.all]).map(mark).collect();
            let cells = cells.get(block.clone()).unwrap_or_default();
            lines.row(first(row_name(&row.name)).into_iter().chain(cells.iter().cloned()));
        }
        for (index, line) in lines.lines(None).iter().enumerate() {
            match index.checked_sub(1).and_then(|index| table.rows.get(index)).filter(|_| apart) {
                Some(row) => {
                    let _ = writeln!(out, "{}\n{line}", row_name(&row.name));
                }
                None => {
                    let _ = writeln!(out, "{line}");
                }
            }
        }
        out.push('\n');
    }
}

/// Numbers in order, those that follow each other as a range: `1-3, 5`.
fn numbers(all: &[usize]) -> String {
    let runs = all.chunk_by(|one, next| one + 1 == *next);
    let run = |run: &[usize]| match run {
        [first, .., last] if run.len() > 2 => format!("{first}-{last}"),
        _ => run.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
    };
    runs.map(run).collect::<Vec<_>>().join(", ")
}

/// A reason: the status, the numbers of the targets, the sentence, and the rows that it applies to.
type Reason = (CellStatus, Vec<usize>, String, Vec<String>);

/// The reasons for cells that do not simply run.
fn reasons(table: &MachineTable) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for (status, who, text, rows) in each(table) {
        let same = |known: &&mut Reason| known.0 == status && known.2 == text && known.3 == rows;
        match reasons.iter_mut().find(same) {
            Some((_, all, ..)) => all.push(who),
            None => reasons.push((status, vec![who], text, rows)),
        }
    }
    reasons
}

/// The same for each target by itself.
fn each(table: &MachineTable) -> Vec<(CellStatus, usize, String, Vec<String>)> {
    let mut reasons: Vec<(CellStatus, usize, String, Vec<String>)> = Vec::new();
    for row in &table.rows {
        for (index, cell) in row.cells.iter().enumerate() {
            if matches!(cell.status, CellStatus::NoWheel | CellStatus::Works) {
                continue;
            }
            let name = row_name(&row.name).to_owned();
            // A sentence that names its build is the same sentence about another.
            let text = match table.kind {
                RowKind::Torch => cell.reason.replace(&row.name, "this torch"),
                RowKind::Environment => cell.reason.clone(),
            };
            let same = |known: &&mut (CellStatus, usize, String, Vec<String>)| {
                known.0 == cell.status && known.1 == index + 1 && known.2 == text
            };
            match reasons.iter_mut().find(same) {
                Some((.., rows)) => rows.push(name),
                None => reasons.push((cell.status, index + 1, text, vec![name])),
            }
        }
    }
    reasons.order_by_key(|(status, who, _, rows)| (*who, *status, std::cmp::Reverse(rows.len())));
    reasons
}

/// Markdown: the machines' own pages, or the table, and what serves all.
pub(super) fn markdown(machines: &Machines) -> String {
    let mut out = String::new();
    match &machines.table {
        None => {
            for machine in &machines.targets {
                let page = markdown::render(&machine.report);
                let _ = writeln!(out, "# Target: {}\n\n{}", escaped(&machine.target), page.trim_end());
                out.push('\n');
            }
        }
        Some(table) => {
            let names: Vec<String> = machines.targets.iter().map(|machine| escaped(&machine.target)).collect();
            let _ = writeln!(out, "## gpucheck {}\n", machines.command);
            let _ = writeln!(out, "| {} | {} | all |", head(table.kind), names.join(" | "));
            let _ = writeln!(out, "| --- |{}", " :---: |".repeat(names.len() + 1));
            for row in &table.rows {
                let marks: Vec<&str> = row.cells.iter().map(|cell| grid::mark(cell.status).0).collect();
                let name = escaped(row_name(&row.name));
                let _ = writeln!(out, "| {name} | {} | {} |", marks.join(" | "), grid::mark(row.all).0);
            }
            out.push('\n');
            for (status, who, text, rows) in reasons(table) {
                let targets: Vec<&str> = who.iter().filter_map(|who| names.get(who - 1)).map(String::as_str).collect();
                let (targets, rows) = (targets.join(", "), escaped(&rows.join(", ")));
                let _ = writeln!(out, "- {} {targets}: {rows}: {}", grid::mark(status).0, escaped(&text));
            }
            out.push('\n');
        }
    }
    let said = &machines.serves_all;
    let label =
        if machines.command == CommandName::Check && machines.table.is_some() { "In short" } else { "Serves all" };
    let _ = writeln!(out, "**{label}**: {}", escaped(&said.text));
    for InstallFor { targets, commands } in &said.install {
        if said.install.len() > 1 {
            let _ = writeln!(out, "\nOn {}:", escaped(&targets.join("; ")));
        }
        markdown::lines(&mut out, commands);
    }
    for unproven in &said.unproven {
        let _ = writeln!(out, "- not verified: {}", escaped(unproven));
    }
    out.trim_end().to_owned() + "\n"
}

/// One line: what serves all machines; for the doctor the worst finding on one that fails.
pub(super) fn reason(machines: &Machines) -> String {
    let said = &machines.serves_all;
    let line = match (said.answer, machines.command) {
        (Served::No, CommandName::Doctor) => machines.targets.iter().find(|machine| said.not.contains(&machine.target)),
        _ => None,
    };
    let line = match line {
        Some(machine) => {
            let said = reason::said(&machine.report);
            format!("gpucheck: on {}: {}", machine.target, said.strip_prefix("gpucheck: ").unwrap_or(&said))
        }
        None => format!("gpucheck: serves all: {}", said.text),
    };
    text::in_short(&line, reason::LONGEST - 1) + "\n"
}
