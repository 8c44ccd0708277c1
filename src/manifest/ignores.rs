//! Comments in files that ask for findings to be passed over: `# gpucheck: ignore[slug, slug] reason`, at the end of a line or above it.

use memchr::memmem;

use super::Text;
use crate::{facts::Ignore, system::redact};

/// What such a comment begins with, behind the sign of a comment.
const BEGINS: &str = "gpucheck: ignore[";
/// Comments of one file beyond these many are not read.
const MOST: usize = 1000;
/// Longer reasons are cut.
const LONGEST: usize = 300;

/// The comments of a text, one for each slug.
pub(super) fn ignores(text: &Text) -> Vec<Ignore> {
    let mut found = Vec::new();
    for at in memmem::find_iter(text.text.as_bytes(), BEGINS).take(MOST) {
        let place = text.at(at);
        let Some(line) = text.line_of(&place) else { continue };
        let Some((before, rest)) = line.split_once(BEGINS) else { continue };
        let before = before.trim_end();
        let lower = before.to_ascii_lowercase();
        let comment =
            ["#", "//", "<!--", ";", "--", "::"].iter().any(|sign| before.ends_with(sign)) || lower.ends_with("rem");
        let Some((slugs, reason)) = rest.split_once(']').filter(|_| comment) else { continue };
        let reason = reason.trim().trim_end_matches("-->").trim_end();
        let reason: String = redact::urls(reason).chars().take(LONGEST).collect();
        for slug in slugs.split(',').map(str::trim).filter(|slug| !slug.is_empty()) {
            found.push(Ignore { rule: slug.to_owned(), reason: reason.clone(), at: place.clone() });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_many_kinds_are_read() {
        let text = "torch # gpucheck: ignore[a-b, c] no card here\n<!-- gpucheck: ignore[d] on purpose -->\n\
                    REM gpucheck: ignore[e]\nsay gpucheck: ignore[f] x\n# gpucheck: ignore[g\n";
        let found = ignores(&Text::new("a", "a", text));
        let said: Vec<_> = found.iter().map(|one| (one.rule.as_str(), one.reason.as_str(), one.at.line)).collect();
        assert_eq!(said, [("a-b", "no card here", 1), ("c", "no card here", 1), ("d", "on purpose", 2), ("e", "", 3)]);
    }
}
