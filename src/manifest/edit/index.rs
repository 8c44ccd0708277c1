//! The index that a request comes from, where the text names one: another variant in the last part of PyTorch's addresses.

use std::ops::Range;

use super::site::line;

/// Addresses of a text beyond these many are not looked at.
const MOST: usize = 1000;

/// An address of PyTorch's index, or of a mirror of it, in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The address.
    pub range: Range<usize>,
    /// The part of it that names the variant: `cu124`.
    pub variant: Range<usize>,
}

/// The variant that an index is of: `cu128` of `https://download.pytorch.org/whl/cu128`, with the folder of nightly builds.
pub(super) fn variant(url: &str) -> Option<&str> {
    let url = url.trim_end_matches('/');
    url.get(of_variant(url, &(0..url.len()))?)
}

/// The addresses in a part of a text that are of one variant, comments left out.
pub(super) fn addresses(text: &str, within: Range<usize>) -> Vec<Address> {
    let mut found = Vec::new();
    let mut looked = 0;
    let mut from = within.start;
    while let Some(at) = text.get(from..within.end).and_then(|rest| rest.find("://")).map(|at| from + at) {
        from = at + 3;
        let is_end = |c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ')' | ']' | '}' | ';' | '<' | '>' | '|')
        };
        let mut end = from;
        let mut braces = 0_usize;
        for c in text.get(from..within.end).unwrap_or_default().chars() {
            match c {
                '{' => braces += 1,
                '}' if braces > 0 => braces -= 1,
                // What computes a value may have spaces: `${{ inputs.cuda }}`.
                c if is_end(c) && (braces == 0 || matches!(c, '\n' | '\r')) => break,
                _ => {}
            }
            end += c.len_utf8();
        }
        let scheme = text
            .get(within.start..at)
            .map_or(0, |before| before.len() - before.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
        let range = at - scheme..end;
        let own = line(text, at);
        let comment =
            text.get(own.start..at).is_some_and(|before| before.trim_start().starts_with('#') || before.contains(" #"));
        looked += 1;
        if looked > MOST {
            break;
        }
        if let Some(variant) = of_variant(text, &range).filter(|_| !comment) {
            found.push(Address { range, variant });
        }
        from = end.max(from);
    }
    found
}

/// An address with the inside of what computes a value made plain: `${CUDA//./}` has no folders.
fn masked(url: &str) -> String {
    let mut depth = 0_usize;
    let plain = |c: char| {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            c if depth > 0 => return "_".repeat(c.len_utf8()),
            _ => {}
        }
        c.to_string()
    };
    url.chars().map(plain).collect()
}

/// The part of an address of PyTorch's that names a variant.
fn of_variant(text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let url = &masked(text.get(range.clone())?);
    let path = url.split(['?', '#']).next()?.trim_end_matches('/');
    let (before, last) = path.rsplit_once('/')?;
    let parent = before.rsplit('/').next()?;
    let digits = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '{' | '%'));
    let named = last.starts_with(['$', '{', '%'])
        || ["cu", "rocm"].iter().any(|start| last.strip_prefix(start).is_some_and(digits))
        || matches!(last, "cpu" | "xpu");
    let of_torch = matches!(parent, "whl" | "pytorch-wheels" | "test" | "nightly");
    // Builds of a day are in a folder of their own.
    let folder = if parent == "nightly" { parent.len() + 1 } else { 0 };
    let start = range.start + before.len() + 1;
    (named && of_torch).then(|| start - folder..start + last.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_variants_are_found() {
        let text = "--index-url https://download.pytorch.org/whl/cu124 # https://download.pytorch.org/whl/cu118\n\
                    -i \"https://m.example/pytorch-wheels/cu${C}/\" -i https://download.pytorch.org/whl/cu${{ inputs.cu }} -r a https://x.example/simple https://download.pytorch.org/whl";
        let found = addresses(text, 0..text.len());
        let variants: Vec<_> = found.iter().filter_map(|one| text.get(one.variant.clone())).collect();
        assert_eq!(variants, ["cu124", "cu${C}", "cu${{ inputs.cu }}"]);
        let first = found.first().and_then(|one| text.get(one.range.clone()));
        assert_eq!(first, Some("https://download.pytorch.org/whl/cu124"));
        assert_eq!(variant("https://download.pytorch.org/whl/cu128"), Some("cu128"));
        assert_eq!(variant("https://download.pytorch.org/whl/nightly/cu130"), Some("nightly/cu130"));
    }
}
