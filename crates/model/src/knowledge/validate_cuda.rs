//! What `cuda.toml` must hold beyond its types.

use std::collections::BTreeSet;

use super::{
    CudaFile,
    problem::{Places, Problem},
    validate::{Table, is_month},
};

/// `cuda.toml`
pub fn cuda(file: &CudaFile, places: &Places<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    macro_rules! rows {
        ($table:ident, $field:ident, |$faults:ident, $index:ident, $row:ident| $check:block) => {
            let mut $faults = Table::new(places, stringify!($table), &file.sources);
            for ($index, $row) in file.$table.iter().enumerate() {
                $faults.provenance($index, &$row.source, &$row.verified);
                $check
            }
            $faults.unique(stringify!($field), file.$table.iter().map(|row| row.$field.to_string()).enumerate());
            problems.append(&mut $faults.problems);
        };
    }
    rows!(runtime, major, |table, index, row| {
        if row.linux.branch() > row.windows.branch() {
            table.fault(
                index,
                "windows",
                format!("the Windows minimum is from an older branch than the Linux minimum {}", row.linux),
            );
        }
    });
    rows!(toolkit, version, |table, index, row| {
        let absent = [
            ("released", row.released.is_none()),
            ("min_driver_linux", row.min_driver_linux.is_none()),
            ("min_driver_windows", row.min_driver_windows.is_none()),
            ("ptx_isa", row.ptx_isa.is_none()),
            ("targets", row.targets.is_empty()),
        ];
        for (field, why) in &row.unknown {
            match absent.iter().find(|(name, _)| name == field) {
                Some((_, true)) if !why.trim().is_empty() => {}
                Some((_, true)) => table.fault(index, "unknown", format!("explain why {field} is unknown")),
                Some((_, false)) => table.fault(index, field, format!("{field} is given, but listed under `unknown`")),
                None => table.fault(index, "unknown", format!("'{field}' is not a toolkit field that may be unknown")),
            }
        }
        for (field, _) in absent.iter().filter(|(field, absent)| *absent && !row.unknown.contains_key(*field)) {
            table.fault(
                index,
                field,
                format!("{field} is missing: give it, or explain under `unknown` why it is unknown"),
            );
        }
        let ordered = row.targets.is_sorted_by_key(|target| target.capability);
        if !ordered || row.targets.iter().collect::<BTreeSet<_>>().len() < row.targets.len() {
            table.fault(index, "targets", "targets must be unique and in ascending order");
        }
    });
    rows!(ptx, isa, |table, index, row| {
        if index > 0 && file.ptx.get(index - 1).is_some_and(|before| before.isa >= row.isa || before.cuda > row.cuda) {
            table.fault(index, "isa", format!("ISA {} must be newer than the one in the row before", row.isa));
        }
    });
    rows!(driver, branch, |table, index, row| {
        let before = index.checked_sub(1).and_then(|before| file.driver.get(before));
        if before.is_some_and(|before| before.branch >= row.branch || before.cuda > row.cuda) {
            table.fault(
                index,
                "branch",
                format!("branch {} must be newer than the one in the row before, and its CUDA not older", row.branch),
            );
        }
    });
    rows!(branch, branch, |table, index, row| {
        for (field, month) in [("eol", &row.eol), ("ended_by", &row.ended_by)] {
            if month.as_ref().is_some_and(|month| !is_month(month)) {
                table.fault(index, field, "a month must be written as 2026-11");
            }
        }
        if row.newest.as_ref().is_some_and(|newest| newest.branch() != row.branch) {
            table.fault(index, "newest", format!("it is not a version of branch {}", row.branch));
        }
    });
    rows!(compression, kind, |table, index, row| {
        if row.branch == 0 {
            table.fault(index, "branch", "0 is not a branch");
        }
    });
    problems
}
