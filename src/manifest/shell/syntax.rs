//! The grammar of shells, as far as scripts that install software use it: words with their quotes and variables, lists, conditions, loops,
//! functions, redirections. What is read is bounded in depth; what is no part of the grammar ends the reading where it stands.

use super::tree::{Assignment, Join, Node, Redirection, Simple, Word};

/// As deep as commands may stand in each other.
const MAX_DEPTH: usize = 48;

/// Reads a script.
pub(super) fn parse(text: &str) -> Node {
    let mut reader = Reader::new(text);
    let mut all = Vec::new();
    loop {
        if let Node::List(list) = reader.list(&[]) {
            all.extend(list);
        }
        // A word that ends nothing: `fi` too much, a closing parenthesis.
        match reader.rest().chars().next() {
            Some(c) => reader.at += c.len_utf8(),
            None => return Node::List(all),
        }
    }
}

/// Words that begin or end a part of a command.
const RESERVED: [&str; 10] = ["then", "elif", "else", "fi", "do", "done", "esac", "}", ";;", ")"];

/// A reader of a script.
pub(super) struct Reader<'t> {
    pub text: &'t str,
    pub at: usize,
    pub depth: usize,
    /// Here-documents whose lines have not begun: number, delimiter, whether tabs are left out.
    pending: Vec<(usize, String, bool)>,
    /// Here-documents that were read, by number.
    filled: Vec<Option<(usize, usize)>>,
}

