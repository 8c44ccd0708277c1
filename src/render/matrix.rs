//! The grid of `gpucheck matrix` for people: a table for each GPU, then the reasons, each once, with the builds that it applies to.

use std::fmt::Write;

use gpucheck_ground::Order as _;

use super::Screen;
use crate::{
    facts::CudaVersion,
    report::{Cell, CellStatus, Matrix, Table},
    text::{Grid, Paint, blocks},
};

/// The head of the first column.
const NAMES: &str = "torch";
/// Between two columns.
pub(super) const GAP: usize = 2;

/// Mark, paint and meaning of a status.
const LEGEND: [(CellStatus, &str, Paint, &str); 5] = [
    (CellStatus::Works, "✓", Paint::Good, "runs"),
    (CellStatus::Warning, "!", Paint::Warning, "runs, with a warning"),
    (CellStatus::Fails, "✗", Paint::Error, "does not run"),
    (CellStatus::Unknown, "?", Paint::Dim, "unknown"),
    (CellStatus::NoWheel, "·", Paint::Dim, "no such wheel"),
];

/// The mark of a status.
pub(super) fn mark(status: CellStatus) -> (&'static str, Paint) {
    LEGEND.iter().find(|row| row.0 == status).map_or(("?", Paint::Dim), |row| (row.1, row.2))
}

/// CUDA releases that get a column; those without any wheel share one sentence.
pub(super) fn columns(matrix: &Matrix) -> Vec<CudaVersion> {
    matrix.cuda.iter().copied().filter(|cuda| !matrix.never_built.contains(cuda)).collect()
}

/// The cell of a build.
pub(super) fn cell<'t>(table: &'t Table, torch: &str, cuda: CudaVersion) -> Option<&'t Cell> {
    table.cells.iter().find(|cell| cell.torch == torch && cell.cuda == cuda)
}

/// Releases without any wheel, in a sentence.
pub(super) fn never_built(matrix: &Matrix) -> Option<String> {
    let named: Vec<String> = matrix.never_built.iter().map(|cuda| format!("{cuda}")).collect();
    let (last, others) = named.split_last()?;
    let (list, them, those) = match others {
        [] => (last.clone(), "it", "that release"),
        others => (format!("{} and {last}", others.join(", ")), "them", "those releases"),
    };
    Some(format!(
        "CUDA {list}: PyTorch has never built a wheel for {them} on {}. Images and toolkits of {those} run the other wheels: \
         each wheel includes its own CUDA",
        matrix.platform
    ))
}

/// The reasons for cells that do not simply run, each with its builds.
pub(super) fn reasons(table: &Table) -> Vec<(CellStatus, String, Vec<String>)> {
    let mut reasons: Vec<(CellStatus, String, Vec<String>)> = Vec::new();
    for cell in table.cells.iter().filter(|cell| cell.status != CellStatus::NoWheel && cell.status != CellStatus::Works)
    {
        let build = format!("{}+cu{}{}", cell.torch, cell.cuda.major, cell.cuda.minor);
        // A sentence that names its build is the same sentence about another.
        let text = cell.reason.replace(&format!("torch {build}"), "this torch");
        match reasons.iter_mut().find(|(status, known, _)| *status == cell.status && *known == text) {
            Some((_, _, builds)) => builds.push(build),
            None => reasons.push((cell.status, text, vec![build])),
        }
    }
    reasons.order_by_key(|(status, _, builds)| (*status, std::cmp::Reverse(builds.len())));
    reasons
}

/// The whole page.
pub(super) fn render(matrix: &Matrix, screen: &Screen) -> String {
    let mut out = String::new();
    for table in &matrix.gpus {
        one(&mut out, matrix, table, screen);
    }
    let used = |status| matrix.gpus.iter().flat_map(|table| &table.cells).any(|cell| cell.status == status);
    let _ = writeln!(out, "{}", legend(used, screen));
    if let Some(text) = never_built(matrix) {
        wrapped(&mut out, "", &text, screen);
    }
    out
}

/// Between two marks and their meanings.
const LEGEND_GAP: &str = "   ";

/// The meaning of the marks that are used, wrapped between two of them.
pub(super) fn legend(used: impl Fn(CellStatus) -> bool, screen: &Screen) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for (_, mark, paint, meaning) in LEGEND.iter().filter(|row| used(row.0)) {
        let length = mark.chars().count() + 1 + meaning.len();
        let separator = match screen.width {
            _ if text.is_empty() => "",
            Some(width) if column + LEGEND_GAP.len() + length > width => "\n",
            _ => LEGEND_GAP,
        };
        column = if separator == LEGEND_GAP { column + separator.len() + length } else { length };
        let _ = write!(text, "{separator}{} {meaning}", paint.on(mark, screen.color));
    }
    text
}

fn one(out: &mut String, matrix: &Matrix, table: &Table, screen: &Screen) {
    let title = format!("{} · {}", table.name, matrix.platform);
    let _ = writeln!(out, "{}\n", Paint::Strong.on(title, screen.color));
    let columns = columns(matrix);
    if columns.is_empty() {
        return;
    }
    let dim = |text: &str| Paint::Dim.on(text, screen.color).to_string();
    let names = matrix.torch.iter().map(String::len).max().unwrap_or(0).max(NAMES.len());
    let widths: Vec<usize> = columns.iter().map(|cuda| cuda.to_string().len() + GAP).collect();
    wrapped(out, "", &dim("columns: the CUDA release that the wheel is built with"), screen);
    for block in blocks(names, &widths, screen.width) {
        let columns = columns.get(block).unwrap_or_default();
        let mut grid = Grid::new(1..=columns.len());
        grid.row(std::iter::once(dim(NAMES)).chain(columns.iter().map(|cuda| dim(&cuda.to_string()))));
        for torch in &matrix.torch {
            let cells = columns.iter().map(|&cuda| {
                let (mark, paint) = cell(table, torch, cuda).map_or(("·", Paint::Dim), |cell| mark(cell.status));
                paint.on(mark, screen.color).to_string()
            });
            grid.row(std::iter::once(torch.clone()).chain(cells));
        }
        for line in grid.lines(None) {
            let _ = writeln!(out, "{line}");
        }
        out.push('\n');
    }
    for (status, text, builds) in reasons(table) {
        let (mark, paint) = mark(status);
        let _ = write!(out, "{} ", paint.on(mark, screen.color));
        wrapped(out, "  ", &format!("{}: {text}", builds.join(", ")), screen);
    }
    if screen.verbose > 0 {
        for cell in table.cells.iter().filter(|cell| !matrix.never_built.contains(&cell.cuda)) {
            let (mark, paint) = mark(cell.status);
            let source = cell.source.as_ref().map_or_else(String::new, |source| format!(" [{source}]"));
            let text = format!("{} CUDA {}: {}{source}", cell.torch, cell.cuda, cell.reason);
            let _ = write!(out, "{} ", paint.on(mark, screen.color));
            wrapped(out, "  ", &text, screen);
        }
    }
    out.push('\n');
}

/// A sentence, wrapped where the screen ends, further lines behind a margin.
pub(super) fn wrapped(out: &mut String, margin: &str, text: &str, screen: &Screen) {
    for (index, line) in screen.lines(margin.len(), text).iter().enumerate() {
        let _ = writeln!(out, "{}{line}", if index == 0 { "" } else { margin });
    }
}
