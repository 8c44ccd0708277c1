//! Environment markers (PEP 508), evaluated in three values: what nobody knows stays unknown.

use pep440_rs::{Version, VersionSpecifier};

use super::requirement::RequirementError;
use crate::facts::{Cpu, Os, Platform, PythonVersion};

/// Nesting that no real marker reaches; a hostile one must not exhaust the stack.
const MAX_DEPTH: u32 = 64;

/// A marker, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(Node);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare { left: Value, operator: String, right: Value },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Variable(String),
    Literal(String),
}

/// What markers ask about.
#[derive(Debug, Clone, Default)]
pub struct MarkerEnvironment {
    python: Option<PythonVersion>,
    platform: Option<Platform>,
}

impl MarkerEnvironment {
    /// CPython of this version on this platform, as far as they are known.
    pub fn new(python: Option<PythonVersion>, platform: Option<Platform>) -> Self {
        Self { python, platform }
    }

    /// The value of a variable; nothing when it is not known.
    fn value(&self, variable: &str) -> Option<String> {
        let on = |linux: &str, windows: &str, macos: &str| {
            let name = match self.platform?.os {
                Os::Linux => linux,
                Os::Windows => windows,
                Os::Macos => macos,
            };
            Some(name.to_owned())
        };
        match variable {
            "python_version" => self.python.map(|python| format!("{}.{}", python.major, python.minor)),
            "os_name" | "os.name" => on("posix", "nt", "posix"),
            "sys_platform" | "sys.platform" => on("linux", "win32", "darwin"),
            "platform_system" => on("Linux", "Windows", "Darwin"),
            "platform_machine" | "platform.machine" => Some(
                match (self.platform?.os, self.platform?.cpu) {
                    (Os::Windows, Cpu::X86_64) => "AMD64",
                    (Os::Windows, Cpu::Aarch64) => "ARM64",
                    (Os::Macos, Cpu::Aarch64) => "arm64",
                    (_, Cpu::X86_64) => "x86_64",
                    (_, Cpu::Aarch64) => "aarch64",
                }
                .to_owned(),
            ),
            "platform_python_implementation" | "python_implementation" => Some("CPython".to_owned()),
            "implementation_name" => Some("cpython".to_owned()),
            _ => None,
        }
    }
}

impl Marker {
    /// Reads a marker.
    pub(super) fn parse(text: &str) -> Result<Self, RequirementError> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, position: 0, depth: 0 };
        let node = parser.or()?;
        match parser.peek() {
            None => Ok(Self(node)),
            Some(token) => Err(RequirementError::new(format!("unexpected {token:?} in the marker"))),
        }
    }

    /// Whether it holds; nothing when that depends on something unknown. Without an extra, `extra == "x"` is false.
    pub fn eval(&self, environment: &MarkerEnvironment, extra: Option<&str>) -> Option<bool> {
        eval(&self.0, environment, extra)
    }
}

