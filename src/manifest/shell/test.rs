//! Conditions of scripts: `[ … ]`, `[[ … ]]`, `test …`.

use super::{pattern, value::Value};

/// What a condition comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// It holds; a command went well.
    Yes,
    /// It does not.
    No,
    /// It hangs on something that nothing says: this.
    Unknown(String),
}

impl Status {
    pub fn of(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }

    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}

/// Longer conditions are not read.
const MAX_WORDS: usize = 64;

/// Decides a condition. `is_file` says whether a path is there, if that is known; `patterns`: the right side may be one, as in `[[`.
pub(super) fn decide(words: &[Value], patterns: bool, is_file: &mut dyn FnMut(&str) -> Option<bool>) -> Status {
    if words.len() > MAX_WORDS {
        return Status::Unknown("a condition of more than 64 words".to_owned());
    }
    Test { words, at: 0, patterns, is_file }.any()
}

struct Test<'w> {
    words: &'w [Value],
    at: usize,
    patterns: bool,
    is_file: &'w mut dyn FnMut(&str) -> Option<bool>,
}

impl Test<'_> {
    fn ahead(&self, after: usize) -> Option<String> {
        self.words.get(self.at + after).map(Value::text)
    }

    fn eat(&mut self, sign: &[&str]) -> bool {
        let is = self.ahead(0).is_some_and(|word| sign.contains(&word.as_str()));
        self.at += usize::from(is);
        is
    }

    fn any(&mut self) -> Status {
        let mut status = self.all();
        while self.eat(&["||", "-o"]) {
            let other = self.all();
            status = match (status, other) {
                (Status::Yes, _) | (_, Status::Yes) => Status::Yes,
                (Status::No, other) => other,
                (unknown, _) => unknown,
            };
        }
        status
    }

    fn all(&mut self) -> Status {
        let mut status = self.one();
        while self.eat(&["&&", "-a"]) {
            let other = self.one();
            status = match (status, other) {
                (Status::No, _) | (_, Status::No) => Status::No,
                (Status::Yes, other) => other,
                (unknown, _) => unknown,
            };
        }
        status
    }

    fn one(&mut self) -> Status {
        if self.eat(&["!"]) {
            return self.one().not();
        }
        if self.ahead(0).as_deref() == Some("(") {
            self.at += 1;
            let status = self.any();
            self.eat(&[")"]);
            return status;
        }
        let Some(first) = self.words.get(self.at).cloned() else { return Status::No };
        let sign = self.ahead(1).unwrap_or_default();
        if ["=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-gt", "-ge", "-lt", "-le"].contains(&sign.as_str()) {
            let second = self.words.get(self.at + 2).cloned().unwrap_or_default();
            self.at += 3;
            return self.compare(&first, &sign, &second);
        }
        let flag = first.text();
        if flag.len() == 2 && flag.starts_with('-') && self.words.len() > self.at + 1 {
            let value = self.words.get(self.at + 1).cloned().unwrap_or_default();
            self.at += 2;
            return self.flag(&flag, &value);
        }
        self.at += 1;
        known(&first).map_or_else(|why| why, |text| Status::of(!text.is_empty()))
    }

    fn compare(&self, one: &Value, sign: &str, other: &Value) -> Status {
        let (one, other) = match (known(one), known(other)) {
            (Ok(one), Ok(other)) => (one, other),
            (Err(why), _) | (_, Err(why)) => return why,
        };
        let same = || if self.patterns { pattern::fits(&one, &other) } else { one == other };
        let numbers = || Some((one.trim().parse::<i64>().ok()?, other.trim().parse::<i64>().ok()?));
        let number = |is: fn(i64, i64) -> bool| match numbers() {
            Some((one, other)) => Status::of(is(one, other)),
            None => Status::No,
        };
        match sign {
            "=" | "==" => Status::of(same()),
            "!=" => Status::of(!same()),
            "<" => Status::of(one < other),
            ">" => Status::of(one > other),
            "-eq" => number(|one, other| one == other),
            "-ne" => number(|one, other| one != other),
            "-gt" => number(|one, other| one > other),
            "-ge" => number(|one, other| one >= other),
            "-lt" => number(|one, other| one < other),
            "-le" => number(|one, other| one <= other),
            // An expression: those that are nothing but text, with ^ and $ or not.
            _ => {
                let (begins, ends) = (other.starts_with('^'), other.ends_with('$'));
                let text = other.trim_start_matches('^').trim_end_matches('$').replace("\\.", ".");
                if text.contains(['*', '+', '?', '(', '[', '|', '\\', '{']) {
                    return Status::Unknown(format!("whether '{one}' matches {other}"));
                }
                Status::of(match (begins, ends) {
                    (true, true) => one == text,
                    (true, false) => one.starts_with(&text),
                    (false, true) => one.ends_with(&text),
                    (false, false) => one.contains(&text),
                })
            }
        }
    }

    fn flag(&mut self, flag: &str, value: &Value) -> Status {
        let text = match known(value) {
            Ok(text) => text,
            Err(why) => return why,
        };
        match flag {
            "-z" => Status::of(text.is_empty()),
            "-n" => Status::of(!text.is_empty()),
            "-f" | "-e" | "-d" | "-s" | "-r" | "-x" => match (self.is_file)(&text) {
                Some(is) => Status::of(is),
                None => Status::Unknown(format!("whether {text} is there")),
            },
            _ => Status::Unknown(format!("the condition {flag} {text}")),
        }
    }
}

fn known(value: &Value) -> Result<String, Status> {
    match &value.unknown {
        Some(why) => Err(Status::Unknown(why.clone())),
        None => Ok(value.text()),
    }
}
