//! Shell text: what a script would run, with its variables filled in, as far as that can be told without running it. The commands go to
//! [`super::command`]; a branch that nothing decides becomes a gap that names what it hangs on.
//!
//! `script` is the text with its places, `tree` what it is read as, `syntax` and `word` the grammar, `value` and `pattern` what becomes of words, `test` conditions, `run`
//! walks the commands, `programs` has those that change what later ones find, `output` what is known of what they print.

mod output;
mod pattern;
mod programs;
mod run;
mod script;
mod syntax;
mod test;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod word;

pub use pattern::fits;
pub use run::{run, run_words};
pub use script::Script;
pub use value::{Plain, Value, Variables};
