//! requirements.txt and constraints, as pip reads them.
//! Format: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Format, Reading, Sheet, StepSheet, Text, command::joined};
use crate::{
    facts::{Asked, GapWeight, Index, IndexRole, Location, Request, RequestRole, Resolver},
    python::{Requirement, WheelName, normalize},
    system::redact,
};

/// As deep as includes may go.
const MAX_DEPTH: usize = 32;
/// As often as one file is included.
const MAX_TIMES: u32 = 4;
/// Requests beyond these many are not kept.
const MAX_REQUESTS: usize = 100_000;
/// As many letters of a line that is refused are shown.
const MAX_SHOWN: usize = 80;

/// Options of a line of its own, and what follows a requirement: pip knows no others in a file. A value follows those that are marked.
const OPTIONS: &[(&str, bool)] = &[
    ("--all-releases", true),
    ("--config-settings", true),
    ("--constraint", true),
    ("--editable", true),
    ("--extra-index-url", true),
    ("--find-links", true),
    ("--global-option", true),
    ("--hash", true),
    ("--index-url", true),
    ("--install-option", true),
    ("--no-binary", true),
    ("--no-index", false),
    ("--no-require-hashes", false),
    ("--only-binary", true),
    ("--only-final", true),
    ("--pre", false),
    ("--prefer-binary", false),
    ("--process-dependency-links", false),
    ("--pypi-url", true),
    ("--require-hashes", false),
    ("--requirement", true),
    ("--trusted-host", true),
    ("--use-feature", true),
    ("-C", true),
    ("-c", true),
    ("-e", true),
    ("-f", true),
    ("-i", true),
    ("-r", true),
];

/// The option that is meant, and whether a value follows: a beginning that only one has is as good as the whole.
fn option_meant(written: &str) -> Option<(&'static str, bool)> {
    let exact = OPTIONS.iter().find(|(name, _)| *name == written);
    let mut begin = OPTIONS.iter().filter(|(name, _)| written.len() > 2 && name.starts_with(written));
    let (first, other) = (begin.next(), begin.next());
    exact.or(first.filter(|_| other.is_none())).copied()
}

/// A requirement and its options: they begin with the first word that begins with a dash.
fn apart(line: &str) -> (&str, &str) {
    let (asked, options) = line.split_at(line.find(" -").unwrap_or(line.len()));
    (asked.trim_end(), options)
}

/// The options after a requirement that change nothing, as they are written; or why pip refuses them.
fn options_after(options: &str) -> Result<Vec<String>, String> {
    let mut ignored = Vec::new();
    let mut words = options.split_whitespace().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if !word.starts_with('-') || word == "-" {
            continue;
        }
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value)),
            None if word.starts_with("--") => (word, None),
            // -iURL is as good as -i URL.
            _ => word.split_at_checked(2).map_or((word, None), |(name, rest)| (name, Some(rest))),
        };
        let (meant, takes) = option_meant(name).ok_or_else(|| format!("it has no option {name}"))?;
        value = value.filter(|value| !value.is_empty());
        if takes && value.is_none() {
            value = Some(words.next().ok_or_else(|| format!("{name} lacks its value"))?);
        }
        match meant {
            "--hash" | "--config-settings" | "--global-option" | "--install-option" | "-C" => {}
            "-e" | "--editable" => return Err(format!("{name} stands before a project")),
            _ => ignored.push(value.map_or_else(|| name.to_owned(), |value| format!("{name} {value}"))),
        }
    }
    Ok(ignored)
}

/// The format.
pub struct Requirements;

impl Format for Requirements {
    fn name(&self) -> &'static str {
        "requirements file"
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name().to_ascii_lowercase();
        let named = ["requirement", "constraint"].iter().any(|word| name.contains(word));
        let ending = name.ends_with(".txt") || name.ends_with(".in");
        ending && (named || looks_like_one(&text.text))
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let mut sheet = Sheet::new(&text.shown, &text.shown);
        let mut step = StepSheet::default();
        step.step.resolver = Resolver::Pip;
        let role = match text.name().to_ascii_lowercase().contains("constraint") {
            true => RequestRole::Held,
            false => RequestRole::Wanted,
        };
        File { reading, sheet: &mut sheet, step: &mut step, open: Vec::new(), read: BTreeMap::new() }.read(text, role);
        sheet.step(step, text.at(0));
        reading.sheets.push(sheet);
    }
}

