//! TOML text into types, by way of JSON: the rows embedded in the program are JSON, so that the deserialisers of every type are
//! there already, and TOML's own would weigh as much again. A fault is told at its place in the TOML.

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Problem;

/// Reads a document.
///
/// # Errors
/// The first fault: text that is no TOML, or a value that the type does not take.
pub fn from_toml<T: DeserializeOwned>(shown: &str, text: &str) -> Result<T, Problem> {
    let root = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Problem::at(shown, text, offset, error.message())
    })?;
    let mut json = Json::default();
    json.table(root.get_ref());
    if let Some(offset) = json.day {
        return Err(Problem::at(shown, text, offset, "dates are strings here: put it in quotes"));
    }
    serde_json::from_str(&json.text).map_err(|error| {
        // Everything is on one line: the column is how many bytes were read.
        let told = error.to_string();
        let message = told.rsplit_once(" at line ").map_or(told.as_str(), |(message, _)| message);
        Problem::at(shown, text, json.place(error.column()), message)
    })
}

/// JSON as it is written, and where in the TOML each piece of it came from.
#[derive(Default)]
struct Json {
    text: String,
    /// How long the text was after a key, a value or a list, and the offset of that in the TOML; in the order of the text.
    places: Vec<(usize, usize)>,
    /// The offset of a date that is not in quotes, which JSON cannot hold.
    day: Option<usize>,
}

impl Json {
    fn table(&mut self, table: &DeTable<'_>) {
        self.text.push('{');
        for (index, (key, value)) in table.iter().enumerate() {
            self.comma(index);
            self.string(key.get_ref());
            self.ends(key.span().start);
            self.text.push(':');
            self.value(value);
        }
        self.text.push('}');
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::String(text) => self.string(text),
            DeValue::Boolean(yes) => self.text += if *yes { "true" } else { "false" },
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => self.text += &number.to_string(),
                // Larger than any type here takes: the fault is told by it.
                Err(_) => self.string(number.as_str()),
            },
            DeValue::Float(number) => {
                match number.as_str().parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
                    Some(number) => self.text += &number.to_string(),
                    // Infinite, or no number: JSON has neither.
                    None => self.string(number.as_str()),
                }
            }
            DeValue::Datetime(_) => {
                self.day = self.day.or(Some(value.span().start));
                self.text += "null";
            }
            DeValue::Array(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.comma(index);
                    self.value(item);
                }
                self.text.push(']');
            }
            DeValue::Table(fields) => self.table(fields),
        }
        self.ends(value.span().start);
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.text.push(',');
        }
    }

    fn string(&mut self, text: &str) {
        self.text += &serde_json::Value::from(text).to_string();
    }

    fn ends(&mut self, offset: usize) {
        self.places.push((self.text.len(), offset));
    }

    /// The offset in the TOML of what ends at or behind this many bytes of the JSON, the innermost of what ends together.
    fn place(&self, read: usize) -> usize {
        let at = self.places.partition_point(|(end, _)| *end < read);
        self.places.get(at).map_or(0, |(_, offset)| *offset)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        name: String,
        #[serde(default)]
        counts: BTreeMap<String, i64>,
        share: Option<f64>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        row: Vec<Row>,
    }

    #[test]
    fn what_is_read_is_what_toml_says() {
        let text =
            "[[row]]\nname = \"\"\"a \\\"b\\\" \u{e9}\n\"\"\"\nshare = 0.5\n[row.counts]\n\"x y\" = 0x1F\nz = -1_000\n";
        assert_eq!(from_toml::<File>("f", text).unwrap(), toml::from_str(text).unwrap());
    }

    #[test]
    fn a_fault_is_told_at_its_place() {
        for (text, place, message) in [
            ("[[row]]\nname = 3\n", "f:2:8", "invalid type: integer `3`, expected a string"),
            ("[[row]]\nname = \"a\"\n\n  nane = 3\n", "f:4:3", "unknown field `nane`"),
            ("[[row]]\nname = \"a\"\ncounts = { \"\u{e9}\" = 1, b = \"x\" }\n", "f:3:25", "invalid type: string \"x\""),
            ("[[row]]\nname = \"a\"\n\n[[row]]\nshare = 1.0\n", "f:4:1", "missing field `name`"),
            ("[[row]]\nname = \"a\"\ncounts.x = 99999999999999999999\n", "f:3:12", "invalid type: string"),
            ("[[row]]\nname = 2026-11-29\n", "f:2:8", "dates are strings here"),
            ("[[row]]\nname = \"a\"\nshare = inf\n", "f:3:9", "invalid type: string \"inf\""),
            ("[[row]]\nname = \n", "f:2:", ""),
        ] {
            let problem = from_toml::<File>("f", text).unwrap_err().to_string();
            assert!(problem.starts_with(place) && problem.contains(message), "{text}: {problem}");
        }
    }
}
