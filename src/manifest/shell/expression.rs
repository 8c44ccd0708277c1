//! Regular expressions as `grep`, `sed` and `[[ … =~ … ]]` take them: POSIX's basic and extended ones, with the letters for classes that GNU and
//! Perl add, written anew as regex-lite takes them. What is none of these, and a search that would take too long, gives no answer.
//! Syntax: <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap09.html>.

use std::ops::Range;

use regex_lite::{Regex, RegexBuilder};

/// Longer expressions are not read.
const MAX_PATTERN: usize = 1_000;
/// In longer texts nothing is searched.
const MAX_TEXT: usize = 10_000;
/// Groups inside of groups.
const MAX_DEPTH: usize = 16;
/// What `{m,n}` may say.
const MAX_REPEATS: usize = 100;
/// States of an expression times characters of a text: a search takes time in proportion.
const MAX_WORK: usize = 1_000_000;
/// Bytes of a compiled expression.
const MAX_COMPILED: usize = 1 << 20;

/// An expression.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    regex: Regex,
    /// How many states it has, at most.
    states: usize,
}

/// Where an expression was found, in bytes, and its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub range: Range<usize>,
    pub groups: Vec<Option<Range<usize>>>,
}

/// How expressions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `\(a\|b\)`: of plain `grep` and `sed`.
    Basic,
    /// `(a|b)`: with `-E`, in `[[ … =~ … ]]`; with `-P`, as far as it is the same.
    Extended,
}

impl Expression {
    /// Reads an expression; nothing where it is one of another kind.
    pub fn new(text: &str, syntax: Syntax, ignores_case: bool) -> Option<Self> {
        if text.len() > MAX_PATTERN {
            return None;
        }
        let mut reader = Reader { rest: text.chars().collect(), at: 0, syntax, regex: String::new() };
        let states = reader.ways(0)?;
        let whole = reader.at == reader.rest.len();
        whole.then(|| Self::compiled(&reader.regex, states, ignores_case)).flatten()
    }

    /// A text that is meant as it stands.
    pub fn literal(text: &str, ignores_case: bool) -> Option<Self> {
        let short = text.len() <= MAX_PATTERN;
        short.then(|| Self::compiled(&regex_lite::escape(text), text.len(), ignores_case)).flatten()
    }

    fn compiled(regex: &str, states: usize, ignores_case: bool) -> Option<Self> {
        let mut builder = RegexBuilder::new(regex);
        builder.case_insensitive(ignores_case).dot_matches_new_line(true).size_limit(MAX_COMPILED);
        Some(Self { regex: builder.build().ok()?, states: states.max(1) })
    }

    /// The first place from a byte on where it is found; the outer nothing where that takes too long.
    pub fn find(&self, text: &str, from: usize) -> Option<Option<Found>> {
        if text.len() > MAX_TEXT || self.states.saturating_mul(text.len()) > MAX_WORK || !text.is_char_boundary(from) {
            return None;
        }
        Some(self.regex.captures_at(text, from).and_then(|captures| {
            let range = |group: Option<regex_lite::Match<'_>>| group.map(|group| group.range());
            let mut all = captures.iter().map(range);
            Some(Found { range: all.next().flatten()?, groups: all.collect() })
        }))
    }

    /// Whether it is found in a text; nothing where that takes too long.
    pub fn is_in(&self, text: &str) -> Option<bool> {
        self.find(text, 0).map(|found| found.is_some())
    }
}

/// Reads the parts of an expression and writes them anew.
struct Reader {
    rest: Vec<char>,
    at: usize,
    syntax: Syntax,
    regex: String,
}

impl Reader {
    fn ahead(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    /// Takes a sign, which basic expressions write with a backslash before it.
    fn sign(&mut self, sign: char) -> bool {
        let is = self.is_sign(sign);
        self.at += match (is, self.syntax) {
            (false, _) => 0,
            (true, Syntax::Extended) => 1,
            (true, Syntax::Basic) => 2,
        };
        is
    }

    fn is_sign(&self, sign: char) -> bool {
        match self.syntax {
            Syntax::Extended => self.ahead() == Some(sign),
            Syntax::Basic => self.ahead() == Some('\\') && self.rest.get(self.at + 1) == Some(&sign),
        }
    }

    /// A character that means itself.
    fn plain(&mut self, c: char) {
        // Only signs can have a backslash before them, and these two would be edges of words.
        if c.is_ascii_punctuation() && !matches!(c, '<' | '>') {
            self.regex.push('\\');
        }
        self.regex.push(c);
    }

    /// The ways that stand beside each other. This and the others give the number of states; nothing where an expression is of another kind.
    fn ways(&mut self, depth: usize) -> Option<usize> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut states = self.sequence(depth)?;
        while self.sign('|') {
            self.regex.push('|');
            states += self.sequence(depth)?;
        }
        Some(states)
    }

