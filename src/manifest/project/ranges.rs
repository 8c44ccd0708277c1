//! Poetry's version constraints as PEP 440's specifiers: `^2.3.1` is `>=2.3.1,<3`.
//! Syntax: <https://python-poetry.org/docs/dependency-specification/>.

/// More alternatives than anyone writes.
const MAX_ALTERNATIVES: usize = 32;

/// The specifiers of a constraint; empty for any version. Of alternatives (`^1 || ^3`) the range from the first to the last.
pub(super) fn specifiers(constraint: &str) -> String {
    let alternatives: Vec<Vec<String>> =
        constraint.split('|').map(str::trim).filter(|part| !part.is_empty()).take(MAX_ALTERNATIVES).map(all).collect();
    match alternatives.as_slice() {
        [] => String::new(),
        [one] => one.join(","),
        // A specifier is a conjunction: what lies between two alternatives cannot be left out.
        [first, .., last] => {
            let low = first.iter().find(|part| part.starts_with('>'));
            let high = last.iter().find(|part| part.starts_with('<'));
            [low, high].into_iter().flatten().cloned().collect::<Vec<_>>().join(",")
        }
    }
}

/// The parts of a conjunction, which commas or blanks separate.
fn all(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut pending = String::new();
    for word in text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty()) {
        // `>= 2.1` is written with a blank, too.
        let is_operator = word.bytes().all(|byte| matches!(byte, b'<' | b'>' | b'=' | b'!' | b'~' | b'^'));
        pending.push_str(word);
        if !is_operator {
            parts.extend(one(&pending));
            pending.clear();
        }
    }
    parts
}

fn one(part: &str) -> Vec<String> {
    let compatible = part.starts_with("~=");
    if let Some(version) = part.strip_prefix('^') {
        return between(version, caret(version));
    }
    if let Some(version) = part.strip_prefix('~').filter(|_| !compatible) {
        return between(version, tilde(version));
    }
    match part {
        "*" | "==*" => Vec::new(),
        _ if part.starts_with(['<', '>', '!', '~']) || part.starts_with("==") => vec![part.to_owned()],
        _ => vec![format!("=={}", part.trim_start_matches('='))],
    }
}

fn between(version: &str, below: Option<String>) -> Vec<String> {
    let version = version.trim_start_matches('=').trim_end_matches(".*");
    std::iter::once(format!(">={version}")).chain(below.map(|below| format!("<{below}"))).collect()
}

/// The numbers of a release: those of `2.3.1rc1` are 2, 3, 1.
fn numbers(version: &str) -> Vec<u64> {
    let number = |part: &str| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        part.get(..digits)?.parse::<u64>().ok()
    };
    version.split('.').map_while(number).take(8).collect()
}

/// The first version that `^` leaves out: the leftmost number that is not zero counts up.
fn caret(version: &str) -> Option<String> {
    let numbers = numbers(version);
    let at = numbers.iter().position(|number| *number > 0).or(numbers.len().checked_sub(1))?;
    up(&numbers, at)
}

/// The first version that `~` leaves out: the second number counts up, or the only one.
fn tilde(version: &str) -> Option<String> {
    let numbers = numbers(version);
    up(&numbers, 1.min(numbers.len().checked_sub(1)?))
}

fn up(numbers: &[u64], at: usize) -> Option<String> {
    let kept = numbers.get(..at)?.iter().copied();
    let next = numbers.get(at)?.checked_add(1)?;
    Some(kept.chain([next]).map(|number| number.to_string()).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::satisfies;

    #[test]
    fn constraints_are_ranges() {
        for (constraint, wanted) in [
            ("^2.3.1", ">=2.3.1,<3"),
            ("^0.111.0", ">=0.111.0,<0.112"),
            ("^0.0.3", ">=0.0.3,<0.0.4"),
            ("^0.0", ">=0.0,<0.1"),
            ("^0", ">=0,<1"),
            ("~2.3.1", ">=2.3.1,<2.4"),
            ("~2", ">=2,<3"),
            ("~=2.3", "~=2.3"),
            ("2.3.1", "==2.3.1"),
            ("=2.3.1", "==2.3.1"),
            ("2.7.1+cu128", "==2.7.1+cu128"),
            ("2.*", "==2.*"),
            ("*", ""),
            ("", ""),
            (">=2.0,<3.0", ">=2.0,<3.0"),
            (">= 2.0, < 3.0", ">=2.0,<3.0"),
            (">=2.0 <3.0 !=2.5", ">=2.0,<3.0,!=2.5"),
            ("^1.13 || ^2.0", ">=1.13,<3"),
            ("^", ""),
        ] {
            assert_eq!(specifiers(constraint), wanted, "{constraint}");
        }
        assert_eq!(satisfies(&specifiers("^2.3.1"), "2.15.0"), Some(true));
        assert_eq!(satisfies(&specifiers("^2.3.1"), "3.0.0"), Some(false));
    }
}
