//! The grammar of batch files, `cmd`'s: lines into the same commands that other shells have. Names of variables are in capitals here, and paths
//! have slashes.
//!
//! A label is a function that begins there and goes on to the end of the file; `goto` calls it and ends what it stands in.

use std::rc::Rc;

use super::tree::{Assignment, Change, Join, Node, Piece, Redirection, Simple, Word};

/// As deep as blocks may stand in each other.
const MAX_DEPTH: usize = 32;
/// Labels beyond these many are not known.
const MAX_LABELS: usize = 200;

/// Reads a batch file.
pub(super) fn parse(text: &str) -> Node {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let mut sections: Vec<(String, Vec<(Join, Node)>)> = vec![(String::new(), Vec::new())];
    loop {
        reader.space(true);
        let rest = reader.rest();
        if rest.is_empty() {
            break;
        }
        if reader.comment() {
            continue;
        }
        if let Some(label) = rest.strip_prefix(':') {
            let label = label.split(|c: char| c.is_whitespace()).next().unwrap_or_default().to_ascii_uppercase();
            reader.line_end();
            if sections.len() <= MAX_LABELS {
                let mark = (Join::Then, Node::Label(format!(":{label}")));
                sections.push((label, vec![mark]));
            }
            continue;
        }
        let before = reader.at;
        let node = reader.commands();
        if let Some((_, list)) = sections.last_mut() {
            list.push((Join::Then, node));
        }
        // A parenthesis too much.
        if reader.at == before || reader.rest().starts_with(')') {
            reader.at += reader.rest().chars().next().map_or(1, char::len_utf8);
        }
    }
    let parts: Vec<(String, Rc<Node>)> =
        sections.into_iter().map(|(label, list)| (label, Rc::new(Node::List(list)))).collect();
    let from = |number: usize| {
        let rest = parts.get(number..).unwrap_or_default();
        Node::List(rest.iter().map(|(_, node)| (Join::Then, Node::Shared(Rc::clone(node)))).collect())
    };
    let labels = parts.iter().enumerate().skip(1);
    let functions = labels.map(|(number, (label, _))| Node::Function(format!(":{label}"), Box::new(from(number))));
    Node::List(functions.chain([from(0)]).map(|node| (Join::Then, node)).collect())
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

/// What ends a word, besides white space.
const ENDS: [char; 6] = ['&', '|', '<', '>', '\n', '\r'];

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is = self.rest().starts_with(sign);
        self.at += if is { sign.len() } else { 0 };
        is
    }

    /// Passes over white space and continued lines; with `lines` over line ends, too.
    fn space(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            if rest.starts_with("^\r\n") {
                self.at += 3;
            } else if rest.starts_with("^\n") {
                self.at += 2;
            } else if rest.starts_with([' ', '\t', '@', ',']) || lines && rest.starts_with(['\n', '\r', ';']) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn line_end(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    /// Passes over a comment.
    fn comment(&mut self) -> bool {
        let is = self.rest().starts_with("::") || self.is_next("rem");
        if is {
            self.line_end();
        }
        is
    }

    /// Whether a word comes, in any case.
    fn is_next(&self, word: &str) -> bool {
        let rest = self.rest();
        rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && rest.get(word.len()..).is_none_or(|after| {
                !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '\\'))
            })
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let is = self.is_next(word);
        self.at += if is { word.len() } else { 0 };
        self.space(false);
        is
    }

    /// Commands that are joined on a line.
    fn commands(&mut self) -> Node {
        let mut list = Vec::new();
        let mut join = Join::Then;
        loop {
            self.space(false);
            let before = self.at;
            list.push((join, self.command()));
            self.space(false);
            join = if self.eat("&&") {
                Join::And
            } else if self.eat("||") {
                Join::Or
            } else if self.eat("|") {
                Join::Pipe
            } else if self.eat("&") {
                Join::Then
            } else {
                return Node::List(list);
            };
            if self.at == before {
                return Node::List(list);
            }
        }
    }

    fn command(&mut self) -> Node {
        if self.depth >= MAX_DEPTH {
            self.at = self.text.len();
            return Node::Opaque;
        }
        self.depth += 1;
        let node = if self.comment() {
            Node::List(Vec::new())
        } else if self.eat("(") {
            self.block()
        } else if self.eat_word("if") {
            self.conditional()
        } else if self.eat_word("for") {
            self.loop_over()
        } else if self.is_next("set") {
            self.at += 3;
            self.set()
        } else if self.eat_word("goto") {
            self.goto()
        } else {
            while self.eat_word("call") || self.eat_word("start") {}
            self.simple()
        };
        self.depth -= 1;
        node
    }

    /// What is in parentheses, the first of which was taken.
    fn block(&mut self) -> Node {
        let mut list = Vec::new();
        loop {
            self.space(true);
            if self.eat(")") || self.rest().is_empty() {
                return Node::List(list);
            }
            let before = self.at;
            if self.comment() || self.rest().starts_with(':') {
                self.line_end();
                continue;
            }
            list.push((Join::Then, self.commands()));
            self.at += usize::from(self.at == before);
        }
    }

    fn conditional(&mut self) -> Node {
        self.eat_option("/i");
        let not = self.eat_word("not");
        self.eat_option("/i");
        let condition = self.condition();
        let condition = if not { Node::Not(Box::new(condition)) } else { condition };
        self.space(false);
        let body = self.commands_of_arm();
        self.space(false);
        let otherwise = self.eat_word("else").then(|| Box::new(self.commands_of_arm()));
        Node::If(vec![(condition, body)], otherwise)
    }

    fn eat_option(&mut self, option: &str) {
        self.space(false);
        if self.rest().get(..2).is_some_and(|start| start.eq_ignore_ascii_case(option)) {
            self.at += 2;
            self.space(false);
        }
    }

    /// A block is all of an arm; without parentheses it is the rest of the line.
    fn commands_of_arm(&mut self) -> Node {
        match self.rest().starts_with('(') {
            true => self.command(),
            false => self.commands(),
        }
    }

    fn condition(&mut self) -> Node {
        let test = |words: Vec<Word>| {
            let words = [Word::literal("test", 0)].into_iter().chain(words).collect();
            Node::Simple(Simple { words, ..Simple::default() })
        };
        if self.eat_word("errorlevel") {
            let level = self.word(true).and_then(|word| word.plain()).unwrap_or_default();
            return Node::Failed(level.parse().unwrap_or(1));
        }
        if self.eat_word("exist") {
            return test(vec![Word::literal("-e", 0), self.word(false).unwrap_or_default()]);
        }
        if self.eat_word("defined") {
            let name = self.word(false).and_then(|word| word.plain()).unwrap_or_default().to_ascii_uppercase();
            return test(vec![Word::literal("-n", 0), variable(name, None, self.at)]);
        }
        let one = self.word(true).unwrap_or_default();
        self.space(false);
        let sign = if self.eat("==") {
            "=="
        } else {
            let signs = [("equ", "=="), ("neq", "!="), ("lss", "-lt"), ("leq", "-le"), ("gtr", "-gt"), ("geq", "-ge")];
            match signs.into_iter().find(|(word, _)| self.eat_word(word)) {
                Some((_, sign)) => sign,
                None => return Node::Opaque,
            }
        };
        self.space(false);
        let other = self.word(true).unwrap_or_default();
        if let ([Piece::Variable { name, .. }], Some(number)) = (one.pieces.as_slice(), other.plain())
            && name == "ERRORLEVEL"
        {
            let failed = |level| Node::Failed(level);
            return match (sign, number.parse::<i64>().unwrap_or(0)) {
                ("==", 0) => Node::Not(Box::new(failed(1))),
                ("!=" | "-gt", 0) => failed(1),
                (_, level) => failed(level),
            };
        }
        // A word that is empty stays one.
        let whole = |word: Word| Word {
            pieces: [Piece::Text { text: String::new(), quoted: true }].into_iter().chain(word.pieces).collect(),
            ..word
        };
        test(vec![whole(one), Word::literal(sign, 0), whole(other)])
    }

    /// `for [/f "…"] %%i in (words) do command`.
    fn loop_over(&mut self) -> Node {
        let mut computed = false;
        loop {
            self.space(false);
            if self.rest().starts_with('/') || computed && self.rest().starts_with('"') {
                computed = true;
                self.word(false);
            } else {
                break;
            }
        }
        let name = self.word(false).map(|word| match word.pieces.first() {
            Some(Piece::Variable { name, .. }) => name.clone(),
            _ => String::new(),
        });
        self.space(false);
        self.eat_word("in");
        let mut words = Vec::new();
        if self.eat("(") {
            let rest = self.rest();
            let end = rest.find(')').unwrap_or(rest.len());
            let inside = rest.get(..end).unwrap_or_default();
            if computed {
                let pieces = vec![Piece::Opaque(inside.trim().to_owned())];
                words.push(Word { pieces, start: self.at });
            } else {
                let mut inner =
                    Reader { text: self.text.get(..self.at + end).unwrap_or_default(), at: self.at, depth: 0 };
                loop {
                    inner.space(true);
                    match inner.word(false) {
                        Some(word) => words.push(word),
                        None => break,
                    }
                }
            }
            self.at += end;
            self.eat(")");
        }
        self.space(false);
        self.eat_word("do");
        let body = self.commands_of_arm();
        Node::For(name.unwrap_or_default(), words, Box::new(body))
    }

    /// `set NAME=value`, `set "NAME=value"`, `set /p NAME=prompt`, `set /a NAME=sum`.
    fn set(&mut self) -> Node {
        self.space(false);
        let start = self.at;
        let asks = self.rest().get(..2).is_some_and(|option| option.eq_ignore_ascii_case("/p"));
        let sums = self.rest().get(..2).is_some_and(|option| option.eq_ignore_ascii_case("/a"));
        if asks || sums {
            self.at += 2;
            self.space(false);
        }
        let quoted = self.eat("\"");
        let rest = self.rest();
        let name_end = rest.find(['=', '\n', '"', '&', ')']).unwrap_or(rest.len());
        let name = rest.get(..name_end).unwrap_or_default().trim().to_ascii_uppercase();
        self.at += name_end;
        if !self.eat("=") {
            self.line_rest(quoted);
            return Node::List(Vec::new());
        }
        let value = self.line_rest(quoted);
        let simple = |simple: Simple| Node::Simple(simple);
        if asks {
            let words = vec![Word::literal("read", start), Word::literal(&name, start)];
            return simple(Simple { words, ..Simple::default() });
        }
        let value = match sums {
            true => Word { pieces: vec![Piece::Opaque(format!("{name}, which is computed"))], start },
            false => value,
        };
        let assignment = Assignment { name, adds: false, values: vec![value], list: false };
        simple(Simple { assignments: vec![assignment], ..Simple::default() })
    }

    /// The rest of a line as one value, or up to the last quote on it.
    fn line_rest(&mut self, quoted: bool) -> Word {
        let mut word = Word { pieces: Vec::new(), start: self.at };
        let line = self.rest().split('\n').next().unwrap_or_default();
        let end = if quoted { line.rfind('"').map(|end| self.at + end) } else { None };
        while let Some(c) = self.rest().chars().next() {
            match (end, c) {
                (Some(end), _) if self.at >= end => break,
                (_, '\n' | '\r') => break,
                (None, '&' | '|' | ')') if !quoted => break,
                _ => self.part(&mut word, c),
            }
        }
        self.eat("\"");
        if !quoted && let Some(Piece::Text { text, .. }) = word.pieces.last_mut() {
            text.truncate(text.trim_end().len());
        }
        word
    }

    fn goto(&mut self) -> Node {
        self.eat(":");
        let label = self.word(false).and_then(|word| word.plain()).unwrap_or_default().to_ascii_uppercase();
        let words = match label.as_str() {
            "EOF" => vec![Word::literal("exit", self.at)],
            label => vec![Word::literal("goto", self.at), Word::literal(&format!(":{label}"), self.at)],
        };
        Node::Simple(Simple { words, ..Simple::default() })
    }

    fn simple(&mut self) -> Node {
        let mut simple = Simple::default();
        loop {
            let before = self.at;
            self.space(false);
            let apart = self.at > before || simple.words.is_empty();
            let rest = self.rest();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let after = rest.get(digits..).unwrap_or_default();
            if after.starts_with(['<', '>']) && (digits == 0 || apart) {
                let sign = if after.starts_with(">>") {
                    ">>"
                } else if after.starts_with('>') {
                    ">"
                } else {
                    "<"
                };
                self.at += digits + sign.len();
                self.eat("&");
                self.space(false);
                let target = self.word(false).unwrap_or_default();
                simple.redirections.push(Redirection::new(sign, target, !apart && digits == 0));
                continue;
            }
            match self.word(false) {
                Some(word) => simple.words.push(word),
                None => break,
            }
        }
        // `call :label`, `exit /b`, `cd /d`
        if let Some(first) = simple.words.first().and_then(Word::plain) {
            let lower = first.to_ascii_lowercase();
            if first.starts_with(':') {
                let start = simple.words.first().map_or(0, |word| word.start);
                simple.words[0] = Word::literal(&first.to_ascii_uppercase(), start);
            } else if ["cd", "chdir", "pushd", "exit"].contains(&lower.as_str()) {
                let start = simple.words.first().map_or(0, |word| word.start);
                simple.words.retain(|word| {
                    !word.plain().is_some_and(|text| text.eq_ignore_ascii_case("/d") || text.eq_ignore_ascii_case("/b"))
                });
                if let Some(word) = simple.words.first_mut() {
                    *word = Word::literal(if lower == "chdir" { "cd" } else { &lower }, start);
                }
            }
        }
        Node::Simple(simple)
    }

    /// The word that begins here. In a condition, `==` ends it.
    fn word(&mut self, compared: bool) -> Option<Word> {
        let mut word = Word { pieces: Vec::new(), start: self.at };
        let mut quoted = false;
        while let Some(c) = self.rest().chars().next() {
            if c == '"' {
                quoted = !quoted;
                self.at += 1;
                word.add("", true);
            } else if c == '\n' || c == '\r' {
                break;
            } else if quoted {
                self.part_of(&mut word, c, true);
            } else if c.is_whitespace() || ENDS.contains(&c) || c == ')' || compared && self.rest().starts_with("==") {
                break;
            } else {
                self.part(&mut word, c);
            }
        }
        (!word.pieces.is_empty()).then_some(word)
    }

    fn part(&mut self, word: &mut Word, c: char) {
        self.part_of(word, c, false);
    }

    fn part_of(&mut self, word: &mut Word, c: char, quoted: bool) {
        match c {
            '^' if !quoted => {
                self.at += 1;
                if self.eat("\r\n") || self.eat("\n") {
                    return;
                }
                if let Some(next) = self.rest().chars().next() {
                    self.at += next.len_utf8();
                    word.add(next.encode_utf8(&mut [0; 4]), quoted);
                }
            }
            '%' | '!' if self.variable(word, c, quoted) => {}
            '\\' => {
                self.at += 1;
                word.add("/", quoted);
            }
            _ => {
                self.at += c.len_utf8();
                word.add(c.encode_utf8(&mut [0; 4]), quoted);
            }
        }
    }

    /// `%NAME%`, `!NAME!`, `%1`, `%~dp0`, `%%i`. Whether it was one.
    fn variable(&mut self, word: &mut Word, sign: char, quoted: bool) -> bool {
        let rest = self.rest().get(1..).unwrap_or_default();
        let piece = |name: String, change| Piece::Variable { name, change, quoted };
        if sign == '%' {
            if let Some(after) = rest.strip_prefix('%') {
                let letter = after.trim_start_matches('~').chars().next();
                let alone = after.trim_start_matches('~').chars().nth(1).is_none_or(|c| !c.is_ascii_alphanumeric());
                let tildes = after.len() - after.trim_start_matches('~').len();
                match letter.filter(|c| c.is_ascii_alphabetic() && alone) {
                    Some(letter) => {
                        self.at += 3 + tildes;
                        word.pieces.push(piece(format!("%{letter}"), None));
                    }
                    None => {
                        self.at += 2;
                        word.add("%", quoted);
                    }
                }
                return true;
            }
            let modifiers =
                rest.strip_prefix('~').map_or(0, |after| 1 + after.bytes().take_while(u8::is_ascii_lowercase).count());
            let after = rest.get(modifiers..).unwrap_or_default();
            if after.starts_with('*') {
                self.at += 2 + modifiers;
                word.pieces.push(piece("@".to_owned(), None));
                return true;
            }
            if let Some(digit) = after.chars().next().filter(char::is_ascii_digit) {
                self.at += 2 + modifiers;
                match digit {
                    '0' => word.add("./", quoted),
                    digit => word.pieces.push(piece(digit.to_string(), None)),
                }
                return true;
            }
        }
        let Some(end) = rest.find(sign) else { return false };
        let inside = rest.get(..end).unwrap_or_default();
        let (name, change) = inside.split_once(':').map_or((inside, None), |(name, change)| (name, Some(change)));
        let is_name = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '(' | ')'));
        if !is_name || inside.contains('\n') {
            return false;
        }
        let start = self.at;
        self.at += end + 2;
        let change = match change {
            None => None,
            Some(change) => match changed(change, start) {
                Some(change) => Some(change),
                None => {
                    word.pieces.push(Piece::Opaque(format!("%{inside}%")));
                    return true;
                }
            },
        };
        let name = name.to_ascii_uppercase();
        match name.as_str() {
            "CD" => word.add(".", quoted),
            _ => word.pieces.push(piece(name, change)),
        }
        true
    }
}

/// `~2,3` and `a=b` of a variable.
fn changed(change: &str, start: usize) -> Option<Change> {
    if let Some(part) = change.strip_prefix('~') {
        let (from, length) = part.split_once(',').map_or((part, None), |(from, length)| (from, Some(length)));
        let length = length.map(|length| length.trim().parse()).transpose().ok()?;
        return Some(Change::Part(from.trim().parse().ok()?, length));
    }
    let (from, to) = change.split_once('=')?;
    let word = |text: &str| Word::literal(text, start);
    (!from.starts_with('*')).then(|| Change::Replace(true, word(from), word(to)))
}

fn variable(name: String, change: Option<Change>, start: usize) -> Word {
    Word { pieces: vec![Piece::Variable { name, change, quoted: true }], start }
}
