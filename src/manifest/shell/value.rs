//! Variables of a shell, and what becomes of words that name them.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    Script, pattern,
    syntax::Reader,
    tree::{Change, Node, Piece, Word},
};
use crate::facts::Location;

/// Longer values are cut.
const MAX_VALUE: usize = 16 << 10;
/// All values together; those beyond are not known.
const MAX_VALUES: usize = 256 << 10;

/// The value of a variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Value {
    /// The value, or its parts if it is a list; as far as it is known.
    pub items: Vec<String>,
    /// What of it is not known: the name of a variable, or a command.
    pub unknown: Option<String>,
    /// Where it is written.
    pub at: Option<Location>,
}

impl Value {
    /// A value that is known.
    pub fn known(text: impl Into<String>, at: Option<Location>) -> Self {
        Self { items: vec![text.into()], unknown: None, at }
    }

    /// One that is not, and on what it hangs.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self { items: Vec::new(), unknown: Some(why.into()), at: None }
    }

    /// As one text.
    pub fn text(&self) -> String {
        self.items.join(" ")
    }
}

/// Variables, and what a person chose for some of them.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// Those that are set; a copy is made where one of two owners sets another.
    pub set: Rc<BTreeMap<String, Value>>,
    /// Those that a person chose: nothing that a script does changes them.
    pub chosen: BTreeMap<String, String>,
    /// How much the values are together, about.
    size: usize,
}

impl Variables {
    /// These, and what a person chose.
    pub fn new(set: BTreeMap<String, Value>, chosen: BTreeMap<String, String>) -> Self {
        Self { set: Rc::new(set), chosen, size: 0 }
    }

    /// None that are set; those that the way through a script and a person have chosen. Their names are there in capitals, too, for languages in
    /// which case does not count.
    pub fn chosen(way: &BTreeMap<String, String>, person: &BTreeMap<String, String>) -> Self {
        let mut chosen = BTreeMap::new();
        for (name, value) in way.iter().chain(person) {
            chosen.entry(name.to_ascii_uppercase()).or_insert_with(|| value.clone());
            chosen.insert(name.clone(), value.clone());
        }
        Self::new(BTreeMap::new(), chosen)
    }

    /// The value of a variable, if it has one.
    pub fn get(&self, name: &str) -> Option<Value> {
        match self.chosen.get(name) {
            Some(value) => Some(Value::known(value.clone(), self.set.get(name).and_then(|value| value.at.clone()))),
            None => self.set.get(name).cloned(),
        }
    }

    /// Sets one.
    pub fn put(&mut self, name: &str, mut value: Value) {
        self.remove(name);
        if self.size + length(name, &value) > MAX_VALUES {
            value = Value::unknown(name);
        }
        let size = self.size + length(name, &value);
        if size <= 2 * MAX_VALUES {
            self.size = size;
            Rc::make_mut(&mut self.set).insert(name.to_owned(), value);
        }
    }

    /// Takes one away.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        if !self.set.contains_key(name) {
            return None;
        }
        let value = Rc::make_mut(&mut self.set).remove(name)?;
        self.size = self.size.saturating_sub(length(name, &value));
        Some(value)
    }

    /// Sets these in place of all.
    pub fn replace(&mut self, set: BTreeMap<String, Value>) {
        self.size = set.iter().map(|(name, value)| length(name, value)).sum();
        self.set = Rc::new(set);
    }
}

/// How much a variable takes, about.
fn length(name: &str, value: &Value) -> usize {
    name.len() + value.items.iter().map(|item| item.len() + 24).sum::<usize>()
}

/// A word on its way to the fields that a program gets.
#[derive(Debug, Default)]
pub(super) struct Fields {
    done: Vec<Field>,
    open: Option<Field>,
}

/// One field.
#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    pub text: String,
    pub unknown: Option<String>,
}

impl Fields {
    fn push(&mut self, text: &str) {
        let open = self.open.get_or_insert_default();
        if open.text.len() + text.len() <= MAX_VALUE {
            open.text.push_str(text);
        }
    }

