//! Expressions of workflows: `${{ inputs.cuda }}`, `matrix.os == 'windows-latest'`. What nobody knows before a run is unknown, with its name.

use std::collections::BTreeMap;

use crate::manifest::{blanks::Blanks, shell::Script, yaml::Node};

/// As deep as expressions may stand in each other.
const MAX_DEPTH: u32 = 32;

/// What names stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// Inputs with their defaults.
    pub inputs: BTreeMap<String, String>,
    /// Variables of the environment.
    pub env: BTreeMap<String, String>,
    /// One combination of the matrix.
    pub matrix: BTreeMap<String, Node>,
    /// What a person chose.
    pub chosen: BTreeMap<String, String>,
    /// The system that a job runs on.
    pub os: Option<&'static str>,
}

/// A value that is known, or what is not.
pub(super) type Known = Result<String, String>;

impl Context {
    /// The value of an expression.
    pub fn value(&self, text: &str) -> Known {
        let mut reader = Reader { text: text.trim(), at: 0, depth: 0, context: self };
        let value = reader.or();
        reader.space();
        if reader.at < reader.text.len() { Err(text.trim().to_owned()) } else { value }
    }

    /// Whether a condition holds; one without `${{` is an expression, too.
    pub fn holds(&self, text: &str) -> Result<bool, String> {
        let inner = text.trim().strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
        self.value(inner.unwrap_or(text)).map(|value| is_true(&value))
    }

    /// A text with its expressions filled in; what is not known leaves a blank.
    pub fn filled(&self, script: &Script, blanks: &mut Blanks) -> Script {
        let mut filled = Script::default();
        let mut at = 0;
        while let Some(open) = script.text.get(at..).and_then(|rest| rest.find("${{")) {
            let start = at + open;
            let Some(length) = script.text.get(start..).and_then(|rest| rest.find("}}")) else { break };
            filled.append(&script.part(at, start));
            let value = self.value(script.text.get(start + 3..start + length).unwrap_or_default());
            let text = value.unwrap_or_else(|why| blanks.of(&why));
            filled.push(&text.replace('\n', " "), script.at(start));
            at = start + length + 2;
        }
        filled.append(&script.part(at, script.text.len()));
        filled
    }

    /// A text with its expressions filled in, if all of them are known.
    pub fn text(&self, text: &str) -> Known {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let Some((inner, after)) = after.split_once("}}") else { break };
            filled.push_str(before);
            filled.push_str(&self.value(inner)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// What a path such as `matrix.os` stands for.
    fn path(&self, path: &str) -> Known {
        let lower = path.to_ascii_lowercase();
        let last = path.rsplit('.').next().unwrap_or(path);
        let unknown = || Err(path.to_owned());
        if let Some(name) = path.strip_prefix("matrix.") {
            let mut parts = name.split('.');
            let node = parts.next().and_then(|first| self.matrix.get(first));
            let node = parts.try_fold(node, |node, part| Some(node?.get(part))).flatten();
            return match node {
                Some(node) => node.text().map_or_else(unknown, |text| Ok(text.to_owned())),
                // A part of a combination that this one lacks is empty.
                None if self.matrix.is_empty() => unknown(),
                None => Ok(String::new()),
            };
        }
        if let Some(chosen) = self.chosen.get(path).or_else(|| self.chosen.get(last)) {
            return Ok(chosen.clone());
        }
        for start in ["inputs.", "github.event.inputs."] {
            if let Some(name) = path.strip_prefix(start) {
                return self.inputs.get(name).cloned().ok_or_else(|| path.to_owned());
            }
        }
        if let Some(name) = path.strip_prefix("env.") {
            return self.env.get(name).cloned().ok_or_else(|| path.to_owned());
        }
        match lower.as_str() {
            "true" | "false" => Ok(lower),
            "null" => Ok(String::new()),
            "runner.os" => self.os.map_or_else(unknown, |os| Ok(os.to_owned())),
            "runner.arch" => Ok("X64".to_owned()),
            "github.workspace" => Ok(".".to_owned()),
            _ => unknown(),
        }
    }
}

fn is_true(text: &str) -> bool {
    !matches!(text, "" | "false" | "0")
}

struct Reader<'t, 'c> {
    text: &'t str,
    at: usize,
    depth: u32,
    context: &'c Context,
}

impl<'t> Reader<'t, '_> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.space();
        let is = self.rest().starts_with(sign);
        self.at += if is { sign.len() } else { 0 };
        is
    }

    fn or(&mut self) -> Known {
        if self.depth >= MAX_DEPTH {
            return Err(self.text.to_owned());
        }
        self.depth += 1;
        let mut value = self.and();
        while self.eat("||") {
            let other = self.and();
            value = match value {
                Ok(value) if is_true(&value) => Ok(value),
                Ok(_) => other,
                Err(why) => Err(why),
            };
        }
        self.depth -= 1;
        value
    }

    fn and(&mut self) -> Known {
        let mut value = self.compared();
        while self.eat("&&") {
            let other = self.compared();
            value = match value {
                Ok(value) if !is_true(&value) => Ok(value),
                Ok(_) => other,
                Err(why) => match other {
                    Ok(other) if !is_true(&other) => Ok(other),
                    _ => Err(why),
                },
            };
        }
        value
    }

