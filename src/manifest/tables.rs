//! Values of a TOML file, each with the byte at which it is written.

use gpucheck_ground::Order as _;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Text, text::MAX_TREE};
use crate::facts::Location;

/// A parsed file.
pub(super) struct Document<'t> {
    /// Its text.
    pub text: &'t Text,
    root: Spanned<DeTable<'t>>,
    /// What is wrong with it, and where, if something is.
    pub fault: Option<(String, Location)>,
}

/// A value of it.
#[derive(Clone, Copy)]
pub(super) struct Item<'d> {
    value: Value<'d>,
    /// Where it begins.
    start: usize,
}

#[derive(Clone, Copy)]
enum Value<'d> {
    Table(&'d DeTable<'d>),
    Other(&'d DeValue<'d>),
}

impl<'t> Document<'t> {
    /// Reads a file; of one that is no valid TOML whatever can be read.
    pub fn new(text: &'t Text) -> Self {
        let large = text.text.len() > MAX_TREE;
        let (root, errors) = DeTable::parse_recoverable(if large { "" } else { &text.text });
        if large {
            let what = format!("it is larger than the limit of {} MiB", MAX_TREE >> 20);
            return Self { text, root, fault: Some((what, text.at(0))) };
        }
        let fault = errors.first().map(|error| {
            let at = text.at(error.span().map_or(0, |span| span.start));
            (error.message().to_owned(), at)
        });
        Self { text, root, fault }
    }

    /// The table of all.
    pub fn root(&self) -> Item<'_> {
        Item { value: Value::Table(self.root.get_ref()), start: 0 }
    }

    /// Where a value is written.
    pub fn at(&self, item: Item<'_>) -> Location {
        self.text.at(item.start)
    }
}

impl<'d> Item<'d> {
    fn of(spanned: &'d Spanned<DeValue<'d>>) -> Self {
        let value = match spanned.get_ref() {
            DeValue::Table(table) => Value::Table(table),
            other => Value::Other(other),
        };
        Self { value, start: spanned.span().start }
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<Self> {
        match self.value {
            Value::Table(table) => table.get(key).map(Self::of),
            Value::Other(_) => None,
        }
    }

    /// The value behind several keys.
    pub fn path(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |item, key| item.get(key))
    }

    /// The text that it is.
    pub fn text(self) -> Option<&'d str> {
        match self.value {
            Value::Other(value) => value.as_str(),
            Value::Table(_) => None,
        }
    }

    /// The text of a key.
    pub fn text_of(self, key: &str) -> Option<&'d str> {
        self.get(key)?.text()
    }

    /// Whether a key is `true`.
    pub fn is_set(self, key: &str) -> bool {
        self.flag(key) == Some(true)
    }

    /// What a key is set to, where that is yes or no.
    pub fn flag(self, key: &str) -> Option<bool> {
        match self.get(key)?.value {
            Value::Other(value) => value.as_bool(),
            Value::Table(_) => None,
        }
    }

    /// Whether it is a table.
    pub fn is_table(self) -> bool {
        matches!(self.value, Value::Table(_))
    }

    /// The members of a list; none of anything else.
    pub fn items(self) -> impl Iterator<Item = Self> + use<'d> {
        let array = match self.value {
            Value::Other(value) => value.as_array(),
            Value::Table(_) => None,
        };
        array.into_iter().flat_map(|array| array.iter().map(Self::of))
    }

    /// The members of a list, or the one value that stands in its place.
    pub fn one_or_many(self) -> impl Iterator<Item = Self> + use<'d> {
        let is_list = matches!(self.value, Value::Other(DeValue::Array(_)));
        (!is_list).then_some(self).into_iter().chain(self.items())
    }

    /// The texts of a list, or the one that stands in its place.
    pub fn texts(self) -> impl Iterator<Item = &'d str> {
        self.one_or_many().filter_map(Self::text)
    }

    /// Keys and values in the order of the file; each value is said to be where its key is.
    pub fn entries(self) -> Vec<(&'d str, Self)> {
        let Value::Table(table) = self.value else { return Vec::new() };
        let mut entries: Vec<(&str, Self)> = table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), Self { start: key.span().start, ..Self::of(value) }))
            .collect();
        entries.order_by_key(|(_, item)| item.start);
        entries
    }

    /// The value of a key, said to be where the key is.
    pub fn entry(self, key: &str) -> Option<Self> {
        let Value::Table(table) = self.value else { return None };
        let (key, value) = table.get_key_value(key)?;
        Some(Self { start: key.span().start, ..Self::of(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_places() {
        let text = Text::new("a", "a", "[project]\ndependencies = [\n  'torch',\n  'x',\n]\n[tool]\nb = 1\na = true\n");
        let document = Document::new(&text);
        let list = document.root().path(&["project", "dependencies"]).unwrap();
        let places: Vec<_> =
            list.items().map(|item| (item.text().unwrap(), document.at(item).line, document.at(item).column)).collect();
        assert_eq!(places, [("torch", 3, 3), ("x", 4, 3)]);
        let tool = document.root().get("tool").unwrap();
        let keys: Vec<_> = tool.entries().into_iter().map(|(key, item)| (key, document.at(item).line)).collect();
        assert_eq!(keys, [("b", 7), ("a", 8)]);
        assert!(tool.is_set("a") && !tool.is_set("b") && tool.is_table());
        assert_eq!(
            document.at(document.root().get("project").and_then(|it| it.entry("dependencies")).unwrap()).line,
            2
        );
    }

    #[test]
    fn a_broken_file_is_read_as_far_as_it_goes() {
        let text = Text::new("a", "a", "[project]\nname = 'x'\nbroken = [\n");
        let document = Document::new(&text);
        assert_eq!(document.root().path(&["project", "name"]).and_then(Item::text), Some("x"));
        assert!(document.fault.is_some());
        let deep = Text::new("a", "a", format!("a = {}", "[".repeat(100_000)));
        assert!(Document::new(&deep).fault.is_some());
    }
}
