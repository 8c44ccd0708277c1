//! YAML as a tree with places. Environments of conda, workflows and compose files are written in it. What a hostile file can cost is bounded:
//! how deep it nests, how many nodes it has once its aliases are followed, and nothing is read recursively.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::{Text, text::MAX_TREE};
use crate::facts::Location;

/// Deeper than anybody writes, and shallow enough for whoever walks the tree.
const MAX_DEPTH: usize = 64;
/// A lock file of a large project has half a million.
const MAX_NODES: usize = 2_000_000;

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Line, from one.
    line: u32,
    /// Column in characters, from one.
    column: u32,
    /// What it is.
    pub value: Value,
}

/// What a part of a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A word or a text: its content, and how that is written.
    Scalar(String, Style),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the order of the file, merged ones (`<<`) last. No key is there twice.
    Map(Vec<(Node, Node)>),
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: it may mean a number, a truth value, or nothing.
    Plain,
    /// In quotes: it is a text whatever it looks like.
    Quoted,
    /// Below a `|` or `>`.
    Block,
}

/// Why a file is no YAML document that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// Where it is not.
    pub at: Location,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.at.line, self.what)
    }
}

impl std::error::Error for YamlError {}

impl Node {
    /// Another text in its place.
    pub fn with_text(&self, text: &str) -> Self {
        Self { value: Value::Scalar(text.to_owned(), Style::Quoted), ..*self }
    }

    /// Where it begins; of a block (`|`) that is its first line, not its sign.
    pub fn at(&self, text: &Text) -> Location {
        text.location(self.line, self.column)
    }

    /// Its text, where it is one; nothing for an empty value (`key:`, `~`, `null`).
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, Style::Plain) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL") => None,
            Value::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// Its entries, where it is a list; of anything else none.
    pub fn list(&self) -> &[Node] {
        match &self.value {
            Value::List(nodes) => nodes,
            _ => &[],
        }
    }

    /// Its keys and values, where it is a map; of anything else none.
    pub fn map(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// What a map has under a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.map().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// Where each of the lines of a text stands in the file, whatever its style.
    pub fn written(&self, text: &Text) -> Written {
        let mut written = Written { first: self.at(text), lines: Vec::new() };
        let Value::Scalar(content, style) = &self.value else { return written };
        let quotes = |part: &str| *style == Style::Quoted && part.len() == 1 && "\"'".contains(part);
        let (mut from, mut number, mut skipped) = (0, self.line, self.column.saturating_sub(1));
        // The lines of the file stand in the text in their order, with spaces or line ends between. A line that stands there otherwise (with
        // an escape in it) and those after it belong to the line before.
        while let Some(line) = text.line(number) {
            let rest = content.get(from..).unwrap_or_default();
            let begun = rest.trim_start();
            let start = line.char_indices().nth(skipped as usize).map_or(line.len(), |(at, _)| at);
            let mut bare = line.get(start..).unwrap_or_default().trim();
            if let Some((_, inner)) = bare.split_at_checked(1).filter(|(sign, _)| skipped > 0 && quotes(sign)) {
                bare = inner;
            }
            if let Some((inner, _)) =
                bare.split_at_checked(bare.len().saturating_sub(1)).filter(|(_, sign)| quotes(sign))
            {
                bare = inner;
            }
            if begun.is_empty() || !begun.starts_with(bare) {
                break;
            }
            if !bare.is_empty() {
                from += rest.len() - begun.len();
                written.lines.push((from, text.place(bare)));
                from += bare.len();
            }
            (number, skipped) = (number.saturating_add(1), 0);
        }
        written
    }
}

/// Where the lines of a text are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    first: Location,
    /// Offsets in the text, ascending, each with the place of what begins there.
    lines: Vec<(usize, Location)>,
}

