//! What `sed` makes of the lines of a text: `s/a/b/g`, `/a/d`, `2,4d`, `-n '/a/p'`. Scripts with other commands give no answer.
//! Syntax: <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/sed.html>.

use super::expression::{Expression, Found, Syntax};
use crate::manifest::command::CommandWord;

/// Commands of one script.
const MAX_COMMANDS: usize = 50;
/// A line does not grow beyond this.
const MAX_LINE: usize = 10_000;

/// A call of `sed`.
#[derive(Debug)]
pub(super) struct Sed<'w> {
    commands: Vec<Command>,
    /// Whether only what `p` prints is kept.
    quiet: bool,
    /// Whether it changes its files.
    pub in_place: bool,
    /// The files that it reads.
    pub files: Vec<&'w CommandWord>,
}

#[derive(Debug)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    /// Whether it is for the other lines.
    not: bool,
    what: What,
}

#[derive(Debug)]
enum Address {
    Line(usize),
    Last,
    Found(Expression),
}

#[derive(Debug)]
enum What {
    Delete,
    Print,
    Replace { expression: Expression, by: Vec<Piece>, all: bool },
}

/// A part of what stands in place of what was found.
#[derive(Debug)]
enum Piece {
    Text(String),
    /// `&` and `\1`.
    Group(usize),
}

impl<'w> Sed<'w> {
    /// Reads the words behind `sed`; nothing where they are not understood.
    pub fn of(words: &'w [CommandWord]) -> Option<Self> {
        let (mut syntax, mut scripts) = (Syntax::Basic, Vec::new());
        let mut sed = Self { commands: Vec::new(), quiet: false, in_place: false, files: Vec::new() };
        let mut rest = words.iter();
        let mut plain: Vec<&CommandWord> = Vec::new();
        while let Some(word) = rest.next() {
            match word.text.as_str() {
                "-e" | "--expression" => scripts.push(rest.next()?),
                "-E" | "-r" | "--regexp-extended" => syntax = Syntax::Extended,
                "-n" | "--quiet" | "--silent" => sed.quiet = true,
                "-s" | "-u" | "-z" | "--separate" | "--unbuffered" | "--posix" | "--follow-symlinks" => {}
                "--in-place" => sed.in_place = true,
                option if option.starts_with("--in-place=") => sed.in_place = true,
                option if option.len() > 1 && option.starts_with('-') && !option.starts_with("--") => {
                    let mut letters = option.chars().skip(1).peekable();
                    while let Some(letter) = letters.next() {
                        match letter {
                            'E' | 'r' => syntax = Syntax::Extended,
                            'n' => sed.quiet = true,
                            's' | 'u' => {}
                            'e' if letters.peek().is_none() => scripts.push(rest.next()?),
                            // What follows is the ending of a copy.
                            'i' => {
                                sed.in_place = true;
                                break;
                            }
                            _ => return None,
                        }
                    }
                }
                _ => plain.push(word),
            }
        }
        let mut plain = plain.into_iter();
        if scripts.is_empty() {
            // BSD's `-i ''` names no ending.
            scripts.push(plain.by_ref().find(|word| !sed.in_place || !word.text.is_empty())?);
        }
        sed.files = plain.collect();
        for script in scripts {
            if script.unknown.is_some() {
                return None;
            }
            Reader { rest: script.text.chars().collect(), at: 0, syntax }.commands(&mut sed.commands)?;
        }
        Some(sed)
    }

    /// The lines of a text after it. Those that go are empty, so that the others keep their numbers.
    pub fn edited(&self, text: &str) -> Option<String> {
        let mut inside = vec![false; self.commands.len()];
        let lines: Vec<&str> = text.split('\n').collect();
        // The end of the last line is no line.
        let last = lines.len() - usize::from(lines.len() > 1 && lines.last().is_some_and(|line| line.is_empty()));
        let mut done = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            let (number, is_last) = (index + 1, index + 1 == last);
            if number > last {
                done.push((*line).to_owned());
                continue;
            }
            let (mut own, mut printed) = ((*line).to_owned(), !self.quiet);
            for (command, inside) in self.commands.iter().zip(&mut inside) {
                if command.applies(&own, number, is_last, inside)? == command.not {
                    continue;
                }
                match &command.what {
                    What::Delete => {
                        (own, printed) = (String::new(), false);
                        break;
                    }
                    What::Print => printed = true,
                    What::Replace { expression, by, all } => own = replaced(&own, expression, by, *all)?,
                }
            }
            done.push(if printed { own } else { String::new() });
        }
        Some(done.join("\n"))
    }
}