    fn doubt(&mut self, why: &str) {
        self.open.get_or_insert_default().unknown.get_or_insert_with(|| why.to_owned());
    }

    fn end(&mut self) {
        self.done.extend(self.open.take());
    }

    /// A value: outside of quotes it is parted at spaces.
    fn value(&mut self, value: &Value, quoted: bool, list: bool) {
        for (number, item) in value.items.iter().enumerate() {
            if number > 0 {
                match list || !quoted {
                    true => self.end(),
                    false => self.push(" "),
                }
            }
            if quoted {
                self.push(item);
                continue;
            }
            for (number, part) in item.split([' ', '\t', '\n']).enumerate() {
                if number > 0 {
                    self.end();
                }
                if !part.is_empty() {
                    self.push(part);
                }
            }
        }
        if let Some(why) = &value.unknown {
            self.doubt(why);
        }
    }
}

/// What fills in words.
pub(super) trait Fill {
    /// The variables.
    fn variables(&mut self) -> &mut Variables;

    /// The output of commands; `text` is how they are written.
    fn output(&mut self, body: &Node, text: &str) -> Value;

    /// The fields that a word becomes.
    fn fields(&mut self, word: &Word) -> Vec<Field>
    where
        Self: Sized,
    {
        let mut fields = Fields::default();
        let alone = word.pieces.len() == 1;
        for piece in &word.pieces {
            match piece {
                Piece::Text { text, .. } => fields.push(text),
                Piece::Opaque(text) => fields.doubt(text),
                Piece::Output { body, text, quoted } => {
                    let value = self.output(body, text);
                    fields.value(&value, *quoted, false);
                }
                Piece::Variable { name, change, quoted } => {
                    let list = matches!(change, Some(Change::All)) || name == "@";
                    match changed(self, name, change.as_ref()) {
                        Some(value) => fields.value(&value, *quoted, list),
                        // Nothing sets it: alone it is nothing, as in `pip install $OPTIONS torch`.
                        None if alone && (!quoted || list) => {}
                        None if alone => fields.push(""),
                        None => fields.doubt(name),
                    }
                }
            }
        }
        fields.end();
        fields.done
    }

    /// The one value that a word becomes where it is not parted: in an assignment, in a test. A variable that nothing sets is empty.
    fn single(&mut self, word: &Word) -> Value
    where
        Self: Sized,
    {
        let (mut text, mut unknown, mut at) = (String::new(), None, None);
        for piece in &word.pieces {
            let value = match piece {
                Piece::Text { text: more, .. } => Value::known(more.clone(), None),
                Piece::Opaque(text) => Value::unknown(text.clone()),
                Piece::Output { body, text, .. } => self.output(body, text),
                Piece::Variable { name, change, .. } => changed(self, name, change.as_ref()).unwrap_or_default(),
            };
            if text.len() < MAX_VALUE {
                text.push_str(&value.text());
            }
            unknown = unknown.or(value.unknown);
            // A value that is another one's has its place.
            at = at.or(value.at);
        }
        Value { items: vec![text], unknown, at }
    }
}