fn eval(node: &Node, environment: &MarkerEnvironment, extra: Option<&str>) -> Option<bool> {
    let all = |nodes: &[Node], decides: bool| {
        let mut unknown = false;
        for node in nodes {
            match eval(node, environment, extra) {
                Some(value) if value == decides => return Some(decides),
                Some(_) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(!decides)
    };
    match node {
        Node::And(nodes) => all(nodes, false),
        Node::Or(nodes) => all(nodes, true),
        Node::Compare { left, operator, right } => {
            let name = [left, right].into_iter().find_map(|value| match value {
                Value::Variable(name) => Some(name.as_str()),
                Value::Literal(_) => None,
            });
            let text = |value: &Value| match value {
                Value::Literal(text) => Some(text.clone()),
                Value::Variable(name) if name == "extra" => Some(extra.unwrap_or_default().to_owned()),
                Value::Variable(name) => environment.value(name),
            };
            if name == Some("python_full_version") {
                return full_version(environment, left, operator, right);
            }
            compare(&text(left)?, operator, &text(right)?, name == Some("python_version"))
        }
    }
}

/// `python_full_version` is known to the minor release only: it is decided where every patch release gives the same answer.
fn full_version(environment: &MarkerEnvironment, left: &Value, operator: &str, right: &Value) -> Option<bool> {
    let python = environment.python?;
    let (Value::Variable(_), Value::Literal(wanted)) = (left, right) else { return None };
    let answer = |patch: u32| compare(&format!("{}.{}.{patch}", python.major, python.minor), operator, wanted, true);
    let first = answer(0)?;
    (first == answer(9999)? && !matches!(operator, "==" | "!=" | "===")).then_some(first)
}

fn compare(left: &str, operator: &str, right: &str, versions: bool) -> Option<bool> {
    match operator {
        "in" => return Some(right.contains(left)),
        "not in" => return Some(!right.contains(left)),
        _ => {}
    }
    if versions
        && let Ok(version) = left.parse::<Version>()
        && let Ok(specifier) = format!("{operator}{right}").parse::<VersionSpecifier>()
    {
        return Some(specifier.contains(&version));
    }
    Some(match operator {
        "==" | "===" => left == right,
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        _ => return None,
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Operator(String),
    Word(String),
    Literal(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, RequirementError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => {
                let inside = rest.get(1..).and_then(|behind| behind.split_once(first));
                let (inside, _) =
                    inside.ok_or_else(|| RequirementError::new("a quoted text in the marker does not end"))?;
                (Token::Literal(inside.to_owned()), inside.len() + 2)
            }
            '<' | '>' | '=' | '!' | '~' => {
                let length = rest.find(|c| !"<>=!~".contains(c)).unwrap_or(rest.len());
                (Token::Operator(rest.get(..length).unwrap_or_default().to_owned()), length)
            }
            _ => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || "_.".contains(c))).unwrap_or(rest.len());
                if length == 0 {
                    return Err(RequirementError::new(format!("unexpected '{first}' in the marker")));
                }
                (Token::Word(rest.get(..length).unwrap_or_default().to_owned()), length)
            }
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

struct Parser<'t> {
    tokens: &'t [Token],
    position: usize,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.position += 1;
        token
    }

    /// Takes this word if it is next.
    fn word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        self.position += usize::from(there);
        there
    }

    fn or(&mut self) -> Result<Node, RequirementError> {
        let mut nodes = vec![self.and()?];
        while self.word("or") {
            nodes.push(self.and()?);
        }
        Ok(Node::Or(nodes))
    }

    fn and(&mut self) -> Result<Node, RequirementError> {
        let mut nodes = vec![self.expression()?];
        while self.word("and") {
            nodes.push(self.expression()?);
        }
        Ok(Node::And(nodes))
    }

    fn expression(&mut self) -> Result<Node, RequirementError> {
        if self.peek() != Some(&Token::Open) {
            return self.comparison();
        }
        self.position += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(RequirementError::new("the marker is nested too deeply"));
        }
        let inside = self.or()?;
        self.depth -= 1;
        match self.next() {
            Some(Token::Close) => Ok(inside),
            _ => Err(RequirementError::new("a parenthesis in the marker does not end")),
        }
    }

    fn comparison(&mut self) -> Result<Node, RequirementError> {
        let left = self.value()?;
        let operator = match self.next() {
            Some(Token::Operator(operator)) => operator,
            Some(Token::Word(word)) if word == "in" => word,
            Some(Token::Word(word)) if word == "not" && self.word("in") => "not in".to_owned(),
            _ => return Err(RequirementError::new("the marker lacks an operator")),
        };
        if !["<", "<=", "!=", "==", ">=", ">", "~=", "===", "in", "not in"].contains(&operator.as_str()) {
            return Err(RequirementError::new(format!("'{operator}' is no operator of markers")));
        }
        Ok(Node::Compare { left, operator, right: self.value()? })
    }

    fn value(&mut self) -> Result<Value, RequirementError> {
        match self.next() {
            Some(Token::Literal(text)) => Ok(Value::Literal(text)),
            Some(Token::Word(word)) => Ok(Value::Variable(word)),
            _ => Err(RequirementError::new("the marker lacks a value")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linux(python: &str) -> MarkerEnvironment {
        MarkerEnvironment::new(python.parse().ok(), "linux-x86_64".parse().ok())
    }

    fn eval(marker: &str, environment: &MarkerEnvironment) -> Option<bool> {
        Marker::parse(marker).unwrap().eval(environment, None)
    }

    #[test]
    fn markers_of_real_wheels() {
        let nvidia = r#"platform_system == "Linux" and platform_machine == "x86_64""#;
        assert_eq!(eval(nvidia, &linux("3.11")), Some(true));
        let windows = MarkerEnvironment::new(None, "windows-x86_64".parse().ok());
        assert_eq!(eval(nvidia, &windows), Some(false));
        assert_eq!(eval(nvidia, &MarkerEnvironment::default()), None);
        assert_eq!(eval(r#"python_version < "3.13""#, &linux("3.9")), Some(true), "versions are no texts");
        assert_eq!(eval(r#"python_version >= "3.12" or extra == "x""#, &linux("3.11")), Some(false));
        assert_eq!(
            eval(r#"(sys_platform == "win32" or python_version > "3.8") and os_name != 'nt'"#, &linux("3.11")),
            Some(true)
        );
        assert_eq!(eval(r#"python_full_version >= "3.10.0""#, &linux("3.11")), Some(true));
        assert_eq!(eval(r#"python_full_version >= "3.11.4""#, &linux("3.11")), None);
        assert_eq!(eval(r#"platform_machine in "x86_64 aarch64""#, &linux("3.11")), Some(true));
        assert_eq!(eval(r#"platform_release >= "5" or python_version >= "3""#, &linux("3.11")), Some(true));
    }

    #[test]
    fn faults_are_told() {
        for marker in
            ["", "python_version", "python_version =", "'a' == ", "(os_name == 'nt'", "a ; b", "a == 'b", "a == 'b' c"]
        {
            assert!(Marker::parse(marker).is_err(), "{marker}");
        }
        assert!(Marker::parse(&"(".repeat(100_000)).is_err());
    }
}