impl Command {
    fn applies(&self, line: &str, number: usize, is_last: bool, inside: &mut bool) -> Option<bool> {
        let Some(from) = &self.from else { return Some(true) };
        let Some(to) = &self.to else { return from.is(line, number, is_last) };
        if *inside {
            *inside = !to.is(line, number, is_last)? && !matches!(to, Address::Line(end) if *end <= number);
            return Some(true);
        }
        let begins = from.is(line, number, is_last)?;
        *inside = begins && !matches!(to, Address::Line(end) if *end <= number);
        Some(begins)
    }
}

impl Address {
    fn is(&self, line: &str, number: usize, is_last: bool) -> Option<bool> {
        match self {
            Self::Line(own) => Some(*own == number),
            Self::Last => Some(is_last),
            Self::Found(expression) => expression.is_in(line),
        }
    }
}

fn replaced(line: &str, expression: &Expression, by: &[Piece], all: bool) -> Option<String> {
    let (mut new, mut at) = (String::new(), 0);
    while let Some(Found { range, groups }) = expression.find(line, at)? {
        new.push_str(line.get(at..range.start)?);
        for piece in by {
            match piece {
                Piece::Text(text) => new.push_str(text),
                Piece::Group(0) => new.push_str(line.get(range.clone())?),
                Piece::Group(number) => {
                    let group = groups.get(number - 1)?.clone();
                    new.push_str(group.and_then(|group| line.get(group)).unwrap_or_default());
                }
            }
        }
        if new.len() > MAX_LINE {
            return None;
        }
        at = range.end;
        if range.is_empty() {
            // Behind nothing the next character is left as it is.
            let Some(c) = line.get(at..)?.chars().next() else { break };
            new.push(c);
            at += c.len_utf8();
        }
        if !all || at >= line.len() {
            break;
        }
    }
    new.push_str(line.get(at..)?);
    Some(new)
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    syntax: Syntax,
}

