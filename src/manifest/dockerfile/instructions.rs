//! The lines of a Dockerfile as instructions: continued lines, comments between them, here-documents.
//! Format: <https://docs.docker.com/reference/dockerfile/>.

use crate::{
    facts::Location,
    manifest::{Text, shell::Script},
};

/// Instructions beyond these many are not read.
pub(super) const MAX_INSTRUCTIONS: usize = 5_000;
/// Lines of a here-document.
const MAX_DOCUMENT: usize = 10_000;

/// An instruction.
#[derive(Debug, Clone)]
pub(super) struct Instruction {
    /// Its name, in capitals.
    pub name: String,
    /// What follows, continued lines joined.
    pub body: Script,
    /// Here-documents: name, lines.
    pub documents: Vec<(String, Script)>,
    /// Where it begins.
    pub at: Location,
}

/// Reads the instructions of a file. Where there are too many of them, the last one has no name.
pub(super) fn read(text: &Text) -> Vec<Instruction> {
    let lines: Vec<(usize, &str)> = text.lines().collect();
    let escape = escape(&lines);
    let mut instructions = Vec::new();
    let mut next = 0;
    while let Some((start, line)) = lines.get(next).copied() {
        next += 1;
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if instructions.len() >= MAX_INSTRUCTIONS {
            let (name, body, documents) = (String::new(), Script::default(), Vec::new());
            instructions.push(Instruction { name, body, documents, at: text.at(start) });
            break;
        }
        let start = start + line.len() - trimmed.len();
        let length = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let name = trimmed.get(..length).unwrap_or_default().trim_end_matches(escape).to_ascii_uppercase();
        let after = trimmed.get(length..).unwrap_or_default();
        let spaces = after.len() - after.trim_start().len();
        let mut body = Script::default();
        let mut begun = after.trim_start();
        let mut offset = start + length + spaces;
        // An instruction goes on below as long as lines end with the sign; comments and empty lines between do not count.
        loop {
            let Some(part) = begun.trim_end().strip_suffix(escape) else {
                body.push(begun, text.at(offset));
                break;
            };
            body.push(part, text.at(offset));
            let more = lines.get(next..).unwrap_or_default().iter().position(|(_, line)| {
                let line = line.trim_start();
                !line.is_empty() && !line.starts_with('#')
            });
            let Some((at, line)) = more.and_then(|more| lines.get(next + more)).copied() else { break };
            next += more.unwrap_or_default() + 1;
            begun = line;
            offset = at;
        }
        let mut documents = Vec::new();
        if matches!(name.as_str(), "RUN" | "COPY" | "ADD") {
            for (delimiter, tabs) in delimiters(&body.text) {
                let end = lines.len().min(next + MAX_DOCUMENT);
                let below = lines.get(next..end).unwrap_or_default();
                let is_end = |line: &str| (if tabs { line.trim_start_matches('\t') } else { line }) == delimiter;
                let Some(length) = below.iter().position(|(_, line)| is_end(line)) else { continue };
                let mut document = Script::default();
                for (at, line) in below.iter().take(length) {
                    document.push(line, text.at(*at));
                    document.push("\n", text.at(at + line.len()));
                }
                documents.push((delimiter, document));
                next += length + 1;
            }
        }
        instructions.push(Instruction { name, body, documents, at: text.at(start) });
    }
    instructions
}

/// The sign that continues a line: a backslash, or what `# escape=` says.
fn escape(lines: &[(usize, &str)]) -> char {
    for (_, line) in lines {
        let Some((name, value)) = line.trim().strip_prefix('#').and_then(|rest| rest.split_once('=')) else { break };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// The names of the here-documents in a line, each with whether tabs before its lines are left out.
fn delimiters(body: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut rest = body;
    while let Some((_, after)) = rest.split_once("<<") {
        rest = after;
        if let Some(after) = after.strip_prefix('<') {
            rest = after;
            continue;
        }
        let (tabs, after) = match after.strip_prefix('-') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let name = after.trim_start_matches(['"', '\'']);
        let length =
            name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(name.len());
        let name = name.get(..length).unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && found.len() < 4 {
            found.push((name.to_owned(), tabs));
        }
    }
    found
}

impl Instruction {
    /// Its flags, `--from=builder`, and what follows them.
    pub fn flags(&self) -> (Vec<(String, String)>, Script) {
        let mut flags = Vec::new();
        let mut at = 0;
        loop {
            let rest = self.body.text.get(at..).unwrap_or_default();
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            if !trimmed.starts_with("--") {
                break;
            }
            let length = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
            let flag = trimmed.get(2..length).unwrap_or_default();
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            flags.push((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()));
            at += length;
        }
        (flags, self.body.part(at, self.body.text.len()))
    }

    /// The words of its exec form: `["pip", "install"]`.
    pub fn words(text: &str) -> Option<Vec<String>> {
        let text = text.trim();
        text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_keep_their_places() {
        let text = Text::new(
            "Dockerfile",
            "Dockerfile",
            "# syntax=docker/dockerfile:1\nFROM a AS b\nRUN pip \\\n  # said\n\n  install \\\n  torch\nCOPY <<EOF /x\npip install y\nEOF\nRUN --mount=type=cache,target=/c --network=none x\nodd thing\n",
        );
        let all = read(&text);
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["FROM", "RUN", "COPY", "RUN", "ODD"]);
        assert_eq!(all[1].body.text, "pip   install   torch");
        assert_eq!(all[1].body.at(all[1].body.text.find("torch").unwrap()).line, 7);
        assert_eq!(all[2].documents[0].1.text, "pip install y\n");
        assert_eq!(all[2].documents[0].1.at(0).line, 9);
        let (flags, rest) = all[3].flags();
        assert_eq!(flags[0], ("mount".to_owned(), "type=cache,target=/c".to_owned()));
        assert_eq!(rest.text, "x");
        assert_eq!(Instruction::words(r#"["a", "b c"]"#), Some(vec!["a".to_owned(), "b c".to_owned()]));
    }

    #[test]
    fn another_sign_may_continue_lines() {
        let text = Text::new("Dockerfile", "Dockerfile", "# escape=`\nFROM a\nRUN x `\n y\nCOPY a\\b C:\\\n");
        let all = read(&text);
        assert_eq!(all[1].body.text, "x  y");
        assert_eq!(all[2].body.text, "a\\b C:\\");
    }
}
