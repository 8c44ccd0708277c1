//! What `check` prints for files: the changed lines, applied and read again, and the lines to paste. uv has to come to what each promised.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use gpucheck::python::Requirement;
use serde::Deserialize;
use serde_json::Value;

use crate::{common, questions::Question};

/// `case.toml` of a folder with files, as `tests/check` has them.
#[derive(Debug, Deserialize)]
struct Case {
    files: Vec<String>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    gpu: String,
    driver: Option<String>,
    #[serde(default = "linux")]
    os: String,
    python: String,
    #[serde(default)]
    args: Vec<String>,
    how: Option<How>,
}

fn linux() -> String {
    "linux".to_owned()
}

/// A command that is checked in place of the files: in words, or in words for people, of which those count that begin with a tool.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum How {
    Words(Vec<String>),
    Text(String),
}

const TOOLS: [&str; 8] = ["pip", "uv", "poetry", "docker", "conda", "pixi", "bash", "pwsh"];

impl Target {
    fn command(&self, files: &[String], folder: &Path, options: &[&str]) -> Command {
        let mut command = common::gpucheck();
        command.current_dir(folder).arg("check").args(options).args(["--gpu", &self.gpu, "--os", &self.os]);
        command.args(["--python-version", &self.python]).args(&self.args);
        command.args(self.driver.iter().flat_map(|driver| ["--driver", driver]));
        let words = match &self.how {
            Some(How::Words(words)) => words.clone(),
            Some(How::Text(text)) => shlex::split(text.split(" (").next().unwrap()).unwrap_or_default(),
            None => Vec::new(),
        };
        if words.first().is_some_and(|tool| TOOLS.contains(&tool.as_str())) {
            command.arg("--").args(words);
        } else {
            command.args(files);
        }
        command
    }

    fn report(&self, files: &[String], folder: &Path) -> Value {
        let mut command = self.command(files, folder, &["--format", "json"]);
        let run = command.output().unwrap();
        serde_json::from_slice(&run.stdout)
            .unwrap_or_else(|_| panic!("{command:?}: {}", String::from_utf8_lossy(&run.stderr)))
    }
}

/// What is printed for the cases of a folder: the lines to paste, and what the changed files ask for.
pub fn questions(cases: &Path) -> Vec<Question> {
    let mut folders: Vec<_> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut questions = Vec::new();
    for folder in folders {
        let Ok(text) = fs::read_to_string(folder.join("case.toml")) else { continue };
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let name = folder.file_name().unwrap().to_string_lossy();
        for target in &case.targets {
            of_target(&folder, &name, &case.files, target, &mut questions);
        }
    }
    questions
}

fn of_target(folder: &Path, name: &str, files: &[String], target: &Target, questions: &mut Vec<Question>) {
    let before = target.report(files, folder);
    let whence = format!("{name} on {}", target.gpu);
    let errors: Vec<&Value> = listed(&before["findings"]).filter(|finding| finding["severity"] == "error").collect();
    for finding in &errors {
        for fix in listed(&finding["fixes"]).filter(|fix| listed(&fix["commands"]).next().is_some()) {
            let Some(mut question) = place(&before, finding, target) else { continue };
            question.lines = listed(&fix["commands"]).map(|command| text(&command["line"])).collect();
            question.powershell = listed(&fix["commands"]).any(|command| command["tool"] == "powershell");
            question.promise = fix["result"].as_str().map(str::to_owned);
            question.proven = fix["proof"] != "none" && listed(&fix["unproven"]).next().is_none();
            question.whence.clone_from(&whence);
            questions.push(question);
        }
    }
    let copy = tempfile::tempdir().unwrap();
    copied(folder, copy.path());
    let diff = target.command(files, copy.path(), &["--diff"]).output().unwrap().stdout;
    if diff.is_empty() {
        return;
    }
    let mut git = Command::new("git");
    git.args(["apply", "-"]).current_dir(copy.path()).env("GIT_CEILING_DIRECTORIES", copy.path());
    let mut git = git.stdin(Stdio::piped()).spawn().unwrap();
    git.stdin.take().unwrap().write_all(&diff).unwrap();
    assert!(git.wait().unwrap().success(), "{whence}");
    let after = target.report(files, copy.path());
    // Each fix that was written, by what the files ask for then.
    for finding in errors {
        let written = listed(&finding["fixes"]).find(|fix| listed(&fix["changes"]).next().is_some());
        let Some(promise) = written.and_then(|fix| fix["result"].as_str()) else { continue };
        let Some(mut question) = place(&after, finding, target) else { continue };
        let Some(line) = asked(&after, finding, promise) else { continue };
        question.lines = vec![line];
        question.promise = Some(promise.to_owned());
        question.proven = true;
        question.whence = format!("{whence}, the files after --diff");
        questions.push(question);
    }
}

