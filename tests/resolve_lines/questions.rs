//! Every line that `recommend` prints over the grid, and the doctor over the patients of the other tests: once each, with the machine
//! that it is for and what it promises.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use gpucheck::{
    facts::{Environment, Facts, Os, Platform, PythonVersion},
    finding::{Finding, Proof},
    judge::judge,
    knowledge::Knowledge,
    report::{CommandName, Report},
    rules::Judged,
};
use serde::Deserialize;

use crate::{
    common::facts::Words,
    grid::{self, MANAGERS, Machine, PLATFORMS},
};

/// Lines that belong together, on one kind of machine.
#[derive(Debug, Clone)]
pub struct Question {
    /// The lines of one fix, and those of a Dockerfile.
    pub lines: Vec<String>,
    /// What is written into pyproject.toml first.
    pub edits: String,
    /// Whether they are for PowerShell.
    pub powershell: bool,
    /// Where they are pasted.
    pub platform: Platform,
    /// The Python of the environment.
    pub python: PythonVersion,
    /// What will be there afterwards.
    pub promise: Option<String>,
    /// Whether that is said to be proven.
    pub proven: bool,
    /// The first machine or patient that was told so.
    pub whence: String,
}

/// All questions, each once.
pub type Questions = BTreeMap<(Vec<String>, String, String, String, Option<String>), Question>;

/// What `recommend` prints over the grid, or over every `step`th of its machines. GPUs of one compute capability are told the same: one
/// of them stands for all. Which tool installs packages changes the words of an answer and not the answer: the other tools are asked
/// about where pip's answer is new.
pub fn of_recommend(knowledge: &Knowledge, step: usize) -> Questions {
    let (linux, windows) = (grid::template("linux"), grid::template("windows"));
    let mut kinds = BTreeSet::new();
    let kinds = grid::machines(knowledge).into_iter().filter(|machine| kinds.insert(machine.kind()));
    let machines: Vec<Machine> = kinds.step_by(step).collect();
    let half = |machines: &[Machine]| {
        let mut questions = Questions::new();
        for machine in machines {
            for manager in MANAGERS {
                let machine = machine.with(manager);
                let template = if machine.platform.os == Os::Windows { &windows } else { &linux };
                let facts = machine.facts(template);
                let report = judge(CommandName::Recommend, facts, knowledge, Judged::Selected, Instant::now());
                let before = questions.len();
                ask(&report, &machine.told(), &mut questions);
                if questions.len() == before {
                    break;
                }
            }
        }
        questions
    };
    let (first, second) = machines.split_at(machines.len() / 2);
    let (mut all, others) = std::thread::scope(|scope| {
        let first = scope.spawn(|| half(first));
        let second = half(second);
        (first.join().unwrap(), second)
    });
    all.extend(others);
    all
}

/// A file of patients in a few words: `tests/cases` has one in each, `tests/packages` several.
#[derive(Debug, Deserialize)]
struct File {
    facts: Option<Words>,
    #[serde(default)]
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    yes: Words,
}

/// What the doctor prints over the patients: every saved report below `tests/`, and those in a few words.
pub fn of_doctor(knowledge: &Knowledge) -> Questions {
    let mut questions = Questions::new();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    below(&tests, &mut files);
    for path in files {
        let told = path.strip_prefix(&tests).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let patients: Vec<serde_json::Value> = if path.extension().is_some_and(|end| end == "json") {
            serde_json::from_str::<serde_json::Value>(&text).map(|report| report["facts"].clone()).into_iter().collect()
        } else {
            let file = toml::from_str::<File>(&text).ok();
            let words = file
                .into_iter()
                .flat_map(|file| file.facts.into_iter().chain(file.case.into_iter().map(|case| case.yes)));
            words.map(|words| words.report()["facts"].clone()).collect()
        };
        for facts in patients {
            let Ok(facts) = serde_json::from_value::<Facts>(facts) else { continue };
            let report = judge(CommandName::Doctor, facts, knowledge, Judged::Selected, Instant::now());
            ask(&report, &told, &mut questions);
        }
    }
    questions
}

/// Files with facts: JSON anywhere, TOML where it is of patients.
fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            below(&path, files);
        } else if path.extension().is_some_and(|end| end == "json" || end == "toml") {
            files.push(path);
        }
    }
}

fn ask(report: &Report, whence: &str, questions: &mut Questions) {
    for finding in &report.findings {
        let Some((platform, python)) = place(report, finding) else { continue };
        for fix in finding.fixes.iter().filter(|fix| fix.is_written()) {
            let of = |dockerfile: bool| fix.edits.iter().filter(move |edit| (edit.file == "Dockerfile") == dockerfile);
            let edits = of(false).map(|edit| format!("{}\n", edit.as_str())).collect::<String>();
            let instructions = of(true).flat_map(|edit| edit.as_str().lines()).map(str::to_owned);
            let commands = fix.commands.iter().map(|command| command.line.to_string());
            let lines: Vec<String> = instructions.chain(commands).collect();
            let key = (lines.clone(), edits.clone(), platform.to_string(), python.to_string(), fix.result.clone());
            questions.entry(key).or_insert_with(|| Question {
                lines,
                edits,
                powershell: fix.commands.iter().any(|command| command.tool == "powershell"),
                platform,
                python,
                promise: fix.result.clone(),
                proven: fix.proof != Proof::None && fix.unproven.is_empty(),
                whence: format!("{whence}: {}", finding.rule),
            });
        }
    }
}

/// Where the lines of a finding's fixes are pasted; nothing where that is no platform of PyTorch's.
fn place(report: &Report, finding: &Finding) -> Option<(Platform, PythonVersion)> {
    let environments = &report.facts.environments;
    let own = |environment: &&Environment| Some(&environment.id) == finding.environment.as_ref();
    let environment = environments.iter().find(own).or(environments.first());
    let of_environment = environment.and_then(|environment| environment.platform.value());
    let platform = of_environment.or(report.facts.host.platform.value()).copied()?;
    let python = environment.and_then(|environment| environment.python.value()).copied();
    // Where nobody knows the Python, the line must do for a usual one.
    PLATFORMS.contains(&platform).then(|| (platform, python.unwrap_or_else(|| "3.12".parse().unwrap())))
}
