//! Shell text: what a script would run, with its variables filled in, as far as that can be told without running it. The commands go to
//! [`super::command`]; a branch that nothing decides becomes a gap that names what it hangs on.
//!
//! `script` is the text with its places, `tree` what it is read as, `syntax` and `word` the grammar, `value` and `pattern` what becomes of words,
//! `test` conditions, `language` the languages, `run` walks the commands, `programs` and `callers` have those that change what later ones find or that call others, `output`
//! what is known of what they print, `expression` and `sed` what `grep` and `sed` find and change. `batch` and `powershell` are the grammars of Windows' shells: what they read is walked the same way.

mod batch;
mod callers;
mod expression;
mod language;
mod output;
mod pattern;
mod powershell;
mod programs;
mod run;
mod script;
mod sed;
mod syntax;
mod test;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod word;

pub use language::{Language, is_shell};
pub use pattern::fits;
pub use run::{doubted, run, run_as, run_words};
pub use script::Script;
pub use value::{Plain, Value, Variables};