    fn compared(&mut self) -> Known {
        let one = self.one();
        let sign = if self.eat("==") {
            true
        } else if self.eat("!=") {
            false
        } else {
            return one;
        };
        let other = self.one();
        Ok((one?.eq_ignore_ascii_case(&other?) == sign).to_string())
    }

    fn one(&mut self) -> Known {
        if self.rest().trim_start().starts_with("!=") {
            return Err(self.text.to_owned());
        }
        if self.eat("!") {
            if self.depth >= MAX_DEPTH {
                return Err(self.text.to_owned());
            }
            self.depth += 1;
            let value = self.one();
            self.depth -= 1;
            return value.map(|value| (!is_true(&value)).to_string());
        }
        if self.eat("(") {
            let value = self.or();
            self.eat(")");
            return value;
        }
        if self.eat("'") {
            let mut text = String::new();
            loop {
                let rest = self.rest();
                let Some((before, _)) = rest.split_once('\'') else {
                    self.at = self.text.len();
                    return Err(self.text.to_owned());
                };
                text.push_str(before);
                self.at += before.len() + 1;
                if !self.rest().starts_with('\'') {
                    return Ok(text);
                }
                text.push('\'');
                self.at += 1;
            }
        }
        self.space();
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        if word.is_empty() {
            self.at = self.text.len();
            return Err(self.text.to_owned());
        }
        if self.eat("(") {
            return self.call(word);
        }
        if self.eat("[") {
            // An index that is a text is a name.
            let index = self.one();
            self.eat("]");
            return self.context.path(&format!("{word}.{}", index?));
        }
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Ok(word.to_owned());
        }
        self.context.path(word)
    }

    fn call(&mut self, name: &str) -> Known {
        let mut values = Vec::new();
        while !self.eat(")") {
            if self.at >= self.text.len() || values.len() > 16 {
                return Err(self.text.to_owned());
            }
            values.push(self.or());
            self.eat(",");
        }
        let value = |index: usize| values.get(index).cloned().unwrap_or_else(|| Err(name.to_owned()));
        let lower = |index: usize| value(index).map(|value| value.to_ascii_lowercase());
        match name.to_ascii_lowercase().as_str() {
            "success" | "always" => Ok("true".to_owned()),
            "failure" | "cancelled" => Ok("false".to_owned()),
            "contains" => Ok(lower(0)?.contains(&lower(1)?).to_string()),
            "startswith" => Ok(lower(0)?.starts_with(&lower(1)?).to_string()),
            "endswith" => Ok(lower(0)?.ends_with(&lower(1)?).to_string()),
            "format" => {
                let mut text = value(0)?;
                for index in 1..values.len() {
                    text = text.replace(&format!("{{{}}}", index - 1), &value(index)?);
                }
                Ok(text)
            }
            _ => Err(format!("{name}()")),
        }
    }
}

/// The combinations of a matrix, of the parts that a job names; nothing where they are not all written down.
pub(super) fn combinations(
    matrix: &Node,
    chosen: &BTreeMap<String, String>,
    named: impl Fn(&str) -> bool,
) -> Option<Vec<BTreeMap<String, Node>>> {
    if matrix.text().is_some() {
        return None;
    }
    let mut all: Vec<BTreeMap<String, Node>> = vec![BTreeMap::new()];
    for (key, values) in matrix.map() {
        let Some(name) = key.text().filter(|name| !matches!(*name, "include" | "exclude")) else { continue };
        if values.text().is_some() {
            return None;
        }
        let mut values: Vec<Node> = values.list().to_vec();
        if let Some(chosen) = chosen.get(name) {
            values.retain(|value| value.text() == Some(chosen));
            if values.is_empty() {
                values.extend(matrix.get(name).map(|node| node.with_text(chosen)));
            }
        }
        if !named(name) {
            values.truncate(1);
        }
        if values.is_empty() || all.len() * values.len() > 1_000 {
            return None;
        }
        let with = |combination: &BTreeMap<String, Node>, value: &Node| {
            let mut combination = combination.clone();
            combination.insert(name.to_owned(), value.clone());
            combination
        };
        all = all.iter().flat_map(|combination| values.iter().map(move |value| with(combination, value))).collect();
    }
    let fits = |combination: &BTreeMap<String, Node>, part: &Node| {
        part.map().iter().all(|(key, value)| {
            let own = key.text().and_then(|key| combination.get(key));
            own.is_some_and(|own| own.text() == value.text())
        })
    };
    for excluded in matrix.get("exclude").map(Node::list).unwrap_or_default() {
        all.retain(|combination| !fits(combination, excluded));
    }
    let bare = all.len() == 1 && all.first().is_some_and(BTreeMap::is_empty);
    let mut added = Vec::new();
    for included in matrix.get("include").map(Node::list).unwrap_or_default() {
        let entries = || included.map().iter().filter_map(|(key, value)| Some((key.text()?.to_owned(), value.clone())));
        let mut extended = false;
        for combination in all.iter_mut().filter(|_| !bare) {
            let own = entries().filter(|(key, _)| matrix.get(key).is_some());
            let same =
                own.into_iter().all(|(key, value)| combination.get(&key).is_some_and(|own| own.text() == value.text()));
            if same && entries().any(|(key, _)| matrix.get(&key).is_some()) {
                extended = true;
                combination.extend(entries());
            }
        }
        if !extended {
            added.push(entries().collect());
        }
    }
    if bare && !added.is_empty() {
        all.clear();
    }
    all.extend(added);
    Some(all)
}
