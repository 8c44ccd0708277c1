//! The code of a page in Markdown: blocks between fences, indented ones, and code inside of a line, each below its headings.

use crate::manifest::{Text, shell::Script};

/// Blocks beyond these many are not read.
const MAX_BLOCKS: usize = 500;

/// Code on a page.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The headings that it stands below, outermost first, each with its number on the page.
    pub headings: Vec<(usize, String)>,
    /// What the page says that it is written in, in small letters.
    pub language: String,
    /// The code.
    pub script: Script,
    /// The lines of it in the file, from one; the last is not of it any more.
    pub lines: (usize, usize),
    /// Whether it stands inside of a line.
    pub inline: bool,
}

/// A heading that is open: its level, its number, its text.
struct Heading(usize, usize, String);

/// Reads the blocks of a page.
pub(super) fn read(text: &Text) -> Vec<Block> {
    let lines: Vec<(usize, &str)> = text.lines().collect();
    let mut headings: Vec<Heading> = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    let (mut next, mut count) = (0, 0);
    let mut blank = true;
    while let Some((start, line)) = lines.get(next).copied() {
        if blocks.len() >= MAX_BLOCKS {
            break;
        }
        let number = next;
        next += 1;
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let paths = |headings: &[Heading]| headings.iter().map(|heading| (heading.1, heading.2.clone())).collect();
        if let Some((sign, language)) = fence(trimmed) {
            let length = lines.get(next..).unwrap_or_default().iter().position(|(_, line)| {
                let line = line.trim();
                line.starts_with(sign) && line.trim_start_matches(['`', '~']).is_empty()
            });
            let end = length.map_or(lines.len(), |length| next + length);
            let body = lines.get(next..end).unwrap_or_default();
            let script = joined(text, body, indent);
            blocks.push(Block {
                headings: paths(&headings),
                language,
                script,
                lines: (next + 1, end + 1),
                inline: false,
            });
            next = end + 1;
            blank = true;
            continue;
        }
        if let Some((level, title)) = heading(line, lines.get(next).map(|(_, line)| *line)) {
            headings.retain(|open| open.0 < level);
            count += 1;
            headings.push(Heading(level, count, title));
            blank = true;
            continue;
        }
        let indented = line.starts_with("    ") || line.starts_with('\t');
        if indented && blank && !trimmed.is_empty() && !trimmed.starts_with(['-', '*', '+', '>']) {
            let is_code = |line: &str| line.starts_with("    ") || line.starts_with('\t');
            let below = lines.get(number..).unwrap_or_default();
            let length = below.iter().position(|(_, line)| !is_code(line)).unwrap_or(below.len());
            let script = joined(text, below.get(..length).unwrap_or_default(), indent);
            let lines = (number + 1, number + length + 1);
            blocks.push(Block { headings: paths(&headings), language: String::new(), script, lines, inline: false });
            next = number + length.max(1);
            continue;
        }
        // Code inside of a line that nobody would read is not looked for.
        let asides = if line.len() < 4_000 { inline(line) } else { Vec::new() };
        for (at, code) in asides {
            let script = Script::piece(code, text.at(start + at));
            let lines = (number + 1, number + 2);
            blocks.push(Block { headings: paths(&headings), language: String::new(), script, lines, inline: true });
        }
        blank = trimmed.is_empty();
    }
    blocks
}

