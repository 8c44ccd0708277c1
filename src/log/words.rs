//! Small parts of lines: keys with values, versions, lists.

use gpucheck_ground::Signs;
pub(super) use gpucheck_ground::find_word as find;

/// Whether a line is a frame of a traceback: of all lines the most frequent one, and one that has nothing but a path.
pub(super) fn is_frame(text: &str) -> bool {
    text.starts_with("File \"")
}

/// Whether a text begins with a word.
pub(super) fn starts(text: &str, word: &str) -> bool {
    text.as_bytes().get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a text has a word.
pub(super) fn has(text: &str, word: &str) -> bool {
    find(text, word).is_some()
}

/// What stands behind each place of a word.
pub(super) fn behind<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = &'t str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = find(rest, word)?;
        rest = rest.get(at + word.len()..)?;
        Some(rest)
    })
}

/// The value of a key: what stands behind it and behind signs between them.
pub(super) fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let at = find(text, key)?;
    Some(behind_signs(text.get(at + key.len()..)?, b" \t:=\"'|`"))
}

/// A text without these signs at its beginning.
fn behind_signs<'t>(text: &'t str, signs: &[u8]) -> &'t str {
    let skipped = text.bytes().take_while(|byte| signs.contains(byte)).count();
    text.get(skipped..).unwrap_or_default()
}

/// The beginning of a text, as long as it has such ASCII signs.
fn while_bytes(text: &str, is: impl Fn(u8) -> bool) -> &str {
    let length = text.bytes().take_while(|byte| is(*byte)).count();
    text.get(..length).unwrap_or_default()
}

/// The version that a text begins with: a digit, and a point somewhere in it.
pub(super) fn version(text: &str) -> Option<&str> {
    let text = behind_signs(text, b" :=\"'v(");
    let word = while_bytes(text, |byte| byte.is_ascii_alphanumeric() || b".+_!-".contains(&byte));
    let word = word.trim_end_matches(['.', '-', '_', '+']);
    let begins = word.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    (begins && word.len() <= 60).then_some(word)
}

/// Numbers and points that a text begins with: `580.95.05` of `580.95.05-0ubuntu1`.
pub(super) fn numbers(text: &str) -> Option<&str> {
    let text = behind_signs(text, b" \t:=\"'v(");
    let word = while_bytes(text, |byte| byte.is_ascii_digit() || byte == b'.').trim_end_matches('.');
    (!word.is_empty() && word.len() <= 24).then_some(word)
}

/// The words of a text, without the signs around them.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    static SIGNS: Signs = Signs::blanks_and(b",|()[]\"'`;");
    SIGNS.split(text).map(|word| word.trim_matches(['.', ':'])).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_versions_are_cut_out() {
        assert_eq!(value("| Driver Version: 570.1 |", "driver version").and_then(numbers), Some("570.1"));
        assert_eq!(value("torch: '2.7.1+cu128'", "torch").and_then(version), Some("2.7.1+cu128"));
        assert_eq!(version("is 2"), None);
        assert_eq!(numbers("580.95.05-0ubuntu"), Some("580.95.05"));
        assert_eq!(behind("a=1 A=2", "a=").collect::<Vec<_>>(), ["1 A=2", "2"]);
        assert_eq!(words("['sm_75', 'sm_80'].").collect::<Vec<_>>(), ["sm_75", "sm_80"]);
    }
}