    fn sequence(&mut self, depth: usize) -> Option<usize> {
        let (mut states, mut first) = (0usize, true);
        while let Some(c) = self.ahead() {
            if self.is_sign('|') || depth > 0 && self.is_sign(')') {
                break;
            }
            let own = if self.sign('(') {
                self.regex.push('(');
                // `(?:…)` is a group that is not counted; what else begins so is Perl's own.
                if self.ahead() == Some('?') && self.syntax == Syntax::Extended {
                    if self.rest.get(self.at + 1) != Some(&':') {
                        return None;
                    }
                    self.at += 2;
                    self.regex.push_str("?:");
                }
                let own = self.ways(depth + 1)?;
                if !self.sign(')') {
                    return None;
                }
                self.regex.push(')');
                own + 2
            } else {
                self.at += 1;
                self.item(c, first)?;
                1
            };
            states = states.saturating_add(own.saturating_mul(self.repeated()?));
            first = false;
        }
        Some(states)
    }

    fn item(&mut self, c: char, first: bool) -> Option<()> {
        match c {
            '.' => self.regex.push('.'),
            '^' if first || self.syntax == Syntax::Extended => self.regex.push('^'),
            '$' if self.syntax == Syntax::Extended
                || self.ahead().is_none()
                || self.is_sign(')')
                || self.is_sign('|') =>
            {
                self.regex.push('$');
            }
            '[' => self.class()?,
            '*' | '+' | '?' | '{' if self.syntax == Syntax::Extended && !(c == '*' && first) => return None,
            '\\' => {
                let c = self.ahead()?;
                self.at += 1;
                match c {
                    '<' | '>' => self.regex.push_str("\\b"),
                    'b' | 'B' | 'n' | 't' | 'd' | 'D' | 'w' | 'W' | 's' | 'S' => self.regex.extend(['\\', c]),
                    // References back, and letters that mean something else.
                    c if c.is_ascii_alphanumeric() => return None,
                    c => self.plain(c),
                }
            }
            c => self.plain(c),
        }
        Some(())
    }

    fn class(&mut self) -> Option<()> {
        self.regex.push('[');
        if self.ahead() == Some('^') {
            self.regex.push('^');
            self.at += 1;
        }
        let begin = self.at;
        loop {
            let c = self.ahead()?;
            self.at += 1;
            let ahead = self.ahead();
            match c {
                ']' if self.at > begin + 1 => break,
                '[' if ahead == Some(':') => {
                    let rest: String = self.rest.get(self.at + 1..)?.iter().take(12).collect();
                    let (name, _) = rest.split_once(":]")?;
                    self.regex.extend(["[:", name, ":]"]);
                    self.at += name.len() + 3;
                }
                '\\' if matches!(ahead, Some('d' | 'w' | 's')) => {
                    self.regex.push('\\');
                    self.regex.extend(ahead);
                    self.at += 1;
                }
                // POSIX takes the backslash itself, too; people mean what follows.
                '\\' if ahead.is_some_and(|c| !c.is_ascii_alphanumeric() && c != ']') => self.plain('\\'),
                from => {
                    self.plain(from);
                    let to = self.rest.get(self.at + 1).copied().filter(|to| ahead == Some('-') && *to != ']');
                    if let Some(to) = to {
                        self.regex.push('-');
                        self.plain(to);
                        self.at += 2;
                    }
                }
            }
        }
        self.regex.push(']');
        Some(())
    }

