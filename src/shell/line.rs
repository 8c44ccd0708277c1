//! A line: a program with its arguments, a variable that is set or unset, or a line of the knowledge base.

use std::fmt;

use serde::Serialize;

use super::{error::NoWord, quote, word::Word};
use crate::{facts::Shell, text};

/// A line to paste. There is no way to make one out of text that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ShellLine(String);

impl ShellLine {
    /// A program of gpucheck's own choice, or an interpreter, with its arguments.
    ///
    /// # Errors
    /// When the shell cannot say one of the words.
    pub fn command<'w>(
        shell: Shell,
        program: &Word,
        arguments: impl IntoIterator<Item = &'w Word>,
    ) -> Result<Self, NoWord> {
        let mut line = quote::program(program, shell)?;
        for word in arguments {
            line.push(' ');
            line += &quote::argument(word, shell)?;
        }
        Ok(Self(line))
    }

    /// Sets an environment variable in this shell, or unsets it.
    ///
    /// # Errors
    /// When the name is none, or the shell cannot say the value.
    pub fn variable(shell: Shell, name: &str, value: Option<&Word>) -> Result<Self, NoWord> {
        let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !name.starts_with(starts) || !name.chars().all(|c| starts(c) || c.is_ascii_digit()) {
            return Err(NoWord::new(name, "is not the name of a variable"));
        }
        let value = value.map(|value| quote::value(value, shell)).transpose()?;
        Ok(Self(match (shell, value) {
            (Shell::Sh, Some(value)) => format!("export {name}={value}"),
            (Shell::Sh, None) => format!("unset {name}"),
            (Shell::PowerShell, Some(value)) => format!("$env:{name} = {value}"),
            (Shell::PowerShell, None) => format!("Remove-Item Env:{name}"),
            (Shell::Cmd, value) => format!("set \"{name}={}\"", value.unwrap_or_default()),
        }))
    }

    /// A line that stands in a row of the knowledge base, which somebody has reviewed, pipes and all; `{placeholders}` become words.
    ///
    /// # Errors
    /// When it is more than one line, or holds something that cannot be seen.
    pub fn of_row(row: &str, placeholders: &[(&str, Word)]) -> Result<Self, NoWord> {
        if row.contains(text::is_hidden) {
            return Err(NoWord::new(row, "is not one line that can be seen whole"));
        }
        let mut line = row.to_owned();
        for (placeholder, word) in placeholders {
            if line.contains(placeholder) {
                line = line.replace(placeholder, &quote::argument(word, Shell::Sh)?);
            }
        }
        Ok(Self(line))
    }

    /// As it is pasted.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShellLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
