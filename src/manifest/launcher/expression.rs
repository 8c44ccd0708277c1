//! What becomes of expressions: strings, lists, tables, comparisons; anything else is unknown, and so is what hangs on it.

use super::{
    MAX_DEPTH, Walker,
    tokens::{self, Kind, Token, closing, split},
};
use crate::manifest::{blanks::Blanks, shell::Script};

/// Longer texts and lists are not put together.
const MAX_LENGTH: usize = 64 << 10;

/// The value of an expression.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A text; blanks in it stand for what is not known.
    Text(Script),
    /// A list or a tuple.
    List(Vec<Value>),
    /// A table.
    Map(Vec<(String, Value)>),
    /// True or false.
    Is(bool),
    /// `None`.
    Nothing,
    /// A file that was opened, by its name.
    File(String),
    /// What a person is asked, by a name for it.
    Asked(String),
    /// An option of the command line that nobody gives.
    Flag(String),
    /// Not known, and on what it hangs.
    Unknown(String),
}

/// Whether something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    Unknown(String),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one.text == other.text,
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Map(one), Self::Map(other)) => one == other,
            (Self::Is(one), Self::Is(other)) => one == other,
            (Self::Nothing, Self::Nothing) => true,
            (Self::File(one), Self::File(other)) => one == other,
            (
                Self::Asked(one) | Self::Unknown(one) | Self::Flag(one),
                Self::Asked(other) | Self::Unknown(other) | Self::Flag(other),
            ) => one == other,
            _ => false,
        }
    }
}

impl Value {
    /// A text that stands nowhere.
    pub fn text(text: &str) -> Self {
        let mut script = Script::default();
        script.text.push_str(text);
        Self::Text(script)
    }

    /// The text, if nothing in it is unknown.
    pub fn known(&self, blanks: &Blanks) -> Option<String> {
        match self {
            Self::Text(text) if blanks.why(&text.text).is_none() => Some(text.text.clone()),
            _ => None,
        }
    }

    /// The name of a constant of a module or class, which stands for itself: `Backend.CUDA`.
    pub fn constant(&self) -> Option<String> {
        match self {
            Self::Unknown(path) if path.starts_with(|c: char| c.is_ascii_uppercase()) && path.contains('.') => {
                Some(path.clone())
            }
            _ => None,
        }
    }

    /// What of it is not known.
    pub fn doubt(&self, blanks: &Blanks) -> Option<String> {
        match self {
            Self::Unknown(why) | Self::Asked(why) | Self::Flag(why) => Some(why.clone()),
            Self::Text(text) => blanks.why(&text.text).map(str::to_owned),
            _ => None,
        }
    }
}

/// A reader of the tokens of an expression.
struct Tokens<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Tokens<'t> {
    fn kind(&self) -> Option<&'t Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is = matches!(self.kind(), Some(Kind::Sign(here)) if *here == sign);
        self.at += usize::from(is);
        is
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let is = matches!(self.kind(), Some(Kind::Name(here)) if here == word);
        self.at += usize::from(is);
        is
    }

    /// What stands in the brackets whose first was taken; the last is taken.
    fn inside(&mut self) -> &'t [Token] {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let length = closing(rest);
        self.at += length + 1;
        rest.get(..length).unwrap_or_default()
    }
}

