//! Lines of files on a page for people: the one that a finding is about, with the part that is meant, and those that a fix changes.

use std::fmt::Write;

use super::Screen;
use crate::{
    finding::{Excerpt, FileChange},
    text::Paint,
};

/// Width that a line of a file has on a page without a width.
const WIDEST: usize = 160;

/// A line of a file with its number, and marks under the part that is meant.
pub(super) fn excerpt(line: u32, excerpt: &Excerpt, mark: Paint, screen: &Screen) -> String {
    let number = line.to_string();
    let gutter = number.len() + 2;
    let room = screen.width.unwrap_or(WIDEST).saturating_sub(gutter + 3).max(20);
    let (text, before, length) = window(excerpt, room);
    let bar = Paint::Dim.on("|", screen.color);
    let mut out = String::new();
    let _ = writeln!(out, "{:gutter$} {bar}", "");
    let shown = format!("{:>gutter$} {bar} {text}", Paint::Dim.on(format!("{number:>gutter$}"), screen.color));
    let _ = writeln!(out, "{}", shown.trim_end());
    let marks = "^".repeat(length.max(1));
    let _ = writeln!(out, "{:gutter$} {bar} {:before$}{}", "", "", mark.on(marks, screen.color));
    out
}

/// The text that fits, the columns before the part, and how many it takes.
fn window(excerpt: &Excerpt, room: usize) -> (String, usize, usize) {
    let letters: Vec<char> = excerpt.text.chars().collect();
    let index = |column: u32| {
        usize::try_from(column).map_or(letters.len(), |column| column.saturating_sub(1)).min(letters.len())
    };
    let (start, end) = (index(excerpt.column), index(excerpt.end_column).max(index(excerpt.column)));
    let text = |from: usize, to: usize| letters.get(from..to).unwrap_or_default().iter().collect::<String>();
    let width = |text: &str| textwrap::core::display_width(text);
    // The part stays in sight; what is before it goes first.
    let mut from = 0;
    while from < start && width(&text(from, end)) + 2 > room {
        from += 1;
    }
    let mut to = letters.len();
    while to > from + 1 && width(&text(from, to)) + 2 > room {
        to -= 1;
    }
    let head = if from > 0 { "…" } else { "" };
    let tail = if to < letters.len() { "…" } else { "" };
    let before = width(head) + width(&text(from, start));
    (format!("{head}{}{tail}", text(from, to)), before, width(&text(start, end.min(to).max(start))))
}

/// Lines that change, as a diff shows them.
pub(super) fn change(change: &FileChange, screen: &Screen) -> String {
    let mut out = format!("      {}\n", Paint::Dim.on(format!("{}:{}", change.path, change.line), screen.color));
    for line in &change.old {
        let _ = writeln!(out, "      {}", Paint::Error.on(format!("- {line}"), screen.color));
    }
    for line in &change.new {
        let _ = writeln!(out, "      {}", Paint::Good.on(format!("+ {line}"), screen.color));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_part_in_sight() {
        let text = format!("{}torch==2.5.1{}", "x".repeat(100), "y".repeat(100));
        let of = Excerpt { text, column: 101, end_column: 113 };
        let screen = Screen { width: Some(40), color: false, verbose: 0, quiet: false };
        let shown = excerpt(7, &of, Paint::Error, &screen);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 40), "{shown}");
        let at = lines[1].chars().collect::<String>().find("torch").map(|at| lines[1][..at].chars().count());
        assert_eq!(at, lines[2].find('^'), "{shown}");
        assert!(lines[2].ends_with("^^^^^^^^^^^^"), "{shown}");
    }
}
