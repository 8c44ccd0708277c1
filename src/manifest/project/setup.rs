//! `setup.cfg` and `setup.py`, as far as they say what they require in so many words: lists of texts, names of such lists, and the files
//! that they read. Nothing is run.

use std::{collections::BTreeMap, path::Path};

use super::{
    included,
    parts::{Line, MAX_PARTS, Project},
};
use crate::{
    facts::GapWeight,
    manifest::{Reading, Sheet, Text},
    python::normalize,
};

/// A list of more texts is not read on.
const MAX_TEXTS: usize = 2_000;

/// Adds what the files of setuptools in a folder ask for. Says whether there are any.
pub(super) fn add(folder: &Path, reading: &mut Reading<'_>, sheet: &mut Sheet, project: &mut Project) -> bool {
    let config = reading.beside(folder, "setup.cfg").ok();
    if let Some(text) = &config {
        of_config(text, project);
    }
    let script = reading.beside(folder, "setup.py").ok();
    if let Some(text) = &script {
        of_script(text, reading, sheet, project);
    }
    config.is_some() || script.is_some()
}

/// `setup.cfg`: an INI file whose values go on in indented lines.
pub(super) fn of_config(text: &Text, project: &mut Project) {
    let (mut section, mut key) = (String::new(), String::new());
    let mut taken = 0;
    for (start, line) in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let mut value = trimmed;
        if !line.starts_with([' ', '\t']) {
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.trim().to_owned();
                key.clear();
                continue;
            }
            let Some((name, rest)) = trimmed.split_once(['=', ':']) else { continue };
            key = name.trim().to_owned();
            value = rest.trim();
        }
        let is_extra = section == "options.extras_require";
        if !is_extra && (section.as_str(), key.as_str()) == ("metadata", "name") && project.name.is_empty() {
            project.name = normalize(value);
        }
        let is_base = (section.as_str(), key.as_str()) == ("options", "install_requires");
        if value.is_empty() || !(is_base || is_extra) || taken >= MAX_TEXTS || value.starts_with("file:") {
            continue;
        }
        taken += 1;
        let line = Line::new(value, text.at(start + line.find(value).unwrap_or_default()));
        match is_base {
            true => project.base.push(line),
            false => project.add_extra(&key, std::iter::once(line)),
        }
    }
}

/// `setup.py`: the literal lists behind `install_requires` and `extras_require`.
pub(super) fn of_script(text: &Text, reading: &mut Reading<'_>, sheet: &mut Sheet, project: &mut Project) {
    let tokens = tokens(&text.text);
    if project.name.is_empty()
        && let Some([Token::Text(name, _), ..]) = after(&tokens, "name")
    {
        project.name = normalize(name);
    }
    let lists = assigned(&tokens);
    if let Some(value) = after(&tokens, "install_requires") {
        match list(value, &lists) {
            Some(texts) => project.base.extend(texts.into_iter().map(|(text_of, at)| Line::new(text_of, text.at(at)))),
            None => {
                // The list is made by code: most often it is that of a file which is named here.
                let named = tokens.iter().find_map(|token| match token {
                    Token::Text(name, at) if name.contains("requirement") && name.ends_with(".txt") => {
                        Some((*name, *at))
                    }
                    _ => None,
                });
                let lines = named.map(|(name, _)| included::of_file(name, text.folder(), reading, sheet));
                match lines {
                    Some(Ok(lines)) => project.base.extend(lines),
                    _ => {
                        let at = named.map_or(0, |(_, at)| at);
                        sheet.gap(
                            format!("what {} computes for install_requires", text.shown),
                            GapWeight::Decides,
                            text.at(at),
                        );
                    }
                }
            }
        }
    }
    if let Some(value) = after(&tokens, "extras_require") {
        let value = match value {
            [Token::Name(name), ..] => lists.get(name).copied().unwrap_or(value),
            _ => value,
        };
        for (name, texts) in table(value, &lists) {
            project.add_extra(name, texts.into_iter().map(|(of, at)| Line::new(of, text.at(at))));
        }
    }
}