    /// How often what came before may come, as a factor of its states.
    fn repeated(&mut self) -> Option<usize> {
        let factor = if self.ahead() == Some('*') {
            self.at += 1;
            self.regex.push('*');
            1
        } else if self.sign('+') {
            self.regex.push('+');
            1
        } else if self.sign('?') {
            self.regex.push('?');
            1
        } else if self.sign('{') {
            let mut text = String::new();
            while !self.is_sign('}') {
                text.push(self.ahead()?);
                self.at += 1;
            }
            self.sign('}');
            let (least, most) = match text.split_once(',') {
                Some((least, "")) => (least.parse().ok()?, None),
                Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
                None => (text.parse().ok()?, Some(text.parse().ok()?)),
            };
            let largest: usize = most.unwrap_or(least);
            if least > largest || largest > MAX_REPEATS {
                return None;
            }
            self.regex.extend(["{", &text, "}"]);
            largest + 1
        } else {
            return Some(1);
        };
        // Perl's reluctant and possessive signs find other things.
        let twice = matches!(self.ahead(), Some('*')) || self.is_sign('+') || self.is_sign('?');
        (!twice).then_some(factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(expression: &str, syntax: Syntax, text: &str) -> Option<String> {
        let found = Expression::new(expression, syntax, false)?.find(text, 0)??;
        let groups = found.groups.iter().map(|group| group.clone().and_then(|group| text.get(group)).unwrap_or("-"));
        Some(std::iter::once(&text[found.range.clone()]).chain(groups).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn expressions_find_what_grep_finds() {
        use Syntax::{Basic, Extended};
        for (expression, syntax, text, expected) in [
            ("^torch(vision)?([<>=]|$)", Extended, "torch<=2.12.1", Some("torch< - <")),
            ("^torch(vision)?([<>=]|$)", Extended, "torchvision", Some("torchvision vision ")),
            ("^torch(vision)?([<>=]|$)", Extended, "torchaudio", None),
            (r"^\(torch\|xformers\)==", Basic, "xformers==1", Some("xformers== xformers")),
            ("a|b", Basic, "a|b", Some("a|b")),
            ("[0-9]+(\\.[0-9]+){1,2}", Extended, "cuda 12.8.1", Some("12.8.1 .1")),
            (r"[0-9]\+\.[0-9]\{1,2\}", Basic, "cuda 12.8.1", Some("12.8")),
            (r"\bcu\d{3}\b", Extended, "whl/cu128/", Some("cu128")),
            ("[[:space:]]*#.*$", Extended, "torch  # note", Some("  # note")),
            ("[^=]*$", Extended, "a==2.1", Some("2.1")),
            ("(ab)*c", Extended, "ababc", Some("ababc ab")),
            ("x*", Extended, "", Some("")),
            ("(?!torch)", Extended, "a", None),
            ("a*?b", Extended, "aab", None),
            (r"(a)\1", Extended, "aa", None),
            ("[]x]", Extended, "]", Some("]")),
            ("[^]-]+", Extended, "ab-]", Some("ab")),
            ("[a&&b~~]+", Extended, "c&~", Some("&~")),
            ("[[:digit:].]+", Extended, "cu12.8", Some("12.8")),
            (r"a\{2,\}", Basic, "baaa", Some("aaa")),
            ("*a", Basic, "b*a", Some("*a")),
            ("a^b$c", Basic, "a^b$c", Some("a^b$c")),
            ("(?:a)(b)", Extended, "ab", Some("ab b")),
            ("[[:nothing:]]", Extended, "a", None),
            ("a{3,2}", Extended, "aaa", None),
            ("(ab", Extended, "ab", None),
        ] {
            assert_eq!(found(expression, syntax, text).as_deref(), expected, "{expression} in {text}");
        }
        let any = Expression::new("TORCH", Extended, true).unwrap();
        assert_eq!(any.is_in("pyTorch"), Some(true));
        assert_eq!(Expression::literal("a.b", false).unwrap().is_in("axb"), Some(false));
    }

    #[test]
    fn a_search_ends() {
        let nested = Expression::new("(a*)*(a*)*(a*)*c", Syntax::Extended, false).unwrap();
        assert_eq!(nested.is_in(&"a".repeat(200)), Some(false));
        let large = Expression::new("((a{1,50}){1,50})c", Syntax::Extended, false);
        assert_eq!(large.and_then(|large| large.is_in(&"a".repeat(5000))), None);
        assert!(Expression::new("((((a{100}){100}){100}){100})", Syntax::Extended, false).is_none());
        assert!(Expression::new(&"(".repeat(900), Syntax::Extended, false).is_none());
        assert!(Expression::new(".", Syntax::Extended, false).unwrap().is_in(&"a".repeat(MAX_TEXT + 1)).is_none());
    }
}
