//! Parts of a command that nothing says, in the text of it: a variable of the shell stands for each, whose value is unknown.

use super::shell::{Value, Variables};

/// Blanks beyond these many share one name.
const MAX: usize = 1_000;
/// What the names of the variables begin with.
const NAME: &str = "GPUCHECK_BLANK_";

/// What is not known, by number.
#[derive(Debug, Clone, Default)]
pub struct Blanks(Vec<String>);

impl Blanks {
    /// The text that stands for something unknown.
    pub fn of(&mut self, why: &str) -> String {
        let known = self.0.iter().position(|there| there == why);
        let number = known.unwrap_or_else(|| {
            if self.0.len() < MAX {
                self.0.push(why.to_owned());
            }
            self.0.len() - 1
        });
        format!("${{{NAME}{number}}}")
    }

    /// What the first blank in a text stands for.
    pub fn why(&self, text: &str) -> Option<&str> {
        let (_, rest) = text.split_once(NAME)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.0.get(rest.get(..digits)?.parse::<usize>().ok()?).map(String::as_str)
    }

    /// Tells a shell of them.
    pub fn fill(&self, variables: &mut Variables) {
        for (number, why) in self.0.iter().enumerate() {
            variables.put(&format!("{NAME}{number}"), Value::unknown(why));
        }
    }
}
