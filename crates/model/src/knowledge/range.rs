//! Ranges of numbers in words: `>=10.0,<13.0`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Bounds that a value must keep, all of them. Package versions have PEP 440 ranges instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range<T> {
    bounds: Vec<(Bound, T)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtLeast,
    AtMost,
    Below,
    Above,
    Equal,
}

/// How each bound is written, the longer spellings first.
const SPELLINGS: [(&str, Bound); 5] =
    [(">=", Bound::AtLeast), ("<=", Bound::AtMost), ("==", Bound::Equal), ("<", Bound::Below), (">", Bound::Above)];

impl<T: Ord> Range<T> {
    /// Whether a value keeps every bound.
    pub fn contains(&self, value: &T) -> bool {
        self.bounds.iter().all(|(bound, limit)| match bound {
            Bound::AtLeast => value >= limit,
            Bound::AtMost => value <= limit,
            Bound::Below => value < limit,
            Bound::Above => value > limit,
            Bound::Equal => value == limit,
        })
    }
}

impl<T: FromStr<Err: fmt::Display>> FromStr for Range<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bound = |part: &str| {
            let part = part.trim();
            let found = SPELLINGS.iter().find_map(|(spelling, bound)| Some((*bound, part.strip_prefix(spelling)?)));
            let (bound, limit) = found.ok_or_else(|| format!("'{part}' is not a bound such as >=10.0"))?;
            Ok((bound, limit.trim().parse().map_err(|error: T::Err| error.to_string())?))
        };
        Ok(Self { bounds: text.split(',').map(bound).collect::<Result<_, String>>()? })
    }
}

impl<T: fmt::Display> fmt::Display for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (bound, limit)) in self.bounds.iter().enumerate() {
            let spelling = SPELLINGS.iter().find(|(_, other)| other == bound).map_or("", |(spelling, _)| spelling);
            write!(f, "{}{spelling}{limit}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl<T: fmt::Display> Serialize for Range<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Range<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

// In the schema of the knowledge files it is a text of this shape.
#[cfg(test)]
impl<T> schemars::JsonSchema for Range<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Range".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        const BOUND: &str = r"\s*(>=|<=|==|<|>)\s*[0-9][0-9.]*\s*";
        schemars::json_schema!({ "type": "string", "pattern": format!("^{BOUND}(,{BOUND})*$") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{ComputeCapability, DriverVersion};

    #[test]
    fn bounds_are_kept_and_read_back() {
        let range: Range<ComputeCapability> = ">=10.0, <12.1".parse().unwrap();
        let inside = |text: &str| range.contains(&text.parse().unwrap());
        assert_eq!(["9.0", "10.0", "12.0", "12.1"].map(inside), [false, true, true, false]);
        assert_eq!(range.to_string(), ">=10.0,<12.1");
        let range: Range<DriverVersion> = "<570".parse().unwrap();
        assert!(range.contains(&"560.35.03".parse().unwrap()) && !range.contains(&"570.86.10".parse().unwrap()));
        for text in ["", "10.0", ">=", ">=10", "~=10.0", ">=10.0,"] {
            assert!(text.parse::<Range<ComputeCapability>>().is_err(), "{text}");
        }
    }
}
