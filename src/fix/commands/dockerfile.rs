//! A Dockerfile: its instructions install with pip, whatever image they start from.

use super::{Install, Lines, Plan, Writer, fixed, from, requirements};
use crate::{
    facts::ShellKind,
    shell::{FileText, NoWord, ShellLine, Word},
};

/// Name of the file.
const FILE: &str = "Dockerfile";

impl Writer<'_> {
    pub(super) fn in_dockerfile(&self, installs: &[&Install], plan: &Plan, lines: &mut Lines) -> Result<(), NoWord> {
        lines.edits.push(FileText::new(FILE).run(&pip(installs, plan)?));
        Ok(())
    }

    /// The same on an image with this Python.
    pub(super) fn in_image_with(
        python: &Word,
        installs: &[&Install],
        plan: &Plan,
        lines: &mut Lines,
    ) -> Result<(), NoWord> {
        lines.edits.push(FileText::new(FILE).instruction("FROM", python).run(&pip(installs, plan)?));
        Ok(())
    }
}

/// Docker runs instructions with sh; pip's cache would only make the image larger.
fn pip(installs: &[&Install], plan: &Plan) -> Result<ShellLine, NoWord> {
    let words = [fixed(["install", "--no-cache-dir"]), requirements(installs)?, from(plan)?].concat();
    ShellLine::command(ShellKind::Sh, &Word::fixed("pip"), &words)
}