/// Reads a file that a command names (`-r`, `-c`) into the command's own step.
pub(super) fn include(
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
    step: &mut StepSheet,
    text: &Text,
    role: RequestRole,
) {
    File { reading, sheet, step, open: Vec::new(), read: BTreeMap::new() }.read(text, role);
}

/// Reads a line that stands elsewhere as it would stand in such a file: in the `pip:` list of an environment of conda.
pub(super) fn line(
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
    step: &mut StepSheet,
    text: &Text,
    (content, at): (&str, Location),
) {
    let content = without_comment(content).trim().to_owned();
    File { reading, sheet, step, open: vec![text.path.clone()], read: BTreeMap::new() }.line(
        text,
        Line { content, at },
        RequestRole::Wanted,
    );
}

/// Why a text is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    /// What is not known, or what the tool refuses, for people.
    pub what: String,
    /// What hangs on it.
    pub weight: GapWeight,
}

impl Unread {
    fn passed_over(what: String) -> Self {
        Self { what, weight: GapWeight::PassedOver }
    }

    fn refused(line: &str, why: &str) -> Self {
        let shown: String = redact::urls(line).chars().take(MAX_SHOWN).collect();
        Self { what: format!("pip refuses this line: '{shown}' ({why})"), weight: GapWeight::Refused }
    }
}

/// One request as pip's command line and its files write it: a requirement, an address, a folder. Nothing for what names no package; the
/// error says what it is then.
pub(super) fn request(text: &str) -> Result<Request, Unread> {
    let shown = redact::urls(text);
    let asked = |specifiers: String, extras, marker, source: Option<&str>| Asked {
        text: shown.clone(),
        specifiers,
        extras,
        marker,
        source: source.map(redact::urls),
    };
    let of = |name: String, asked| Request { asked, ..Request::new(&name) };
    let source = text.split([';', ' ']).next().unwrap_or(text);
    let is_url = source.contains("://") && !source.contains('@') || source.starts_with("git+");
    if is_url || source.ends_with(".whl") {
        let file = source.split(['?', '#']).next().and_then(|path| path.rsplit(['/', '\\']).next()).unwrap_or_default();
        let file = file.replace("%2B", "+").replace("%2b", "+");
        let egg = source.split_once("#egg=").or_else(|| source.split_once("&egg=")).map(|(_, egg)| egg);
        let egg = egg.map(|egg| normalize(egg.split(['&', '[']).next().unwrap_or(egg)));
        let name = WheelName::parse(&file).map(|wheel| wheel.name).or(egg);
        let name = name.or_else(|| source.starts_with("git+").then(|| repository(source)).flatten());
        let marker =
            text.split_once(" ;").or_else(|| text.split_once("; ")).map(|(_, marker)| marker.trim().to_owned());
        return match name {
            Some(name) => Ok(of(name, asked(String::new(), Vec::new(), marker, Some(source)))),
            None => Err(Unread::passed_over(format!("what {} contains", redact::urls(source)))),
        };
    }
    if is_folder(source) {
        return Err(Unread::passed_over(format!("what the folder {shown} requires")));
    }
    // Nothing behind the sign of a marker is no marker.
    let bare = text.trim_end().strip_suffix(';').filter(|bare| !bare.contains(';')).unwrap_or(text);
    match bare.parse::<Requirement>() {
        Ok(requirement) => {
            let marker =
                text.split_once(';').map(|(_, marker)| marker.trim().to_owned()).filter(|text| !text.is_empty());
            let specifiers = requirement.specifiers.to_string().replace(' ', "");
            let source = requirement.url.as_deref();
            Ok(of(requirement.name, asked(specifiers, requirement.extras, marker, source)))
        }
        // Any text is a version that is equal to itself.
        Err(_) if text.split_once("===").is_some_and(|(name, rest)| !name.is_empty() && !rest.starts_with('=')) => {
            Err(Unread::passed_over(format!("what {shown} means")))
        }
        Err(error) => Err(Unread::refused(text, &error.to_string())),
    }
}

