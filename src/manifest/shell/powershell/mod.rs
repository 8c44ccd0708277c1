//! The grammar of PowerShell, as far as scripts that install software use it: the same commands as those of other shells come of it. Names of
//! variables are in capitals here, `$env:NAME` is `NAME`, and paths have slashes.
//!
//! Here are statements and commands; `condition` has what `if` asks, `words` words and variables.

mod condition;
mod words;

use super::tree::{Assignment, Change, Join, Node, Piece, Redirection, Simple, Word};

/// As deep as blocks and conditions may stand in each other.
const MAX_DEPTH: usize = 32;

/// Reads a script.
pub(super) fn parse(text: &str) -> Node {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let mut all = Vec::new();
    loop {
        let before = reader.at;
        all.push((Join::Then, reader.statements()));
        // A brace too much.
        match reader.rest().chars().next() {
            Some(c) if reader.at == before || c == '}' || c == ')' => reader.at += c.len_utf8(),
            Some(_) => {}
            None => return Node::List(all),
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

fn called(words: Vec<Word>) -> Node {
    Node::Simple(Simple { words, ..Simple::default() })
}

fn assigned(name: &str, values: Vec<Word>, adds: bool, list: bool) -> Node {
    let assignment = Assignment { name: name.to_owned(), adds, values, list };
    Node::Simple(Simple { assignments: vec![assignment], ..Simple::default() })
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is = self.rest().starts_with(sign);
        self.at += if is { sign.len() } else { 0 };
        is
    }

    /// Passes over white space, continued lines and comments; with `lines` over line ends, too.
    fn space(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            if rest.starts_with("`\r\n") {
                self.at += 3;
            } else if rest.starts_with("`\n") {
                self.at += 2;
            } else if rest.starts_with([' ', '\t', '\r', '\u{feff}']) || lines && rest.starts_with(['\n', ';']) {
                self.at += rest.chars().next().map_or(0, char::len_utf8);
            } else if rest.starts_with("<#") {
                self.at += rest.find("#>").map_or(rest.len(), |end| end + 2);
            } else if rest.starts_with('#') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    /// Takes a word in any case, and the space after it.
    fn eat_word(&mut self, word: &str, lines: bool) -> bool {
        let rest = self.rest();
        let is = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && rest
                .get(word.len()..)
                .is_none_or(|after| !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')));
        if is {
            self.at += word.len();
            self.space(lines);
        }
        is
    }

    /// Statements up to a brace that closes, which is not taken.
    fn statements(&mut self) -> Node {
        let mut list = Vec::new();
        let mut join = Join::Then;
        loop {
            self.space(true);
            let rest = self.rest();
            if rest.is_empty() || rest.starts_with(['}', ')']) {
                return Node::List(list);
            }
            let before = self.at;
            list.push((join, self.statement()));
            self.space(false);
            join = if self.eat("&&") {
                Join::And
            } else if self.eat("||") {
                Join::Or
            } else if self.eat("|") {
                Join::Pipe
            } else {
                Join::Then
            };
            self.at += if self.at == before { self.rest().chars().next().map_or(0, char::len_utf8) } else { 0 };
        }
    }

    fn statement(&mut self) -> Node {
        if self.depth >= MAX_DEPTH {
            self.at = self.text.len();
            return Node::Opaque;
        }
        self.depth += 1;
        let node = self.one();
        self.depth -= 1;
        node
    }

    fn one(&mut self) -> Node {
        if self.eat_word("if", true) {
            return self.conditional(&|reader| reader.block());
        }
        if self.eat_word("switch", true) {
            return self.switch();
        }
        if self.eat_word("function", true) || self.eat_word("filter", true) {
            let rest = self.rest();
            let length = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | '{')).unwrap_or(rest.len());
            let name = rest.get(..length).unwrap_or_default().to_owned();
            self.at += length;
            self.space(true);
            let parameters = if self.eat("(") { self.parameters(true) } else { Vec::new() };
            self.space(true);
            let body = self.block();
            let body = Node::List(parameters.into_iter().chain([body]).map(|node| (Join::Then, node)).collect());
            return Node::Function(name, Box::new(body));
        }
        if self.eat_word("param", true) && self.eat("(") {
            return Node::List(self.parameters(false).into_iter().map(|node| (Join::Then, node)).collect());
        }
        if self.eat_word("foreach", true) && self.eat("(") {
            self.space(true);
            let name = self.variable_name().unwrap_or_default();
            self.space(true);
            self.eat_word("in", true);
            let (words, _) = self.values();
            self.eat(")");
            self.space(true);
            return Node::For(name, words, Box::new(self.block()));
        }
        if self.eat_word("while", true) || self.eat_word("for", true) {
            let condition = self.condition();
            self.space(true);
            return Node::While(Box::new(condition), Box::new(self.block()));
        }
        for word in ["try", "do", "finally"] {
            if self.eat_word(word, true) {
                return self.block();
            }
        }
        for word in ["catch", "until", "trap"] {
            if self.eat_word(word, true) {
                // What is done when something fails is not done.
                while !self.rest().is_empty() && !self.rest().starts_with(['{', '(', '\n']) {
                    self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                }
                if self.rest().starts_with('{') {
                    let _ = self.block();
                } else if self.rest().starts_with('(') {
                    let _ = self.condition();
                }
                return Node::List(Vec::new());
            }
        }
        if self.eat_word("return", false) || self.eat_word("exit", false) {
            let at = self.at;
            let _ = self.command();
            return called(vec![Word::literal("exit", at)]);
        }
        self.assignment().unwrap_or_else(|| self.command())
    }

    /// `{ … }`.
    fn block(&mut self) -> Node {
        if !self.eat("{") {
            return Node::List(Vec::new());
        }
        let body = self.statements();
        self.eat("}");
        body
    }

    fn conditional(&mut self, arm: &dyn Fn(&mut Self) -> Node) -> Node {
        let mut arms = Vec::new();
        loop {
            let condition = self.condition();
            self.space(true);
            arms.push((condition, arm(self)));
            let before = self.at;
            self.space(true);
            if self.eat_word("elseif", true) {
                continue;
            }
            if self.eat_word("else", true) {
                return Node::If(arms, Some(Box::new(arm(self))));
            }
            self.at = before;
            return Node::If(arms, None);
        }
    }

    fn switch(&mut self) -> Node {
        while self.rest().starts_with('-') {
            self.word();
            self.space(true);
        }
        self.eat("(");
        self.space(true);
        let start = self.at;
        let word = match self.rest().starts_with(['$', '"', '\'']) {
            true => self.word().unwrap_or_default(),
            false => Word { pieces: vec![Piece::Opaque(self.command_text())], start },
        };
        self.skip_to_closing();
        self.space(true);
        let mut arms = Vec::new();
        if self.eat("{") {
            loop {
                self.space(true);
                if self.eat("}") || self.rest().is_empty() {
                    break;
                }
                let before = self.at;
                let pattern = match self.eat_word("default", true) {
                    true => Word::literal("*", before),
                    false => self.word().unwrap_or_default(),
                };
                self.space(true);
                arms.push((vec![pattern], self.block()));
                self.at += if self.at == before { self.rest().chars().next().map_or(0, char::len_utf8) } else { 0 };
            }
        }
        Node::Case(word, arms)
    }

    /// Up to the parenthesis that closes, which is taken.
    fn skip_to_closing(&mut self) {
        let mut open = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            match c {
                '(' => open += 1,
                ')' if open == 0 => {
                    self.at += 1;
                    return;
                }
                ')' => open -= 1,
                '"' | '\'' => {
                    let _ = self.word();
                    continue;
                }
                _ => {}
            }
            self.at += c.len_utf8();
        }
    }

    /// Parameters with their defaults, which count unless a person chose a value. The parenthesis before them was taken.
    /// Those of a function have the words that it is called with.
    fn parameters(&mut self, of_function: bool) -> Vec<Node> {
        let mut set = Vec::new();
        let mut number = 0_u32;
        loop {
            self.space(true);
            while self.eat(",") || self.rest().starts_with('[') {
                if self.rest().starts_with('[') {
                    self.brackets();
                }
                self.space(true);
            }
            if self.eat(")") || self.rest().is_empty() {
                return set;
            }
            let before = self.at;
            if let Some(name) = self.variable_name() {
                number += 1;
                let start = self.at;
                self.space(true);
                let given = of_function.then(|| number.to_string());
                if let Some(given) = &given {
                    let piece = Piece::Variable { name: given.clone(), change: None, quoted: true };
                    set.push(assigned(&name, vec![Word { pieces: vec![piece], start }], false, false));
                }
                if self.eat("=") {
                    self.space(true);
                    let start = self.at;
                    let (values, list) = match self.rest().starts_with("@(") {
                        true => self.values(),
                        false => (self.value().into_iter().collect(), false),
                    };
                    let default = |value: &Word| {
                        let change = Some(Change::Default(of_function, value.clone()));
                        Word { pieces: vec![Piece::Variable { name: name.clone(), change, quoted: true }], start }
                    };
                    let values = if list { values } else { values.iter().map(default).collect() };
                    set.push(assigned(&name, values, false, list));
                }
            }
            if self.at == before {
                self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            }
        }
    }

    /// `[type]` and `[Parameter(…)]`.
    fn brackets(&mut self) {
        let mut open = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            self.at += c.len_utf8();
            match c {
                '[' => open += 1,
                ']' if open <= 1 => return,
                ']' => open -= 1,
                _ => {}
            }
        }
    }

    /// `$name = value`. Nothing is taken where there is none.
    fn assignment(&mut self) -> Option<Node> {
        let before = self.at;
        while self.rest().starts_with('[') {
            self.brackets();
            self.space(false);
        }
        let assignment = self.variable_name().and_then(|name| {
            self.space(false);
            let adds = self.eat("+=");
            let is = adds || self.rest().starts_with('=') && self.eat("=");
            is.then(|| {
                self.space(true);
                self.assigned(&name, adds)
            })
        });
        if assignment.is_none() {
            self.at = before;
        }
        assignment
    }

    fn assigned(&mut self, name: &str, adds: bool) -> Node {
        if self.eat_word("if", true) {
            let own = name.to_owned();
            return self.conditional(&|reader| {
                reader.eat("{");
                reader.space(true);
                let node = reader.assigned(&own, adds);
                reader.space(true);
                reader.eat("}");
                node
            });
        }
        let start = self.at;
        let is_value = self.rest().starts_with(['"', '\'', '$', '@', '['])
            || self.rest().starts_with(|c: char| c.is_ascii_digit());
        if is_value {
            let (words, list) = self.values();
            return assigned(name, words, adds, list);
        }
        // What a command gives: a prompt is a choice that has the variable's name.
        let command = self.command_text();
        let asks = command.to_ascii_lowercase().contains("read-host");
        match asks {
            true => called(vec![Word::literal("read", start), Word::literal(name, start)]),
            false => {
                let pieces = vec![Piece::Opaque(command)];
                assigned(name, vec![Word { pieces, start }], adds, false)
            }
        }
    }

    /// A command as text, up to where it ends.
    fn command_text(&mut self) -> String {
        let start = self.at;
        let mut open = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            match c {
                '(' | '{' => open += 1,
                ')' | '}' if open == 0 => break,
                ')' | '}' => open -= 1,
                '\n' | ';' if open == 0 => break,
                _ => {}
            }
            self.at += c.len_utf8();
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        text.split_whitespace().take(8).collect::<Vec<_>>().join(" ")
    }

    /// A value or a list of them: `"a" + $b`, `@("a", "b")`, `"a", "b"`.
    fn values(&mut self) -> (Vec<Word>, bool) {
        let mut list = false;
        while self.rest().starts_with('[') {
            self.brackets();
        }
        let closes = if self.eat("@(") {
            list = true;
            true
        } else {
            self.eat("@{") && {
                // A table is not read.
                self.at = self.at.saturating_sub(1);
                let _ = self.command_text();
                return (vec![Word { pieces: vec![Piece::Opaque("a table".to_owned())], start: self.at }], false);
            }
        };
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.space(closes);
            if closes && self.eat(")") {
                break;
            }
            let before = self.at;
            let Some(mut word) = self.value() else {
                if closes && !self.rest().is_empty() {
                    self.skip_to_closing();
                }
                break;
            };
            loop {
                self.space(closes);
                if !self.rest().starts_with("+=") && self.eat("+") {
                    self.space(true);
                    match self.value() {
                        Some(more) => word.pieces.extend(more.pieces),
                        None => break,
                    }
                } else {
                    break;
                }
            }
            words.push(word);
            if self.eat(",") {
                list = true;
                self.space(true);
            } else if !closes || self.at == before {
                break;
            }
        }
        (words, list)
    }

    /// One value of an expression.
    fn value(&mut self) -> Option<Word> {
        let start = self.at;
        let mut word = match self.rest().chars().next()? {
            '(' => {
                self.at += 1;
                self.skip_to_closing();
                Word {
                    pieces: vec![Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_owned())],
                    start,
                }
            }
            '+' | ',' | ';' | '\n' | ')' | '}' => return None,
            _ => self.word()?,
        };
        // A string that something is done with afterwards: `"…".Trim()`, `$x -replace …`.
        let rest = self.rest();
        if rest.starts_with(['.', '[']) && !rest.starts_with("..") {
            let _ = self.command_text();
            word.pieces = vec![Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_owned())];
        }
        Some(word)
    }

    fn command(&mut self) -> Node {
        let mut simple = Simple::default();
        // Calls: `& $python`, `. .\script.ps1`.
        if self.eat("&") {
            self.space(false);
        } else if self.rest().starts_with(". ") {
            self.at += 1;
            self.space(false);
        }
        loop {
            let before = self.at;
            self.space(false);
            let apart = self.at > before || simple.words.is_empty();
            let rest = self.rest();
            let start = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'*').count();
            if rest.get(start..).is_some_and(|after| after.starts_with('>')) && (start == 0 || apart) {
                self.at += start + if rest.get(start..).is_some_and(|after| after.starts_with(">>")) { 2 } else { 1 };
                self.eat("&");
                self.space(false);
                let target = self.word().unwrap_or_default();
                simple.redirections.push(Redirection::new(">", target, !apart && start == 0));
                continue;
            }
            if rest.starts_with('(') {
                let start = self.at;
                self.at += 1;
                self.skip_to_closing();
                let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
                simple.words.push(Word { pieces: vec![Piece::Opaque(text)], start });
                continue;
            }
            if rest.starts_with('{') {
                // Blocks that are handed on may be run: `ForEach-Object { … }`.
                if self.depth < MAX_DEPTH {
                    self.depth += 1;
                    let _ = self.block();
                    self.depth -= 1;
                    continue;
                }
                self.at = self.text.len();
            }
            if self.eat(",") {
                continue;
            }
            let Some(mut word) = self.word() else { break };
            // Each value of a list is a word for a program: `pip install $packages`.
            if let ([Piece::Variable { change: change @ None, .. }], false) =
                (word.pieces.as_mut_slice(), simple.words.is_empty())
            {
                *change = Some(Change::All);
            }
            simple.words.push(word);
        }
        self.known_command(simple)
    }

    /// PowerShell's own commands in the words of other shells.
    fn known_command(&self, mut simple: Simple) -> Node {
        let Some(first) = simple.words.first() else { return Node::Simple(simple) };
        let start = first.start;
        let name = first.plain().unwrap_or_default().to_ascii_lowercase();
        let plain = |simple: &Simple| -> Vec<Word> {
            let words = simple.words.iter().skip(1);
            words.filter(|word| !word.plain().is_some_and(|text| text.starts_with('-'))).cloned().collect()
        };
        let with = |name: &str, words: Vec<Word>| [Word::literal(name, start)].into_iter().chain(words).collect();
        match name.as_str() {
            "set-location" | "sl" | "push-location" | "cd" | "chdir" => called(with("cd", plain(&simple))),
            "test-path" => {
                let words =
                    [Word::literal("-e", start)].into_iter().chain(plain(&simple).into_iter().take(1)).collect();
                called(with("test", words))
            }
            "get-command" => {
                let words =
                    [Word::literal("-v", start)].into_iter().chain(plain(&simple).into_iter().take(1)).collect();
                called(with("command", words))
            }
            "write-host" | "write-output" | "write-error" | "write-warning" | "write-verbose" | "echo" => {
                Node::List(Vec::new())
            }
            "invoke-expression" | "iex" => called(with("eval", plain(&simple))),
            "start-process" => {
                // Start-Process python -ArgumentList "-m", "pip" -Wait
                let mut words = Vec::new();
                let mut skip = false;
                for word in simple.words.iter().skip(1) {
                    let text = word.plain().unwrap_or_default().to_ascii_lowercase();
                    match text.as_str() {
                        "-filepath" | "-argumentlist" | "-wait" | "-nonewwindow" | "-passthru" => {}
                        "-workingdirectory" | "-windowstyle" | "-verb" => skip = true,
                        _ if std::mem::take(&mut skip) => {}
                        _ => words.push(word.clone()),
                    }
                }
                called(words)
            }
            _ => {
                if let Some(Piece::Text { text, .. }) =
                    simple.words.first_mut().and_then(|word| word.pieces.first_mut())
                    && text.starts_with("./")
                {
                    // A script beside this one keeps its path: shells tell it from a program by that.
                    text.make_ascii_lowercase();
                }
                Node::Simple(simple)
            }
        }
    }
}
