//! The eight lines for people: one line if all is well, all eight if one says no.

use std::fmt::Write;

use super::{Screen, escape::escaped};
use crate::{
    readiness::{Line, LineAnswer, LineKey, Readiness},
    text::{NARROWEST, Paint},
};

/// Width of the report's labels, and of the lines' own.
const LABEL: usize = 14;
pub(super) const NAME: usize = 18;

/// The lines for people; the same lines on several GPUs are shown once.
pub(super) fn render(all: &[Readiness], screen: &Screen) -> String {
    let groups = groups(all);
    let several = groups.len() > 1;
    let mut out = String::new();
    for (name, lines) in groups {
        if is_denied(lines) || screen.verbose > 0 {
            block(&mut out, lines, if several { &name } else { "" }, screen);
        } else {
            let text = if several { format!("{name}: {}", in_short(lines)) } else { in_short(lines) };
            column(&mut out, "Ready", Paint::Strong, LABEL, &text, screen);
        }
    }
    out
}

/// The same as points of a list: what it is about, and the text.
pub(super) fn points(all: &[Readiness]) -> Vec<(String, String)> {
    let mut points = Vec::new();
    for (name, lines) in groups(all) {
        if !is_denied(lines) {
            points.push((format!("**Ready** ({})", escaped(&name)), in_short(lines)));
            continue;
        }
        points.push(("**Readiness**".to_owned(), name));
        let screen = Screen { width: None, color: false, verbose: 0, quiet: false };
        points.extend(
            lines.iter().map(|line| (format!("{} {}", mark(line).0, escaped(&line.label)), answer(line, &screen))),
        );
    }
    points
}

/// The lines with the GPUs that they are for, by name.
fn groups(all: &[Readiness]) -> Vec<(String, &[Line])> {
    let mut groups: Vec<(usize, &[Line])> = Vec::new();
    for one in all {
        match groups.iter_mut().find(|(_, lines)| *lines == one.lines) {
            Some((count, _)) => *count += 1,
            None => groups.push((1, &one.lines)),
        }
    }
    let named = |(count, lines): (usize, &'_ [Line])| {
        let name =
            lines.iter().find(|line| line.key == LineKey::Gpu).and_then(|line| line.value.as_deref()).unwrap_or("GPU");
        if count == 1 { name.to_owned() } else { format!("{count} × {name}") }
    };
    groups.into_iter().map(|group| (named(group), group.1)).collect()
}

/// Whether something that torch needs is missing.
fn is_denied(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.answer == LineAnswer::No && !is_optional(line))
}

fn mark(line: &Line) -> (&'static str, Paint) {
    match line.answer {
        LineAnswer::Yes => ("✓", Paint::Good),
        LineAnswer::No if is_optional(line) => ("·", Paint::Dim),
        LineAnswer::No => ("✗", Paint::Error),
        LineAnswer::Unknown => ("?", Paint::Dim),
    }
}

/// What may not be wanted, and what works, only slowly.
fn is_optional(line: &Line) -> bool {
    match line.key {
        LineKey::FourBit => line.value.is_none(),
        LineKey::Bf16 => line.value.is_some(),
        _ => false,
    }
}

/// `CUDA 12.8 available, sm_120 supported, BF16, 4-bit (bitsandbytes 0.48.1)`; what is unknown comes last, grouped by reason.
fn in_short(lines: &[Line]) -> String {
    let find = |key: LineKey| lines.iter().find(|line| line.key == key);
    let cuda = find(LineKey::CudaVersion).and_then(|line| line.value.as_deref()).unwrap_or_default();
    let mut parts = Vec::new();
    let mut unknown: Vec<(&str, Vec<String>)> = Vec::new();
    for line in lines {
        let what = match (line.key, line.value.as_deref()) {
            (LineKey::CudaAvailable, _) if cuda.is_empty() => "CUDA available".to_owned(),
            (LineKey::CudaAvailable, _) => format!("CUDA {cuda} available"),
            (LineKey::ArchSupported, _) => line.label.clone(),
            (LineKey::Bf16, Some(value)) => format!("BF16 {value}"),
            (LineKey::Bf16, None) => "BF16".to_owned(),
            (LineKey::FourBit, Some(value)) => format!("4-bit ({value})"),
            _ => continue,
        };
        match (line.answer, line.why.as_deref()) {
            (LineAnswer::Unknown, Some(why)) => match unknown.iter_mut().find(|(known, _)| *known == why) {
                Some((_, whats)) => whats.push(what),
                None => unknown.push((why, vec![what])),
            },
            _ => parts.push(what),
        }
    }
    let mut text = parts.join(", ");
    for (why, whats) in unknown {
        let separator = if text.is_empty() { "" } else { "; " };
        text += &format!("{separator}unknown because {why}: {}", whats.join(", "));
    }
    text
}

fn block(out: &mut String, lines: &[Line], title: &str, screen: &Screen) {
    if !title.is_empty() {
        column(out, "Readiness", Paint::Strong, LABEL, title, screen);
    }
    for (index, line) in lines.iter().enumerate() {
        let (mark, paint) = mark(line);
        let label = if index == 0 && title.is_empty() { "Readiness" } else { "" };
        let label = format!("{label:LABEL$}");
        let _ = write!(out, "{}{} ", Paint::Strong.on(label, screen.color), paint.on(mark, screen.color));
        let inside = indented(screen);
        match inside.width {
            // Too narrow for a third column.
            Some(width) if width < NAME + NARROWEST => {
                let name = Paint::Dim.on(&line.label, screen.color);
                let text = format!("{name}: {}", answer(line, screen));
                let lines = inside.lines(0, &text);
                let _ = writeln!(out, "{}", lines.join(&format!("\n{:margin$}", "", margin = LABEL + 2)));
            }
            _ => column(out, &line.label, Paint::Dim, NAME, &answer(line, screen), &inside),
        }
    }
}

/// The answer of one line: its value, why, and the rule below that says more.
fn answer(line: &Line, screen: &Screen) -> String {
    let word = match line.answer {
        LineAnswer::Yes => "yes",
        LineAnswer::No => "no",
        LineAnswer::Unknown => "unknown",
    };
    let mut text = match (&line.value, line.answer) {
        (Some(value), LineAnswer::Yes) => value.clone(),
        (Some(value), _) => format!("{word} ({value})"),
        (None, _) => word.to_owned(),
    };
    if let Some(why) = &line.why {
        text += &format!(": {why}");
    }
    if let Some(rule) = line.rule.filter(|rule| !text.contains(rule)) {
        text += &format!(" ({rule})");
    }
    if let Some(source) = line.source.as_ref().filter(|_| screen.verbose > 0) {
        text += &format!(" [{source}]");
    }
    text
}

/// A screen without the columns that the label and the mark have taken.
fn indented(screen: &Screen) -> Screen {
    Screen { width: screen.width.map(|width| width.saturating_sub(LABEL + 2)), ..*screen }
}

/// Text behind a label, wrapped under itself.
pub(super) fn column(out: &mut String, label: &str, paint: Paint, wide: usize, text: &str, screen: &Screen) {
    let label = format!("{label:wide$}");
    for (index, line) in screen.lines(wide, text).iter().enumerate() {
        let _ = match index {
            0 => writeln!(out, "{}{line}", paint.on(&label, screen.color)),
            _ => writeln!(out, "{:margin$}{line}", "", margin = if wide == NAME { wide + LABEL + 2 } else { wide }),
        };
    }
}
