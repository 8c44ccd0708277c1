//! What is known of the tool that a plan is written for: rows of `tools.toml`.

use super::Plan;
use crate::{
    facts::{Environment, Origin},
    knowledge::{Knowledge, ToolRow},
};

/// The notes that apply to a plan, in order.
pub(super) fn of(knowledge: &Knowledge, environment: &Environment, plan: &Plan) -> Vec<String> {
    let Some(&manager) = environment.manager.value() else { return Vec::new() };
    let installed = environment.origin == Origin::Installed;
    let fits = |row: &&ToolRow| {
        row.index.is_none_or(|index| index == plan.index.is_some())
            && row.installed.is_none_or(|wanted| wanted == installed)
            && !(plan.restores || plan.reinstall)
    };
    knowledge.tool_notes(manager).filter(fits).filter_map(|row| filled(row, environment, plan)).collect()
}

/// The note with its placeholders replaced; nothing where one of them is not known.
fn filled(row: &ToolRow, environment: &Environment, plan: &Plan) -> Option<String> {
    let cuda = || plan.installs().find(|install| install.name == "torch")?.build.as_ref()?.cuda;
    let mut note = row.note.clone();
    if note.contains("{cuda}") {
        note = note.replace("{cuda}", &cuda()?.to_string());
    }
    if note.contains("{python}") {
        note = note.replace("{python}", &environment.python.value()?.to_string());
    }
    Some(note)
}