/// The name of a repository, which is the package's own more often than not.
fn repository(source: &str) -> Option<String> {
    let path = source.split(['#', '?']).next()?.trim_end_matches('/');
    let last = path.rsplit('/').next()?;
    let name = last.split('@').next()?.trim_end_matches(".git");
    (!name.is_empty()).then(|| normalize(name))
}

fn is_folder(text: &str) -> bool {
    let bare = text.split('[').next().unwrap_or(text);
    matches!(bare, "." | "..")
        || bare.starts_with("./")
        || bare.starts_with("../")
        || bare.starts_with('/')
        // No requirement has a slash before its address or its marker.
        || bare.contains('/') && !bare.contains(['@', ';', ' ', '=', '<', '>'])
        || bare.ends_with('/')
}

/// Whether most lines are requirements: files of any name are given to `-r`.
fn looks_like_one(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(50);
    let (mut good, mut bad) = (0_u32, 0_u32);
    for line in lines {
        let option = ["-r ", "-c ", "--index-url", "--extra-index-url", "-f ", "-i ", "-e ", "--find-links"];
        let requirement = request(apart(without_comment(line)).0);
        match option.iter().any(|start| line.starts_with(start)) || requirement.is_ok() {
            true => good += 1,
            false => bad += 1,
        }
    }
    good > 0 && bad * 4 <= good
}

/// Whether a list in a folder is one of requirements: by its name or its folder's, or because versions or options stand in it. Any list of words
/// could be one of names.
pub(super) fn is_meant(text: &Text) -> bool {
    let path = text.path.to_string_lossy().to_ascii_lowercase();
    let mut parts = path.rsplit(['/', '\\']).take(2);
    let named = ["req", "constraint", "freeze", "pip", "depend", "deps", "package", "pins"];
    let lines = || text.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(50);
    let says =
        |line: &&str| ["==", ">=", "~=", " @ ", "<"].iter().any(|mark| line.contains(mark)) || line.starts_with('-');
    parts.any(|part| named.iter().any(|word| part.contains(word)))
        || 2 * lines().filter(says).count() >= lines().count()
}

/// A file that is being read, and those that include it.
struct File<'f, 'r> {
    reading: &'f mut Reading<'r>,
    sheet: &'f mut Sheet,
    step: &'f mut StepSheet,
    open: Vec<PathBuf>,
    /// How often each file was included.
    read: BTreeMap<PathBuf, u32>,
}

impl File<'_, '_> {
    fn read(&mut self, text: &Text, role: RequestRole) {
        self.open.push(text.path.clone());
        for line in logical_lines(text) {
            if self.step.step.requests.len() >= MAX_REQUESTS {
                self.sheet.gap(
                    format!("the requests of {} beyond {MAX_REQUESTS}", text.shown),
                    GapWeight::Decides,
                    line.at,
                );
                break;
            }
            self.line(text, line, role);
        }
        self.open.pop();
    }

    fn line(&mut self, text: &Text, line: Line, role: RequestRole) {
        let Line { content, at } = line;
        if let Some(name) = variable_in(&content) {
            self.sheet.gap(format!("the value of ${{{name}}}"), GapWeight::Decides, at);
            return;
        }
        if content.starts_with('-') {
            self.option(text, &content, at, role);
            return;
        }
        // Options of one requirement: its hashes, and how it is built. pip passes over any other that stands here.
        let (asked, options) = apart(&content);
        match options_after(options) {
            Ok(ignored) => ignored.into_iter().for_each(|option| {
                let what = format!("{}, which pip ignores after a requirement", redact::urls(&option));
                self.sheet.gap(what, GapWeight::PassedOver, at.clone());
            }),
            Err(why) => {
                let refused = Unread::refused(&content, &why);
                self.sheet.gap(refused.what, refused.weight, at);
                return;
            }
        }
        self.ask(text, asked, at, role);
    }

