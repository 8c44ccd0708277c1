//! The files of a git repository as they were at a revision, by the user's own git. Of git, only what looks names and objects up is called:
//! no hook, pager, filter, external diff or helper that a repository configures runs, nothing is fetched, nothing is written.

use std::{
    ffi::OsStr,
    fmt, io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::live::contain::{Limits, Running};
use crate::{
    facts::ContactOutcome,
    system::{Entry, Past, Root, Surroundings, programs},
};

/// A list of 500,000 files has 50 MB. `:/text` walks through all commits.
const LIMITS: Limits =
    Limits { answer: Duration::from_secs(60), ending: Duration::from_secs(5), memory: 4 << 30, output: 64 << 20 };
/// Longer than any name that git takes.
const MAX_NAME: usize = 1000;
/// Variables that would lead git to another repository than the one of the files. Hooks have some of them.
const LEADING_ELSEWHERE: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// What was found under the name of a revision.
#[derive(Debug)]
pub struct Revision {
    /// Its commit.
    pub commit: String,
    /// The files.
    pub tree: Past,
}

/// Why there are no files.
#[derive(Debug)]
pub enum RevisionError {
    /// There is no repository around this folder.
    NoRepository(PathBuf),
    /// There is no git on PATH.
    NoGit,
    /// The name is none that a revision can have.
    Name(String),
    /// git does not read the repository.
    Refused(PathBuf),
    /// The repository has no such revision.
    Unknown(String, PathBuf),
    /// The revision and the current commit have no common ancestor, as far as the repository knows.
    Unrelated(String),
    /// The list of its files cannot be had.
    NoList(String, String),
}

impl fmt::Display for RevisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRepository(folder) => {
                write!(f, "{} is not in a git repository; --base takes a revision of one, or a file", folder.display())
            }
            Self::NoGit => f.write_str("git is not on PATH, so the revision cannot be read"),
            Self::Name(name) => write!(f, "'{name}' is not a file and cannot be the name of a revision"),
            Self::Refused(top) => {
                write!(f, "git does not read the repository {top}; `git -C {top} status` says why", top = top.display())
            }
            Self::Unknown(name, top) => write!(
                f,
                "'{name}' is not a file, and git knows no such revision in {}; a shallow clone lacks older commits and other branches until \
                 they are fetched (in GitHub's checkout action: fetch-depth: 0)",
                top.display()
            ),
            Self::Unrelated(name) => write!(
                f,
                "git finds no common ancestor of '{name}' and HEAD; a shallow clone lacks it until more history is fetched (in GitHub's \
                 checkout action: fetch-depth: 0)"
            ),
            Self::NoList(name, why) => write!(f, "git does not list the files of '{name}': {why}"),
        }
    }
}

impl std::error::Error for RevisionError {}

/// The repository that a file or a folder lies in: where its files begin.
pub fn repository(near: &Path) -> Option<&Path> {
    let root = Root::new(None, None).ok()?;
    near.ancestors().find(|above| root.is_named(&above.join(".git")))
}

