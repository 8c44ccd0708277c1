//! Ranges of versions that rows of one table share out among themselves: `>=2.1,<2.2`, `>=2.6`, `<2.1`, `==2.7.1`. Rows of which exactly one
//! must apply use these, so that two that overlap are found; a specifier in general could not be compared.

/// From a version on, and up to another that is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    from: Vec<u64>,
    below: Option<Vec<u64>>,
}

impl Interval {
    /// Reads a range.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("'{text}' is not a range such as >=2.1,<2.2 or ==2.7.1");
        let (mut from, mut below) = (None, None);
        for part in text.split(',').map(str::trim) {
            if let Some(version) = part.strip_prefix(">=") {
                from = from.is_none().then(|| numbers(version)).flatten();
                from.as_ref().ok_or_else(bad)?;
            } else if let Some(version) = part.strip_prefix("==") {
                let mut next = numbers(version).filter(|_| from.is_none() && below.is_none()).ok_or_else(bad)?;
                from = Some(next.clone());
                next.push(0);
                below = Some(next);
            } else if let Some(version) = part.strip_prefix('<') {
                below = below.is_none().then(|| numbers(version)).flatten();
                below.as_ref().ok_or_else(bad)?;
            } else {
                return Err(bad());
            }
        }
        let range = Self { from: from.unwrap_or_default(), below };
        if range.below.as_ref().is_some_and(|below| *below <= range.from) {
            return Err(format!("the range '{text}' is empty"));
        }
        Ok(range)
    }

    /// Whether a version can be in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let ends_before = |a: &Self, b: &Self| a.below.as_ref().is_some_and(|below| *below <= b.from);
        !ends_before(self, other) && !ends_before(other, self)
    }
}

/// The numbers of a release, without zeros at its end: 2.7 and 2.7.0 are one.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let mut numbers: Vec<u64> = text.trim().split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_found() {
        let overlap = |a: &str, b: &str| Interval::parse(a).unwrap().overlaps(&Interval::parse(b).unwrap());
        assert!(!overlap(">=2.1,<2.2", ">=2.2,<2.3"));
        assert!(!overlap(">=2.3,<2.10", ">=2.10.0"));
        assert!(overlap(">=2.1,<2.2.1", ">=2.2,<2.3"));
        assert!(overlap(">=2.1", "==2.7.1") && overlap("<2.2", ">=1.0"));
        assert!(!overlap("==2.7.1", "==2.7.0") && overlap("==2.7", "==2.7.0"));
        assert!(!overlap("==2.7", "==2.7.1") && !overlap("==2.7.1", ">=2.7.2"));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "2.7", "~=2.7", ">=2.7,<2.7", ">=3,<2", ">=a", ">=2,>=3", "==2,<3", ">2", "<2,<3"] {
            assert!(Interval::parse(text).is_err(), "{text}");
        }
    }
}
