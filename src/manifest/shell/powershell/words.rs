//! Words and variables of PowerShell.

use super::{
    super::tree::{Change, Piece, Word},
    Reader,
};

impl Reader<'_> {
    /// The name of a variable that stands here: `$x`, `$env:X`, `$script:x`, `${x}`.
    pub(super) fn variable_name(&mut self) -> Option<String> {
        let rest = self.rest().strip_prefix('$')?;
        let (braced, rest) = rest.strip_prefix('{').map_or((false, rest), |rest| (true, rest));
        let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '?') || c == ':'));
        let mut name = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        // A colon that ends it is none of its own.
        name = name.trim_end_matches(':');
        if let Some((scope, inner)) = name.split_once(':') {
            let known = ["env", "script", "global", "local", "private", "using"];
            if !known.iter().any(|known| known.eq_ignore_ascii_case(scope)) {
                name = scope;
            } else if inner.contains(':') {
                name = name.get(..scope.len() + 1 + inner.find(':').unwrap_or(0)).unwrap_or(name);
            }
        }
        if name.is_empty() {
            return None;
        }
        self.at += 1 + usize::from(braced) + name.len();
        if braced {
            self.eat("}");
        }
        let own = name.rsplit(':').next().unwrap_or(name);
        Some(own.to_ascii_uppercase())
    }

    /// The word of a command that begins here.
    pub(super) fn word(&mut self) -> Option<Word> {
        let mut word = Word { pieces: Vec::new(), start: self.at };
        while let Some(c) = self.rest().chars().next() {
            match c {
                '"' => {
                    self.at += 1;
                    word.add("", true);
                    self.double(&mut word);
                }
                '\'' => {
                    self.at += 1;
                    let rest = self.rest();
                    let end = rest.find('\'').unwrap_or(rest.len());
                    word.add(&rest.get(..end).unwrap_or_default().replace('\\', "/"), true);
                    self.at += end + usize::from(end < rest.len());
                }
                '$' => self.dollar(&mut word, false),
                '@' if word.pieces.is_empty()
                    && self.rest().get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic())) =>
                {
                    self.at += 1;
                    let rest = self.rest();
                    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                    let name = rest.get(..length).unwrap_or_default().to_ascii_uppercase();
                    self.at += length;
                    word.pieces.push(Piece::Variable { name, change: Some(Change::All), quoted: true });
                }
                '`' => {
                    self.at += 1;
                    let Some(next) = self.rest().chars().next().filter(|next| !matches!(next, '\n' | '\r')) else {
                        self.at -= 1;
                        break;
                    };
                    self.at += next.len_utf8();
                    word.add(next.encode_utf8(&mut [0; 4]), true);
                }
                '\\' => {
                    self.at += 1;
                    word.add("/", false);
                }
                c if c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')' | '{' | '}' | ',' | '<' | '>') => {
                    break;
                }
                c => {
                    self.at += c.len_utf8();
                    word.add(c.encode_utf8(&mut [0; 4]), false);
                }
            }
        }
        (!word.pieces.is_empty()).then_some(word)
    }

    /// What is in double quotes, the first of which was taken.
    fn double(&mut self, word: &mut Word) {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '"' => {
                    self.at += 1;
                    if !self.eat("\"") {
                        return;
                    }
                    word.add("\"", true);
                }
                '$' => self.dollar(word, true),
                '`' => {
                    self.at += 1;
                    if let Some(next) = self.rest().chars().next() {
                        self.at += next.len_utf8();
                        let next = if next == 'n' { '\n' } else { next };
                        word.add(next.encode_utf8(&mut [0; 4]), true);
                    }
                }
                '\\' => {
                    self.at += 1;
                    word.add("/", true);
                }
                c => {
                    self.at += c.len_utf8();
                    word.add(c.encode_utf8(&mut [0; 4]), true);
                }
            }
        }
    }

    /// `$name`, `$(…)`.
    fn dollar(&mut self, word: &mut Word, quoted: bool) {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with("$(") {
            self.at += 2;
            self.skip_to_closing();
            let text = self.text.get(start..self.at).unwrap_or_default();
            // `$($x)` is the variable.
            let inner = text.get(2..text.len().saturating_sub(1)).unwrap_or_default().trim();
            let mut inside = Reader { text: inner, at: 0, depth: self.depth };
            let name = inside.variable_name().filter(|_| inside.rest().is_empty());
            word.pieces.push(match name {
                Some(name) => Piece::Variable { name, change: None, quoted },
                None => Piece::Opaque(text.to_owned()),
            });
            return;
        }
        match self.variable_name() {
            None => {
                self.at += 1;
                word.add("$", quoted);
            }
            Some(name) => {
                // A property of it, outside of quotes.
                let property = !quoted
                    && self.rest().starts_with('.')
                    && self.rest().get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
                match name.as_str() {
                    "PWD" | "PSSCRIPTROOT" => word.add(".", quoted),
                    "TRUE" => word.add("true", quoted),
                    "FALSE" | "NULL" => word.add("", quoted),
                    _ if property => {
                        let rest = self.rest();
                        let length = rest
                            .find(|c: char| c.is_whitespace() || matches!(c, ')' | ';' | ',' | '|' | '}'))
                            .unwrap_or(rest.len());
                        self.at += length;
                        word.pieces.push(Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_owned()));
                    }
                    _ => word.pieces.push(Piece::Variable { name, change: None, quoted: true }),
                }
            }
        }
    }
}
