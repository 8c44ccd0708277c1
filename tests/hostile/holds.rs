//! What must hold of every page and every line, whatever was read.

use gpucheck::{
    facts::ShellKind,
    render::{Format, Screen, render},
    report::Report,
    shell::ShellLine,
    text,
};

use super::lexers;

/// What a field would show at the start of a line if it could begin one.
pub const FORGED: &str = "FORGED";

/// The longer ones first: half of one is none of ours.
const COLOURS: [&str; 7] =
    ["\x1b[1m\x1b[31m", "\x1b[1m\x1b[33m", "\x1b[32m", "\x1b[2m", "\x1b[1m", "\x1b[36m", "\x1b[0m"];

/// No character that acts or is not seen; of colours none but ours.
pub fn harmless(page: &str, color: bool) {
    let mut rest = page.replace(['\n', '\t'], " ");
    if color {
        rest = COLOURS.iter().fold(rest, |rest, sequence| rest.replace(sequence, ""));
    }
    if let Some(at) = rest.find(text::is_hidden) {
        panic!("{:?}", rest[at..].chars().take(60).collect::<String>());
    }
    for line in page.lines().map(|line| line.trim_start_matches([' ', '-', '>', '#'])) {
        assert!(!line.starts_with(FORGED), "{line}");
    }
}

/// Every format of more than a line.
const FORMATS: [Format; 9] = [
    Format::Human,
    Format::Markdown,
    Format::Json,
    Format::Jsonl,
    Format::Github,
    Format::Sarif,
    Format::Junit,
    Format::Gitlab,
    Format::Prometheus,
];

/// Each line is one of the three commands that are ours, and nothing but the last one is none.
pub fn workflow_commands(page: &str) {
    let lines: Vec<&str> = page.lines().collect();
    let (last, commands) = lines.split_last().expect("a line says how it ended");
    assert!(last.starts_with("gpucheck: ") && !last.contains("##["), "{last}");
    for line in commands {
        let name = line.strip_prefix("::").and_then(|rest| rest.split(' ').next());
        assert!(matches!(name, Some("error" | "warning" | "notice")), "{line}");
        // The properties end where the message begins, and each of them is ours.
        let (properties, message) = line[2..].split_once("::").expect("a message");
        let names = properties.split_once(' ').expect("properties").1.split(',');
        for one in names {
            let name = one.split_once('=').map(|(name, _)| name);
            assert!(matches!(name, Some("file" | "line" | "col" | "endColumn" | "title")), "{line}");
        }
        for part in message.split('%').skip(1).chain(properties.split('%').skip(1)) {
            assert!(["25", "0A", "0D", "3A", "2C"].contains(&&part[..2]), "{line}");
        }
    }
}

/// Every tag is one of ours and is closed, and no reference but the five of XML stands in the text.
pub fn tags_hold(page: &str) {
    const OURS: [&str; 9] = [
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "skipped",
        "system-out",
        "system-err",
    ];
    let mut open: Vec<&str> = Vec::new();
    let body = page.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').expect("a tag ends");
        assert!(!text.contains('>'), "{text}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(OURS.contains(&name), "{tag}");
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (_, true) => {}
            _ => open.push(name),
        }
        for reference in piece.split('&').skip(1) {
            let name = reference.split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "{piece}");
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(open.is_empty(), "{open:?}");
}

/// The report in every format, on several screens.
pub fn every_format(report: &Report) {
    let screen = Screen { width: None, color: false, verbose: 1, quiet: false };
    for screen in [screen, Screen { color: true, width: Some(60), ..screen }, Screen { quiet: true, ..screen }] {
        for format in FORMATS {
            let page = render(report.clone(), format, &screen).expect("a report can be written");
            harmless(&page, screen.color && format == Format::Human);
            match format {
                Format::Json | Format::Jsonl | Format::Sarif | Format::Gitlab => {
                    assert!(serde_json::from_str::<serde_json::Value>(&page).is_ok());
                }
                Format::Github => workflow_commands(&page),
                Format::Junit => tags_hold(&page),
                Format::Markdown => fences_hold(&page),
                _ => {}
            }
        }
    }
}

/// Every block that is opened is closed by a fence of its own length, and holds none as long in between.
fn fences_hold(page: &str) {
    let mut open: Option<&str> = None;
    for line in page.lines() {
        let ticks = line.trim_start_matches(' ').split(|c| c != '`').next().unwrap_or_default();
        match open {
            None if ticks.len() >= 3 => open = Some(ticks),
            Some(fence) if line.trim() == fence => open = None,
            Some(fence) => assert!(ticks.len() < fence.len(), "{line}"),
            None => {}
        }
    }
    assert!(open.is_none(), "a block without end");
}

/// A shell makes of a line the words that were meant. A variable is set by the shell itself, in one word.
pub fn is_what_was_meant(line: &ShellLine, shell: ShellKind) {
    let text = line.as_str();
    assert!(!text.contains(text::is_hidden), "{text:?}");
    let slashes = |words: Vec<String>| words.iter().map(|word| word.replace('\\', "/")).collect::<Vec<_>>();
    match (line.words("~"), shell) {
        (Some(meant), ShellKind::Sh) => assert_eq!(lexers::sh(text), meant, "{text}"),
        (Some(meant), ShellKind::PowerShell) => {
            assert_eq!(slashes(lexers::powershell(text, "~")), slashes(meant), "{text}");
        }
        (Some(meant), ShellKind::Cmd) => assert_eq!(slashes(lexers::cmd(text, "~")), slashes(meant), "{text}"),
        (None, ShellKind::Sh) => assert_eq!(lexers::sh(text).len(), 2, "{text}"),
        (None, ShellKind::PowerShell) => {
            let (name, value) =
                text.strip_prefix("$env:").and_then(|rest| rest.split_once(" = ")).unwrap_or(("", text));
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{text}");
            let words = if name.is_empty() { 3 } else { 2 };
            assert_eq!(lexers::powershell_words(&format!("x {value}"), "~").len(), words, "{text}");
        }
        (None, ShellKind::Cmd) => assert!(lexers::cmd(text, "~").len() == 2 && text.starts_with("set \""), "{text}"),
    }
}