impl Written {
    /// The place of a byte of the text; its column is that of the line's beginning where the line was folded.
    pub fn at(&self, offset: usize) -> Location {
        match self.lines.partition_point(|(start, _)| *start <= offset).checked_sub(1) {
            Some(line) => self.lines.get(line).map_or(&self.first, |(_, at)| at).clone(),
            None => self.first.clone(),
        }
    }
}

/// Reads a document.
///
/// # Errors
/// For what is no YAML, has a key twice or a second document, or is larger than the limits.
pub fn read(text: &Text) -> Result<Node, YamlError> {
    if text.text.len() > MAX_TREE {
        let what = format!("it is larger than the limit of {} MiB", MAX_TREE >> 20);
        return Err(YamlError { at: text.at(0), what });
    }
    let mut tree = Tree { text, open: Vec::new(), anchors: HashMap::new(), nodes: 0, document: None };
    for event in Parser::new_from_str(&text.text) {
        let (event, span) = event.map_err(|error| tree.error(error.marker(), error.info()))?;
        tree.take(event, &span.start)?;
    }
    tree.document.ok_or_else(|| YamlError { at: text.at(0), what: "nothing is in it".to_owned() })
}

/// A list or map that has not ended.
struct Open {
    node: Node,
    anchor: usize,
    size: Size,
    /// A key whose value has not come.
    key: Option<Node>,
}

/// How large a part of the tree is.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Its nodes, itself and those of aliases among them.
    nodes: usize,
    /// How many lists and maps are in each other.
    depth: usize,
}

