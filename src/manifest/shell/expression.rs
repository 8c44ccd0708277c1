//! Regular expressions as `grep`, `sed` and `[[ … =~ … ]]` take them: POSIX's basic and extended ones, with the letters for classes that GNU and
//! Perl add. What is none of these, and a search that takes too long, gives no answer.
//! Syntax: <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap09.html>.

use std::ops::Range;

/// Longer expressions are not read.
const MAX_PATTERN: usize = 1_000;
/// In longer texts nothing is searched.
const MAX_TEXT: usize = 10_000;
/// Groups inside of groups.
const MAX_DEPTH: usize = 16;
/// Steps that one search may take.
const MAX_STEPS: u32 = 20_000;
/// Repetitions of a group, and what `{m,n}` may say.
const MAX_REPEATS: u32 = 100;

/// An expression.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    ways: Vec<Vec<Part>>,
    groups: usize,
    ignores_case: bool,
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

/// A repeated item.
#[derive(Debug, Clone)]
struct Part {
    item: Item,
    least: u32,
    most: u32,
}

#[derive(Debug, Clone)]
enum Item {
    Char(char),
    Any,
    Class(Class),
    Start,
    End,
    /// `\b`; `\B` where it is not one.
    Edge(bool),
    Group(usize, Vec<Vec<Part>>),
}

#[derive(Debug, Clone, Default)]
struct Class {
    not: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn has(&self, c: char) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != self.not
    }

    fn named(letter: char) -> Option<Self> {
        let ranges = match letter.to_ascii_lowercase() {
            'd' => vec![('0', '9')],
            'w' => vec![('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
            's' => vec![(' ', ' '), ('\t', '\r')],
            _ => return None,
        };
        Some(Self { not: letter.is_ascii_uppercase(), ranges })
    }

    fn posix(&mut self, name: &str) -> bool {
        let more: &[(char, char)] = match name {
            "digit" => &[('0', '9')],
            "alpha" => &[('A', 'Z'), ('a', 'z')],
            "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
            "upper" => &[('A', 'Z')],
            "lower" => &[('a', 'z')],
            "space" => &[(' ', ' '), ('\t', '\r')],
            "blank" => &[(' ', ' '), ('\t', '\t')],
            "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            _ => return false,
        };
        self.ranges.extend(more);
        true
    }
}

impl Expression {
    /// Reads an expression; nothing where it is one of another kind.
    pub fn new(text: &str, syntax: Syntax, ignores_case: bool) -> Option<Self> {
        if text.len() > MAX_PATTERN {
            return None;
        }
        let text = if ignores_case { text.to_lowercase() } else { text.to_owned() };
        let mut reader = Reader { rest: text.chars().collect(), at: 0, syntax, groups: 0 };
        let ways = reader.ways(0)?;
        (reader.at == reader.rest.len()).then_some(Self { ways, groups: reader.groups, ignores_case })
    }

    /// A text that is meant as it stands.
    pub fn literal(text: &str, ignores_case: bool) -> Self {
        let text = if ignores_case { text.to_lowercase() } else { text.to_owned() };
        let parts = text.chars().map(|c| Part { item: Item::Char(c), least: 1, most: 1 });
        Self { ways: vec![parts.collect()], groups: 0, ignores_case }
    }

    /// The first place from a byte on where it is found; the outer nothing where that takes too long.
    pub fn find(&self, text: &str, from: usize) -> Option<Option<Found>> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let lower = |c: char| if self.ignores_case { c.to_lowercase().next().unwrap_or(c) } else { c };
        let places: Vec<(usize, char)> = text.char_indices().map(|(at, c)| (at, lower(c))).collect();
        let chars: Vec<char> = places.iter().map(|(_, c)| *c).collect();
        let byte = |index: usize| places.get(index).map_or(text.len(), |(at, _)| *at);
        let first = places.partition_point(|(at, _)| *at < from);
        let mut search = Search { text: &chars, left: MAX_STEPS, groups: vec![None; self.groups] };
        for start in first..=chars.len() {
            let mut end = None;
            for way in &self.ways {
                search.groups.fill(None);
                if search.sequence(way, start, &mut |_, at| {
                    end = Some(at);
                    true
                }) {
                    break;
                }
            }
            if search.left == 0 {
                return None;
            }
            if let Some(end) = end {
                let groups = search.groups.iter().map(|group| group.as_ref().map(|one| byte(one.start)..byte(one.end)));
                return Some(Some(Found { range: byte(start)..byte(end), groups: groups.collect() }));
            }
        }
        Some(None)
    }

    /// Whether it is found in a text; nothing where that takes too long.
    pub fn is_in(&self, text: &str) -> Option<bool> {
        self.find(text, 0).map(|found| found.is_some())
    }
}