/// What a script is made of, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    /// A text without escapes, and where it begins.
    Text(&'t str, usize),
    /// A name.
    Name(&'t str),
    /// Any other character.
    Sign(char),
}

fn tokens(script: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = script.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if first == '#' {
            rest.find('\n').unwrap_or(rest.len())
        } else if matches!(first, '"' | '\'') {
            let quote: String = match rest.strip_prefix([first; 3].iter().collect::<String>().as_str()) {
                Some(_) => [first; 3].iter().collect(),
                None => first.to_string(),
            };
            let inner = rest.get(quote.len()..).unwrap_or_default();
            // An escaped quote ends nothing; texts with escapes are no names of packages.
            let mut end = 0;
            let length = loop {
                let Some(found) = inner.get(end..).and_then(|rest| rest.find(quote.as_str())) else {
                    break inner.len();
                };
                let before = inner.get(..end + found).unwrap_or_default();
                if (before.len() - before.trim_end_matches('\\').len()) & 1 == 0 {
                    break end + found;
                }
                end += found + 1;
            };
            tokens.push(Token::Text(inner.get(..length).unwrap_or_default(), at));
            (length + 2 * quote.len()).min(rest.len())
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            // The letter before a quote is its prefix: r'…', f"…".
            let word = rest.get(..length).unwrap_or_default();
            let is_prefix = length <= 2 && rest.get(length..).is_some_and(|rest| rest.starts_with(['"', '\'']));
            if !is_prefix {
                tokens.push(Token::Name(word));
            }
            length
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        at += length.max(1);
    }
    tokens
}

/// What follows `name=`, in a call or in an assignment.
fn after<'l, 't>(tokens: &'l [Token<'t>], name: &str) -> Option<&'l [Token<'t>]> {
    let at = tokens.windows(2).position(|two| two == [Token::Name(name), Token::Sign('=')])?;
    tokens.get(at + 2..).filter(|rest| rest.first() != Some(&Token::Sign('=')))
}

/// What is assigned to names: the first assignment of each counts.
fn assigned<'l, 't>(tokens: &'l [Token<'t>]) -> BTreeMap<&'t str, &'l [Token<'t>]> {
    let mut all = BTreeMap::new();
    for (at, three) in tokens.windows(3).enumerate() {
        if let [Token::Name(name), Token::Sign('='), next] = three
            && matches!(next, Token::Sign('[' | '{'))
        {
            all.entry(*name).or_insert_with(|| tokens.get(at + 2..).unwrap_or_default());
        }
    }
    all
}

/// The texts of a literal list, or of the list behind a name. Nothing where anything else stands in it.
fn list<'t>(tokens: &[Token<'t>], lists: &BTreeMap<&'t str, &[Token<'t>]>) -> Option<Vec<(&'t str, usize)>> {
    let tokens = match tokens {
        // `install_requires=requirements,`: a name alone.
        [Token::Name(name), Token::Sign(',' | ')'), ..] => *lists.get(name)?,
        tokens => tokens,
    };
    let Some((Token::Sign('[' | '('), rest)) = tokens.split_first() else { return None };
    let mut texts = Vec::new();
    for token in rest {
        match token {
            Token::Text(text, at) => texts.push((*text, *at)),
            Token::Sign(',') => {}
            Token::Sign(']' | ')') => return Some(texts),
            _ => return None,
        }
        if texts.len() >= MAX_TEXTS {
            return None;
        }
    }
    None
}

/// The lists of a literal table.
fn table<'t>(tokens: &[Token<'t>], lists: &BTreeMap<&'t str, &[Token<'t>]>) -> Vec<(&'t str, Vec<(&'t str, usize)>)> {
    let mut all = Vec::new();
    if tokens.first() != Some(&Token::Sign('{')) {
        return all;
    }
    for (at, two) in tokens.windows(2).enumerate().take(10 * MAX_TEXTS) {
        match two {
            [Token::Text(name, _), Token::Sign(':')] => {
                if let Some(texts) = tokens.get(at + 2..).and_then(|rest| list(rest, lists)) {
                    all.push((*name, texts));
                }
            }
            [Token::Sign('}'), _] => break,
            _ => {}
        }
        if all.len() >= MAX_PARTS {
            break;
        }
    }
    all
}
