//! What was read over the network: which packages, how much of them, and what was left unread.

use super::{size, text::Page};
use crate::report::scan::{Remote, Scan};

/// A paragraph for each package; with `-v` also the names of unread members.
pub(super) fn show(page: &mut Page<'_>, scan: &Scan) {
    for remote in &scan.remote {
        page.dim(0, &said(remote));
        if scan.libraries.is_empty() && scan.remote.len() == 1 {
            page.dim(2, "no file in it can contain GPU code");
        }
        for name in remote.not_looked_into.iter().filter(|_| page.screen.verbose > 0) {
            page.dim(2, &format!("not read: {name}"));
        }
    }
}

fn said(remote: &Remote) -> String {
    let share = if remote.size == 0 { 0.0 } else { remote.bytes as f64 * 100.0 / remote.size as f64 };
    let (read, all) = (size(remote.bytes), size(remote.size));
    let mut text = format!("{}: read {read} of {all} ({share:.1}%) in {} requests", remote.file, remote.requests);
    if let Some(index) = &remote.index {
        text += &format!(", found on {index} (its page: {})", size(remote.index_bytes));
    }
    if remote.downloaded {
        text += "; downloaded completely because the server only serves whole files";
    }
    if remote.sampled {
        text += &match remote.not_looked_into.len() {
            0 => "; --full reads everything".to_owned(),
            1 => "; 1 member was not read (--full reads everything)".to_owned(),
            count => format!("; {count} members were not read (--full reads everything)"),
        };
    }
    text
}
