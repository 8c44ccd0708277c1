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

/// The report in every format, on several screens.
pub fn every_format(report: &Report) {
    let screen = Screen { width: None, color: false, verbose: 1, quiet: false };
    for screen in [screen, Screen { color: true, width: Some(60), ..screen }, Screen { quiet: true, ..screen }] {
        for format in [Format::Human, Format::Markdown, Format::Json] {
            let page = render(report.clone(), format, &screen).expect("a report can be written");
            harmless(&page, screen.color && format == Format::Human);
            match format {
                Format::Json => assert!(serde_json::from_str::<serde_json::Value>(&page).is_ok()),
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