/// The tree while it grows.
struct Tree<'t> {
    text: &'t Text,
    open: Vec<Open>,
    /// What anchors stand for.
    anchors: HashMap<usize, (Node, Size)>,
    nodes: usize,
    document: Option<Node>,
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, mark: &Marker) -> Result<(), YamlError> {
        let node = |value| Node { line: number(mark.line()), column: number(mark.col().saturating_add(1)), value };
        match event {
            Event::Scalar(content, style, anchor, _) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                let scalar = node(Value::Scalar(content.into_owned(), style));
                self.add(scalar, anchor, Size { nodes: 1, depth: 0 }, mark)
            }
            Event::SequenceStart(anchor, _) => self.begin(node(Value::List(Vec::new())), anchor, mark),
            Event::MappingStart(anchor, _) => self.begin(node(Value::Map(Vec::new())), anchor, mark),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(mut ended) = self.open.pop() else { return Ok(()) };
                if let Value::Map(entries) = &mut ended.node.value {
                    merge(entries);
                    if let Some(twice) = twice(entries) {
                        let what = format!("'{}' is there twice", twice.text().unwrap_or_default());
                        return Err(YamlError { at: twice.at(self.text), what });
                    }
                }
                ended.size.depth += 1;
                self.add(ended.node, ended.anchor, ended.size, mark)
            }
            Event::Alias(anchor) => {
                // Inside of what it names, an alias has nothing to stand for yet.
                let size = self.anchors.get(&anchor).map(|(_, size)| *size);
                let Some(size) = size else {
                    return Err(self.error(mark, "an alias to an anchor that does not exist, or to itself"));
                };
                self.count(size.nodes, mark)?;
                match self.anchors.get(&anchor).cloned() {
                    Some((meant, _)) => self.add(meant, 0, size, mark),
                    None => Ok(()),
                }
            }
            Event::DocumentStart(_) if self.document.is_some() => Err(self.error(mark, "a second document")),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn begin(&mut self, node: Node, anchor: usize, mark: &Marker) -> Result<(), YamlError> {
        self.open.push(Open { node, anchor, size: Size { nodes: 1, depth: 0 }, key: None });
        self.depth(0, mark)
    }

    /// Adds a part that is complete.
    fn add(&mut self, node: Node, anchor: usize, size: Size, mark: &Marker) -> Result<(), YamlError> {
        self.count(1, mark)?;
        self.depth(size.depth, mark)?;
        if anchor != 0 {
            self.count(size.nodes, mark)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(parent) = self.open.last_mut() else {
            self.document = Some(node);
            return Ok(());
        };
        parent.size.nodes = parent.size.nodes.saturating_add(size.nodes);
        parent.size.depth = parent.size.depth.max(size.depth);
        match (&mut parent.node.value, parent.key.take()) {
            (Value::List(nodes), _) => nodes.push(node),
            (Value::Map(entries), Some(key)) => entries.push((key, node)),
            (Value::Map(_), None) => parent.key = Some(node),
            (Value::Scalar(..), _) => {}
        }
        Ok(())
    }

    /// Counts nodes, copies for anchors and aliases too.
    fn count(&mut self, nodes: usize, mark: &Marker) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(self.error(mark, &format!("more than {MAX_NODES} values, counted again for every alias")));
        }
        Ok(())
    }

    /// Holds what is open, with so many more in it, to the limit.
    fn depth(&self, more: usize, mark: &Marker) -> Result<(), YamlError> {
        match self.open.len() + more > MAX_DEPTH {
            true => Err(self.error(mark, &format!("more than {MAX_DEPTH} lists and maps in each other"))),
            false => Ok(()),
        }
    }

    fn error(&self, mark: &Marker, what: &str) -> YamlError {
        YamlError {
            at: self.text.location(number(mark.line()), number(mark.col().saturating_add(1))),
            what: what.to_owned(),
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Puts what `<<` refers to into a map, below what it has itself.
fn merge(entries: &mut Vec<(Node, Node)>) {
    let is_merge = |key: &Node| matches!(&key.value, Value::Scalar(text, Style::Plain) if text == "<<");
    let (merged, mut own): (Vec<_>, Vec<_>) = std::mem::take(entries).into_iter().partition(|(key, _)| is_merge(key));
    if !merged.is_empty() {
        let mut known: HashSet<String> = own.iter().filter_map(|(key, _)| key.text().map(str::to_owned)).collect();
        let maps = merged.into_iter().flat_map(|(_, value)| match value.value {
            Value::List(maps) => maps,
            _ => vec![value],
        });
        for map in maps {
            let Value::Map(others) = map.value else { continue };
            own.extend(others.into_iter().filter(|(key, _)| key.text().is_none_or(|key| known.insert(key.to_owned()))));
        }
    }
    *entries = own;
}

/// A key that a map has a second time.
fn twice(entries: &[(Node, Node)]) -> Option<&Node> {
    let mut known = HashSet::new();
    entries.iter().map(|(key, _)| key).find(|key| key.text().is_some_and(|text| !known.insert(text)))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn text(content: &str) -> Text {
        Text::new("a.yml", "a.yml", content)
    }

    fn fails(content: &str) -> String {
        read(&text(content)).unwrap_err().to_string()
    }

    #[test]
    fn a_tree_has_its_places() {
        let text = text("name: x\ndependencies:\n- a=1\n- \"b\"  # why\n- pip:\n    - ü\n    - {c: [1, ~]}\nlast:\n");
        let tree = read(&text).unwrap();
        let list = tree.get("dependencies").unwrap().list();
        let at = |node: &Node| (node.at(&text).line, node.at(&text).column);
        assert_eq!((list[0].text(), at(&list[0])), (Some("a=1"), (3, 3)));
        assert_eq!((list[1].text(), at(&list[1])), (Some("b"), (4, 3)));
        let pip = list[2].get("pip").unwrap().list();
        assert_eq!((pip[0].text(), at(&pip[0])), (Some("ü"), (6, 7)));
        let inner = pip[1].get("c").unwrap().list();
        assert_eq!((inner[0].text(), inner[1].text(), at(&inner[0])), (Some("1"), None, (7, 12)));
        assert_eq!(tree.get("last").unwrap().text(), None);
        assert_eq!(tree.get("missing"), None);
    }

    #[test]
    fn lines_of_texts_are_found() {
        let content = "a: |2-\n\n  one \\\n    two\n\n  three\nb: >\n  folded\n  on\n\n  new\nc: plain\n  goes on\nd: 'q\n  r'\ne: \"x\\ty\n  z\"\n";
        let text = text(content);
        let tree = read(&text).unwrap();
        for (key, words) in [
            ("a", &[("one", 3, 3), ("two", 4, 5), ("three", 6, 3)][..]),
            ("b", &[("folded", 8, 3), ("on", 9, 3), ("new", 11, 3)]),
            ("c", &[("plain", 12, 4), ("goes", 13, 3)]),
            ("d", &[("q", 14, 5), ("r", 15, 3)]),
            ("e", &[("x", 16, 4), ("z", 16, 4)]),
        ] {
            let node = tree.get(key).unwrap();
            let written = node.written(&text);
            for (word, line, column) in words {
                let at = written.at(node.text().unwrap().find(word).unwrap());
                assert_eq!((at.line, at.column), (*line, *column), "{key}: {word}");
            }
        }
        let a = tree.get("a").unwrap();
        assert_eq!((a.text(), a.at(&text).line), (Some("\none \\\n  two\n\nthree"), 3));
    }

    #[test]
    fn aliases_stand_for_what_they_name() {
        let text = text("x: &x\n  a: 1\n  b: 2\ny:\n  <<: *x\n  b: 3\nz:\n  <<: [*x, {c: 4}]\n");
        let tree = read(&text).unwrap();
        let y = tree.get("y").unwrap();
        assert_eq!((y.get("a").unwrap().text(), y.get("b").unwrap().text(), y.map().len()), (Some("1"), Some("3"), 2));
        assert_eq!(y.get("a").unwrap().at(&text).line, 2, "where it is written");
        assert_eq!(tree.get("z").unwrap().get("c").unwrap().text(), Some("4"));
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        for (content, error) in [
            ("a: 1\nb: 2\na: 3\n", "line 3: 'a' is there twice"),
            ("a: 1\n---\nb: 2\n", "line 2: a second document"),
            ("a: *b\n", "line 1: "),
            ("a: &a [*a]\n", "line 1: an alias to an anchor that does not exist, or to itself"),
            ("a:\n\t- b\n", "line 2: "),
            ("a: [1\nb: 2\n", "line "),
            ("", "line 1: nothing is in it"),
            ("# nothing\n", "line 1: nothing is in it"),
        ] {
            assert!(fails(content).starts_with(error), "{content}: {}", fails(content));
        }
    }

    #[test]
    fn what_it_costs_is_bounded() {
        for many in [&"[".repeat(100_000), &"- ".repeat(100_000), &"? ".repeat(100_000), &"{a: ".repeat(50_000)] {
            fails(many);
        }
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        let mut deep = "a0: &a0 [x]\n".to_owned();
        for level in 1..100 {
            let before = level - 1;
            writeln!(bomb, "a{level}: &a{level} [{}]", vec![format!("*a{before}"); 10].join(", ")).unwrap();
            writeln!(deep, "a{level}: &a{level} [*a{before}]").unwrap();
        }
        assert!(fails(&bomb).contains("more than 2000000 values"), "{}", fails(&bomb));
        assert!(fails(&deep).contains("more than 64 lists"), "{}", fails(&deep));
    }

    #[test]
    fn nothing_that_is_cut_or_changed_panics() {
        let whole = "a: &x |2-\n  b\n\nc: >+\n  d\ne: ['f', \"g\\u00e9\", *x, {? h : i}]\n? - j\n: - k\n<<: {l: !m n}\n%o\n--- p\n...\n";
        for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            for sign in ["", "\t", ":", "\"", "- ", "]", "}", "\0", "\u{feff}", "|", "%", "\r"] {
                let changed = format!("{}{sign}{}", &whole[..end], &whole[end..]);
                for content in [&changed[..end + sign.len()], &changed] {
                    let text = text(content);
                    if let Ok(tree) = read(&text) {
                        tree.map().iter().for_each(|(_, value)| drop(value.written(&text)));
                    }
                }
            }
        }
    }
}