/// Reads the parts of an expression.
struct Reader {
    rest: Vec<char>,
    at: usize,
    syntax: Syntax,
    groups: usize,
}

impl Reader {
    fn ahead(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    /// Takes a sign, which basic expressions write with a backslash before it.
    fn sign(&mut self, sign: char) -> bool {
        let is = match self.syntax {
            Syntax::Extended => self.ahead() == Some(sign),
            Syntax::Basic => self.ahead() == Some('\\') && self.rest.get(self.at + 1) == Some(&sign),
        };
        self.at += match (is, self.syntax) {
            (false, _) => 0,
            (true, Syntax::Extended) => 1,
            (true, Syntax::Basic) => 2,
        };
        is
    }

    fn is_sign(&mut self, sign: char) -> bool {
        let at = self.at;
        let is = self.sign(sign);
        self.at = at;
        is
    }

    fn ways(&mut self, depth: usize) -> Option<Vec<Vec<Part>>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut ways = vec![self.sequence(depth)?];
        while self.sign('|') {
            ways.push(self.sequence(depth)?);
        }
        Some(ways)
    }

    fn sequence(&mut self, depth: usize) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        while let Some(c) = self.ahead() {
            if self.is_sign('|') || depth > 0 && self.is_sign(')') {
                break;
            }
            let first = parts.is_empty();
            let item = if self.sign('(') {
                // `(?:…)` is a group that is not counted; what else begins so is Perl's own.
                let counted = !(self.ahead() == Some('?') && self.syntax == Syntax::Extended);
                if !counted {
                    if self.rest.get(self.at + 1) != Some(&':') {
                        return None;
                    }
                    self.at += 2;
                }
                let number = self.groups;
                self.groups += 1;
                let ways = self.ways(depth + 1)?;
                if !self.sign(')') {
                    return None;
                }
                Item::Group(number, ways)
            } else {
                self.at += 1;
                self.item(c, first)?
            };
            parts.push(self.repeated(item)?);
        }
        Some(parts)
    }

    fn item(&mut self, c: char, first: bool) -> Option<Item> {
        Some(match c {
            '.' => Item::Any,
            '^' if first || self.syntax == Syntax::Extended => Item::Start,
            '$' if self.syntax == Syntax::Extended
                || self.ahead().is_none()
                || self.is_sign(')')
                || self.is_sign('|') =>
            {
                Item::End
            }
            '[' => Item::Class(self.class()?),
            '*' if first => Item::Char('*'),
            '*' | '+' | '?' | '{' if self.syntax == Syntax::Extended => return None,
            '\\' => {
                let c = self.ahead()?;
                self.at += 1;
                match c {
                    'b' | '<' | '>' => Item::Edge(true),
                    'B' => Item::Edge(false),
                    'n' => Item::Char('\n'),
                    't' => Item::Char('\t'),
                    c if Class::named(c).is_some() => Item::Class(Class::named(c)?),
                    // References back, and letters that mean something else.
                    c if c.is_ascii_alphanumeric() => return None,
                    c => Item::Char(c),
                }
            }
            c => Item::Char(c),
        })
    }

    fn class(&mut self) -> Option<Class> {
        let mut class = Class::default();
        if self.ahead() == Some('^') {
            class.not = true;
            self.at += 1;
        }
        let begin = self.at;
        loop {
            let c = self.ahead()?;
            self.at += 1;
            match c {
                ']' if self.at > begin + 1 => return Some(class),
                '[' if self.ahead() == Some(':') => {
                    let rest: String = self.rest.get(self.at + 1..)?.iter().take(12).collect();
                    let (name, _) = rest.split_once(":]")?;
                    if !class.posix(name) {
                        return None;
                    }
                    self.at += name.len() + 3;
                }
                '\\' if self.ahead().is_some_and(|c| Class::named(c).is_some_and(|class| !class.not)) => {
                    class.ranges.extend(Class::named(self.ahead()?)?.ranges);
                    self.at += 1;
                }
                // POSIX takes the backslash itself, too; people mean what follows.
                '\\' if self.ahead().is_some_and(|c| !c.is_ascii_alphanumeric() && c != ']') => {
                    class.ranges.push(('\\', '\\'));
                }
                from => {
                    let ranges = self.ahead() == Some('-') && self.rest.get(self.at + 1).is_some_and(|to| *to != ']');
                    let to = if ranges { *self.rest.get(self.at + 1)? } else { from };
                    self.at += if ranges { 2 } else { 0 };
                    class.ranges.push((from, to));
                }
            }
        }
    }

    fn repeated(&mut self, item: Item) -> Option<Part> {
        let (least, most) = if self.ahead() == Some('*') {
            self.at += 1;
            (0, u32::MAX)
        } else if self.sign('+') {
            (1, u32::MAX)
        } else if self.sign('?') {
            (0, 1)
        } else if self.sign('{') {
            let mut text = String::new();
            while !self.is_sign('}') {
                text.push(self.ahead()?);
                self.at += 1;
            }
            self.sign('}');
            let (least, most) = match text.split_once(',') {
                Some((least, "")) => (least.parse().ok()?, u32::MAX),
                Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
                None => (text.parse().ok()?, text.parse().ok()?),
            };
            if least > MAX_REPEATS {
                return None;
            }
            (least, most)
        } else {
            (1, 1)
        };
        // Perl's reluctant and possessive signs find other things.
        let twice = matches!(self.ahead(), Some('*')) || self.is_sign('+') || self.is_sign('?');
        (!(twice && (least, most) != (1, 1))).then_some(Part { item, least, most })
    }
}