impl Walker<'_, '_, '_> {
    /// The value of an expression.
    pub(super) fn value(&mut self, tokens: &[Token]) -> Value {
        if self.depth >= MAX_DEPTH || self.left == 0 {
            return Value::Unknown("an expression".to_owned());
        }
        self.depth += 1;
        self.left -= 1;
        let mut reader = Tokens { tokens, at: 0 };
        let value = self.either(&mut reader);
        // A tuple without parentheses.
        let value = if matches!(reader.kind(), Some(Kind::Sign(","))) {
            let parts = split(tokens, ",");
            Value::List(parts.into_iter().take(1_000).map(|part| self.value(part)).collect())
        } else {
            value
        };
        self.depth -= 1;
        value
    }

    /// Whether a value counts as true.
    pub(super) fn truth(&mut self, value: &Value) -> Truth {
        let is = match value {
            Value::Text(text) if self.blanks.why(&text.text).is_none() => !text.text.is_empty() && text.text != "0",
            Value::Text(_) | Value::File(_) => true,
            Value::List(values) => !values.is_empty(),
            Value::Map(entries) => !entries.is_empty(),
            Value::Is(is) => *is,
            Value::Nothing | Value::Flag(_) => false,
            Value::Unknown(why) | Value::Asked(why) => return Truth::Unknown(why.clone()),
        };
        if is { Truth::Yes } else { Truth::No }
    }

    fn either(&mut self, reader: &mut Tokens<'_>) -> Value {
        let value = self.or(reader);
        if !reader.eat_word("if") {
            return value;
        }
        let condition = self.or(reader);
        let otherwise = if reader.eat_word("else") { self.either(reader) } else { Value::Nothing };
        let truth = self.truth(&condition);
        match self.settled(truth) {
            Truth::Yes => value,
            Truth::No => otherwise,
            Truth::Unknown(_) if value == otherwise => value,
            Truth::Unknown(why) => Value::Unknown(why),
        }
    }

    fn or(&mut self, reader: &mut Tokens<'_>) -> Value {
        let mut value = self.and(reader);
        while reader.eat_word("or") {
            let other = self.and(reader);
            value = match self.truth(&value) {
                Truth::Yes => value,
                Truth::No => other,
                Truth::Unknown(why) => match self.truth(&other) {
                    Truth::Yes => other,
                    _ => Value::Unknown(why),
                },
            };
        }
        value
    }

    fn and(&mut self, reader: &mut Tokens<'_>) -> Value {
        let mut value = self.not(reader);
        while reader.eat_word("and") {
            let other = self.not(reader);
            value = match self.truth(&value) {
                Truth::Yes => other,
                Truth::No => value,
                Truth::Unknown(why) => match self.truth(&other) {
                    Truth::No => other,
                    _ => Value::Unknown(why),
                },
            };
        }
        value
    }

    fn not(&mut self, reader: &mut Tokens<'_>) -> Value {
        let mut turned = None;
        while reader.eat_word("not") {
            turned = Some(!turned.unwrap_or(false));
        }
        let value = self.comparison(reader);
        let Some(turned) = turned else { return value };
        let truth = self.truth(&value);
        match self.settled(truth) {
            Truth::Yes => Value::Is(!turned),
            Truth::No => Value::Is(turned),
            Truth::Unknown(why) => Value::Unknown(if turned { format!("not {why}") } else { why }),
        }
    }

    fn comparison(&mut self, reader: &mut Tokens<'_>) -> Value {
        let one = self.sum_of(reader);
        let before = reader.at;
        let not = reader.eat_word("not");
        let sign = if reader.eat_word("in") {
            if not { "not in" } else { "in" }
        } else if reader.eat_word("is") {
            if reader.eat_word("not") { "!=" } else { "==" }
        } else {
            let signs = ["==", "!=", "<=", ">=", "<", ">"];
            match signs.into_iter().find(|sign| reader.eat(sign)) {
                Some(sign) => sign,
                None => {
                    reader.at = before;
                    return one;
                }
            }
        };
        let other = self.sum_of(reader);
        self.compared(&one, sign, &other)
    }

    pub(super) fn compared(&mut self, one: &Value, sign: &str, other: &Value) -> Value {
        let turned = matches!(sign, "!=" | "not in");
        if let Some(why) = one.doubt(&self.blanks) {
            let first = match other {
                Value::List(values) => values.first().and_then(|value| value.known(&self.blanks)),
                value => value.known(&self.blanks).or_else(|| value.constant()),
            };
            // A flag that is compared with nothing is as good as one that is asked.
            let doubts = &mut self.scene.reading.doubts;
            doubts.compare(&why, first.as_deref());
            return match doubts.is_other(&why) {
                true => Value::Is(turned),
                false => Value::Unknown(why),
            };
        }
        match (sign, one, other) {
            ("in" | "not in", Value::Text(one), Value::Text(other)) if self.blanks.why(&other.text).is_none() => {
                Value::Is(other.text.contains(&one.text) != turned)
            }
            ("in" | "not in", Value::Text(_), other) if other.doubt(&self.blanks).is_some() => {
                let why = other.doubt(&self.blanks).unwrap_or_default();
                let value = one.known(&self.blanks);
                let doubts = &mut self.scene.reading.doubts;
                doubts.compare(&why, value.as_deref());
                match doubts.is_other(&why) {
                    true => Value::Is(turned),
                    false => Value::Unknown(why),
                }
            }
            ("in" | "not in", one, Value::List(values)) => Value::Is(values.contains(one) != turned),
            ("in" | "not in", Value::Text(one), Value::Map(entries)) => {
                Value::Is(entries.iter().any(|(key, _)| *key == one.text) != turned)
            }
            (_, _, other) if other.doubt(&self.blanks).is_some() => {
                let why = other.doubt(&self.blanks).unwrap_or_default();
                Value::Unknown(why)
            }
            ("==" | "!=", one, other) => Value::Is((one == other) != turned),
            (sign, one, other) => match order(one, other) {
                Some(order) => Value::Is(match sign {
                    "<" => order.is_lt(),
                    ">" => order.is_gt(),
                    "<=" => order.is_le(),
                    _ => order.is_ge(),
                }),
                None => Value::Unknown("a comparison".to_owned()),
            },
        }
    }

    fn sum_of(&mut self, reader: &mut Tokens<'_>) -> Value {
        let mut value = self.unary(reader);
        loop {
            if reader.eat("+") {
                let more = self.unary(reader);
                value = self.sum(value, more);
            } else if reader.eat("%") {
                let values = self.unary(reader);
                value = self.formatted(value, "%s", values);
            } else if let Some(sign) = ["-", "*", "/", "//", "**", "|"].into_iter().find(|sign| reader.eat(sign)) {
                // Of a path, the last part: where the folder is, only the running program knows.
                value = match self.unary(reader) {
                    Value::Text(file) if sign == "/" && file.text.contains('.') => Value::Text(file),
                    _ => Value::Unknown("a sum".to_owned()),
                };
            } else {
                return value;
            }
        }
    }

    /// Two values together.
    pub(super) fn sum(&mut self, one: Value, other: Value) -> Value {
        match (one, other) {
            (Value::List(mut one), Value::List(other)) if one.len() + other.len() <= 1_000 => {
                one.extend(other);
                Value::List(one)
            }
            (
                one @ (Value::Text(_) | Value::Unknown(_) | Value::Asked(_) | Value::Flag(_)),
                other @ (Value::Text(_) | Value::Unknown(_) | Value::Asked(_) | Value::Flag(_)),
            ) => {
                if !matches!(one, Value::Text(_)) && !matches!(other, Value::Text(_)) {
                    return one;
                }
                let mut text = Script::default();
                self.append(&mut text, &one);
                self.append(&mut text, &other);
                Value::Text(text)
            }
            (one, _) => Value::Unknown(one.doubt(&self.blanks).unwrap_or_else(|| "a sum".to_owned())),
        }
    }

    /// Adds a value to a text.
    pub(super) fn append(&mut self, text: &mut Script, value: &Value) {
        if text.text.len() > MAX_LENGTH {
            return;
        }
        match value {
            Value::Text(more) => text.append(more),
            Value::Is(is) => text.text.push_str(if *is { "True" } else { "False" }),
            Value::Nothing => text.text.push_str("None"),
            Value::Unknown(why) | Value::Asked(why) | Value::Flag(why) => {
                let blank = self.blanks.of(why);
                text.text.push_str(&blank);
            }
            _ => {
                let blank = self.blanks.of("a value that is not a string");
                text.text.push_str(&blank);
            }
        }
    }

    /// `"…{}…".format(values)` and `"…%s…" % values`.
    pub(super) fn formatted(&mut self, format: Value, sign: &str, values: Value) -> Value {
        let Value::Text(format) = format else { return Value::Unknown("a text".to_owned()) };
        let mut values = match values {
            Value::List(values) => values,
            one => vec![one],
        }
        .into_iter();
        let mut text = Script::default();
        let mut from = 0;
        while let Some(at) = format.text.get(from..).and_then(|rest| rest.find(sign)) {
            text.append(&format.part(from, from + at));
            let value = values.next().unwrap_or(Value::Nothing);
            self.append(&mut text, &value);
            from += at + sign.len();
        }
        text.append(&format.part(from, format.text.len()));
        Value::Text(text)
    }

    fn unary(&mut self, reader: &mut Tokens<'_>) -> Value {
        while reader.eat("-") || reader.eat("*") || reader.eat("**") || reader.eat_word("await") {}
        let start = reader.at;
        let mut value = self.atom(reader);
        let mut path = name_path(reader.tokens.get(start..reader.at).unwrap_or_default());
        for _ in 0..64 {
            if reader.eat(".") {
                let Some(Kind::Name(name)) = reader.kind() else { return value };
                reader.at += 1;
                if !path.is_empty() {
                    path = format!("{path}.{name}");
                }
                if reader.eat("(") {
                    let inside = reader.inside();
                    value = self.method(value, name, &path, inside);
                    path.clear();
                } else {
                    value = self.attribute(value, name, &path);
                }
            } else if matches!(reader.kind(), Some(Kind::Sign("("))) {
                let at = reader.tokens.get(reader.at).map_or(0, |token| token.start);
                reader.at += 1;
                let inside = reader.inside();
                value = self.called(&path, inside, at);
                path.clear();
            } else if reader.eat("[") {
                let inside = reader.inside();
                value = self.item(value, &path, inside);
                path.clear();
            } else {
                break;
            }
        }
        value
    }

    fn atom(&mut self, reader: &mut Tokens<'_>) -> Value {
        let Some(token) = reader.tokens.get(reader.at) else { return Value::Nothing };
        reader.at += 1;
        match &token.kind {
            Kind::Text { .. } => {
                let mut text = Script::default();
                self.literal(token, &mut text);
                // Literals that follow each other are one.
                while let Some(next) =
                    reader.tokens.get(reader.at).filter(|next| matches!(next.kind, Kind::Text { .. }))
                {
                    self.literal(next, &mut text);
                    reader.at += 1;
                }
                Value::Text(text)
            }
            Kind::Number(number) => Value::text(number),
            Kind::Name(name) => match name.as_str() {
                "True" => Value::Is(true),
                "False" => Value::Is(false),
                "None" => Value::Nothing,
                "lambda" => {
                    reader.at = reader.tokens.len();
                    Value::Unknown("a function".to_owned())
                }
                "__name__" => Value::text("__main__"),
                name => self.named(name),
            },
            Kind::Sign("(") => {
                let inside = reader.inside();
                let parts = split(inside, ",");
                let tuple = inside.last().is_some_and(|token| token.kind == Kind::Sign(","))
                    || parts.len() > 1
                    || parts.is_empty();
                match tuple {
                    true => self.list(parts),
                    false => self.value(inside),
                }
            }
            Kind::Sign("[") => {
                let inside = reader.inside();
                if is_comprehension(inside) {
                    return Value::Unknown("a list that is computed".to_owned());
                }
                self.list(split(inside, ","))
            }
            Kind::Sign("{") => {
                let inside = reader.inside();
                if is_comprehension(inside) {
                    return Value::Unknown("a table that is computed".to_owned());
                }
                let mut entries = Vec::new();
                for part in split(inside, ",").into_iter().take(1_000) {
                    let Some([key, value]) = split(part, ":").get(..2).map(|two| [two[0], two[1]]) else { continue };
                    let key = self.value(key);
                    let value = self.value(value);
                    entries.extend(key.known(&self.blanks).or_else(|| key.constant()).map(|key| (key, value)));
                }
                Value::Map(entries)
            }
            _ => Value::Nothing,
        }
    }

    fn named(&mut self, name: &str) -> Value {
        if let Some(value) = self.names.get(name) {
            return match value {
                Value::Unknown(why) | Value::Asked(why) if why == name => {
                    self.chosen_value(name).unwrap_or_else(|| value.clone())
                }
                value => value.clone(),
            };
        }
        self.chosen_value(name).unwrap_or_else(|| Value::Unknown(name.to_owned()))
    }

    /// A string as it is written, expressions in it filled in.
    fn literal(&mut self, token: &Token, text: &mut Script) {
        let Kind::Text { formatted, raw, start, end } = &token.kind else { return };
        let source = std::rc::Rc::clone(&self.source);
        let Some(written) = source.text.text.get(*start..*end) else { return };
        let mut at = 0;
        let mut from = 0;
        let flush = |text: &mut Script, from: usize, to: usize| {
            if let Some(piece) = written.get(from..to).filter(|piece| !piece.is_empty()) {
                text.push(piece, source.text.at(start + from));
            }
        };
        while let Some(c) = written.get(at..).and_then(|rest| rest.chars().next()) {
            let next = written.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
            match (c, next) {
                ('\\', Some(next)) if !raw => {
                    flush(text, from, at);
                    match next {
                        'n' => text.text.push('\n'),
                        't' => text.text.push('\t'),
                        '\n' | '\r' => {}
                        '\\' => text.text.push('/'),
                        next => text.text.push(next),
                    }
                    at += 1 + next.len_utf8();
                    from = at;
                    continue;
                }
                ('{', Some('{')) | ('}', Some('}')) if *formatted => {
                    flush(text, from, at + 1);
                    at += 2;
                    from = at;
                    continue;
                }
                ('{', _) if *formatted => {
                    flush(text, from, at);
                    let inside = written.get(at + 1..).unwrap_or_default();
                    let length = brace(inside);
                    let inner = inside.get(..length).unwrap_or_default();
                    let lines = tokens::lines(inner);
                    let mut tokens = lines.first().map(|line| line.tokens.clone()).unwrap_or_default();
                    // A format after a colon does not count; places inside of it are those of the string.
                    if let Some(colon) = tokens::colon(&tokens) {
                        tokens.truncate(colon);
                    }
                    let value = match tokens.iter().any(|token| matches!(token.kind, Kind::Text { .. })) {
                        // Literals in it have places of their own text, which is not here.
                        true => Value::Unknown(inner.to_owned()),
                        false => self.value(&tokens),
                    };
                    self.append(text, &value);
                    at += 1 + length + 1;
                    from = at;
                    continue;
                }
                _ => at += c.len_utf8(),
            }
        }
        flush(text, from, written.len());
    }
}

/// The names of `a.b.c`, if tokens are nothing else.
fn name_path(tokens: &[Token]) -> String {
    match tokens {
        [Token { kind: Kind::Name(name), .. }] => name.clone(),
        _ => String::new(),
    }
}

/// Whether brackets hold a comprehension.
fn is_comprehension(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| matches!(&token.kind, Kind::Name(name) if name == "for"))
}

/// Where the brace that closes stands.
fn brace(text: &str) -> usize {
    let mut open = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' | '[' | '(' => open += 1,
            '}' if open == 0 => return at,
            '}' | ']' | ')' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}

/// How two versions or numbers stand to each other.
fn order(one: &Value, other: &Value) -> Option<std::cmp::Ordering> {
    let number = |value: &Value| match value {
        Value::Text(text) => text.text.parse::<i64>().ok(),
        _ => None,
    };
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            let numbers = |values: &[Value]| values.iter().map(number).collect::<Option<Vec<i64>>>();
            Some(numbers(one)?.cmp(&numbers(other)?))
        }
        (one, other) => Some(number(one)?.cmp(&number(other)?)),
    }
}
