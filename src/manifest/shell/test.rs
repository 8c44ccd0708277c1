//! Conditions of scripts: `[ … ]`, `[[ … ]]`, `test …`.

use super::{
    expression::{Expression, Syntax},
    pattern,
    value::Value,
};
use crate::manifest::ways::Doubts;

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
/// What is not known is noted with the value that it is compared with.
pub(super) fn decide(
    words: &[Value],
    patterns: bool,
    doubts: &mut Doubts,
    is_file: &mut dyn FnMut(&str) -> Option<bool>,
) -> Status {
    if words.len() > MAX_WORDS {
        return Status::Unknown("a condition of more than 64 words".to_owned());
    }
    Test { words, at: 0, patterns, doubts, is_file }.any()
}

struct Test<'w> {
    words: &'w [Value],
    at: usize,
    patterns: bool,
    doubts: &'w mut Doubts,
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

    fn compare(&mut self, one: &Value, sign: &str, other: &Value) -> Status {
        let (one, other) = match (known(one), known(other)) {
            (Ok(one), Ok(other)) => (one, other),
            (Err(Status::Unknown(why)), Ok(value)) | (Ok(value), Err(Status::Unknown(why))) => {
                let value = if sign == "=~" { pattern::like_expression(&value) } else { pattern::like(&value) };
                self.doubts.compare(&why, value.as_deref());
                return match self.doubts.is_other(&why) {
                    true => Status::of(sign == "!=" || sign == "-ne"),
                    false => Status::Unknown(why),
                };
            }
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
            _ => match Expression::new(&other, Syntax::Extended, false).and_then(|other| other.is_in(&one)) {
                Some(is) => Status::of(is),
                None => Status::Unknown(format!("whether '{one}' matches {other}")),
            },
        }
    }

    fn flag(&mut self, flag: &str, value: &Value) -> Status {
        let text = match known(value) {
            Ok(text) => text,
            Err(Status::Unknown(why)) if matches!(flag, "-z" | "-n") => {
                self.doubts.compare(&why, Some(""));
                return match self.doubts.is_other(&why) {
                    true => Status::of(flag == "-n"),
                    false => Status::Unknown(why),
                };
            }
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