    /// A requirement, an address, or a folder with a project.
    fn ask(&mut self, text: &Text, asked: &str, at: Location, role: RequestRole) {
        if role == RequestRole::Wanted && self.project(text, asked, &at) {
            return;
        }
        match request(asked) {
            Ok(request) => self.step.ask(Request { role, ..request }, at),
            Err(unread) => self.sheet.gap(unread.what, unread.weight, at),
        }
    }

    /// Reads what the project in a folder asks for, where a line names one that is there. pip looks from the folder in which it is called,
    /// which is that of the file or one above it.
    fn project(&mut self, text: &Text, asked: &str, at: &Location) -> bool {
        let bare = asked.split(';').next().unwrap_or(asked).trim();
        let bare = bare.strip_prefix("file:").unwrap_or(bare);
        let (path, extras) = match bare.strip_suffix(']').and_then(|bare| bare.split_once('[')) {
            Some((path, extras)) => (path, extras.split(',').map(|extra| extra.trim().to_owned()).collect()),
            None => (bare, Vec::new()),
        };
        if !is_folder(path) || path.contains("://") || path.ends_with(".whl") {
            return false;
        }
        let name = path.replace('\\', "/");
        let has = |folder: &Path| {
            ["pyproject.toml", "setup.py", "setup.cfg"].iter().any(|file| self.reading.shelf.has(folder, file))
        };
        let above = text.folder().ancestors().take(3).map(|folder| joined(folder, &name)).find(|folder| has(folder));
        let Some(folder) = above.filter(|_| self.reading.one_more_project()) else { return false };
        let with_uv = self.step.step.resolver == Resolver::Uv;
        match super::bring_project(self.reading, self.sheet, self.step, &folder, with_uv, extras) {
            Ok(()) => {}
            Err(why) => {
                self.sheet.gap(format!("what the folder {path} requires ({why})"), GapWeight::Missing, at.clone());
            }
        }
        true
    }

    fn option(&mut self, text: &Text, line: &str, at: Location, role: RequestRole) {
        let (option, value) = match line.split_once([' ', '=']) {
            Some((option, value)) => (option, value.trim_start_matches(['=', ' ']).trim().trim_matches(['"', '\''])),
            // -rfile is as good as -r file.
            None if !line.starts_with("--") && line.len() > 2 && line.is_char_boundary(2) => line.split_at(2),
            None => (line, ""),
        };
        if option == "-" {
            return;
        }
        let Some((option, takes)) = option_meant(option) else {
            let refused = Unread::refused(line, &format!("it has no option {option} in a file"));
            self.sheet.gap(refused.what, refused.weight, at);
            return;
        };
        if takes && value.is_empty() {
            let refused = Unread::refused(line, &format!("{option} lacks its value"));
            self.sheet.gap(refused.what, refused.weight, at);
            return;
        }
        let index = |role| Index { url: redact::urls(value), role };
        let step = &mut self.step.step;
        match option {
            "-r" | "--requirement" => self.include(text, value, at, role),
            "-c" | "--constraint" => self.include(text, value, at, RequestRole::Held),
            "-i" | "--index-url" | "--pypi-url" => {
                step.indexes.retain(|index| index.role != IndexRole::Default);
                step.indexes.push(index(IndexRole::Default));
            }
            "--extra-index-url" => step.indexes.push(index(IndexRole::Extra)),
            "-f" | "--find-links" => step.links.push(redact::urls(value)),
            "--pre" => step.pre = true,
            "--no-index" => {
                step.indexes.clear();
                self.sheet.gap("what the folder of --find-links contains (--no-index)", GapWeight::Decides, at);
            }
            "-e" | "--editable" => self.ask(text, value, at, role),
            "--all-releases" => step.pre = true,
            _ => {}
        }
    }

