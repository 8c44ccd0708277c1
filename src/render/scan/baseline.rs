//! How a scan compares to a baseline: what was written, and what differs without closing the gate.

use super::{count, text::Page};
use crate::{
    report::scan::{BaselineChange, Scan},
    text::Paint,
};

/// More lines than this are shown with `-v` only.
const SHOWN: usize = 12;

/// The remarks; and of a baseline that was written, what differs from the old one.
pub(super) fn show(page: &mut Page<'_>, scan: &Scan) {
    let Some(compared) = &scan.baseline else { return };
    if compared.written {
        let text = format!("wrote baseline {}", compared.file);
        page.marked(0, 2, "✓", Paint::Good, &text);
        list(page, "−", &compared.losses);
    }
    list(page, "·", &compared.remarks);
    if !compared.written && compared.libraries > 0 {
        let text = format!("{} compared with the baseline", count(compared.libraries, "library", "libraries"));
        page.dim(0, &text);
    }
}

fn list(page: &mut Page<'_>, mark: &str, changes: &[BaselineChange]) {
    let shown = if page.screen.verbose > 0 { usize::MAX } else { SHOWN };
    for change in changes.iter().take(shown) {
        page.marked(2, 2, mark, Paint::Dim, &change.text);
    }
    let more = changes.len().saturating_sub(shown);
    if more > 0 {
        page.dim(2, &format!("{more} more (-v)"));
    }
}
