//! What a container image requires of the driver, as NVIDIA's runtime reads it before it starts a container.
//!
//! Source: src/cli/dsl.c of libnvidia-container (61bfaf38); internal/requirements of the container toolkit (d34b3046): alternatives are
//! separated by spaces, the conditions of one by commas.

use std::cmp::Ordering;

/// What is known of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequirementFacts<'a> {
    /// CUDA release of the driver, `12.4`.
    pub cuda: Option<&'a str>,
    /// Version of the driver, `550.163.01`.
    pub driver: Option<&'a str>,
}

/// Longer texts are not read: those of NVIDIA's images have some 2,000 characters.
const MAX_TEXT: usize = 16 << 10;

/// Whether a requirement (`cuda>=12.8 brand=tesla,driver>=535,driver<536 …`) is met; `None` where that hangs on what is not known, such as
/// the GPU's brand, or where the text is not such a requirement.
pub fn requirement_met(text: &str, facts: RequirementFacts<'_>) -> Option<bool> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let mut alternatives = text.split(' ').filter(|part| !part.is_empty()).peekable();
    // Nothing is required.
    alternatives.peek().is_none().then_some(true).or_else(|| any(alternatives.map(|part| all(part, facts))))
}

fn all(alternative: &str, facts: RequirementFacts<'_>) -> Option<bool> {
    let conditions = alternative.split(',').filter(|part| !part.is_empty());
    let negated = any(conditions.map(|condition| holds(condition, facts).map(|holds| !holds)));
    negated.map(|negated| !negated)
}

/// Whether one is true; unknown if that hangs on an unknown one.
fn any(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut sure = true;
    for value in values {
        match value {
            Some(true) => return Some(true),
            Some(false) => {}
            None => sure = false,
        }
    }
    sure.then_some(false)
}

fn holds(condition: &str, facts: RequirementFacts<'_>) -> Option<bool> {
    let start = condition.find(['<', '>', '=', '!'])?;
    let (name, rest) = condition.split_at(start);
    let value = rest.trim_start_matches(['<', '>', '=', '!']);
    let operator = rest.strip_suffix(value)?;
    let own = match name {
        "cuda" => facts.cuda?,
        "driver" => facts.driver?,
        // The brand and the architecture of the GPU: names of NVIDIA's own, which only its library tells.
        _ => return None,
    };
    let order = compare(own, value)?;
    Some(match operator {
        "=" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        _ => return None,
    })
}

/// Versions by their numbers; zeros at the end do not count.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let mut numbers = text.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        Some(numbers)
    };
    Some(numbers(one)?.cmp(&numbers(other)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &str = "cuda>=12.2 brand=tesla,driver>=470,driver<471 brand=unknown,driver>=525,driver<526";

    fn met(text: &str, cuda: &'static str, driver: &'static str) -> Option<bool> {
        let known = |text: &'static str| (!text.is_empty()).then_some(text);
        requirement_met(text, RequirementFacts { cuda: known(cuda), driver: known(driver) })
    }

    #[test]
    fn alternatives_and_conditions() {
        assert_eq!(met(IMAGE, "12.4", "550.163.01"), Some(true));
        assert_eq!(met(IMAGE, "12.1", "530.30.02"), Some(false));
        assert_eq!(met(IMAGE, "12.0", "525.60.13"), None, "hangs on the brand");
        assert_eq!(met("cuda>=12.8", "12.4", ""), Some(false));
        assert_eq!(met("cuda>=12.8", "13.0", ""), Some(true));
        assert_eq!(met("cuda>=12.8", "", "580.95.05"), None);
        assert_eq!(met("driver>=535,driver<536", "12.2", "535.104.05"), Some(true));
        assert_eq!(met("driver>=535,driver<536", "12.2", "550.1"), Some(false));
        assert_eq!(met("", "", ""), Some(true));
    }

    #[test]
    fn versions_compare_by_numbers() {
        assert_eq!(met("cuda=12.0", "12", ""), Some(true));
        assert_eq!(met("cuda!=12.10", "12.1", ""), Some(true));
        assert_eq!(met("cuda>9.2", "12.0", ""), Some(true));
        assert_eq!(met("cuda<=12.4", "12.4", ""), Some(true));
    }

    #[test]
    fn what_is_no_requirement_decides_nothing() {
        for text in ["cuda", "cuda>=", "cuda>=x", "cuda=>12", "compute>=7.0", ">=12", "cuda>=12.x,driver"] {
            assert_eq!(met(text, "12.4", "550.1"), None, "{text}");
        }
        assert_eq!(met(&"cuda>=99 ".repeat(10_000), "12.4", "550.1"), None);
    }
}