impl Reader {
    fn ahead(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn skip(&mut self, signs: &[char]) {
        while self.ahead().is_some_and(|c| signs.contains(&c)) {
            self.at += 1;
        }
    }

    fn commands(&mut self, commands: &mut Vec<Command>) -> Option<()> {
        loop {
            self.skip(&[' ', '\t', '\n', ';']);
            if self.ahead().is_none() {
                return Some(());
            }
            if commands.len() >= MAX_COMMANDS {
                return None;
            }
            let from = self.address()?;
            let mut to = None;
            if from.is_some() && self.ahead() == Some(',') {
                self.at += 1;
                to = Some(self.address()??);
            }
            self.skip(&[' ']);
            let not = self.ahead() == Some('!');
            self.at += usize::from(not);
            self.skip(&[' ']);
            let letter = self.ahead()?;
            self.at += 1;
            let what = match letter {
                'd' => What::Delete,
                'p' => What::Print,
                's' => self.replace()?,
                _ => return None,
            };
            commands.push(Command { from, to, not, what });
        }
    }

    /// An address, if there is one; the outer nothing where it is not understood.
    fn address(&mut self) -> Option<Option<Address>> {
        Some(match self.ahead()? {
            '$' => {
                self.at += 1;
                Some(Address::Last)
            }
            c if c.is_ascii_digit() => {
                let mut number = String::new();
                while let Some(c) = self.ahead().filter(char::is_ascii_digit) {
                    number.push(c);
                    self.at += 1;
                }
                Some(Address::Line(number.parse().ok()?))
            }
            c @ ('/' | '\\') => {
                self.at += if c == '/' { 1 } else { 2 };
                let sign = *self.rest.get(self.at - 1)?;
                let text = self.until(sign)?;
                let ignores = self.ahead() == Some('I');
                self.at += usize::from(ignores);
                Some(Address::Found(Expression::new(&text, self.syntax, ignores)?))
            }
            _ => None,
        })
    }

    /// The text up to a sign that nothing escapes; one that is escaped is itself.
    fn until(&mut self, sign: char) -> Option<String> {
        let mut text = String::new();
        loop {
            let c = self.ahead()?;
            self.at += 1;
            match c {
                c if c == sign => return Some(text),
                '\\' => {
                    let c = self.ahead()?;
                    self.at += 1;
                    if c != sign {
                        text.push('\\');
                    }
                    text.push(c);
                }
                c => text.push(c),
            }
        }
    }

    fn replace(&mut self) -> Option<What> {
        let sign = self.ahead()?;
        self.at += 1;
        let (from, by) = (self.until(sign)?, self.until(sign)?);
        let (mut all, mut ignores) = (false, false);
        while let Some(c) = self.ahead().filter(|c| !matches!(c, ';' | '\n' | ' ' | '}')) {
            match c {
                'g' => all = true,
                'i' | 'I' => ignores = true,
                '1' => {}
                _ => return None,
            }
            self.at += 1;
        }
        Some(What::Replace { expression: Expression::new(&from, self.syntax, ignores)?, by: pieces(&by)?, all })
    }
}

/// What stands in place of what was found.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let (mut pieces, mut plain) = (Vec::new(), String::new());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let group = match c {
            '&' => 0,
            '\\' => match chars.next()? {
                c if c.is_ascii_digit() => usize::try_from(c.to_digit(10)?).ok()?,
                'n' => {
                    plain.push('\n');
                    continue;
                }
                // Letters change case, and more of the kind.
                c if c.is_ascii_alphabetic() => return None,
                c => {
                    plain.push(c);
                    continue;
                }
            },
            c => {
                plain.push(c);
                continue;
            }
        };
        pieces.push(Piece::Text(std::mem::take(&mut plain)));
        pieces.push(Piece::Group(group));
    }
    pieces.push(Piece::Text(plain));
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sed(words: &[&str], text: &str) -> Option<String> {
        let at = crate::facts::Location { path: String::new(), line: 1, column: 1 };
        let word = |text: &&str| CommandWord { text: (*text).to_owned(), at: at.clone(), unknown: None };
        let words: Vec<CommandWord> = words.iter().map(word).collect();
        Sed::of(&words)?.edited(text)
    }

    #[test]
    fn lines_are_edited_as_sed_does() {
        for (words, text, expected) in [
            (&["s/\\.//g"][..], "12.8.1", Some("1281")),
            (&["s/\\.//"], "12.8.1", Some("128.1")),
            (&["s/^v//"], "v2.0", Some("2.0")),
            (&["s/+.*//"], "2.0+cu118", Some("2.0")),
            (&["s/torch==.*/torch==2.7.1/"], "torch==2.0\nsix", Some("torch==2.7.1\nsix")),
            (&["-i", "/^torch/d"], "torch==2.0\nsix\n", Some("\nsix\n")),
            (&["-i.bak", "-e", "/a/d", "-e", "s/b/c/"], "a\nb", Some("\nc")),
            (&["-E", r"s/(torch|vision)==([0-9.]+)/\1>=\2/"], "torch==2.1", Some("torch>=2.1")),
            (&["-r", "s#whl/cu[0-9]+#whl/cu128#"], "https://a/whl/cu118", Some("https://a/whl/cu128")),
            (&["s|a/b|c|;s/d/e/"], "a/b d", Some("c e")),
            (&["s/a/[&]/g"], "aXa", Some("[a]X[a]")),
            (&["s/x*/-/g"], "ab", Some("-a-b")),
            (&["-n", "/torch/p"], "torch\nsix", Some("torch\n")),
            (&["2,3d"], "1\n2\n3\n4", Some("1\n\n\n4")),
            (&["$d"], "1\n2\n", Some("1\n\n")),
            (&["/a/,/b/d"], "1\na\nx\nb\n2", Some("1\n\n\n\n2")),
            (&["/a/!d"], "a\nb", Some("a\n")),
            (&["y/a/b/"], "a", None),
            (&["a text"], "a", None),
            (&["s/a/\\U&/"], "a", None),
            (&["s/a"], "a", None),
        ] {
            assert_eq!(sed(words, text).as_deref(), expected, "{words:?}");
        }
    }
}
