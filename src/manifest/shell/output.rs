//! What programs print, where that is text of the script or of files: `$(echo … | cut …)`, `cat`, `grep`; and what `sed` makes of lines.

use std::path::PathBuf;

use super::{
    pattern,
    run::Shell,
    tree::{Join, Node, Simple, Word},
    value::{Field, Fill, Value},
};
use crate::{
    facts::Cpu,
    manifest::command::{CommandWord, program},
};

impl Shell<'_, '_, '_> {
    /// What commands print, if that can be told.
    pub fn printed(&mut self, node: &Node) -> Option<Value> {
        match node {
            Node::List(list) => {
                let (mut text, mut last) = (Vec::new(), None);
                for (join, node) in list {
                    match (join, last.take()) {
                        (Join::Pipe, Some(input)) => last = Some(self.filtered(node, input)?),
                        (Join::Or, Some(value)) => last = Some(value),
                        (_, before) => {
                            text.extend(before);
                            last = Some(self.printed(node)?);
                        }
                    }
                }
                text.extend(last);
                let unknown = text.iter().find_map(|value: &Value| value.unknown.clone());
                let texts: Vec<String> = text.iter().map(Value::text).collect();
                Some(Value { items: vec![texts.join("\n").trim_end_matches('\n').to_owned()], unknown, at: None })
            }
            Node::Simple(simple) => {
                if let Some(from) = simple.redirections.iter().find(|one| one.sign == "<") {
                    let name = self.single(&from.target);
                    let text = self.scene.open(&name.text()).ok()?;
                    return Some(Value::known(text.text, None));
                }
                let words = self.words(simple);
                self.text_of(&words)
            }
            _ => None,
        }
    }

    pub fn words(&mut self, simple: &Simple) -> Vec<CommandWord> {
        let at = self.script.at(0);
        let fields: Vec<_> = simple.words.iter().flat_map(|word: &Word| self.fields(word)).collect();
        let word = |field: Field| CommandWord { text: field.text, at: at.clone(), unknown: field.unknown };
        fields.into_iter().map(word).collect()
    }

    /// What a program prints.
    pub fn text_of(&mut self, words: &[CommandWord]) -> Option<Value> {
        let (first, rest) = words.split_first()?;
        let unknown = rest.iter().find_map(|word| word.unknown.clone());
        let known = |text: String| Some(Value { items: vec![text], unknown: unknown.clone(), at: None });
        let plain = || words_of(rest).into_iter().filter(|word| !word.starts_with('-'));
        match program(&first.text) {
            "echo" => {
                let options =
                    rest.iter().take_while(|word| matches!(word.text.as_str(), "-n" | "-e" | "-en" | "-ne" | "-E"));
                let text = words_of(rest.get(options.count()..)?).join(" ");
                known(text.replace("\\n", "\n"))
            }
            "printf" => {
                let (format, values) = rest.split_first()?;
                let format = format.text.replace("\\n", "\n");
                let mut text = String::new();
                let mut values = values.iter();
                loop {
                    let mut parts = format.split("%s");
                    text.push_str(parts.next()?);
                    for part in parts {
                        text.push_str(values.next().map_or("", |word| &word.text));
                        text.push_str(part);
                    }
                    if values.len() == 0 || !format.contains("%s") || text.len() > 64 << 10 {
                        return known(text);
                    }
                }
            }
            "cat" => {
                let mut text = String::new();
                for name in plain() {
                    text.push_str(&self.scene.open(name).ok()?.text);
                    text.push('\n');
                }
                known(text)
            }
            "grep" => {
                let (pattern, file) = (plain().next()?.to_owned(), plain().nth(1)?.to_owned());
                let text = self.scene.open(&file).ok()?;
                grep(rest, &pattern, &text.text).and_then(known)
            }
            "pwd" => known(self.scene.folder.to_string_lossy().into_owned()),
            "uname" | "arch" => {
                let platform = self.scene.reading.choices.platform?;
                let machine = if platform.cpu == Cpu::Aarch64 { "aarch64" } else { "x86_64" };
                match rest.first().map(|word| word.text.as_str()) {
                    Some("-s") => known("Linux".to_owned()),
                    None if program(&first.text) == "uname" => known("Linux".to_owned()),
                    Some("-m" | "-p" | "-i") | None => known(machine.to_owned()),
                    _ => None,
                }
            }
            "dpkg" if rest.first()?.text == "--print-architecture" => {
                let platform = self.scene.reading.choices.platform?;
                known(if platform.cpu == Cpu::Aarch64 { "arm64" } else { "amd64" }.to_owned())
            }
            "basename" => known(program(plain().next()?).to_owned()),
            "dirname" => {
                let path = PathBuf::from(plain().next()?);
                known(path.parent()?.to_string_lossy().into_owned())
            }
            _ => None,
        }
    }

    /// What a filter makes of its input.
    fn filtered(&mut self, node: &Node, input: Value) -> Option<Value> {
        let Node::Simple(simple) = node else { return None };
        let words = self.words(simple);
        let (first, rest) = words.split_first()?;
        let text = input.text();
        let each = |change: &dyn Fn(&str) -> Option<String>| -> Option<String> {
            let lines: Option<Vec<String>> = text.lines().map(change).collect();
            Some(lines?.join("\n"))
        };
        let changed = match program(&first.text) {
            "cut" => {
                let (mut sign, mut fields) = ("\t".to_owned(), String::new());
                let mut words = rest.iter().map(|word| word.text.as_str());
                while let Some(word) = words.next() {
                    match word.split_at_checked(2)? {
                        ("-d", "") => sign = words.next()?.to_owned(),
                        ("-f", "") => fields = words.next()?.to_owned(),
                        ("-d", value) => sign = value.to_owned(),
                        ("-f", value) => fields = value.to_owned(),
                        _ => return None,
                    }
                }
                each(&|line| cut(line, &sign, &fields))
            }
            "sed" => {
                let script = rest.iter().find(|word| !word.text.starts_with('-'))?.text.clone();
                each(&|line| pattern::sed(line, &script))
            }
            "tr" => match rest {
                [flag, what] if flag.text == "-d" => Some(text.replace(|c: char| what.text.contains(c), "")),
                [from, to] if from.text.chars().count() == 1 && to.text.chars().count() == 1 => {
                    Some(text.replace(&from.text, &to.text))
                }
                _ => None,
            },
            "grep" => {
                let pattern = rest.iter().find(|word| !word.text.starts_with('-'))?.text.clone();
                grep(rest, &pattern, &text)
            }
            "cat" | "tee" => Some(text.clone()),
            _ => None,
        }?;
        Some(Value { items: vec![changed], unknown: input.unknown, at: None })
    }
}

