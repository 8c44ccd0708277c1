//! Reads environment markers: `or` binds weaker than `and`, parentheses group.

use std::str::FromStr;

use super::{
    error::{RequirementError, check_length, shown},
    marker::{Comparison, Marker, Node, Operand},
    marker_environment::Variable,
    marker_operator::Operator,
};

/// How deep parentheses may nest, so that neither reading nor evaluating can exhaust the stack.
const DEPTH: usize = 64;

impl FromStr for Marker {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        check_length(text, "marker")?;
        let mut parser = Parser { rest: text.trim() };
        let node = parser.any(DEPTH)?;
        if !parser.rest.is_empty() {
            return Err(RequirementError(format!("expected 'and', 'or' or the end before '{}'", shown(parser.rest))));
        }
        Ok(Self(node))
    }
}

/// What is left of a marker, never with white space in front.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn any(&mut self, depth: usize) -> Result<Node, RequirementError> {
        let first = self.all(depth)?;
        let mut nodes = vec![first];
        while self.eat_word("or") {
            nodes.push(self.all(depth)?);
        }
        Ok(one_or(nodes, Node::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Node, RequirementError> {
        let first = self.atom(depth)?;
        let mut nodes = vec![first];
        while self.eat_word("and") {
            nodes.push(self.atom(depth)?);
        }
        Ok(one_or(nodes, Node::All))
    }

    fn atom(&mut self, depth: usize) -> Result<Node, RequirementError> {
        if self.eat("(") {
            let deeper = depth
                .checked_sub(1)
                .ok_or_else(|| RequirementError(format!("the marker nests parentheses deeper than {DEPTH}")))?;
            let node = self.any(deeper)?;
            if !self.eat(")") {
                return Err(RequirementError(format!("expected ')' before {}", self.here())));
            }
            return Ok(node);
        }
        let left = self.operand()?;
        let operator = self.operator()?;
        let right = self.operand()?;
        Ok(Node::Compare(Comparison { left, operator, right }))
    }

    fn operand(&mut self) -> Result<Operand, RequirementError> {
        for quote in ['"', '\''] {
            let Some(quoted) = self.rest.strip_prefix(quote) else { continue };
            let (text, rest) = quoted
                .split_once(quote)
                .ok_or_else(|| RequirementError(format!("unterminated string: {}", self.here())))?;
            self.rest = rest.trim_start();
            return Ok(Operand::Text(text.to_owned()));
        }
        let word = self.word();
        let variable = Variable::named(word).ok_or_else(|| {
            RequirementError(if word.is_empty() {
                format!("expected a marker variable or a quoted string before {}", self.here())
            } else {
                format!("'{}' is not a marker variable", shown(word))
            })
        })?;
        self.skip(word.len());
        Ok(Operand::Variable(variable))
    }

    fn operator(&mut self) -> Result<Operator, RequirementError> {
        // Longer symbols first: `===` starts with `==`.
        for (symbol, operator) in [
            ("===", Operator::Exact),
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("~=", Operator::Compatible),
            ("<=", Operator::LessEqual),
            (">=", Operator::GreaterEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ] {
            if self.eat(symbol) {
                return Ok(operator);
            }
        }
        if self.eat_word("in") {
            return Ok(Operator::In);
        }
        if self.eat_word("not") && self.eat_word("in") {
            return Ok(Operator::NotIn);
        }
        Err(RequirementError(format!("expected a comparison operator before {}", self.here())))
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(symbol) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn eat_word(&mut self, wanted: &str) -> bool {
        let found = self.word() == wanted;
        if found {
            self.skip(wanted.len());
        }
        found
    }

    /// The word that the rest starts with, not yet taken.
    fn word(&self) -> &'a str {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')));
        self.rest.get(..end.unwrap_or(self.rest.len())).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default().trim_start();
    }

    fn here(&self) -> String {
        if self.rest.is_empty() { "the end".to_owned() } else { format!("'{}'", shown(self.rest)) }
    }
}

/// The only node, or a group of several.
fn one_or(mut nodes: Vec<Node>, group: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        Some(last) => {
            nodes.push(last);
            group(nodes)
        }
        None => group(nodes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::MarkerEnvironment;
    use proptest::prelude::*;

    #[test]
    fn and_binds_stronger_than_or() {
        let marker: Marker = "os_name=='a'or os_name=='b'and(os_name=='c')".parse().unwrap();
        let Node::Any(sides) = marker.0 else { panic!("{marker:?}") };
        assert!(matches!(sides.as_slice(), [Node::Compare(_), Node::All(both)] if both.len() == 2));
    }

    #[test]
    fn what_is_no_marker_is_refused_in_words() {
        for (text, words) in [
            ("", "expected a marker variable or a quoted string before the end"),
            ("os_name == 'nt", "unterminated string: ''nt'"),
            ("os_nam == 'nt'", "'os_nam' is not a marker variable"),
            ("os_name = 'nt'", "expected a comparison operator before '= 'nt''"),
            ("os_name not 'nt'", "expected a comparison operator before ''nt''"),
            ("(os_name == 'nt'", "expected ')' before the end"),
            ("os_name == 'nt' os_name", "expected 'and', 'or' or the end before 'os_name'"),
            ("os_name == 'nt' and", "expected a marker variable or a quoted string before the end"),
        ] {
            assert_eq!(text.parse::<Marker>().unwrap_err().to_string(), words, "{text}");
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let nested = |depth: usize| format!("{}os_name == 'nt'{}", "(".repeat(depth), ")".repeat(depth));
        assert!(nested(DEPTH).parse::<Marker>().is_ok());
        assert!(nested(DEPTH + 1).parse::<Marker>().unwrap_err().to_string().contains("deeper than 64"));
        assert!("(".repeat(16_000).parse::<Marker>().is_err());
        let long = vec!["os_name=='nt'"; 1000].join(" or ");
        assert!(long.parse::<Marker>().unwrap_err().to_string().contains("longer than 16 KiB"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(
            text in "(\\PC{0,3}|python_version|python_full_version|extra|os_name|and|or|not|in|[()<>=~!]{1,3}|'3\\.1[0-9.*]{0,4}'| ){0,20}"
        ) {
            if let Ok(marker) = text.parse::<Marker>() {
                let environment = MarkerEnvironment::new("3.11".parse().ok(), "linux-x86_64".parse().ok());
                let _ = marker.eval(&environment, Some("x"));
                let _ = marker.eval(&MarkerEnvironment::new(None, None), None);
            }
        }
    }
}
