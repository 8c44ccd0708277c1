//! A line: a program with its arguments, a variable that is set or unset, or a line of the knowledge base.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{error::NoWord, quote, word::Word};
use crate::{facts::ShellKind, text};

/// A line to paste. It cannot be made from text that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct ShellLine {
    text: String,
    words: Vec<Word>,
}

impl ShellLine {
    /// A program of gpucheck's own choice, or an interpreter, with its arguments.
    ///
    /// # Errors
    /// When the shell cannot say one of the words.
    pub fn command<'w>(
        shell: ShellKind,
        program: &Word,
        arguments: impl IntoIterator<Item = &'w Word>,
    ) -> Result<Self, NoWord> {
        let mut text = quote::program(program, shell)?;
        let mut words = vec![program.clone()];
        for word in arguments {
            text.push(' ');
            text += &quote::argument(word, shell)?;
            words.push(word.clone());
        }
        Ok(Self { text, words })
    }

    /// A program with its arguments and variables that only it sees: a shell that cannot say that on one line sets them before.
    ///
    /// # Errors
    /// As [`ShellLine::command`] and [`ShellLine::variable`].
    pub fn command_with<'w>(
        shell: ShellKind,
        variables: &[(&str, Word)],
        program: &Word,
        arguments: impl IntoIterator<Item = &'w Word>,
    ) -> Result<Vec<Self>, NoWord> {
        let command = Self::command(shell, program, arguments)?;
        if variables.is_empty() {
            return Ok(vec![command]);
        }
        let mut lines = Vec::new();
        for (name, value) in variables {
            lines.push(Self::variable(shell, name, Some(value))?);
        }
        if shell != ShellKind::Sh {
            lines.push(command);
            return Ok(lines);
        }
        let assigned = lines.iter().filter_map(|line| line.text.strip_prefix("export "));
        let text = assigned.chain([command.text.as_str()]).collect::<Vec<_>>().join(" ");
        // Only a shell can do this: there are no words to start a program with.
        Ok(vec![Self { text, words: Vec::new() }])
    }

    /// Sets an environment variable in this shell, or unsets it.
    ///
    /// # Errors
    /// When the name is not valid, or the shell cannot express the value.
    pub fn variable(shell: ShellKind, name: &str, value: Option<&Word>) -> Result<Self, NoWord> {
        let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !name.starts_with(starts) || !name.chars().all(|c| starts(c) || c.is_ascii_digit()) {
            return Err(NoWord::new(name, "is not a valid variable name"));
        }
        let value = value.map(|value| quote::value(value, shell)).transpose()?;
        let text = match (shell, value) {
            (ShellKind::Sh, Some(value)) => format!("export {name}={value}"),
            (ShellKind::Sh, None) => format!("unset {name}"),
            (ShellKind::PowerShell, Some(value)) => format!("$env:{name} = {value}"),
            (ShellKind::PowerShell, None) => format!("Remove-Item Env:{name}"),
            (ShellKind::Cmd, value) => format!("set \"{name}={}\"", value.unwrap_or_default()),
        };
        Ok(Self { text, words: Vec::new() })
    }

    /// A line from a reviewed row of the knowledge base, pipes and all; `{placeholders}` become words.
    ///
    /// # Errors
    /// When it is more than one line, or contains something invisible.
    pub fn of_row(row: &str, placeholders: &[(&str, Word)]) -> Result<Self, NoWord> {
        if row.contains(text::is_hidden) {
            return Err(NoWord::new(row, "is not a single line of visible characters"));
        }
        let mut line = row.to_owned();
        for (placeholder, word) in placeholders {
            if line.contains(placeholder) {
                line = line.replace(placeholder, &quote::argument(word, ShellKind::Sh)?);
            }
        }
        Ok(Self { text: line, words: Vec::new() })
    }

    /// As it is pasted.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the program is started with, itself first, as it gets it from the shell: for those who start it without one. A tilde
    /// stands for `home`. Nothing for what only a shell can do.
    pub fn words(&self, home: &str) -> Option<Vec<String>> {
        let of = |word: &Word| match word.below_home() {
            Some("") => home.to_owned(),
            Some(rest) => format!("{home}/{rest}"),
            None => word.text.clone(),
        };
        (!self.words.is_empty()).then(|| self.words.iter().map(of).collect())
    }
}

impl Serialize for ShellLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Display for ShellLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