/// The files as they were at a revision, of the repository that `near` lies in. A name that ends with `...` is the newest commit that it has
/// in common with the current one, as in `git diff main...`.
///
/// # Errors
/// When there is no git, no repository or no such revision.
pub fn revision(near: &Path, name: &str, surroundings: &Surroundings) -> Result<Revision, RevisionError> {
    let root = Root::new(None, None).map_err(|_| RevisionError::NoRepository(near.to_owned()))?;
    let top = repository(near).ok_or_else(|| RevisionError::NoRepository(near.to_owned()))?;
    let (wanted, is_common) = match name.strip_suffix("...") {
        Some(wanted) => (wanted, true),
        None => (name, false),
    };
    // An option of git's would begin with a hyphen; a range is no revision.
    let is_name = !wanted.is_empty() && !wanted.starts_with('-') && name.len() <= MAX_NAME;
    if !is_name || wanted.contains("..") || name.chars().any(char::is_control) {
        return Err(RevisionError::Name(name.to_owned()));
    }
    let program = programs(&root, surroundings, OsStr::new("git")).into_iter().next().ok_or(RevisionError::NoGit)?;
    let git = Git { program, top: top.to_owned() };
    git.ask(&["rev-parse", "--git-dir"]).map_err(|_| RevisionError::Refused(top.to_owned()))?;
    let commit_of = |name: &str| git.id(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")]);
    let unknown = |name: &str| RevisionError::Unknown(name.to_owned(), top.to_owned());
    let mut commit = commit_of(wanted).ok_or_else(|| unknown(wanted))?;
    if is_common {
        let head = commit_of("HEAD").ok_or_else(|| unknown("HEAD"))?;
        commit = git.id(&["merge-base", &commit, &head]).ok_or_else(|| RevisionError::Unrelated(wanted.to_owned()))?;
    }
    let list = git
        .ask(&["ls-tree", "-r", "-z", "--long", "--full-tree", &commit])
        .map_err(|why| RevisionError::NoList(name.to_owned(), why))?;
    let read = move |id: &str| git.ask(&["cat-file", "blob", id]).map_err(io::Error::other);
    Ok(Revision { tree: Past::new(top.to_owned(), entries(&list), Box::new(read)), commit })
}

/// git, in one repository.
struct Git {
    program: PathBuf,
    top: PathBuf,
}

impl Git {
    /// What it answers; else in short why it gives no answer.
    fn ask(&self, words: &[&str]) -> Result<Vec<u8>, String> {
        let mut command = Command::new(&self.program);
        command.args(["--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-C"]).arg(&self.top);
        command.args(words);
        for name in LEADING_ELSEWHERE {
            command.env_remove(name);
        }
        // Without a repository there, the one around it is not meant.
        command.env("GIT_CEILING_DIRECTORIES", self.top.parent().unwrap_or(&self.top));
        // A partial clone would fetch what it lacks, by a program that the repository may name.
        command.envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_ALLOW_PROTOCOL", "none")]);
        command.envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")]);
        let mut running = Running::start(&mut command, LIMITS, |_| false).map_err(|error| error.to_string())?;
        let ended = running.end();
        ended.how.map(|()| ended.output).map_err(|how| match how {
            ContactOutcome::Crashed { how } => how,
            ContactOutcome::TimedOut { after_ms, .. } => format!("no answer in {} s", after_ms / 1000),
            ContactOutcome::Garbled { what } => what,
            other => format!("{other:?}"),
        })
    }

    /// The name of an object, where that is what it answers.
    fn id(&self, words: &[&str]) -> Option<String> {
        let answer = String::from_utf8(self.ask(words).ok()?).ok()?;
        let id = answer.trim_end().to_owned();
        is_id(&id).then_some(id)
    }
}

/// SHA-1 or SHA-256.
fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What `git ls-tree -z --long` lists: `100644 blob ID SIZE<tab>PATH` each. Other repositories in this one are left out.
fn entries(list: &[u8]) -> Vec<(String, Entry)> {
    let one = |line: &[u8]| {
        let line = std::str::from_utf8(line).ok()?;
        let (about, path) = line.split_once('\t')?;
        let mut about = about.split_ascii_whitespace();
        let (mode, kind, id, size) = (about.next()?, about.next()?, about.next()?, about.next()?);
        let entry = Entry { is_link: mode == "120000", size: size.parse().ok()?, id: id.to_owned() };
        (kind == "blob" && is_id(id)).then(|| (path.to_owned(), entry))
    };
    list.split(|byte| *byte == 0).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let id = "0123456789012345678901234567890123456789";
        let list = format!(
            "100644 blob {id}      12\trequirements.txt\0120000 blob {id}       3\ta b/link\0160000 commit {id}       -\tsub\0\
             100644 blob --output=x       1\tevil\0nonsense\0"
        );
        let found = entries(list.as_bytes());
        let names: Vec<_> = found.iter().map(|(path, entry)| (path.as_str(), entry.is_link, entry.size)).collect();
        assert_eq!(names, [("requirements.txt", false, 12), ("a b/link", true, 3)]);
        assert!(entries(b"\xff\0\0").is_empty());
    }

    #[test]
    fn names_that_are_options_never_reach_git() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let ask = |name: &str| revision(folder.path(), name, &Surroundings::default());
        for name in ["--output=x", "-h", "", "...", "--upload-pack=x...", "a..b", "a\nb", &"a".repeat(2000)] {
            assert!(matches!(ask(name), Err(RevisionError::Name(_))), "{name}");
        }
        assert!(matches!(ask("main"), Err(RevisionError::NoGit)));
    }
}
