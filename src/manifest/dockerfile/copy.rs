//! Which files of the project an image gets, and where they lie in it.

use std::path::Path;

use crate::manifest::{
    Reading, Text,
    command::{Files, joined},
    shell::{Script, fits},
};

/// Files that one pattern may stand for.
const MAX_MATCHES: usize = 200;

/// `COPY sources… to`: from the folder of the build.
pub(super) fn from_context(files: &mut Files, reading: &mut Reading<'_>, folder: &Path, sources: &[String], to: &str) {
    let target = joined(folder, to);
    let several = sources.len() > 1;
    for source in sources {
        if source.contains("://") || source.starts_with("git@") {
            if source.trim_end_matches('/').ends_with(".git") || source.contains(".git#") {
                let address = source.split('#').next().unwrap_or(source);
                files.cloned(target.clone(), address.trim_end_matches(".git"));
            }
            continue;
        }
        let source = source.trim_start_matches('/');
        let context = files.context.clone();
        let paths = match source.contains(['*', '?', '[']) {
            true => matching(reading, &context, source),
            false => vec![source.to_owned()],
        };
        for path in paths {
            let from = joined(&context, &path);
            if !from.starts_with(&context) {
                continue;
            }
            if reading.shelf.is_folder(&from) {
                files.copy(from, target.clone());
                continue;
            }
            let Some(name) = from.file_name().map(ToOwned::to_owned) else { continue };
            if (name == "pip.conf" || target.ends_with("pip.conf"))
                && let Ok(text) = reading.beside(&context, &path)
            {
                files.configure_by(&text.text);
            }
            let is_folder = several || to.ends_with('/') || target == folder;
            if !is_folder {
                files.copy(from.clone(), target.clone());
            }
            // Without a slash it is a folder if there is one, which a name without an extension suggests. What comes last counts first.
            if is_folder || target.extension().is_none() {
                files.copy(from, target.join(name));
            }
        }
    }
}

/// The files that a pattern stands for, in its last part.
fn matching(reading: &Reading<'_>, context: &Path, pattern: &str) -> Vec<String> {
    let (folder, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    if folder.contains(['*', '?', '[']) {
        return Vec::new();
    }
    let names = reading.shelf.names(&joined(context, folder));
    let path = |name: &String| if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
    names.iter().filter(|name| fits(name, last)).take(MAX_MATCHES).map(path).collect()
}

/// A file whose lines stand in the Dockerfile: their numbers are those there.
pub(super) fn document(document: &Script, to: &str) -> Text {
    let at = document.at(0);
    let before = usize::try_from(at.line.saturating_sub(1)).unwrap_or(0).min(100_000);
    Text::new(to, at.path, format!("{}{}", "\n".repeat(before), document.text))
}
