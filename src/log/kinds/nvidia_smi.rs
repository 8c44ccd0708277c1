//! The head of nvidia-smi's table, and other ways in which programs name the driver.

use super::{Group, Kind};
use crate::log::{
    Line,
    found::{Found, Weight},
    words::{behind, numbers, value},
};

pub(super) const KIND: Kind = Kind {
    hints: &["driver", "NVIDIA-SMI", "KMD Version", "CUDA UMD Version", "CUDA Version"],
    groups: &[TABLE, DRIVER, CUDA],
    read,
    answers: false,
};

/// What the head of the table has.
const TABLE: Group = Group { place: 0, words: &["NVIDIA-SMI", "KMD Version"] };
const DRIVER: Group = Group { place: 1, words: &["driver"] };
const CUDA: Group = Group { place: 2, words: &["CUDA UMD Version", "CUDA Version"] };

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    if !line.has(TABLE) && !line.has(DRIVER) {
        return;
    }
    let table = value(text, "NVIDIA-SMI").and_then(numbers);
    for key in ["Driver Version", "KMD Version", "nvidia driver", "driver version"] {
        if let Some(version) = value(text, key).and_then(numbers) {
            found.driver(version, line.number, Weight::Certain);
        }
    }
    if let Some(version) = table {
        found.driver(version, line.number, Weight::Likely);
    }
    // `driver 525`, `Driver: 570.86.10`, `driver 570.144 (proprietary kernel modules)`.
    for rest in behind(text, "driver") {
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        // A table of an issue has a bar between the two.
        let rest = rest.strip_prefix([' ', ':', '=', '-', '/']).map(|rest| rest.trim_start_matches(['|', ' ']));
        if let Some(version) = rest.and_then(numbers) {
            found.driver(version, line.number, Weight::Loose);
        }
    }
    if !line.has(CUDA) {
        return;
    }
    let in_table = table.is_some() || value(text, "KMD Version").is_some();
    for key in ["CUDA UMD Version", "CUDA Version"] {
        if let Some(cuda) = value(text, key).and_then(numbers).filter(|_| in_table) {
            found.driver_cuda(cuda, line.number);
        }
    }
}