impl<'t> Reader<'t> {
    /// One that begins at the beginning.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0, pending: Vec::new(), filled: Vec::new() }
    }

    pub fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes a sign.
    pub fn eat(&mut self, sign: &str) -> bool {
        let is = self.rest().starts_with(sign);
        if is {
            self.at += sign.len();
        }
        is
    }

    /// Passes over spaces, continued lines and comments.
    pub fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            if rest.starts_with([' ', '\t', '\r']) {
                self.at += 1;
            } else if rest.starts_with("\\\n") {
                self.at += 2;
            } else if rest.starts_with("\\\r\n") {
                self.at += 3;
            } else if rest.starts_with('#') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    /// Passes over line ends, too; the lines of here-documents follow the line that names them.
    fn lines(&mut self) {
        loop {
            self.blanks();
            if !self.eat("\n") {
                return;
            }
            for (number, delimiter, tabs) in std::mem::take(&mut self.pending) {
                let start = self.at;
                let mut end = start;
                loop {
                    let rest = self.rest();
                    if rest.is_empty() {
                        break;
                    }
                    let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
                    let line = rest.get(..length).unwrap_or_default().trim_end_matches(['\n', '\r']);
                    let line = if tabs { line.trim_start_matches('\t') } else { line };
                    self.at += length;
                    if line == delimiter {
                        break;
                    }
                    end = self.at;
                }
                if let Some(place) = self.filled.get_mut(number) {
                    *place = Some((start, end));
                }
            }
        }
    }

    /// The word ahead if it is one of these, not taken.
    fn ahead(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest();
        words.iter().copied().find(|word| {
            rest.strip_prefix(word).is_some_and(|after| {
                !word.ends_with(|c: char| c.is_ascii_alphabetic() || c == '}' || c == ']')
                    || after.is_empty()
                    || after.starts_with([' ', '\t', '\r', '\n', ';', '&', '|', '(', ')', '<', '>'])
                    || after.starts_with("\\\n")
            })
        })
    }

    /// Commands until one of these words, which is not taken.
    fn list(&mut self, ends: &[&'static str]) -> Node {
        let mut list = Vec::new();
        let mut join = Join::Then;
        loop {
            self.lines();
            if self.rest().is_empty() || self.ahead(ends).is_some() || self.ahead(&RESERVED).is_some() {
                break;
            }
            let before = self.at;
            let node = self.command();
            list.push((join, node));
            self.blanks();
            join = if self.eat("&&") {
                Join::And
            } else if self.eat("||") {
                Join::Or
            } else if self.rest().starts_with(";;") {
                break;
            } else if self.eat("|&") || self.eat("|") {
                Join::Pipe
            } else if self.eat(";") || self.eat("&") || self.rest().starts_with('\n') || self.at > before {
                Join::Then
            } else {
                break;
            };
        }
        Node::List(self.with_bodies(list))
    }

    /// Gives here-documents their lines, which come after the command.
    fn with_bodies(&self, mut list: Vec<(Join, Node)>) -> Vec<(Join, Node)> {
        for (_, node) in &mut list {
            if let Node::Simple(simple) = node {
                for one in simple.redirections.iter_mut().filter(|one| one.sign == "<<") {
                    one.body = one.document.and_then(|number| self.filled.get(number).copied().flatten());
                }
            }
        }
        list
    }

    fn command(&mut self) -> Node {
        if self.depth >= MAX_DEPTH {
            self.at = self.text.len();
            return Node::Opaque;
        }
        self.depth += 1;
        let node = self.compound().unwrap_or_else(|| self.simple());
        self.depth -= 1;
        node
    }

    fn compound(&mut self) -> Option<Node> {
        const STARTS: [&str; 11] = ["if", "for", "select", "while", "until", "case", "function", "{", "((", "(", "!"];
        let start = self.ahead(&STARTS)?;
        if start == "!" && !self.rest().get(1..).is_some_and(|rest| rest.starts_with([' ', '\t', '\\'])) {
            return None;
        }
        if start == "{" && !self.rest().get(1..).is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r'])) {
            return None;
        }
        self.at += start.len();
        Some(match start {
            "if" => self.conditional(),
            "for" => self.loop_over(),
            "select" => self.select(),
            "while" | "until" => {
                let condition = self.list(&["do"]);
                self.eat("do");
                let body = self.list(&["done"]);
                self.eat("done");
                Node::While(Box::new(condition), Box::new(body))
            }
            "case" => self.case(),
            "function" => {
                self.blanks();
                let name = self.name();
                self.blanks();
                self.eat("()");
                self.lines();
                Node::Function(name, Box::new(self.command()))
            }
            "{" => {
                let body = self.list(&["}"]);
                self.eat("}");
                self.more_redirections();
                body
            }
            "((" => {
                let rest = self.rest();
                self.at += rest.find("))").map_or(rest.len(), |end| end + 2);
                Node::Opaque
            }
            "(" => {
                let body = self.list(&[")"]);
                self.eat(")");
                self.more_redirections();
                Node::Subshell(Box::new(body))
            }
            _ => {
                self.blanks();
                Node::Not(Box::new(self.command()))
            }
        })
    }

    fn more_redirections(&mut self) {
        self.blanks();
        while self.redirection(false).is_some() {
            self.blanks();
        }
    }

    fn conditional(&mut self) -> Node {
        let mut arms = Vec::new();
        loop {
            let condition = self.list(&["then"]);
            self.eat("then");
            let body = self.list(&["elif", "else", "fi"]);
            arms.push((condition, body));
            if self.ahead(&["elif"]).is_some() {
                self.eat("elif");
                continue;
            }
            let otherwise = self.ahead(&["else"]).is_some().then(|| {
                self.eat("else");
                Box::new(self.list(&["fi"]))
            });
            if self.ahead(&["fi"]).is_some() {
                self.eat("fi");
            }
            self.more_redirections();
            return Node::If(arms, otherwise);
        }
    }

    fn loop_over(&mut self) -> Node {
        self.blanks();
        let name = self.name();
        self.lines();
        let mut words = Vec::new();
        if self.ahead(&["in"]).is_some() {
            self.eat("in");
            self.blanks();
            while let Some(word) = self.word() {
                words.push(word);
                self.blanks();
            }
        }
        self.eat(";");
        self.lines();
        self.eat("do");
        let body = self.list(&["done"]);
        self.eat("done");
        self.more_redirections();
        Node::For(name, words, Box::new(body))
    }

    /// `select NAME in WORDS`: a person chooses one of them.
    fn select(&mut self) -> Node {
        let start = self.at;
        let Node::For(name, _, body) = self.loop_over() else { return Node::Opaque };
        let words = vec![Word::literal("read", start), Word::literal(&name, start)];
        let asked = Node::Simple(Simple { words, ..Simple::default() });
        Node::List(vec![(Join::Then, asked), (Join::Then, *body)])
    }

    fn case(&mut self) -> Node {
        self.blanks();
        let word = self.word().unwrap_or_default();
        self.lines();
        self.eat("in");
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.rest().is_empty() || self.ahead(&["esac"]).is_some() {
                self.eat("esac");
                return Node::Case(word, arms);
            }
            let before = self.at;
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                patterns.extend(self.word());
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            self.eat(")");
            let body = self.list(&[";;", "esac"]);
            arms.push((patterns, body));
            for end in [";;&", ";;", ";&"] {
                if self.eat(end) {
                    break;
                }
            }
            if self.at == before {
                return Node::Case(word, arms);
            }
        }
    }

    fn name(&mut self) -> String {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')));
        let name = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        self.at += name.len();
        name.to_owned()
    }

    fn simple(&mut self) -> Node {
        let mut simple = Simple::default();
        let test = self.ahead(&["[["]).is_some();
        loop {
            let before = self.at;
            self.blanks();
            let apart = self.at > before;
            if let Some(redirection) = (!test).then(|| self.redirection(!apart && !simple.words.is_empty())).flatten() {
                simple.redirections.push(redirection);
                continue;
            }
            if simple.words.is_empty()
                && let Some(assignment) = self.assignment()
            {
                simple.assignments.push(assignment);
                continue;
            }
            // Signs inside of [[ … ]] are words of it.
            if test {
                let signs = ["&&", "||", "(", ")", "<", ">", "\n"];
                if let Some(sign) = signs.into_iter().find(|sign| self.rest().starts_with(sign)) {
                    if sign != "\n" {
                        simple.words.push(Word::literal(sign, self.at));
                    }
                    self.at += sign.len();
                    continue;
                }
            }
            let Some(word) = self.word() else { break };
            let ends = test && word.is("]]");
            // name() { … }
            if simple.words.is_empty() && simple.assignments.is_empty() && self.eat("()") {
                self.lines();
                let name = word.plain().unwrap_or_default();
                return Node::Function(name, Box::new(self.command()));
            }
            simple.words.push(word);
            if ends {
                break;
            }
        }
        if self.at < self.text.len() && simple.words.is_empty() && simple.assignments.is_empty() {
            let nothing = simple.redirections.is_empty();
            // What is no command is passed over, so that the reading goes on.
            if nothing && !self.rest().starts_with(['\n', ';', '&', '|', ')']) {
                self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            }
        }
        Node::Simple(simple)
    }

    fn assignment(&mut self) -> Option<Assignment> {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|length| *length > 0)?;
        let (name, after) = rest.split_at_checked(length)?;
        let adds = after.starts_with("+=");
        if name.starts_with(|c: char| c.is_ascii_digit()) || !(adds || after.starts_with('=')) {
            return None;
        }
        self.at += length + if adds { 2 } else { 1 };
        let list = self.eat("(");
        let mut values = Vec::new();
        if list {
            loop {
                self.lines();
                match self.word() {
                    Some(word) => values.push(word),
                    None => break,
                }
            }
            self.eat(")");
        } else {
            values.extend(self.word());
        }
        Some(Assignment { name: name.to_owned(), adds, values, list })
    }

    fn redirection(&mut self, glued: bool) -> Option<Redirection> {
        const SIGNS: [&str; 9] = ["<<<", "<<-", "<<", "<&", "<>", ">>", ">&", ">|", ">"];
        let rest = self.rest();
        // A number of a file before the sign: 2>&1. &> is both.
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = rest.get(digits..)?;
        if digits > 0 && !after.starts_with(['<', '>']) {
            return None;
        }
        let both = after.starts_with("&>");
        let after = if both { after.get(1..)? } else { after };
        // `<(…)` is a word.
        if after.starts_with("<(") || after.starts_with(">(") {
            return None;
        }
        let sign = SIGNS.into_iter().find(|sign| after.starts_with(sign)).or(after.starts_with('<').then_some("<"))?;
        self.at += digits + usize::from(both) + sign.len();
        self.blanks();
        let target = self.word().unwrap_or_default();
        let document = (sign == "<<" || sign == "<<-").then(|| {
            let number = self.filled.len();
            self.filled.push(None);
            self.pending.push((number, target.unquoted(), sign == "<<-"));
            number
        });
        let sign = if sign == "<<-" { "<<" } else { sign };
        Some(Redirection { sign, target, glued: glued && digits == 0 && !both, body: None, document })
    }

    /// The commands of `$( … )`, whose beginning was taken.
    pub fn substitution(&mut self) -> Node {
        if self.depth >= MAX_DEPTH {
            self.at = self.text.len();
            return Node::Opaque;
        }
        self.depth += 1;
        let body = self.list(&[")"]);
        self.depth -= 1;
        self.eat(")");
        body
    }
}
