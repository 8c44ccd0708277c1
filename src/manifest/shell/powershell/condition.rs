//! Conditions of PowerShell: `$x -eq "y" -and (Test-Path venv)`.

use super::{
    super::tree::{Join, Node, Piece, Word},
    MAX_DEPTH, Reader, called,
};

impl Reader<'_> {
    /// The condition in parentheses that stands here.
    pub(super) fn condition(&mut self) -> Node {
        if !self.eat("(") {
            return Node::Opaque;
        }
        let node = self.any();
        self.skip_to_closing();
        node
    }

    fn any(&mut self) -> Node {
        if self.depth >= MAX_DEPTH {
            self.at = self.text.len();
            return Node::Opaque;
        }
        self.depth += 1;
        let mut list = vec![(Join::Then, self.primary())];
        loop {
            self.space(true);
            if self.eat_word("-or", true) {
                list.push((Join::Or, self.primary()));
            } else if self.eat_word("-and", true) {
                list.push((Join::And, self.primary()));
            } else {
                self.depth -= 1;
                return Node::List(list);
            }
        }
    }

    fn primary(&mut self) -> Node {
        self.space(true);
        if self.eat("!") || self.eat_word("-not", true) {
            if self.depth >= MAX_DEPTH {
                self.at = self.text.len();
                return Node::Opaque;
            }
            self.depth += 1;
            let node = self.primary();
            self.depth -= 1;
            return Node::Not(Box::new(node));
        }
        let start = self.at;
        let word = |text: &str| Word::literal(text, start);
        if self.rest().starts_with('(') {
            let node = self.condition();
            // Something is done with what it gives: nobody knows.
            return if self.rest().starts_with('.') || self.compares() { self.rest_of_test() } else { node };
        }
        if self.rest().starts_with(['$', '"', '\'', '[']) {
            let one = self.value().unwrap_or_default();
            self.space(true);
            let signs = [
                ("-eq", "=="),
                ("-ieq", "=="),
                ("-ceq", "=="),
                ("-ne", "!="),
                ("-like", "=="),
                ("-notlike", "!="),
                ("-match", "=~"),
                ("-gt", "-gt"),
                ("-ge", "-ge"),
                ("-lt", "-lt"),
                ("-le", "-le"),
            ];
            for (sign, test) in signs {
                if self.eat_word(sign, true) {
                    let other = self.value().unwrap_or_default();
                    let program = if sign.ends_with("like") || sign == "-match" { "[[" } else { "[" };
                    let end = if program == "[[" { "]]" } else { "]" };
                    if let [Piece::Variable { name, .. }] = one.pieces.as_slice()
                        && name == "LASTEXITCODE"
                    {
                        let failed = Node::Failed(1);
                        return if test == "==" { Node::Not(Box::new(failed)) } else { failed };
                    }
                    return called(vec![word(program), one, word(test), other, word(end)]);
                }
            }
            if self.eat_word("-in", true) {
                let (values, _) = self.values();
                return Node::Case(
                    one,
                    vec![(values, Node::List(Vec::new())), (vec![word("*")], called(vec![word("false")]))],
                );
            }
            if self.compares() {
                return self.rest_of_test();
            }
            return match one.pieces.as_slice() {
                [Piece::Variable { name, .. }] => match name.as_str() {
                    "TRUE" => called(vec![word("true")]),
                    "FALSE" | "NULL" => called(vec![word("false")]),
                    "?" => Node::Not(Box::new(Node::Failed(1))),
                    _ => called(vec![word("["), word("-n"), one, word("]")]),
                },
                _ => called(vec![word("["), word("-n"), one, word("]")]),
            };
        }
        self.command()
    }

    /// Whether an operator of a comparison comes.
    fn compares(&mut self) -> bool {
        self.space(true);
        let rest = self.rest();
        rest.starts_with('-')
            && !["-and", "-or"]
                .iter()
                .any(|word| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
    }

    /// A comparison that is not read.
    fn rest_of_test(&mut self) -> Node {
        let _ = self.command_text();
        Node::Opaque
    }
}