/// What comes behind a part: whether the rest is found from a place on.
type Next<'n, 't> = &'n mut dyn FnMut(&mut Search<'t>, usize) -> bool;

/// A search in one text.
struct Search<'t> {
    text: &'t [char],
    left: u32,
    groups: Vec<Option<Range<usize>>>,
}

impl<'t> Search<'t> {
    fn sequence(&mut self, parts: &[Part], at: usize, next: Next<'_, 't>) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return false;
        }
        let Some((part, rest)) = parts.split_first() else { return next(self, at) };
        match &part.item {
            Item::Start | Item::End | Item::Edge(_) => self.holds(&part.item, at) && self.sequence(rest, at, next),
            Item::Group(number, ways) => {
                self.group((*number, ways, part), 0, at, &mut |search, at| search.sequence(rest, at, next))
            }
            item => {
                let most = usize::try_from(part.most).unwrap_or(usize::MAX);
                let behind = self.text.get(at..).unwrap_or_default();
                let there = behind.iter().take(most).take_while(|c| is(item, **c)).count();
                let least = usize::try_from(part.least).unwrap_or(usize::MAX);
                // As many as there are first.
                (least..=there).rev().any(|count| self.sequence(rest, at + count, next))
            }
        }
    }

    /// A group as often as it may come, then what is behind it.
    fn group(&mut self, whole: (usize, &[Vec<Part>], &Part), done: u32, at: usize, next: Next<'_, 't>) -> bool {
        let (number, ways, part) = whole;
        if done < part.most.min(MAX_REPEATS) {
            for way in ways {
                let before = self.groups.get(number).cloned().flatten();
                let more = self.sequence(way, at, &mut |search, end| {
                    // Nothing, once more, leads nowhere.
                    if end == at && done >= part.least {
                        return false;
                    }
                    let kept = search.keep(number, Some(at..end));
                    search.group(whole, done + 1, end, next) || {
                        search.keep(number, kept);
                        false
                    }
                });
                if more {
                    return true;
                }
                self.keep(number, before);
            }
        }
        done >= part.least && next(self, at)
    }

    fn keep(&mut self, number: usize, range: Option<Range<usize>>) -> Option<Range<usize>> {
        self.groups.get_mut(number).and_then(|group| std::mem::replace(group, range))
    }

    fn holds(&self, item: &Item, at: usize) -> bool {
        let is_word = |at: Option<usize>| {
            at.and_then(|at| self.text.get(at)).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_')
        };
        match item {
            Item::Start => at == 0,
            Item::End => at == self.text.len(),
            Item::Edge(is) => (is_word(at.checked_sub(1)) != is_word(Some(at))) == *is,
            _ => false,
        }
    }
}

fn is(item: &Item, c: char) -> bool {
    match item {
        Item::Char(own) => *own == c,
        Item::Any => true,
        Item::Class(class) => class.has(c),
        _ => false,
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
            ("(ab", Extended, "ab", None),
        ] {
            assert_eq!(found(expression, syntax, text).as_deref(), expected, "{expression} in {text}");
        }
        let any = Expression::new("TORCH", Extended, true).unwrap();
        assert_eq!(any.is_in("pyTorch"), Some(true));
        assert_eq!(Expression::literal("a.b", false).is_in("axb"), Some(false));
    }

    #[test]
    fn a_search_ends() {
        let slow = Expression::new("(a*)*(a*)*(a*)*c", Syntax::Extended, false).unwrap();
        assert_eq!(slow.is_in(&"a".repeat(200)), None);
        assert!(Expression::new(&"(".repeat(900), Syntax::Extended, false).is_none());
        assert!(Expression::new(".", Syntax::Extended, false).unwrap().is_in(&"a".repeat(MAX_TEXT + 1)).is_none());
    }
}
