//! Scripts that say in a comment what they need (PEP 723): `# /// script`.
//! Format: <https://packaging.python.org/en/latest/specifications/inline-script-metadata/>.

use super::{
    ground::Ground,
    install,
    parts::{Project, Wish},
    read, uv,
};
use crate::{
    facts::Resolver,
    manifest::{Reading, Sheet, StepSheet, Text, tables::Document},
};

/// Whether a text has such a comment.
pub(in crate::manifest) fn is_script(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "# /// script")
}

/// Puts what a script asks for into a step, as `uv run` reads it.
pub(in crate::manifest) fn script(text: &Text, reading: &Reading<'_>, sheet: &mut Sheet, step: &mut StepSheet) {
    let block = block(text);
    let document = Document::new(&block);
    install::fault(&document, sheet);
    let base = document.root().get("dependencies").map(|list| read::lines(&document, list)).unwrap_or_default();
    let project = Project { base, ..Project::default() };
    let wish = Wish::default();
    let mut force = project.chosen(&wish, &[]);
    let ground = Ground::new(reading, sheet);
    step.step.resolver = Resolver::Uv;
    if let Some(settings) = uv::Settings::new(&document, None) {
        settings.indexes(step);
        settings.held(&document, &ground, sheet, &mut force);
        settings.sources(&mut force, &ground);
    }
    install::finish(&project, force, &wish, sheet, step, &text.at(0));
}

/// The comment as TOML, every line at its place.
fn block(text: &Text) -> Text {
    let mut toml = String::new();
    let mut is_in = false;
    for (_, line) in text.lines() {
        match (is_in, line.trim_end()) {
            (false, "# /// script") => is_in = true,
            (true, "# ///") => break,
            (true, line) => match line.strip_prefix('#') {
                Some(rest) => {
                    toml.push(' ');
                    toml.push_str(rest);
                }
                None => break,
            },
            (false, _) => {}
        }
        toml.push('\n');
    }
    Text::new(text.path.clone(), text.shown.clone(), toml)
}
