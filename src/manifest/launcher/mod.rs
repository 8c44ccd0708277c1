//! Launchers and installers in Python: the install commands that they put together of literals, without running anything. What hangs on a choice
//! is read in every way that it can go.
//!
//! `tokens` has words and lines, `expression` and `calls` what becomes of expressions; here are statements.

mod calls;
mod expression;
mod source;
#[cfg(test)]
mod tests;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use self::{
    expression::{Truth, Value},
    source::Source,
    tokens::{Kind, Line, Token, closing, colon, split},
};
use super::{
    Format, Reading, Sheet, Text,
    blanks::Blanks,
    command::{CommandWord, Files, Scene},
    shell::{self, Language, Script},
    ways,
};
use crate::facts::GapWeight;

/// Statements beyond these many are not walked on one way.
const MAX_STATEMENTS: u32 = 20_000;
/// Longer commands are not read.
const MAX_COMMAND: usize = 64 << 10;
/// As many launchers may call each other.
const MAX_LAUNCHERS: u32 = 3;
/// As deep as functions may call each other.
const MAX_CALLS: u32 = 12;
/// As deep as blocks and expressions may stand in each other.
const MAX_DEPTH: u32 = 48;

/// The format.
pub struct Launcher;

impl Format for Launcher {
    fn name(&self) -> &'static str {
        "launcher in Python"
    }

    fn is_aside(&self) -> bool {
        true
    }

    fn claims(&self, text: &Text) -> bool {
        text.name().ends_with(".py") && installs(text)
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let source = Rc::new(Source::of(text));
        let sheets = ways::each(reading, |reading, way| {
            let mut sheet = Sheet::new(&text.shown, &text.shown);
            let mut scene = Scene {
                reading,
                sheet: &mut sheet,
                folder: text.folder().to_owned(),
                variables: BTreeMap::new(),
                files: Files::default(),
            };
            walk(&source, &way.set, &mut scene);
            source.unread(scene.sheet);
            sheet
        });
        reading.sheets.extend(sheets);
    }
}

/// Whether a source speaks of installing something.
pub(super) fn installs(text: &Text) -> bool {
    text.text.contains("pip") && text.text.contains("install")
}

/// Reads what a source does as part of something else: a script that calls it.
pub(super) fn include(text: &Text, chosen: &BTreeMap<String, String>, scene: &mut Scene<'_, '_>) {
    if scene.reading.launchers >= MAX_LAUNCHERS {
        return;
    }
    scene.reading.launchers += 1;
    let source = Rc::new(Source::of(text));
    walk(&source, chosen, scene);
    scene.reading.launchers -= 1;
}

fn walk(source: &Rc<Source>, chosen: &BTreeMap<String, String>, scene: &mut Scene<'_, '_>) {
    let chosen = chosen.iter().chain(&scene.reading.choices.set).map(|(name, value)| (name.clone(), value.clone()));
    let mut walker = Walker {
        chosen: chosen.collect(),
        source: Rc::clone(source),
        scene,
        names: BTreeMap::new(),
        functions: BTreeMap::new(),
        called: BTreeSet::new(),
        done: BTreeSet::new(),
        pending: Vec::new(),
        environment: BTreeMap::new(),
        blanks: Blanks::default(),
        left: MAX_STATEMENTS,
        calls: 0,
        depth: 0,
        returned: None,
    };
    walker.block(0, source.lines.len());
    // Functions that nothing here calls are called from elsewhere.
    let mut open: Vec<(String, Function)> = walker.functions.clone().into_iter().collect();
    open.sort_by_key(|(_, function)| function.from);
    for (name, function) in open {
        if !walker.called.contains(&name) && function.installs {
            walker.call(&name, &function, Vec::new());
        }
    }
    // What is called elsewhere.
    for (_, command) in std::mem::take(&mut walker.pending) {
        walker.run(&command);
    }
}

/// A function of the source: its parameters with their defaults, and the lines of its body.
#[derive(Clone)]
struct Function {
    parameters: Vec<(String, Option<Value>)>,
    from: usize,
    to: usize,
    installs: bool,
}

