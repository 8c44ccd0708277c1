//! A baseline as text: in the order of the paths, so that a change shows as what it is.

use std::fmt::Write as _;

use gpucheck_ground::Order as _;

use super::{Baseline, row::Row};
use crate::{
    facts::{CodeKind, CodeTarget},
    text,
};

impl Baseline {
    /// The file's text. `from`: the package that it was made of.
    pub fn text(&self, from: &str) -> String {
        let mut out = format!(
            "\
# Device code that each library of this package must contain: a baseline for `gpucheck scan PACKAGE --baseline FILE`.
# Written by gpucheck {} from {}.
# The check fails if a library or target is gone, or if a target is in a smaller share of a library's fatbins than here.
#
# path       `*` stands for any text within one path component; versions and hashes in file names are ignored
# fatbins    number of fatbins with SASS or PTX
# sass, ptx  number of fatbins that contain each target
# hidden     targets found outside the named sections
# lacks      targets of --require that the library omits by design: review each of them
# note       why; --update-baseline keeps notes, but no comments
",
            env!("CARGO_PKG_VERSION"),
            text::visible(from),
        );
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.order_by(|a, b| a.path.cmp(&b.path));
        for row in rows {
            let _ = write!(out, "\n[[library]]\npath = {}\n", string(&row.path));
            if let Some(note) = &row.note {
                let _ = writeln!(out, "note = {}", string(note));
            }
            if row.held.fatbins > 0 {
                let _ = writeln!(out, "fatbins = {}", row.held.fatbins);
            }
            for (key, kind) in [("sass", CodeKind::Sass), ("ptx", CodeKind::Ptx)] {
                let counts: Vec<String> = row
                    .held
                    .counts
                    .iter()
                    .filter(|(target, _)| target.kind == kind)
                    .map(|(target, count)| format!("{target} = {count}"))
                    .collect();
                if !counts.is_empty() {
                    let _ = writeln!(out, "{key} = {{ {} }}", counts.join(", "));
                }
            }
            for (key, list) in [("hidden", &row.held.hidden), ("lacks", &row.lacks)] {
                let list: Vec<String> = list.iter().map(|target: &CodeTarget| format!("\"{target}\"")).collect();
                if !list.is_empty() {
                    let _ = writeln!(out, "{key} = [{}]", list.join(", "));
                }
            }
        }
        out
    }
}

/// A TOML basic string.
fn string(value: &str) -> String {
    let mut out = String::from('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if text::is_hidden(c) => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORDS: [&str; 18] = [
        "[[library]]\n",
        "path = ",
        "\"a/*.so\"\n",
        "\"\\u202e\"\n",
        "fatbins = 3\n",
        "sass = { sm_80 = 3 }\n",
        "ptx = ",
        "{ compute_90 = 1 }\n",
        "hidden = [",
        "\"sm_90a\"",
        "]\n",
        "lacks = [\"sm_120\"]\n",
        "note = \"x\\ny\"\n",
        "{",
        "[",
        "-1",
        "\"",
        "\u{1b}",
    ];

    proptest! {
        #[test]
        fn anything_is_read_or_told(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..12), tail in any::<String>()) {
            for text in [words.concat(), words.concat() + &tail] {
                match Baseline::read("b.toml", &text) {
                    Ok(baseline) => {
                        let written = baseline.text(&tail);
                        prop_assert_eq!(Baseline::read("b.toml", &written).unwrap().text(&tail), written);
                    }
                    Err(error) => prop_assert!(!error.to_string().is_empty()),
                }
            }
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = r#"
            [[library]]
            path = "a \"b\"\\\n\u202e*.so"
            note = "two\nlines"
            fatbins = 3
            sass = { sm_80 = 3, sm_90a = 1 }
            ptx = { compute_90 = 2 }
            lacks = ["sm_120"]
            [[library]]
            path = "A"
            hidden = ["sm_75", "compute_75"]
        "#;
        let baseline = Baseline::read("b.toml", text).unwrap();
        let written = baseline.text("x 1.0\n[[library]]");
        let again = Baseline::read("b.toml", &written).unwrap();
        assert_eq!(again.rows.len(), 2);
        assert!(baseline.rows.iter().all(|row| again.rows.contains(row)), "{written}");
        assert_eq!(again.text("x 1.0\n[[library]]"), written);
        assert!(written.find("\"A\"") < written.find("\"a "), "{written}");
    }
}
