//! Scripts as trees: commands, words, and the parts of words.

use std::rc::Rc;

/// A command.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Variables that are set, a program and its words.
    Simple(Simple),
    /// Commands in order, each with what comes before it.
    List(Vec<(Join, Node)>),
    /// `if`, with its arms: condition, body; and what is done otherwise.
    If(Vec<(Node, Node)>, Option<Box<Node>>),
    /// `for NAME in WORDS`.
    For(String, Vec<Word>, Box<Node>),
    /// `while` and `until`.
    While(Box<Node>, Box<Node>),
    /// `case WORD in`, with its arms: patterns, body.
    Case(Word, Vec<(Vec<Word>, Node)>),
    /// A function.
    Function(String, Box<Node>),
    /// `( … )`, in which nothing that is set lasts.
    Subshell(Box<Node>),
    /// `! command`.
    Not(Box<Node>),
    /// Whether the command before failed, with this number or a larger one.
    Failed(i64),
    /// A label that `goto` leads to.
    Label(String),
    /// A part that stands in several places.
    Shared(Rc<Node>),
    /// Arithmetic.
    Opaque,
}

/// What joins a command to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// `;` or a line end.
    Then,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
}

/// A program with its words.
#[derive(Debug, Clone, Default)]
pub(super) struct Simple {
    /// `NAME=value` before the program, or alone.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// Where its input comes from and its output goes to.
    pub redirections: Vec<Redirection>,
}

/// `NAME=value`, `NAME+=value`, `NAME=(values)`.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    pub name: String,
    pub adds: bool,
    pub values: Vec<Word>,
    pub list: bool,
}

/// `> file`, `<<EOF`.
#[derive(Debug, Clone)]
pub(super) struct Redirection {
    /// `>`, `>>`, `<`, `<<`, `<<<`.
    pub sign: &'static str,
    pub target: Word,
    /// Whether it follows a word without a space, as in `torch>=2`.
    pub glued: bool,
    /// Where the lines of a here-document begin and end.
    pub body: Option<(usize, usize)>,
    /// Which here-document it is, while its lines are not read yet.
    pub document: Option<usize>,
}

impl Redirection {
    /// One without a here-document.
    pub fn new(sign: &'static str, target: Word, glued: bool) -> Self {
        Self { sign, target, glued, body: None, document: None }
    }
}

/// A word as it is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    /// Its parts.
    pub pieces: Vec<Piece>,
    /// Where it begins.
    pub start: usize,
}

/// A part of a word.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Text, quoted or not.
    Text { text: String, quoted: bool },
    /// `$NAME` or `${NAME…}`.
    Variable { name: String, change: Option<Change>, quoted: bool },
    /// `$( … )`, with what is written in it.
    Output { body: Node, text: String, quoted: bool },
    /// Something whose value is not read: arithmetic, `<( … )`.
    Opaque(String),
}

/// What is done with the value of a variable.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// `:-` and `-`; true: also where it is empty.
    Default(bool, Word),
    /// `:=` and `=`.
    Assign(bool, Word),
    /// `:+` and `+`.
    Instead(bool, Word),
    /// `#`, `##`: the shortest or the longest beginning goes.
    Beginning(bool, Word),
    /// `%`, `%%`.
    End(bool, Word),
    /// `/a/b`, `//a/b`.
    Replace(bool, Word, Word),
    /// `:2`, `:2:3`.
    Part(i64, Option<i64>),
    /// `^^` and `,,`.
    Case(bool),
    /// `${#NAME}`.
    Length,
    /// All of a list: `${NAME[@]}`.
    All,
    /// One of a list: `${NAME[1]}`.
    One(usize),
}

impl Word {
    /// The text, if it is nothing but text.
    pub fn plain(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| if let Piece::Text { text, .. } = piece { Some(text.as_str()) } else { None })
            .collect()
    }

    /// The text parts together, which is what a here-document ends with.
    pub fn unquoted(&self) -> String {
        self.plain().unwrap_or_default()
    }

    /// Whether it is this word, without quotes.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.pieces.as_slice(), [Piece::Text { text: own, quoted: false }] if own == text)
    }

    /// What is before the first of these signs, as text, and the rest after it.
    pub fn split_at(&self, sign: char) -> Option<(String, Self)> {
        let mut before = String::new();
        for (number, piece) in self.pieces.iter().enumerate() {
            let Piece::Text { text, quoted } = piece else { return None };
            let Some((own, rest)) = text.split_once(sign) else {
                before.push_str(text);
                continue;
            };
            before.push_str(own);
            let mut pieces = vec![Piece::Text { text: rest.to_owned(), quoted: *quoted }];
            pieces.extend(self.pieces.iter().skip(number + 1).cloned());
            return Some((before, Self { pieces, start: self.start }));
        }
        None
    }

    pub fn add(&mut self, c: &str, quote: bool) {
        match self.pieces.last_mut() {
            Some(Piece::Text { text, quoted }) if *quoted == quote => text.push_str(c),
            _ => self.pieces.push(Piece::Text { text: c.to_owned(), quoted: quote }),
        }
    }

    /// A word without quotes and variables.
    pub fn literal(text: &str, start: usize) -> Self {
        Self { pieces: vec![Piece::Text { text: text.to_owned(), quoted: false }], start }
    }
}
