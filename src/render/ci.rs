//! What the formats for CI systems have in common: where the files of a report are in the project, and a problem in words.

use std::{
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use crate::{
    finding::{Fix, Proof, Severity},
    report::{Open, Problem, Problems},
    rules, text,
};

/// What a report does not say and a CI system wants to know.
#[derive(Clone, Copy)]
pub struct Ci<'c> {
    /// The folder that paths of the report start at.
    pub folder: Option<&'c Path>,
    /// The folder that paths of the CI system start at: the root of the project.
    pub project: Option<&'c Path>,
    /// The user's home folder, which reports write as `~`.
    pub home: Option<&'c Path>,
    /// The least severity that fails the command.
    pub fails_from: Severity,
    /// Whether what could not be decided fails it, too.
    pub unknown_fails: bool,
    /// When the report was made.
    pub now: SystemTime,
    /// The page of a rule by its slug, as Markdown.
    pub page: &'c dyn Fn(&str) -> Option<String>,
}

impl Default for Ci<'_> {
    fn default() -> Self {
        Self {
            folder: None,
            project: None,
            home: None,
            fails_from: Severity::Error,
            unknown_fails: false,
            now: SystemTime::UNIX_EPOCH,
            page: &|slug| rules::find(slug).map(|entry| entry.page.to_owned()),
        }
    }
}

impl Ci<'_> {
    /// The path of a file from the root of the project, with `/` between its parts; an absolute one where it is outside of the project.
    pub fn path(&self, shown: &str) -> String {
        let below_home = shown.strip_prefix("~/").zip(self.home).map(|(rest, home)| home.join(rest));
        let path = below_home.unwrap_or_else(|| PathBuf::from(shown));
        let absolute = match self.folder {
            Some(folder) => tidy(&folder.join(&path)),
            None => tidy(&path),
        };
        let below = self.project.and_then(|project| absolute.strip_prefix(project).ok());
        let below = below.filter(|below| !below.as_os_str().is_empty());
        let path = match (below, self.project) {
            (Some(below), _) => below,
            // Outside of the project, the home folder stays `~`.
            (None, Some(_)) => return shown.to_owned(),
            (None, None) => return tidy(Path::new(shown)).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"),
        };
        path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
    }

    /// Whether a problem fails the command.
    pub fn fails(&self, problem: &Problem<'_>) -> bool {
        problem.severity >= self.fails_from
    }

    /// Whether something that is open fails the command.
    pub fn fails_open(&self, open: &Open<'_>) -> bool {
        open.fails || self.unknown_fails
    }
}

/// A path without `.` and `..`, as far as its text says.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if tidy.file_name().is_some() => {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    tidy
}

/// More lines than these say no more.
const MOST_LINES: usize = 40;
/// More ways out than these are in the report for people.
const MOST_FIXES: usize = 3;

/// A problem in a few words: `gpu-too-new-for-wheel: torch 2.7.1+cu126`.
pub(super) fn title(problem: &Problem<'_>) -> String {
    text::visible(&format!("{}: {}", problem.finding.rule, problem.finding.subject)).into_owned()
}

/// What there is to say of a problem, a line each: the cause, the machines, what people would see, and the ways out. Nothing in them is
/// hidden, and none holds a line break.
pub(super) fn details(problem: &Problem<'_>, of: &Problems<'_>) -> Vec<String> {
    let finding = problem.finding;
    let mut lines = vec![finding.summary.clone()];
    lines.extend(of.concerned(&problem.targets).map(|targets| format!("On: {targets}")));
    lines.extend(finding.symptom.as_ref().map(|symptom| format!("You would see: {symptom}")));
    for fix in finding.fixes.iter().take(MOST_FIXES) {
        fixed(&mut lines, fix);
    }
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push("…".to_owned());
    }
    lines.push(format!("More: {}", finding.docs));
    lines.iter().map(|line| text::visible(line).into_owned()).collect()
}

fn fixed(lines: &mut Vec<String>, fix: &Fix) {
    let basis = match fix.proof {
        Proof::Binary => " (verified by the same rules)",
        Proof::Knowledge => " (verified against the knowledge base)",
        Proof::None => "",
    };
    let label = if fix.impossible { "No fix" } else { "Fix" };
    lines.push(format!("{label}: {}{basis}", fix.summary));
    for change in &fix.changes {
        lines.push(format!("  {}:{}", change.path, change.line));
        lines.extend(change.old.iter().map(|line| format!("  - {line}")));
        lines.extend(change.new.iter().map(|line| format!("  + {line}")));
    }
    for edit in &fix.edits {
        lines.push(format!("  into {}:", edit.file));
        lines.extend(edit.as_str().lines().map(|line| format!("  {line}")));
    }
    lines.extend(fix.commands.iter().map(|command| format!("  {}", command.line)));
    lines.extend(fix.no_line.iter().map(|why| format!("  nothing to paste: {why}")));
    lines.extend(fix.unproven.iter().map(|what| format!("  not verified: {what}")));
    lines.extend(fix.remains.iter().map(|what| format!("  afterwards: {what}")));
}

/// What is open, in a visible line.
pub(super) fn opened(open: &Open<'_>, of: &Problems<'_>) -> String {
    let said = if open.fails { "not met" } else { "not decided" };
    let separator = if open.fails { ": " } else { " " };
    let concerned = of.concerned(&open.targets).map(|targets| format!(" (on {targets})")).unwrap_or_default();
    text::visible(&format!("{said}{separator}{}{concerned}", open.text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_root_of_the_project() {
        let at = |folder: &'static str| Ci {
            folder: Some(Path::new(folder)),
            project: Some(Path::new("/work/app")),
            home: Some(Path::new("/work")),
            ..Ci::default()
        };
        assert_eq!(at("/work/app").path("requirements.txt"), "requirements.txt");
        assert_eq!(at("/work/app/sub/deep").path("a/../requirements.txt"), "sub/deep/requirements.txt");
        assert_eq!(at("/work/app/sub").path("~/app/docker/Dockerfile"), "docker/Dockerfile");
        assert_eq!(at("/work/app/sub").path("/work/app/x y/%.txt"), "x y/%.txt");
        assert_eq!(at("/work/app").path("/etc/requirements.txt"), "/etc/requirements.txt");
        assert_eq!(at("/work/app").path("~/elsewhere.txt"), "~/elsewhere.txt");
        assert_eq!(Ci::default().path("./a/requirements.txt"), "a/requirements.txt");
    }
}