fn listed(value: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The environment of a finding.
fn environment<'r>(report: &'r Value, finding: &Value) -> Option<&'r Value> {
    listed(&report["facts"]["environments"]).find(|one| one["id"] == finding["environment"])
}

/// Where lines about a finding are pasted; nothing where the package indexes of the test have no such place.
fn place(report: &Value, finding: &Value, target: &Target) -> Option<Question> {
    let environment = environment(report, finding)?;
    let platform = environment["platform"]["value"].as_str()?.parse().ok()?;
    let python = environment["python"]["value"].as_str().unwrap_or(&target.python).parse().ok()?;
    crate::grid::PLATFORMS.contains(&platform).then(|| Question {
        lines: Vec::new(),
        edits: String::new(),
        powershell: false,
        platform,
        python,
        promise: None,
        proven: false,
        whence: String::new(),
    })
}

/// What the requests for what is promised ask pip or uv for, as one line; nothing where an image, conda or a lock file brings some of it.
fn asked(report: &Value, finding: &Value, promise: &str) -> Option<String> {
    let environment = environment(report, finding)?;
    let base = environment["image"]["base"].as_str().unwrap_or_default();
    let (mut words, mut indexes, mut extra, mut merges) = (Vec::<String>::new(), Vec::new(), Vec::new(), false);
    for (name, version) in promise.split(", ").filter_map(|part| part.split_once(' ')) {
        let accepts = |request: &Value| {
            let asked = format!("{name}{}", text(&request["asked"]["specifiers"]));
            asked.parse::<Requirement>().is_ok_and(|asked| asked.accepts(version) == Some(true))
        };
        let all = listed(&environment["steps"]).flat_map(|step| listed(&step["requests"]).map(move |one| (step, one)));
        let mut own = all.filter(|(_, one)| one["name"] == name && one["role"].is_null() && accepts(one));
        let (step, request) = own.next_back().filter(|_| !base.contains("torch"))?;
        if !matches!(step["resolver"].as_str(), Some("pip" | "uv" | "poetry")) {
            return None;
        }
        merges |= step["resolver"] == "pip";
        words.push(format!("{name}{}", text(&request["asked"]["specifiers"])));
        let of = |role: &'static str| {
            listed(&step["indexes"]).filter(move |index| index["role"] == role).map(|index| text(&index["url"]))
        };
        indexes.extend(request["index"].as_str().map(str::to_owned).or_else(|| of("default").next_back()));
        extra.extend(of("extra"));
    }
    let is_here = |url: &String| url.starts_with("https://download.pytorch.org/whl/");
    indexes.retain(is_here);
    indexes.dedup();
    extra.retain(is_here);
    extra.dedup();
    // Several calls with an index each are no single line.
    if words.is_empty() || indexes.len() > 1 {
        return None;
    }
    let options = indexes.iter().map(|url| format!(" --index-url {url}"));
    let mut options: String = options.chain(extra.iter().map(|url| format!(" --extra-index-url {url}"))).collect();
    if merges && !extra.is_empty() {
        options += " --index-strategy unsafe-best-match";
    }
    Some(format!("uv pip install {}{options}", shlex::try_join(words.iter().map(String::as_str)).unwrap()))
}

/// Copies a folder.
fn copied(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