/// Reads statements.
pub(super) struct Walker<'s, 'c, 'r> {
    source: Rc<Source>,
    pub scene: &'s mut Scene<'c, 'r>,
    /// What a person and the way that is read chose.
    chosen: BTreeMap<String, String>,
    names: BTreeMap<String, Value>,
    functions: BTreeMap<String, Function>,
    called: BTreeSet<String>,
    /// Commands that were read: a command that is first named and then called counts once.
    done: BTreeSet<String>,
    /// Commands that variables have and that nothing calls so far.
    pending: Vec<(String, Script)>,
    /// Variables of the environment that were set.
    environment: BTreeMap<String, String>,
    pub blanks: Blanks,
    left: u32,
    calls: u32,
    depth: u32,
    /// What was returned, once that happened.
    returned: Option<Value>,
}

impl Walker<'_, '_, '_> {
    /// The line after the block that line `at` heads.
    fn end_of(&self, at: usize, to: usize) -> usize {
        let lines = &self.source.lines;
        let Some(head) = lines.get(at) else { return to };
        let body = lines.get(at + 1..to).unwrap_or_default();
        body.iter().position(|line| line.indent <= head.indent).map_or(to, |length| at + 1 + length)
    }

    /// Walks lines that belong together.
    fn block(&mut self, from: usize, to: usize) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        let source = Rc::clone(&self.source);
        let mut at = from;
        while at < to && self.returned.is_none() && self.left > 0 {
            self.left -= 1;
            let Some(line) = source.lines.get(at) else { break };
            at = self.statement(&source, line, at, to);
        }
        self.depth -= 1;
    }

    /// Walks a statement; gives the line after it.
    fn statement(&mut self, source: &Source, line: &Line, at: usize, to: usize) -> usize {
        let end = self.end_of(at, to);
        let tokens = line.tokens.as_slice();
        let first = match tokens.first() {
            Some(Token { kind: Kind::Name(name), .. }) => name.as_str(),
            _ => "",
        };
        match first {
            "async" => {
                return self.statement(
                    source,
                    &Line { indent: line.indent, tokens: tokens.get(1..).unwrap_or_default().to_vec() },
                    at,
                    to,
                );
            }
            "def" => self.define(source, tokens, at, end),
            "class" | "with" | "try" => {
                if first == "with" {
                    self.opened(tokens);
                }
                self.body(tokens, at, end);
            }
            "if" => return self.conditional(source, at, to),
            "else" | "finally" => self.body(tokens, at, end),
            "elif" => {}
            "except" => {
                // What is done where an import fails is done: nothing is installed yet.
                let imports = tokens.iter().any(|token| matches!(&token.kind, Kind::Name(name) if name.ends_with("ImportError") || name == "ModuleNotFoundError" || name == "PackageNotFoundError"));
                if imports {
                    self.body(tokens, at, end);
                }
            }
            "for" => self.loop_over(tokens, at, end),
            "while" => self.body(tokens, at, end),
            "return" => {
                let value = self.value(tokens.get(1..).unwrap_or_default());
                self.command_in(&value);
                self.returned = Some(value);
            }
            "import" | "from" | "pass" | "break" | "continue" | "global" | "nonlocal" | "raise" | "assert" | "del"
            | "@" => {}
            _ => self.simple(tokens),
        }
        end.max(at + 1)
    }

    /// The body of a block: on its line, or below it.
    fn body(&mut self, head: &[Token], at: usize, end: usize) {
        let inline = colon(head).and_then(|colon| head.get(colon + 1..)).unwrap_or_default();
        if !inline.is_empty() && self.depth < MAX_DEPTH && self.left > 0 {
            self.depth += 1;
            self.left -= 1;
            let line = Line { indent: 0, tokens: inline.to_vec() };
            let source = Rc::clone(&self.source);
            self.statement(&source, &line, usize::MAX - 1, usize::MAX);
            self.depth -= 1;
        }
        self.block(at.saturating_add(1), end);
    }

    fn define(&mut self, source: &Source, tokens: &[Token], at: usize, end: usize) {
        let Some(Token { kind: Kind::Name(name), .. }) = tokens.get(1) else { return };
        let mut parameters = Vec::new();
        let inside = tokens.get(3..).unwrap_or_default();
        for part in split(inside.get(..closing(inside)).unwrap_or_default(), ",") {
            let Some(Token { kind: Kind::Name(name), .. }) = part.first() else { continue };
            let equals = part.iter().position(|token| token.kind == Kind::Sign("="));
            let default = equals.map(|equals| self.value(part.get(equals + 1..).unwrap_or_default()));
            parameters.push((name.clone(), default));
        }
        let start = tokens.first().map_or(0, |token| token.start);
        let stop = source
            .lines
            .get(end)
            .and_then(|line| line.tokens.first())
            .map_or(source.text.text.len(), |token| token.start);
        let installs = source.text.text.get(start..stop).is_some_and(|body| body.contains("install"));
        if self.functions.len() < 2_000 {
            self.functions.insert(name.clone(), Function { parameters, from: at + 1, to: end, installs });
        }
    }

    /// Calls a function of the source.
    fn call(&mut self, name: &str, function: &Function, arguments: Vec<(Option<String>, Value)>) -> Value {
        self.called.insert(name.to_owned());
        if self.calls >= MAX_CALLS {
            return Value::Unknown(name.to_owned());
        }
        self.calls += 1;
        let outer = self.names.clone();
        let returned = self.returned.take();
        for (number, (parameter, default)) in function.parameters.iter().enumerate() {
            let named = arguments.iter().find(|(name, _)| name.as_ref() == Some(parameter));
            let placed = arguments.get(number).filter(|(name, _)| name.is_none());
            let given = named.or(placed).map(|(_, value)| value.clone());
            // Chosen for what nobody gives.
            let value = given.or_else(|| self.chosen_value(parameter)).or_else(|| default.clone());
            self.names.insert(parameter.clone(), value.unwrap_or_else(|| Value::Unknown(parameter.clone())));
        }
        self.block(function.from, function.to);
        let value = self.returned.take().unwrap_or(Value::Nothing);
        self.returned = returned;
        self.names = outer;
        self.calls -= 1;
        value
    }

    fn chosen_value(&self, name: &str) -> Option<Value> {
        self.chosen.get(name).map(|value| Value::text(value))
    }

    /// `if` with what belongs to it; gives the line after.
    fn conditional(&mut self, source: &Source, at: usize, to: usize) -> usize {
        let mut arms = Vec::new();
        let mut next = at;
        while let Some(line) = source.lines.get(next).filter(|_| next < to) {
            let head = source.lines.get(at).map_or(0, |line| line.indent);
            let belongs = next == at || line.indent == head && (line.is("elif") || line.is("else"));
            if !belongs {
                break;
            }
            let end = self.end_of(next, to);
            arms.push((next, end));
            next = end.max(next + 1);
            if line.is("else") {
                break;
            }
        }
        let mut doubt: Option<String> = None;
        let before = self.names.clone();
        let mut outcomes: Vec<BTreeMap<String, Value>> = Vec::new();
        let mut returns = false;
        let mut complete = false;
        for (at, end) in arms {
            let Some(line) = source.lines.get(at) else { break };
            let tokens = line.tokens.as_slice();
            let holds = match line.is("else") {
                true => Truth::Yes,
                false => {
                    let end = colon(tokens).unwrap_or(tokens.len());
                    let value = self.value(tokens.get(1..end).unwrap_or_default());
                    let truth = self.truth(&value);
                    self.settled(truth)
                }
            };
            match (holds, &doubt) {
                (Truth::No, _) => continue,
                (Truth::Yes, None) => {
                    self.body(tokens, at, end);
                    return next;
                }
                (Truth::Unknown(why), None) => doubt = Some(why),
                (Truth::Yes, Some(_)) => complete = true,
                (Truth::Unknown(_), Some(_)) => {}
            }
            let why = doubt.clone().unwrap_or_default();
            let mark = self.scene.sheet.mark();
            let done = self.done.clone();
            let pending = self.pending.clone();
            self.names = before.clone();
            self.body(tokens, at, end);
            self.done = done;
            if self.pending != pending {
                self.pending = pending;
                self.scene.reading.doubts.decide(&why);
                let at = self.source.text.at(tokens.first().map_or(0, |token| token.start));
                self.scene.sheet.gap(format!("the value of {why}"), GapWeight::Decides, at);
            }
            returns |= self.returned.take().is_some();
            outcomes.push(std::mem::take(&mut self.names));
            shell::doubted(self.scene, mark, &why);
            if complete {
                break;
            }
        }
        self.names = before.clone();
        if let Some(why) = doubt {
            if !complete {
                outcomes.push(before);
            }
            let all: BTreeSet<&String> = outcomes.iter().flat_map(BTreeMap::keys).collect();
            for name in all {
                let mut values = outcomes.iter().map(|outcome| outcome.get(name));
                let first = values.next().flatten();
                if values.any(|value| value != first) {
                    self.names.insert(name.clone(), Value::Unknown(why.clone()));
                }
            }
            if returns && complete {
                self.returned = Some(Value::Unknown(why));
            }
        }
        next
    }

    /// A condition as it is on the way that is read.
    fn settled(&mut self, truth: Truth) -> Truth {
        let Truth::Unknown(why) = truth else { return truth };
        let doubts = &mut self.scene.reading.doubts;
        doubts.compare(&why, None);
        match doubts.assumed(&why) {
            Some(true) => Truth::Yes,
            Some(false) => Truth::No,
            None => Truth::Unknown(why),
        }
    }

    /// `with open(…) as file:`
    fn opened(&mut self, tokens: &[Token]) {
        let Some(joint) = tokens.iter().position(|token| token.kind == Kind::Name("as".to_owned())) else { return };
        let value = self.value(tokens.get(1..joint).unwrap_or_default());
        if let Some(Token { kind: Kind::Name(name), .. }) = tokens.get(joint + 1) {
            self.names.insert(name.clone(), value);
        }
    }

    fn loop_over(&mut self, tokens: &[Token], at: usize, end: usize) {
        let Some(joint) = tokens.iter().position(|token| token.kind == Kind::Name("in".to_owned())) else { return };
        let targets = tokens.get(1..joint).unwrap_or_default();
        let stop = colon(tokens).unwrap_or(tokens.len());
        let values = match self.value(tokens.get(joint + 1..stop).unwrap_or_default()) {
            Value::List(values) => values,
            Value::Map(entries) => entries.into_iter().map(|(key, _)| Value::text(&key)).collect(),
            // Without end, or over what nobody knows: what is done with it is unknown.
            _ => Vec::new(),
        };
        for value in values.into_iter().take(1_000) {
            if self.returned.is_some() || self.left == 0 {
                return;
            }
            self.assign(targets, value);
            self.body(tokens, at, end);
        }
    }

    /// An assignment, or an expression.
    fn simple(&mut self, tokens: &[Token]) {
        let mut depth = 0_u32;
        let mut equals = Vec::new();
        let mut annotation = None;
        for (number, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Sign("(" | "[" | "{") => depth += 1,
                Kind::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
                Kind::Sign("=") if depth == 0 => equals.push(number),
                Kind::Sign("+=") if depth == 0 => {
                    let target = tokens.get(..number).unwrap_or_default();
                    let old = self.value(target);
                    let more = self.value(tokens.get(number + 1..).unwrap_or_default());
                    let value = self.sum(old, more);
                    self.keep(target, &value);
                    self.assign(target, value);
                    return;
                }
                Kind::Sign(":") if depth == 0 && equals.is_empty() => annotation = Some(number),
                _ => {}
            }
        }
        let Some(last) = equals.last().copied() else {
            let value = self.value(tokens);
            self.command_in(&value);
            return;
        };
        let mut value = self.value(tokens.get(last + 1..).unwrap_or_default());
        let mut from = 0;
        for end in equals {
            let target =
                tokens.get(from..annotation.filter(|at| *at > from && *at < end).unwrap_or(end)).unwrap_or_default();
            if let [Token { kind: Kind::Name(name), .. }] = target {
                if let Some(chosen) = self.chosen_value(name) {
                    value = chosen;
                } else if let Value::Asked(_) = value {
                    // A choice has the name of what it is kept in.
                    value = Value::Asked(name.clone());
                }
            }
            self.keep(target, &value);
            self.assign(target, value.clone());
            from = end + 1;
        }
    }

    fn assign(&mut self, target: &[Token], value: Value) {
        let parts = split(target, ",");
        if parts.len() > 1 {
            for (number, part) in parts.iter().enumerate() {
                let one = match &value {
                    Value::List(values) => values.get(number).cloned().unwrap_or(Value::Nothing),
                    Value::Unknown(why) | Value::Asked(why) | Value::Flag(why) => Value::Unknown(why.clone()),
                    _ => Value::Nothing,
                };
                self.assign(part, one);
            }
            return;
        }
        match target {
            [Token { kind: Kind::Name(name), .. }] if self.names.len() < 10_000 => {
                self.names.insert(name.clone(), value);
            }
            [base @ .., Token { kind: Kind::Sign("]"), .. }] => {
                let Some(open) = base.iter().rposition(|token| token.kind == Kind::Sign("[")) else { return };
                let key = self.value(base.get(open + 1..).unwrap_or_default());
                let Some(key) = key.known(&self.blanks) else { return };
                match base.get(..open) {
                    Some([Token { kind: Kind::Name(name), .. }]) => {
                        if let Some(Value::Map(entries)) = self.names.get_mut(name)
                            && entries.len() < 1_000
                        {
                            entries.retain(|(there, _)| *there != key);
                            entries.push((key, value));
                        }
                    }
                    Some([.., Token { kind: Kind::Name(name), .. }]) if name == "environ" => {
                        if let Some(value) = value.known(&self.blanks) {
                            self.environment.insert(key, value);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Keeps a command that a variable gets: if nothing calls it here, it is called elsewhere. One that more is added to is no whole one.
    fn keep(&mut self, target: &[Token], value: &Value) {
        let [Token { kind: Kind::Name(name), .. }] = target else { return };
        self.pending.retain(|(there, _)| there != name);
        let Value::Text(text) = value else { return };
        let is_whole = || !text.text.ends_with(' ') && !self.source.text.text.contains(&format!("{name} + "));
        if is_command(&text.text) && text.text.len() <= MAX_COMMAND && self.pending.len() < 100 && is_whole() {
            self.used(&text.text);
            self.pending.push((name.clone(), text.clone()));
        }
    }

    /// A command that is part of another one is none of its own.
    fn used(&mut self, whole: &str) {
        self.pending.retain(|(_, part)| !whole.contains(tail(&part.text)));
    }

    /// Reads a value as a command, if it is one that installs something.
    fn command_in(&mut self, value: &Value) {
        if let Value::Text(text) = value
            && is_command(&text.text)
        {
            let text = text.clone();
            self.run(&text);
        }
    }

    /// Reads a command.
    fn run(&mut self, command: &Script) {
        if command.text.len() > MAX_COMMAND {
            return;
        }
        self.used(&command.text);
        let tail = tail(&command.text);
        if self.done.iter().any(|done| done.contains(tail)) {
            return;
        }
        self.done.insert(tail.to_owned());
        let unplaced = Script::piece(&command.text, self.source.text.at(0));
        let command = if command.is_placed() { command } else { &unplaced };
        let mut variables = self.variables();
        shell::run_as(Language::Shell, command, &mut variables, self.scene);
    }

    /// Reads a command that is there in words.
    fn run_words(&mut self, words: Vec<CommandWord>) {
        let tail: Vec<&str> =
            words.iter().map(|word| word.text.as_str()).skip_while(|word| *word != "install").skip(1).collect();
        if !self.done.insert(tail.join(" ")) {
            return;
        }
        let mut variables = self.variables();
        shell::run_words(words, &mut variables, self.scene);
    }

    fn variables(&self) -> shell::Variables {
        let set = self.environment.iter().map(|(name, value)| (name.clone(), shell::Value::known(value, None)));
        let mut variables = shell::Variables::new(set.collect(), self.chosen.clone());
        self.blanks.fill(&mut variables);
        variables
    }
}

/// What a command installs.
fn tail(command: &str) -> &str {
    command.split_once("install").map_or("", |(_, tail)| tail).trim()
}

/// Whether a text is a command that installs packages.
fn is_command(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().take(8).collect();
    let Some(install) = words.iter().position(|word| *word == "install") else { return false };
    let before = words.get(..install).unwrap_or_default();
    let tools = ["pip", "pip3", "conda", "mamba", "micromamba"];
    let last = before.last().map(|word| super::command::program(word.trim_matches(['"', '\''])));
    last.is_some_and(|last| tools.contains(&last)) && words.len() > install + 1
}
