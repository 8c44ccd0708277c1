//! What programs print, where that is text of the script or of files: `$(echo … | cut …)`, `cat`, `grep`, `sed`.

use std::path::PathBuf;

use super::{
    expression::{Expression, Syntax},
    run::Shell,
    sed::Sed,
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
            name @ ("grep" | "egrep" | "fgrep") => {
                let grep = Grep::of(name, rest)?;
                let [file] = grep.files.as_slice() else { return None };
                let text = self.scene.open(&file.text).ok()?;
                grep.lines(&text.text).and_then(known)
            }
            "sed" => {
                let sed = Sed::of(rest)?;
                let [file] = sed.files.as_slice() else { return None };
                let text = self.scene.open(&file.text).ok()?;
                sed.edited(&text.text).and_then(known)
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
            "sed" => Sed::of(rest)?.edited(&text),
            "tr" => match rest {
                [flag, what] if flag.text == "-d" => Some(text.replace(|c: char| what.text.contains(c), "")),
                [from, to] if from.text.chars().count() == 1 && to.text.chars().count() == 1 => {
                    Some(text.replace(&from.text, &to.text))
                }
                _ => None,
            },
            name @ ("grep" | "egrep" | "fgrep") => Grep::of(name, rest)?.lines(&text),
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

/// A call of `grep`.
struct Grep<'w> {
    expressions: Vec<Expression>,
    /// Whether the lines that do not match are kept.
    not: bool,
    /// Whether only what matches is printed.
    only: bool,
    files: Vec<&'w CommandWord>,
}

impl<'w> Grep<'w> {
    /// Reads the words behind `grep`; nothing where they are not understood.
    fn of(name: &str, words: &'w [CommandWord]) -> Option<Self> {
        let (mut syntax, mut fixed) = (Syntax::Basic, name == "fgrep");
        if name == "egrep" {
            syntax = Syntax::Extended;
        }
        let (mut ignores, mut word, mut whole) = (false, false, false);
        let mut grep = Self { expressions: Vec::new(), not: false, only: false, files: Vec::new() };
        let mut patterns = Vec::new();
        let mut rest = words.iter();
        while let Some(one) = rest.next() {
            match one.text.as_str() {
                "--extended-regexp" | "--perl-regexp" => syntax = Syntax::Extended,
                "--fixed-strings" => fixed = true,
                "--ignore-case" => ignores = true,
                "--invert-match" => grep.not = true,
                "--only-matching" => grep.only = true,
                "--word-regexp" => word = true,
                "--line-regexp" => whole = true,
                "--regexp" => patterns.push(rest.next()?),
                "--no-filename" | "--no-messages" | "--text" => {}
                option if option.starts_with("--color") || option.starts_with("--colour") => {}
                option if option.len() > 1 && option.starts_with('-') && !option.starts_with("--") => {
                    let letters: Vec<char> = option.chars().skip(1).collect();
                    for (place, letter) in letters.iter().enumerate() {
                        match letter {
                            'E' | 'P' => syntax = Syntax::Extended,
                            'F' => fixed = true,
                            'i' | 'y' => ignores = true,
                            'v' => grep.not = true,
                            'o' => grep.only = true,
                            'w' => word = true,
                            'x' => whole = true,
                            'e' if place + 1 == letters.len() => patterns.push(rest.next()?),
                            'h' | 's' | 'a' | 'G' => {}
                            _ => return None,
                        }
                    }
                }
                option if option.starts_with("--") => return None,
                _ => grep.files.push(one),
            }
        }
        if patterns.is_empty() {
            patterns.push((!grep.files.is_empty()).then(|| grep.files.remove(0))?);
        }
        for pattern in patterns {
            if pattern.unknown.is_some() {
                return None;
            }
            for text in pattern.text.split('\n') {
                grep.expressions.push(match fixed && !word && !whole {
                    true => Expression::literal(text, ignores)?,
                    false if fixed => return None,
                    false => {
                        let group = if syntax == Syntax::Basic { ("\\(", "\\)") } else { ("(", ")") };
                        let (before, after) = match (whole, word) {
                            (true, _) => ("^", "$"),
                            (_, true) => ("\\b", "\\b"),
                            _ => ("", ""),
                        };
                        match before.is_empty() {
                            true => Expression::new(text, syntax, ignores)?,
                            false => {
                                let text = format!("{before}{}{text}{}{after}", group.0, group.1);
                                Expression::new(&text, syntax, ignores)?
                            }
                        }
                    }
                });
            }
        }
        Some(grep)
    }

    /// The lines that it keeps. Those that go are empty, so that the others keep their numbers.
    fn lines(&self, text: &str) -> Option<String> {
        let line = |line: &str| -> Option<String> {
            let mut any = false;
            for expression in &self.expressions {
                match expression.find(line, 0)? {
                    Some(found) if self.only && !self.not => return line.get(found.range).map(str::to_owned),
                    found => any |= found.is_some(),
                }
            }
            Some(if any == self.not { String::new() } else { line.to_owned() })
        };
        Some(text.split('\n').map(line).collect::<Option<Vec<_>>>()?.join("\n"))
    }
}