    fn include(&mut self, text: &Text, name: &str, at: Location, role: RequestRole) {
        if self.open.len() >= MAX_DEPTH {
            self.sheet.gap(
                format!("{name}, which is included more than {MAX_DEPTH} files deep"),
                GapWeight::Decides,
                at,
            );
            return;
        }
        match self.reading.beside(text.folder(), name) {
            // A circle: pip refuses it.
            Ok(included) if self.open.contains(&included.path) => {
                if self.open.first() == Some(&included.path) {
                    self.reading.is_root(&included.path);
                }
                self.sheet.gap(
                    format!("{name} without the circle in which it includes itself"),
                    GapWeight::Decides,
                    at,
                );
            }
            Ok(included) => {
                // What it asks for is known by then, and files that include each other several times are without number.
                let times = self.read.entry(included.path.clone()).or_default();
                *times += 1;
                if *times <= MAX_TIMES {
                    self.read(&included, role);
                }
            }
            Err(why) => self.sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, at),
        }
    }
}

/// A line with those that continue it, without comment.
struct Line {
    content: String,
    at: Location,
}

/// The lines as pip joins them: a backslash at the end continues a line, `#` after white space begins a comment.
fn logical_lines(text: &Text) -> impl Iterator<Item = Line> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        loop {
            let (start, first) = lines.next()?;
            let indent = first.len() - first.trim_start().len();
            let mut content = String::new();
            let mut next = Some(first);
            while let Some(line) = next {
                let comment = line.trim_start().starts_with('#');
                match line.strip_suffix('\\').filter(|_| !comment) {
                    Some(begun) => {
                        content.push_str(begun);
                        next = lines.next().map(|(_, line)| line);
                    }
                    None => {
                        content.push_str(line);
                        next = None;
                    }
                }
            }
            let content = without_comment(&content).trim().to_owned();
            if !content.is_empty() {
                return Some(Line { content, at: text.at(start + indent) });
            }
        }
    })
}

fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            return line.get(..at).unwrap_or(line);
        }
        before = c;
    }
    line
}

/// The name of a variable that pip would fill in: `${NAME}` of capital letters, digits and underscores.
fn variable_in(line: &str) -> Option<&str> {
    let (name, _) = line.split_once("${")?.1.split_once('}')?;
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (!name.is_empty() && name.bytes().all(fits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{environment, steps};
    use crate::{facts::GapWeight, manifest::Choices};

    /// `tests/pip-lines.txt` has what pip itself said of each line.
    #[test]
    fn what_pip_refuses_is_refused() {
        let lines = include_str!("../../tests/pip-lines.txt").lines().filter(|line| !line.starts_with('#'));
        let mut wrong = Vec::new();
        for line in lines {
            let (sign, written) = line.split_at(2);
            let (environment, _) = environment("requirements.txt", &format!("numpy\n{written}\n"));
            let refused = environment.gaps.iter().any(|gap| gap.weight == GapWeight::Refused);
            if refused != (sign == "- ") {
                wrong.push(format!("{line}: {:?}", environment.gaps));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn projects_in_folders_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "pyproject.toml",
            "[project]\nname = 'root'\ndependencies = ['torch==2.7.1']\n[project.optional-dependencies]\ngpu = ['triton']\n",
        );
        write("sub/setup.cfg", "[options]\ninstall_requires =\n    numpy<2\n");
        // It leads back to itself.
        write(
            "loop/pyproject.toml",
            "[project]\nname = 'l'\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {file = ['r.txt']}\n",
        );
        write("loop/r.txt", "-e .\nscipy\n");
        write("requirements/requirements-dev.txt", "-e .[gpu]\n./sub\n-e ./loop\n-e ../../../etc\n");
        let shelf =
            crate::manifest::Shelf::new(crate::system::Root::new(None, None).unwrap(), folder.path().to_owned());
        let choices = Choices::default();
        let mut reading = crate::manifest::Reading::new(&shelf, &choices);
        reading.named(std::path::Path::new("requirements/requirements-dev.txt"));
        let declared = reading.declared();
        let all = steps(&declared.environments[0]).concat();
        for name in ["torch==2.7.1", "triton", "numpy<2", "scipy"] {
            assert!(all.iter().any(|one| one == name), "{name}: {all:?}");
        }
        assert!(declared.environments[0].gaps.iter().any(|gap| gap.what.contains("etc")), "{declared:?}");
    }
}
