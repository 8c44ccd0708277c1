//! Words of a shell: what stands in quotes, variables and what is done with them, the output of commands.

use super::{
    syntax::Reader,
    tree::{Change, Piece, Word},
};

impl Word {
    /// A value in which variables are filled in and nothing else happens, as in ENV of a Dockerfile or in a file of Compose.
    pub fn of_value(text: &str) -> Self {
        let mut reader = Reader::new(text);
        let mut word = Self::default();
        reader.text_until(&mut word, None, false);
        word
    }
}

/// Signs that end a word.
const ENDS: [char; 11] = [' ', '\t', '\r', '\n', ';', '&', '|', '(', ')', '<', '>'];

impl Reader<'_> {
    /// The word that begins here, if one does.
    pub(super) fn word(&mut self) -> Option<Word> {
        let mut word = Word { pieces: Vec::new(), start: self.at };
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { break };
            if rest.starts_with("<(") || rest.starts_with(">(") {
                let start = self.at;
                self.at += 2;
                let _ = self.substitution();
                word.pieces.push(Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_owned()));
                continue;
            }
            // Patterns such as @(a|b) are passed over as they stand.
            if ENDS.contains(&c) {
                break;
            }
            self.part(&mut word, c);
        }
        (!word.pieces.is_empty()).then_some(word)
    }

    /// A part of a word that is not in quotes.
    fn part(&mut self, word: &mut Word, c: char) {
        match c {
            '\\' => {
                self.at += 1;
                if self.eat("\r\n") || self.eat("\n") {
                    if word.pieces.is_empty() {
                        word.add("", false);
                    }
                    return;
                }
                self.character(word, true);
            }
            '\'' => {
                self.at += 1;
                let rest = self.rest();
                let end = rest.find('\'').unwrap_or(rest.len());
                word.add(rest.get(..end).unwrap_or_default(), true);
                self.at += end + usize::from(end < rest.len());
            }
            '"' => {
                self.at += 1;
                word.add("", true);
                self.text_until(word, Some('"'), true);
            }
            '$' | '`' => self.dollar(word, false),
            _ => self.character(word, false),
        }
    }

    fn character(&mut self, word: &mut Word, quoted: bool) {
        if let Some(c) = self.rest().chars().next() {
            self.at += c.len_utf8();
            word.add(c.encode_utf8(&mut [0; 4]), quoted);
        }
    }

    /// Text as in double quotes, up to a sign, which is taken.
    fn text_until(&mut self, word: &mut Word, end: Option<char>, quoted: bool) {
        while let Some(c) = self.rest().chars().next() {
            match c {
                _ if Some(c) == end => {
                    self.at += c.len_utf8();
                    return;
                }
                '\\' => {
                    self.at += 1;
                    if self.eat("\r\n") || self.eat("\n") {
                        continue;
                    }
                    let next = self.rest().chars().next();
                    match next {
                        Some(next @ ('$' | '`' | '"' | '\\')) => {
                            self.at += next.len_utf8();
                            word.add(next.encode_utf8(&mut [0; 4]), true);
                        }
                        _ => word.add("\\", true),
                    }
                }
                '$' | '`' if end.is_some() || c == '$' => self.dollar(word, quoted),
                _ => self.character(word, quoted),
            }
        }
    }

    /// `$NAME`, `${…}`, `$(…)`, `` `…` ``.
    fn dollar(&mut self, word: &mut Word, quoted: bool) {
        let start = self.at;
        if self.eat("`") {
            let rest = self.rest();
            let end = rest.find('`').unwrap_or(rest.len());
            let text = rest.get(..end).unwrap_or_default().to_owned();
            let mut inner = Reader::new(&text);
            inner.depth = self.depth;
            let body = inner.substitution();
            self.at += end + usize::from(end < rest.len());
            word.pieces.push(Piece::Output { body, text, quoted });
            return;
        }
        self.at += 1;
        let rest = self.rest();
        if rest.starts_with("((") {
            self.at += rest.find("))").map_or(rest.len(), |end| end + 2);
            word.pieces.push(Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_owned()));
        } else if self.eat("(") {
            let from = self.at;
            let body = self.substitution();
            let text = self.text.get(from..self.at).unwrap_or_default().trim_end_matches(')').to_owned();
            word.pieces.push(Piece::Output { body, text, quoted });
        } else if self.eat("{") {
            self.braces(word, quoted, start);
        } else if rest.starts_with('\'') {
            // $'…'
            self.part(word, '\'');
        } else {
            let name = self.variable_name();
            match name.is_empty() {
                true => word.add("$", quoted),
                false => word.pieces.push(Piece::Variable { name, change: None, quoted }),
            }
        }
    }

    fn variable_name(&mut self) -> String {
        let rest = self.rest();
        let special =
            rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '@' | '*' | '#' | '?' | '$' | '!' | '-'));
        let length = match special {
            true => 1,
            false => rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len()),
        };
        let name = rest.get(..length).unwrap_or_default().to_owned();
        self.at += length;
        name
    }

    /// What follows `${`.
    fn braces(&mut self, word: &mut Word, quoted: bool, start: usize) {
        if self.depth >= 48 {
            self.at = self.text.len();
            return;
        }
        self.depth += 1;
        let counts = self.rest().starts_with('#') && !self.rest().starts_with("#}");
        self.at += usize::from(counts);
        let indirect = self.eat("!");
        let name = self.variable_name();
        let mut change = if counts { Some(Change::Length) } else { None };
        if self.eat("[") {
            let rest = self.rest();
            let end = rest.find(']').unwrap_or(rest.len());
            let index = rest.get(..end).unwrap_or_default();
            change = change.or(Some(match index.parse() {
                Ok(index) => Change::One(index),
                Err(_) => Change::All,
            }));
            self.at += end + usize::from(end < rest.len());
        }
        if change.is_none() && !self.rest().starts_with('}') {
            change = self.change();
        }
        // What was not understood up to the brace.
        let rest = self.rest();
        let understood = rest.starts_with('}') && !indirect && !name.is_empty();
        self.at += rest.find('}').map_or(rest.len(), |end| end + 1);
        self.depth -= 1;
        word.pieces.push(match understood {
            true => Piece::Variable { name, change, quoted },
            false => Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_owned()),
        });
    }

    fn change(&mut self) -> Option<Change> {
        let colon = self.eat(":");
        for sign in ['-', '=', '+', '?'] {
            if self.eat(sign.encode_utf8(&mut [0; 4])) {
                let value = self.argument(&[]);
                return Some(match sign {
                    '=' => Change::Assign(colon, value),
                    '+' => Change::Instead(colon, value),
                    // It has to be set: nothing is changed.
                    '?' => return None,
                    _ => Change::Default(colon, value),
                });
            }
        }
        if colon {
            let text = self.argument(&[]).plain()?;
            let (from, length) = match text.split_once(':') {
                Some((from, length)) => (from, Some(length.trim().parse().ok()?)),
                None => (text.as_str(), None),
            };
            return Some(Change::Part(from.trim().parse().ok()?, length));
        }
        for (sign, long) in [("##", true), ("#", false)] {
            if self.eat(sign) {
                return Some(Change::Beginning(long, self.argument(&[])));
            }
        }
        for (sign, long) in [("%%", true), ("%", false)] {
            if self.eat(sign) {
                return Some(Change::End(long, self.argument(&[])));
            }
        }
        if self.eat("/") {
            let all = self.eat("/");
            let from = self.argument(&['/']);
            let to = if self.eat("/") { self.argument(&[]) } else { Word::default() };
            return Some(Change::Replace(all, from, to));
        }
        for (sign, upper) in [("^^", true), (",,", false)] {
            if self.eat(sign) {
                return Some(Change::Case(upper));
            }
        }
        None
    }

    /// A word inside of `${…}`, up to the brace or one of these signs, neither taken.
    fn argument(&mut self, ends: &[char]) -> Word {
        let mut word = Word { pieces: Vec::new(), start: self.at };
        while let Some(c) = self.rest().chars().next() {
            if c == '}' || ends.contains(&c) {
                break;
            }
            self.part(&mut word, c);
        }
        word
    }
}
