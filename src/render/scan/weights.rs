//! What each architecture weighs, and what would be saved without it.

use super::{size, text::Page};
use crate::{
    report::scan::Size,
    text::{Grid, Paint},
};

fn share(bytes: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { bytes as f64 * 100.0 / all as f64 }
}

/// A row for each target.
pub(super) fn table(page: &mut Page<'_>, sizes: &[Size], libraries: usize) {
    let all: u64 = sizes.iter().map(|size| size.bytes).sum();
    if sizes.len() < 2 || all == 0 {
        return;
    }
    let color = page.screen.color;
    let several = libraries > 1;
    let mut grid = Grid::new(1..=4);
    let mut row = |cells: [String; 5]| {
        let [target, libraries, rest @ ..] = cells;
        grid.row(std::iter::once(target).chain(several.then_some(libraries)).chain(rest));
    };
    row(["without", "libraries", "entries", "saves", "share"].map(|head| Paint::Strong.on(head, color).to_string()));
    for one in sizes {
        let share = format!("{:.1}%", share(one.bytes, all));
        row([one.target.to_string(), one.libraries.to_string(), one.entries.to_string(), size(one.bytes), share]);
    }
    page.grid(0, &grid);
    sentence(page, sizes);
}

/// The answer to "what would I save without the oldest?", and the total size of the code.
pub(super) fn sentence(page: &mut Page<'_>, sizes: &[Size]) {
    let all: u64 = sizes.iter().map(|size| size.bytes).sum();
    if all == 0 {
        return;
    }
    let mut text = format!("{} of device code in total.", size(all));
    let percent = |row: &Size| format!("{} ({:.1}%)", size(row.bytes), share(row.bytes, all));
    if sizes.len() > 1
        && let Some(oldest) = sizes.first()
        && let Some(largest) = sizes.iter().max_by_key(|row| row.bytes)
    {
        text += &format!(" Without {} the files would be {} smaller", oldest.target, percent(oldest));
        if largest != oldest {
            text += &format!(", without {} {}", largest.target, percent(largest));
        }
        text += ".";
    }
    page.wrapped(0, &text);
    page.blank();
}
