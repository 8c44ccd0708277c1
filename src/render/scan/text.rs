//! Lines that hold at any width.

use std::fmt::{Display, Write};

use super::super::Screen;
use crate::{
    facts::{CodeKind, CodeTarget},
    text::{Grid, Paint},
};

/// Width of labels.
pub(super) const LABEL: usize = 12;

/// A page under construction.
pub(super) struct Page<'s> {
    out: String,
    pub screen: &'s Screen,
}

impl<'s> Page<'s> {
    pub fn new(screen: &'s Screen) -> Self {
        Self { out: String::new(), screen }
    }

    /// The page, ended by one newline unless it is empty.
    pub fn finish(self) -> String {
        let text = self.out.trim_end();
        if text.is_empty() { String::new() } else { format!("{text}\n") }
    }

    /// A line as it is.
    pub fn line(&mut self, indent: usize, text: impl Display) {
        let line = format!("{:indent$}{text}", "");
        let _ = writeln!(self.out, "{}", line.trim_end());
    }

    /// A grid, indented.
    pub fn grid(&mut self, indent: usize, grid: &Grid) {
        for line in grid.lines(self.screen.width.map(|width| width.saturating_sub(indent))) {
            self.line(indent, line);
        }
    }

    /// An empty line, never two.
    pub fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn painted(&mut self, indent: usize, text: &str, paint: Option<Paint>) {
        for (index, line) in self.screen.lines(indent + 2, text).iter().enumerate() {
            let indent = if index == 0 { indent } else { indent + 2 };
            match paint {
                Some(paint) => self.line(indent, paint.on(line, self.screen.color)),
                None => self.line(indent, line),
            }
        }
    }

    /// A paragraph; what is wrapped is indented.
    pub fn wrapped(&mut self, indent: usize, text: &str) {
        self.painted(indent, text, None);
    }

    /// A paragraph of less weight.
    pub fn dim(&mut self, indent: usize, text: &str) {
        self.painted(indent, text, Some(Paint::Dim));
    }

    /// A paragraph that must not be missed.
    pub fn warning(&mut self, text: &str) {
        self.painted(0, &format!("! {text}"), Some(Paint::Warning));
    }

    /// A block of text behind a label, wrapped under itself.
    pub fn labelled(&mut self, indent: usize, label: &str, text: &str) {
        self.marked(indent, LABEL, label, Paint::Dim, text);
    }

    /// The same with another width and paint of the label.
    pub fn marked(&mut self, indent: usize, width: usize, label: &str, paint: Paint, text: &str) {
        for (index, line) in self.screen.lines(indent + width, text).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let padding = " ".repeat(width.saturating_sub(label.chars().count()).max(usize::from(!label.is_empty())));
            let label = if label.is_empty() { String::new() } else { paint.on(label, self.screen.color).to_string() };
            self.line(indent, format!("{label}{padding}{line}"));
        }
    }
}

/// `sm_50 60 70 75, PTX 90`: the numbers of targets, the kind said once.
pub(super) fn targets<'t>(list: impl IntoIterator<Item = &'t CodeTarget>) -> String {
    let mut text = String::new();
    let mut last = None;
    for target in list {
        let separator = if text.is_empty() {
            ""
        } else if last == Some(target.kind) {
            " "
        } else {
            ", "
        };
        let name = match (last == Some(target.kind), target.kind) {
            (true, CodeKind::Other(_)) | (false, CodeKind::LtoIr | CodeKind::TileIr | CodeKind::Other(_)) => {
                target.to_string()
            }
            (true, _) => target.target.to_string(),
            (false, CodeKind::Sass) => format!("sm_{}", target.target),
            (false, CodeKind::Ptx) => format!("PTX {}", target.target),
        };
        let _ = write!(text, "{separator}{name}");
        last = Some(target.kind);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_say_their_kind_once() {
        let list = |text: &str| text.split(' ').map(|target| target.parse().unwrap()).collect::<Vec<CodeTarget>>();
        assert_eq!(targets(&list("sm_75 sm_90a sm_120f compute_90 compute_120")), "sm_75 90a 120f, PTX 90 120");
        assert_eq!(targets(&list("lto_90 lto_100 kind64_80 kind65_80")), "lto_90 100, kind64_80, kind65_80");
        assert_eq!(targets(&[]), "");
    }
}
