//! What was read over the network: of what, how much, and what that leaves open.

use super::{size, text::Page};
use crate::report::scan::{Remote, Scan};

/// A paragraph for each package; with `-v` also the names of what was not looked into.
pub(super) fn show(page: &mut Page<'_>, scan: &Scan) {
    for remote in &scan.remote {
        page.dim(0, &said(remote));
        if scan.libraries.is_empty() && scan.remote.len() == 1 {
            page.dim(2, "it holds no file that can carry GPU code");
        }
        for name in remote.not_looked_into.iter().filter(|_| page.screen.verbose > 0) {
            page.dim(2, &format!("not looked into: {name}"));
        }
    }
}

fn said(remote: &Remote) -> String {
    let share = if remote.size == 0 { 0.0 } else { remote.bytes as f64 * 100.0 / remote.size as f64 };
    let (read, all) = (size(remote.bytes), size(remote.size));
    let mut text = format!("{}: read {read} of {all} ({share:.1}%) in {} requests", remote.file, remote.requests);
    if let Some(index) = &remote.index {
        text += &format!(", found on {index}, whose page has {}", size(remote.index_bytes));
    }
    if remote.downloaded {
        text += "; downloaded, as the server gives out whole files only";
    }
    if remote.sampled {
        text += &match remote.not_looked_into.len() {
            0 => "; --full reads all".to_owned(),
            1 => "; 1 member was not looked into (--full reads all)".to_owned(),
            count => format!("; {count} members were not looked into (--full reads all)"),
        };
    }
    text
}
