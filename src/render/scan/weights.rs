//! What each architecture weighs, and what would be saved without it.

use super::{size, text::Page};
use crate::{report::scan::Size, text::Paint};

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
    let column = |text: &str| if several { format!(" {text:>9}") } else { String::new() };
    let head = format!("{:<12}{} {:>8} {:>10} {:>6}", "without", column("libraries"), "entries", "saves", "share");
    page.line(0, Paint::Strong.on(head, color));
    for row in sizes {
        let libraries = column(&row.libraries.to_string());
        let saves = size(row.bytes);
        let share = share(row.bytes, all);
        page.line(0, format!("{:<12}{libraries} {:>8} {saves:>10} {share:>5.1}%", row.target.to_string(), row.entries));
    }
    sentence(page, sizes);
}

/// The answer to "what would I save without the oldest?", and what the code weighs in all.
pub(super) fn sentence(page: &mut Page<'_>, sizes: &[Size]) {
    let all: u64 = sizes.iter().map(|size| size.bytes).sum();
    if all == 0 {
        return;
    }
    let mut text = format!("{} of device code in all.", size(all));
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
