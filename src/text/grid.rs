//! Grids: rows with aligned cells that fit the width of the screen.

use std::{fmt::Display, ops::Range};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::NOTHING};
use textwrap::{WordSplitter, core::display_width};

/// Between two columns.
const GAP: usize = 2;
/// A column of text that is narrower than this is harder to read than text below its row.
const NARROWEST_COLUMN: usize = 24;
/// Indentation of text below its row.
const INDENT: usize = 4;

/// A grid under construction. Cells may be painted: marks of paint have no width. Names are never broken; only the text of a last column
/// that [`Grid::wrapping`] asks for goes on in further lines.
#[derive(Debug, Default)]
pub struct Grid {
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
    gap: Option<usize>,
    wrapping: bool,
}

impl Grid {
    /// An empty one. Columns of these numbers are aligned to the right.
    pub fn new(right: impl IntoIterator<Item = usize>) -> Self {
        Self { right: right.into_iter().collect(), ..Self::default() }
    }

    /// Its last column is text that may be wrapped.
    pub const fn wrapping(mut self) -> Self {
        self.wrapping = true;
        self
    }

    /// Sets the number of spaces between columns, instead of two.
    pub const fn gap(mut self, gap: usize) -> Self {
        self.gap = Some(gap);
        self
    }

    /// Adds a row.
    pub fn row<T: Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| cell.to_string()).collect());
    }

    /// Its lines, for a screen of this width if there is one.
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let gap = self.gap.unwrap_or(GAP);
        let widest = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| display_width(cell)).max().unwrap_or(0)
        };
        let text = columns.checked_sub(1).filter(|_| self.wrapping);
        let mut room = None;
        if let (Some(text), Some(width)) = (text, width) {
            let before: usize = (0..text).map(|column| widest(column) + gap).sum();
            if before + NARROWEST_COLUMN.min(widest(text)) > width {
                return self.stacked(text, width);
            }
            room = Some(width - before);
        }
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for row in &self.rows {
            let cell = |(index, cell): (usize, &String)| match room.filter(|_| Some(index) == text) {
                // The table would break words that are longer than its column.
                Some(room) => Cell::new(textwrap::wrap(cell, whole_words(room)).join("\n")),
                None => Cell::new(cell),
            };
            table.add_row(row.iter().enumerate().map(cell).collect::<Vec<_>>());
        }
        for column in table.column_iter_mut() {
            let index = column.index;
            let last = index + 1 == columns;
            column.set_padding((0, if last { 0 } else { u16::try_from(gap).unwrap_or(u16::MAX) }));
            if self.right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// For narrow screens: the text of a row below its other cells.
    fn stacked(&self, text: usize, width: usize) -> Vec<String> {
        let options = whole_words(width.saturating_sub(INDENT).max(NARROWEST_COLUMN));
        let mut lines = Vec::new();
        for row in &self.rows {
            let names: Vec<&str> =
                row.iter().take(text).map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
            lines.push(names.join(&" ".repeat(GAP)));
            let text = row.get(text).map_or("", String::as_str);
            lines.extend(textwrap::wrap(text, &options).iter().map(|line| format!("{:INDENT$}{line}", "")));
        }
        lines
    }
}

/// Text narrower than this is harder to read than a long line.
pub const NARROWEST: usize = 30;

/// How text is wrapped at a width: between words alone. Slugs and versions are looked up, and must be found in one piece.
pub fn whole_words<'o>(width: usize) -> textwrap::Options<'o> {
    textwrap::Options::new(width).break_words(false).word_splitter(WordSplitter::NoHyphenation)
}

/// Splits columns of these widths into as many blocks as a screen asks for, each behind a first column of names.
pub fn blocks(names: usize, columns: &[usize], width: Option<usize>) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut start = 0;
    while start < columns.len() {
        let mut used = names;
        let rest = columns.get(start..).unwrap_or_default();
        let fits = |column: &&usize| {
            used += **column;
            width.is_none_or(|width| used <= width)
        };
        let end = start + rest.iter().take_while(fits).count().max(1);
        blocks.push(start..end);
        start = end;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Paint, guard};
    use proptest::prelude::*;

    #[test]
    fn cells_stand_under_each_other_painted_or_not() {
        let mut grid = Grid::new([1]);
        grid.row(["torch", "1"]);
        grid.row([Paint::Good.on("环境-a", true).to_string(), Paint::Dim.on("100", true).to_string()]);
        let lines = grid.lines(Some(5));
        assert_eq!(lines[0], "torch     1");
        assert_eq!(guard(&lines[1], false), "环境-a  100");
    }

    #[test]
    fn text_is_wrapped_and_names_are_not() {
        let mut grid = Grid::new([]).wrapping();
        grid.row(["gpu-too-new-for-wheel", "the wheel has no machine code for the GPU and no PTX"]);
        grid.row(["short", "one line"]);
        assert_eq!(
            grid.lines(Some(50)),
            [
                "gpu-too-new-for-wheel  the wheel has no machine",
                "                       code for the GPU and no PTX",
                "short                  one line"
            ]
        );
        assert_eq!(
            grid.lines(Some(40)),
            [
                "gpu-too-new-for-wheel",
                "    the wheel has no machine code for",
                "    the GPU and no PTX",
                "short",
                "    one line"
            ]
        );
        grid.row(["x", "a-word-that-is-longer-than-its-column"]);
        assert!(grid.lines(Some(50)).iter().any(|line| line.ends_with("  a-word-that-is-longer-than-its-column")));
        assert_eq!(grid.lines(None).len(), 3);
        assert!(Grid::new([]).lines(Some(10)).is_empty());
    }

    #[test]
    fn columns_that_do_not_fit_go_below() {
        assert_eq!(blocks(10, &[5, 5, 5, 5], Some(20)), [0..2, 2..4]);
        assert_eq!(blocks(10, &[5, 5, 5, 5], Some(7)), [0..1, 1..2, 2..3, 3..4], "one at least");
        assert_eq!(blocks(10, &[5; 100], None).first(), Some(&(0..100)));
        assert!(blocks(10, &[], Some(7)).is_empty());
    }

    proptest! {
        #[test]
        fn no_line_is_longer_than_the_screen(
            rows in proptest::collection::vec(("[a-z-]{1,20}", "[0-9]{1,5}", "([a-z]{1,9} ){0,30}"), 1..8),
            width in 30usize..150,
        ) {
            let mut grid = Grid::new([1]).wrapping();
            for (name, number, text) in &rows {
                grid.row([name, number, text]);
            }
            let lines = grid.lines(Some(width));
            for line in &lines {
                prop_assert!(display_width(line) <= width, "{line:?}");
            }
            for (name, ..) in &rows {
                prop_assert!(lines.iter().any(|line| line.contains(name.as_str())), "{name} was broken");
            }
        }
    }
}