/// The texts of words.
pub(super) fn words_of(words: &[CommandWord]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

/// `cut -d SIGN -f FIELDS` of a line.
fn cut(line: &str, sign: &str, fields: &str) -> Option<String> {
    let parts: Vec<&str> = line.split(sign).collect();
    if parts.len() == 1 {
        return Some(line.to_owned());
    }
    let mut taken = Vec::new();
    for field in fields.split(',') {
        let (from, to) = match field.split_once('-') {
            Some((from, to)) => (
                if from.is_empty() { 1 } else { from.parse().ok()? },
                if to.is_empty() { parts.len() } else { to.parse().ok()? },
            ),
            None => (field.parse::<usize>().ok()?, field.parse().ok()?),
        };
        taken.extend(
            parts
                .get(from.checked_sub(1)?..to.min(parts.len()).max(from.saturating_sub(1).min(parts.len())))?
                .iter()
                .copied(),
        );
    }
    Some(taken.join(sign))
}

/// The lines that `grep`, or `grep -v`, keeps. Those that go are empty, so that the others keep their numbers.
fn grep(words: &[CommandWord], pattern: &str, text: &str) -> Option<String> {
    let flag = |letter: char| {
        words
            .iter()
            .any(|word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains(letter))
    };
    let (not, ignores) = (flag('v'), flag('i'));
    let lines: Option<Vec<&str>> =
        text.split('\n').map(|line| Some(if matches(line, pattern, ignores)? == not { "" } else { line })).collect();
    Some(lines?.join("\n"))
}

/// Whether a line has a pattern that is text: alternatives, `^` and `$`, `.` for a dot.
fn matches(line: &str, pattern: &str, ignores: bool) -> Option<bool> {
    if pattern.len() > 1000 {
        return None;
    }
    let line = if ignores { line.to_lowercase() } else { line.to_owned() };
    let pattern = if ignores { pattern.to_lowercase() } else { pattern.to_owned() };
    let pattern = pattern.replace("\\|", "|").replace("\\(", "(").replace("\\)", ")");
    let (all, inner) = match pattern.strip_prefix("^(").or_else(|| pattern.strip_prefix('(')) {
        Some(rest) => {
            let (inner, after) = rest.split_once(')')?;
            // What follows a group says where a name ends.
            (after.is_empty() || after.starts_with('[') || after == "\\b" || after.starts_with('='), inner)
        }
        None => (true, pattern.as_str()),
    };
    if !all {
        return None;
    }
    let anchored = pattern.starts_with("^(");
    let mut any = false;
    for part in inner.split('|') {
        let (begins, ends) = (anchored || part.starts_with('^'), part.ends_with('$'));
        let text =
            part.trim_start_matches('^').trim_end_matches('$').replace("\\.", ".").replace("\\b", "").replace(".*", "");
        if text.contains(['*', '[', '(', '\\', '+', '?']) {
            return None;
        }
        any |= match (begins, ends) {
            (true, true) => line == text,
            (true, false) => line.starts_with(&text),
            (false, true) => line.ends_with(&text),
            (false, false) => line.contains(&text),
        };
    }
    Some(any)
}

/// A line after commands of sed: `/pattern/d`, `s/a/b/`. A line that goes is empty, so that the others keep their numbers.
pub(super) fn edited(line: &str, scripts: &[&str]) -> Option<String> {
    let mut line = line.to_owned();
    for script in scripts.iter().flat_map(|script| script.split(';')).map(str::trim).filter(|script| !script.is_empty())
    {
        if let Some(pattern) = script.strip_prefix('/').and_then(|rest| rest.strip_suffix("/d")) {
            if matches(&line, pattern, false)? {
                return Some(String::new());
            }
        } else {
            line = pattern::sed(&line, script)?;
        }
    }
    Some(line)
}
