//! Saved facts with other text in every place that takes any.

use gpucheck::facts::Facts;
use serde_json::Value;

/// Facts as JSON, and where they hold text that may be anything.
pub struct Saved {
    value: Value,
    free: Vec<String>,
}

impl Saved {
    /// The facts of a report.
    pub fn of_report(report: &str) -> Self {
        let report: Value = serde_json::from_str(report).expect("a report is JSON");
        let value = report["facts"].clone();
        let mut leaves = Vec::new();
        find(&value, String::new(), &mut leaves);
        // What becomes facts with this text in its place takes any text.
        let takes = |path: &String| {
            let mut changed = value.clone();
            changed.pointer_mut(path).map(|leaf| *leaf = Value::from("\u{1}; any\n")).is_some()
                && serde_json::from_value::<Facts>(changed).is_ok()
        };
        let free = leaves.into_iter().filter(takes).collect();
        Self { value, free }
    }

    /// The facts with each such text changed; `change` is given its number.
    pub fn with(&self, change: impl Fn(usize, &str) -> String) -> Facts {
        let mut value = self.value.clone();
        for (number, path) in self.free.iter().enumerate() {
            if let Some(leaf) = value.pointer_mut(path) {
                *leaf = Value::String(change(number, leaf.as_str().unwrap_or_default()));
            }
        }
        serde_json::from_value(value).expect("each of them takes any text")
    }
}

fn find(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::String(_) if !path.ends_with("/state") && !path.ends_with("/how") => found.push(path),
        // The first few of a kind stand for all.
        Value::Array(list) => {
            list.iter().take(4).enumerate().for_each(|(index, value)| find(value, format!("{path}/{index}"), found));
        }
        Value::Object(map) => map.iter().for_each(|(key, value)| find(value, format!("{path}/{key}"), found)),
        _ => {}
    }
}