/// A variable after what is done with it.
fn changed(fill: &mut impl Fill, name: &str, change: Option<&Change>) -> Option<Value> {
    let value = fill.variables().get(name);
    let Some(change) = change else { return value };
    let empty = |colon: bool, value: &Option<Value>| match value {
        Some(value) => colon && value.unknown.is_none() && value.text().is_empty(),
        None => true,
    };
    match change {
        Change::Default(colon, word) if empty(*colon, &value) => return Some(fill.single(word)),
        Change::Assign(colon, word) if empty(*colon, &value) => {
            let value = fill.single(word);
            fill.variables().put(name, value.clone());
            return Some(value);
        }
        Change::Instead(colon, word) => {
            return match empty(*colon, &value) {
                true => Some(Value::known("", None)),
                false => match value.and_then(|value| value.unknown) {
                    Some(why) => Some(Value::unknown(why)),
                    None => Some(fill.single(word)),
                },
            };
        }
        _ => {}
    }
    let mut value = value?;
    // What is not understood makes the value unknown.
    let mut each = |with: &dyn Fn(&str) -> Option<String>| {
        for item in &mut value.items {
            match with(item) {
                Some(changed) => *item = changed,
                None => _ = value.unknown.get_or_insert_with(|| format!("the changed value of {name}")),
            }
        }
    };
    match change {
        Change::Default(..) | Change::Assign(..) | Change::Instead(..) | Change::All => {}
        Change::Beginning(long, word) => {
            let pattern = fill.single(word).text();
            each(&|item| pattern::without_beginning(item, &pattern, *long).map(str::to_owned));
        }
        Change::End(long, word) => {
            let pattern = fill.single(word).text();
            each(&|item| pattern::without_end(item, &pattern, *long).map(str::to_owned));
        }
        Change::Replace(all, from, to) => {
            let (from, to) = (fill.single(from).text(), fill.single(to).text());
            each(&|item| pattern::replaced(item, &from, &to, *all));
        }
        Change::Part(from, length) => each(&|item| Some(part(item, *from, *length))),
        Change::Case(upper) => each(&|item| Some(if *upper { item.to_uppercase() } else { item.to_lowercase() })),
        Change::Length => {
            let length = value.text().chars().count();
            return Some(Value { items: vec![length.to_string()], ..value });
        }
        Change::One(index) => {
            let one = value.items.get(*index).cloned().unwrap_or_default();
            return Some(Value { items: vec![one], ..value });
        }
    }
    Some(value)
}

fn part(text: &str, from: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = text.chars().collect();
    let all = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let place = |number: i64| if number < 0 { all.saturating_add(number).max(0) } else { number.min(all) };
    let start = place(from);
    let end =
        length.map_or(all, |length| if length < 0 { place(length) } else { start.saturating_add(length).min(all) });
    let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    chars.get(start..end.max(start)).unwrap_or_default().iter().collect()
}

/// Fills in nothing but variables: ENV of Dockerfiles, files of Compose. A variable that nothing sets is empty, and so is the output of commands
/// unknown.
pub struct Plain<'v>(pub &'v mut Variables);

impl Fill for Plain<'_> {
    fn variables(&mut self) -> &mut Variables {
        self.0
    }

    fn output(&mut self, _: &Node, text: &str) -> Value {
        Value::unknown(format!("$({text})"))
    }
}

impl Plain<'_> {
    /// The value of a text.
    pub fn value(&mut self, text: &str) -> Value {
        self.single(&Word::of_value(text))
    }

    /// Names with their values, `NAME=value OTHER="a b"`, as ENV and ARG have them. A name without a sign has none. Each value has its place.
    pub fn pairs(&mut self, script: &Script) -> Vec<(String, Option<Value>, Location)> {
        let mut reader = Reader::new(&script.text);
        let mut pairs = Vec::new();
        loop {
            let before = reader.at;
            reader.blanks();
            let Some(word) = reader.word() else {
                // What is no word is passed over.
                let Some(c) = reader.rest().chars().next() else { return pairs };
                reader.at = before.max(reader.at) + c.len_utf8();
                continue;
            };
            let at = script.at(word.start);
            let Some((name, value)) = word.split_at('=') else {
                pairs.push((word.unquoted(), None, at));
                continue;
            };
            let mut value = self.single(&value);
            value.at.get_or_insert_with(|| at.clone());
            pairs.push((name, Some(value), at));
        }
    }

    /// The first variable in a text that nothing sets.
    pub fn unset(&mut self, text: &str) -> Option<String> {
        let word = Word::of_value(text);
        let mut names = word.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { name, change: None, .. } => Some(name),
            _ => None,
        });
        names.find(|name| self.0.get(name).is_none()).cloned()
    }
}
