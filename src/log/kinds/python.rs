//! The version of Python: at a prompt, in reports, and in the paths of packages.

use super::{Group, Kind};
use crate::log::{
    Line,
    found::{Found, Weight},
    words::{behind, numbers},
};

pub(super) const KIND: Kind = Kind {
    hints: &["Python 3.", "Python Version", "python: 3.", "/python3.", ".cpython-3", "-cp3", "Python | 3."],
    groups: &[FOLDER, TAG, SAID],
    read,
    answers: false,
};

const FOLDER: Group = Group { place: 0, words: &["/python3."] };
const TAG: Group = Group { place: 1, words: &[".cpython-3", "-cp3"] };
const SAID: Group = Group { place: 2, words: &["Python 3.", "Python Version", "Python | ", "python: "] };

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    // `lib/python3.10/site-packages/`; a standard library alone may be that of another Python.
    if line.has(FOLDER) {
        for rest in behind(text, "/python3.") {
            if let Some((minor, folder)) = rest.split_once('/')
                && (folder.starts_with("site-packages") || folder.starts_with("dist-packages"))
            {
                minor_version(found, minor, line.number);
            }
        }
    }
    if line.has(TAG) {
        for rest in [".cpython-3", "-cp3"].into_iter().flat_map(|key| behind(text, key)) {
            minor_version(found, numbers(rest).unwrap_or_default(), line.number);
        }
    }
    if line.has(SAID) {
        said(found, line);
    }
}

/// What programs and people say of it.
fn said(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    // `Python 3.12.9 (main, Feb 12 2025)`, and `Python 3.10.15` alone, as `python --version` prints it.
    if let Some(rest) = text.trim_start().strip_prefix("Python 3.")
        && let Some(number) = numbers(rest)
        && rest
            .get(number.len()..)
            .is_some_and(|rest| rest.trim().is_empty() || rest.starts_with(" (") || rest.starts_with(" |"))
    {
        found.python(&format!("3.{number}"), line.number, Weight::Likely);
    }
    // `Python version               : 3.10.18 | packaged by conda-forge`, as vLLM and PyTorch print it.
    for rest in text.match_indices("Python version").filter_map(|(at, key)| text.get(at + key.len()..)) {
        let number = rest.trim_start().strip_prefix(':').and_then(|rest| numbers(rest.trim_start()));
        if let Some(number) = number.filter(|number| number.starts_with("3.")) {
            found.python(number, line.number, Weight::Certain);
        }
    }
    // `- **Python Version:** 3.11.9`, a row of a table, and what people write themselves: `python: 3.10.8`.
    for (key, weight) in
        [("Python Version", Weight::Certain), ("Python | ", Weight::Likely), ("python: ", Weight::Loose)]
    {
        for rest in text.match_indices(key).filter_map(|(at, _)| text.get(at + key.len()..)) {
            let rest = rest.trim_start_matches([':', '*', ' ', '\t']);
            if let Some(number) = numbers(rest).filter(|number| number.starts_with("3.")) {
                found.python(number, line.number, weight);
            }
        }
    }
}

/// `10` of `python3.10` or `cp310`.
fn minor_version(found: &mut Found, minor: &str, line: u32) {
    // No CUDA package is older than Python 3.4; a longer number is no minor version.
    if minor.len() <= 2
        && let Ok(minor @ 4..=40) = minor.parse::<u16>()
    {
        found.python_tag(minor, line);
    }
}
