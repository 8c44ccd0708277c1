//! A Poetry project. An index is a source with a name there, and an explicit one is only for the packages that are told to come from it.

use super::{Install, Lines, Plan, Writer, fixed, index_name, requirements};
use crate::{
    finding::Command,
    shell::{NoWord, Word},
};

impl Writer<'_> {
    pub(super) fn in_poetry(&self, installs: &[&Install], plan: &Plan, lines: &mut Lines) -> Result<(), NoWord> {
        let poetry = Word::fixed("poetry");
        let mut words = fixed(["add"]);
        if let Some(index) = plan.index.as_deref() {
            let name = Word::name(&index_name(index))?;
            let source = [fixed(["source", "add", "--priority", "explicit"]), vec![name.clone(), Word::url(index)?]];
            lines.commands.push(self.line("poetry", &poetry, &source.concat())?);
            words.extend([Word::fixed("--source"), name]);
        }
        words.extend(requirements(installs)?);
        lines.commands.push(self.line("poetry", &poetry, &words)?);
        Ok(())
    }

    pub(super) fn out_of_poetry(&self, names: &[&str]) -> Result<Command, NoWord> {
        let mut words = fixed(["remove"]);
        for name in names {
            words.push(Word::name(name)?);
        }
        self.line("poetry", &Word::fixed("poetry"), &words)
    }
}