/// Lines without what they are indented by, each with its place.
fn joined(text: &Text, lines: &[(usize, &str)], indent: usize) -> Script {
    let mut script = Script::default();
    for (start, line) in lines {
        let blanks = line.bytes().take(indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        script.push(line.get(blanks..).unwrap_or_default(), text.at(start + blanks));
        script.push("\n", text.at(start + line.len()));
    }
    script
}

/// A fence, and what it says of the language.
fn fence(line: &str) -> Option<(&'static str, String)> {
    let sign = ["```", "~~~"].into_iter().find(|sign| line.starts_with(sign))?;
    let info = line.trim_start_matches(['`', '~']).trim();
    // Code that begins and ends on one line is none.
    if info.contains('`') {
        return None;
    }
    let word =
        info.trim_matches(['{', '}']).trim_start_matches('.').split([' ', ',', '{', ':']).next().unwrap_or_default();
    Some((sign, word.to_ascii_lowercase()))
}

/// A heading: `## Title`, a title that is underlined, a line that is bold, a summary that unfolds.
fn heading(line: &str, below: Option<&str>) -> Option<(usize, String)> {
    let line = line.trim();
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&level) {
        let title = line.get(level..)?.trim().trim_end_matches('#').trim();
        return (!title.is_empty()).then(|| (level, plain(title)));
    }
    let underlined =
        |sign: char| below.is_some_and(|below| below.len() >= 3 && below.trim_end().chars().all(|c| c == sign));
    let is_title = !line.is_empty() && line.starts_with(|c: char| c.is_alphanumeric()) && line.len() < 100;
    if is_title && underlined('=') {
        return Some((1, plain(line)));
    }
    if is_title && (underlined('-') || underlined('~') || underlined('^')) {
        return Some((2, plain(line)));
    }
    let bold =
        line.trim_end_matches(':').strip_prefix("**").and_then(|rest| rest.trim_end_matches(':').strip_suffix("**"));
    if let Some(title) = bold.filter(|title| !title.contains("**") && title.len() < 100) {
        return Some((7, plain(title)));
    }
    let (_, summary) = line.split_once("<summary>")?;
    let title = summary.split("</summary>").next()?;
    Some((7, plain(title)))
}

/// A title without marks.
fn plain(title: &str) -> String {
    let mut text = String::new();
    let mut tag = false;
    for c in title.chars() {
        match c {
            '<' => tag = true,
            '>' if tag => tag = false,
            '*' | '`' | '_' if !tag => {}
            c if !tag => text.push(c),
            _ => {}
        }
    }
    text.trim().trim_end_matches(':').to_owned()
}

/// Code inside of a line.
fn inline(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = line.get(at..).and_then(|rest| rest.find('`')) {
        let start = at + open + 1;
        let Some(length) = line.get(start..).and_then(|rest| rest.find('`')) else { break };
        if let Some(code) = line.get(start..start + length).filter(|code| !code.is_empty()) {
            found.push((start, code));
        }
        at = start + length + 1;
    }
    found
}

/// The commands of a block as they would be typed: prompts go, and what is printed between them.
pub(super) fn typed(script: &Script) -> Script {
    let prompted = script.text.lines().any(|line| prompt(line).is_some());
    if !prompted {
        return script.clone();
    }
    let mut typed = Script::default();
    let (mut at, mut goes_on) = (0, false);
    for line in script.text.split_inclusive('\n') {
        let skip = match prompt(line) {
            Some(length) => Some(length),
            None if goes_on => Some(0),
            // Comments say which way is meant.
            None => line.trim_start().starts_with('#').then_some(0),
        };
        if let Some(skip) = skip {
            typed.append(&script.part(at + skip, at + line.len()));
            goes_on = line.trim_end().ends_with(['\\', '^', '`']);
        }
        at += line.len();
    }
    typed
}

/// The length of a prompt at the beginning of a line: `$ `, `> `, `PS C:\>`, `(venv) $ `.
fn prompt(line: &str) -> Option<usize> {
    let mut rest = line.trim_start();
    if let Some((_, after)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
        rest = after.trim_start();
    }
    let end = ["$ ", "% ", "> ", ">>> "].into_iter().find_map(|sign| rest.strip_prefix(sign));
    let of_windows = || {
        let is_path = rest.starts_with("PS ") || rest.get(1..3) == Some(":\\");
        let (_, after) = rest.split_once('>').filter(|(path, _)| is_path && path.len() < 120)?;
        Some(after)
    };
    let after = end.filter(|_| !rest.starts_with(">>>")).or_else(of_windows)?;
    Some(line.len() - after.trim_start_matches(' ').len())
}
