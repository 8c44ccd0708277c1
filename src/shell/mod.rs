//! Lines to paste. A person pastes them into a shell, often as root, and their contents were read from files that anybody may have
//! written; so a line is made of typed words, each quoted for the shell concerned, and there is no other way to make one.
//!
//! [`Word`]s are what the types say: names of distributions (PEP 508), versions (PEP 440), addresses, paths. Anything else
//! makes no word, and a fix without one of its words has no line: [`NoWord`] says why. [`ShellLine`]s are made of words, or are rows
//! of the knowledge base; [`FileText`]s, which go into a file, are made of words and of lines.

mod error;
mod file;
mod line;
mod quote;
mod word;

pub use error::NoWord;
pub use file::FileText;
pub use line::ShellLine;
pub use word::Word;
