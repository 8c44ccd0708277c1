//! Text for a file: TOML, or the instructions of a Dockerfile. As on a line, what was read gets into it as a word, quoted for the file.

use serde::Serialize;

use super::{line::ShellLine, word::Word};

/// What to write into a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileText {
    /// The file's usual name.
    pub file: &'static str,
    /// The text, lines without the last line break.
    text: String,
}

impl FileText {
    /// Nothing yet.
    pub const fn new(file: &'static str) -> Self {
        Self { file, text: String::new() }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A line of gpucheck's own: `[tool.uv.sources]`, `explicit = true`, or an empty one.
    #[must_use]
    pub fn fixed(self, line: &'static str) -> Self {
        self.line(line)
    }

    /// `key = "value"` in TOML.
    #[must_use]
    pub fn pair(self, key: &'static str, value: &Word) -> Self {
        let value = string(value);
        self.line(&format!("{key} = {value}"))
    }

    /// `name = { key = "value" }` in TOML.
    #[must_use]
    pub fn inline(self, name: &Word, key: &'static str, value: &Word) -> Self {
        // A dot in a bare key would make a table of it.
        let bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let plain = !name.text.is_empty() && name.text.chars().all(bare);
        let name = if plain { name.text.clone() } else { string(name) };
        let value = string(value);
        self.line(&format!("{name} = {{ {key} = {value} }}"))
    }

    /// `key = [ … ]` in TOML, a word a line.
    #[must_use]
    pub fn list(self, key: &'static str, values: &[Word]) -> Self {
        let text = self.line(&format!("{key} = ["));
        values.iter().fold(text, |text, value| text.line(&format!("    {},", string(value)))).line("]")
    }

    /// A word on a line of its own, such as a requirement.
    #[must_use]
    pub fn word(self, word: &Word) -> Self {
        self.line(&word.text)
    }

    /// An instruction of a Dockerfile that runs a line of sh.
    #[must_use]
    pub fn run(self, line: &ShellLine) -> Self {
        self.line(&format!("RUN {line}"))
    }

    /// An instruction of a Dockerfile with one word, such as `FROM python:3.12-slim`.
    #[must_use]
    pub fn instruction(self, name: &'static str, word: &Word) -> Self {
        self.line(&format!("{name} {}", word.text))
    }

    fn line(mut self, line: &str) -> Self {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += line;
        self
    }
}

/// TOML's basic string. Words hold no control characters.
fn string(word: &Word) -> String {
    format!("\"{}\"", word.text.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_what_toml_reads() {
        let [name, odd, index] = ["torch", "ruamel.yaml", "pytorch-cu128"].map(|name| Word::name(name).unwrap());
        let path = Word::path("~/a \"b\"\\c").unwrap();
        let text = FileText::new("pyproject.toml")
            .fixed("[tool.uv.sources]")
            .inline(&name, "index", &index)
            .inline(&odd, "index", &index)
            .pair("path", &path);
        assert_eq!(
            text.as_str(),
            "[tool.uv.sources]\ntorch = { index = \"pytorch-cu128\" }\n\"ruamel.yaml\" = { index = \"pytorch-cu128\" }\n\
             path = \"~/a \\\"b\\\"\\\\c\""
        );
        let read: toml::Table = text.as_str().parse().unwrap();
        assert_eq!(read["tool"]["uv"]["sources"]["path"].as_str(), Some("~/a \"b\"\\c"));
    }
}
