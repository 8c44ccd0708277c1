//! Proven means that the printed line, run by the real tool, works: uv and pip resolve the lines of `recommend` and of the doctor
//! against an index of stub wheels (index.rs), and must come to the build that was promised.
//!
//! The test takes a sample; `scripts/resolve-lines.sh` asks everything and prints what came of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, and the script's output is its standard output"
)]

#[path = "../common/mod.rs"]
mod common;
mod declared;
mod executed;
mod grid;
mod index;
mod lines;
mod questions;
mod tools;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use gpucheck::{
    facts::{Cpu, Os, Platform, PythonVersion},
    knowledge::{Knowledge, TorchRelease},
    python::Requirement,
};
use index::Indexes;
use lines::Asks;
use questions::Question;
use tools::{Chosen, Project, Tools};

/// What came of a question.
enum Outcome {
    /// These tools came to what was promised.
    Kept(BTreeSet<&'static str>),
    /// Nothing in it is resolved against an index: in words, what it is.
    Read(&'static str),
    /// What is wrong.
    Broken(String),
}

/// The server, the tools and the Pythons that are here.
struct Bench {
    indexes: Arc<Indexes>,
    tools: Tools,
    pythons: Vec<(PythonVersion, PathBuf)>,
    asked: AtomicUsize,
}

impl Bench {
    /// # Errors
    /// When uv cannot be had.
    fn new(knowledge: &Knowledge) -> Result<Self, String> {
        let indexes = Arc::new(Indexes::new(knowledge));
        let served = Arc::clone(&indexes);
        let server = common::server::Server::start(move |request, _| served.answer(request));
        let tools = Tools::new(server.port)?;
        let pythons = tools.pythons(&grid::PYTHONS.map(|python| python.parse().unwrap()));
        Ok(Self { indexes, tools, pythons, asked: AtomicUsize::new(0) })
    }

    /// Reads the lines, lets the tools resolve them, and compares.
    fn answer(&self, question: &Question) -> Outcome {
        let (mut python, mut used, mut chosen) =
            (question.python, BTreeSet::new(), BTreeMap::<&str, Vec<Chosen>>::new());
        let mut kind = None;
        let mut promised = question.promise.iter().flat_map(|promise| promise.split(", "));
        if !question.proven && promised.any(|part| self.indexes.is_announced(part, question.platform)) {
            return Outcome::Read("a build that was only announced, and is not called proven");
        }
        for line in &question.lines {
            let asks = match lines::read(line, question.powershell) {
                Ok(asks) => asks,
                Err(why) => return Outcome::Broken(why),
            };
            let ran = match asks {
                Asks::NewPython(new) => {
                    python = new;
                    continue;
                }
                Asks::Other(what) => {
                    kind = kind.or(Some(what));
                    continue;
                }
                Asks::Source => return Outcome::Read("compiled or from an address"),
                Asks::Read(tool) => return Outcome::Read(tool),
                Asks::Install(words) if words.iter().any(|word| self.indexes.is_source(word)) => {
                    return Outcome::Read("compiled or from an address");
                }
                Asks::Install(words) => self.install(&words, question.platform, python),
                Asks::Add(words) => self.add(question, &words, python),
            };
            match ran {
                Ok(ran) => ran.into_iter().for_each(|(tool, more)| {
                    used.insert(tool);
                    chosen.entry(tool).or_default().extend(more);
                }),
                Err(why) => return Outcome::Broken(why),
            }
        }
        let promise = question.promise.as_deref().unwrap_or_default();
        for (tool, chosen) in &chosen {
            if let Err(why) = self.keeps(promise, chosen, question.platform) {
                return Outcome::Broken(format!("{tool}: {why}"));
            }
        }
        match kind {
            Some(kind) if used.is_empty() => Outcome::Read(kind),
            _ => Outcome::Kept(used),
        }
    }

    fn install(
        &self,
        words: &[String],
        platform: Platform,
        python: PythonVersion,
    ) -> Result<Vec<(&'static str, Vec<Chosen>)>, String> {
        let uv = self.tools.uv(words, platform, python).map_err(|why| format!("uv: {why}"))?;
        let mut ran = vec![("uv", uv)];
        let here = platform.os == Os::Linux
            && platform.cpu == Cpu::X86_64
            && cfg!(all(target_os = "linux", target_arch = "x86_64"));
        // `--reinstall` is uv's own word.
        let mut words: Vec<String> =
            words.iter().map(|word| word.replace("--reinstall", "--force-reinstall")).collect();
        // So is this, for what pip does anyway.
        if let Some(at) = words.iter().position(|word| word == "--index-strategy") {
            words.drain(at..(at + 2).min(words.len()));
        }
        if let Some((_, program)) = self.pythons.iter().find(|(version, _)| here && *version == python) {
            ran.push(("pip", self.tools.pip(&words, program).map_err(|why| format!("pip: {why}"))?));
        }
        Ok(ran)
    }

    fn add(
        &self,
        question: &Question,
        words: &[String],
        python: PythonVersion,
    ) -> Result<Vec<(&'static str, Vec<Chosen>)>, String> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let project =
            Project { name: format!("project-{number}"), platform: question.platform, python, edits: &question.edits };
        let here = self.pythons.iter().find(|(version, _)| *version == python);
        let (tool, chosen) = match here {
            Some((_, program)) => ("uv add", self.tools.uv_add(&project, program, words)),
            None => ("uv", self.tools.uv_project(&project, words)),
        };
        Ok(vec![(tool, chosen.map_err(|why| format!("{tool}: {why}"))?)])
    }

    /// Whether what a tool chose is what was promised: `torch 2.7.1+cu128, torchvision 0.22.1+cu128`, or requirements.
    fn keeps(&self, promise: &str, chosen: &[Chosen], platform: Platform) -> Result<(), String> {
        for part in promise.split(", ").filter(|part| !part.is_empty()) {
            let requirement = part.parse::<Requirement>();
            let (name, version) = part.split_once(' ').map_or((part, None), |(name, version)| (name, Some(version)));
            let name = if version.is_some() { name } else { requirement.as_ref().map_or(name, |wanted| &wanted.name) };
            let Some((_, got, index)) = chosen.iter().find(|(other, ..)| other == name) else {
                return Err(format!("{part} is promised, and no {name} came"));
            };
            let wheel = self.indexes.wheel(index, name, got, platform);
            let build = wheel.map_or(got.as_str(), |wheel| &wheel.build);
            let public = build.split('+').next().unwrap_or_default();
            let kept = match (version, &requirement) {
                (Some(version), _) => version == build || version == public,
                (None, Ok(wanted)) => wanted.accepts(build) == Some(true),
                (None, Err(_)) => name == part,
            };
            if !kept {
                return Err(format!("{part} is promised, {name} {build} from {index} came"));
            }
        }
        Ok(())
    }
}

/// What came of many questions.
#[derive(Default)]
struct Tally {
    kept: usize,
    read: BTreeMap<&'static str, usize>,
    tools: BTreeMap<&'static str, usize>,
    broken: Vec<String>,
    /// Distinct texts of lines that a tool resolved.
    lines: BTreeSet<String>,
}

impl Tally {
    fn take(&mut self, question: &Question, outcome: Outcome) {
        match outcome {
            Outcome::Kept(tools) => {
                self.kept += 1;
                tools.into_iter().for_each(|tool| *self.tools.entry(tool).or_default() += 1);
                self.lines.extend(question.lines.iter().cloned());
            }
            Outcome::Read(kind) => *self.read.entry(kind).or_default() += 1,
            Outcome::Broken(why) => {
                let Question { platform, python, whence, promise, proven, .. } = question;
                let said = why.lines().map(|line| format!("\n    {line}")).collect::<String>();
                let proven = if *proven { "proven" } else { "not proven" };
                let promise = promise.as_deref().unwrap_or("nothing");
                let lines = question.lines.join("\n  ");
                self.broken.push(format!(
                    "  {lines}\n    {platform}, Python {python}; promised ({proven}): {promise}; {whence}{said}"
                ));
            }
        }
    }
}

/// Asks all of them, on two threads.
fn ask(bench: &Bench, questions: &[Question]) -> Tally {
    let (tally, next) = (Mutex::new(Tally::default()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = bench.answer(question);
                    tally.lock().unwrap().take(question, outcome);
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap();
    tally.broken.sort();
    tally
}

fn told(title: &str, questions: usize, tally: &Tally) -> String {
    let mut text = format!("{title}: {questions} questions (lines × platform × Python)\n");
    let tools = tally.tools.iter().map(|(tool, count)| format!("{tool} {count}")).collect::<Vec<_>>().join(", ");
    writeln!(text, "  {} resolved to what was promised, {} distinct lines ({tools})", tally.kept, tally.lines.len())
        .unwrap();
    for (kind, count) in &tally.read {
        writeln!(text, "  {count} read only: {kind}").unwrap();
    }
    writeln!(text, "  {} not", tally.broken.len()).unwrap();
    text
}

fn skipped(why: &str) {
    println!("skipped: no uv: {why}");
}

/// A row says of the Pythons for which there is no companion, and names none that does not exist.
#[test]
fn companions_are_there_for_the_pythons_of_their_rows() {
    let knowledge = Knowledge::builtin().unwrap();
    let (files, mut wrong) = (index::listed(), BTreeSet::new());
    // Of a release that came after the list was made it has no files.
    let listed = |release: &&TorchRelease| files.iter().any(|file| file.is("torch", &release.version));
    for release in knowledge.torch_releases().filter(listed) {
        // No plan has a build without CUDA.
        let builds = release.builds.iter().filter(|build| build.variant != "cpu");
        for (build, name) in builds.flat_map(|build| [(build, "torchvision"), (build, "torchaudio")]) {
            let Some(version) = release.companion(name) else { continue };
            for python in release.python_of(build) {
                let there = files.iter().any(|file| file.serves(name, version, build.platform, *python));
                let told = release.has_companions_for(Some(*python));
                // The row speaks of Linux; for Windows there may be more.
                if told && !there || !told && there && build.platform.os == Os::Linux {
                    wrong.insert(format!("{name} {version} on {}, Python {python}: {there}", build.platform));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(knowledge.torch_releases().filter(listed).count() > 35, "the list has hardly any release");
}

/// What everybody can have in a test command: machines and patients far apart, and uv alone.
#[test]
fn a_sample_resolves_to_what_it_promises() {
    let start = Instant::now();
    let knowledge = Knowledge::builtin().unwrap();
    let mut bench = match Bench::new(&knowledge) {
        Ok(bench) => bench,
        // Nothing else here needs uv, and a machine without an index still has the other tests.
        Err(why) => return skipped(&why),
    };
    // pip needs a second for what uv does in a tenth of one: the newest Python that is here stands for all.
    bench.pythons.drain(..bench.pythons.len().saturating_sub(1));
    let recommended = questions::of_recommend(&knowledge, 41).into_values().step_by(3);
    let told_by_doctor = questions::of_doctor(&knowledge).into_values().step_by(7);
    let questions: Vec<Question> = recommended.chain(told_by_doctor).collect();
    let tally = ask(&bench, &questions);
    print!("{}", told("a sample", questions.len(), &tally));
    println!("{:.0} s", start.elapsed().as_secs_f64());
    assert!(tally.kept >= 20, "{} resolved", tally.kept);
    let broken = &tally.broken;
    assert!(broken.is_empty(), "{} do not:\n{broken:#?}", broken.len());
}

/// What `check` prints for the files of `tests/check`, and what those ask for after the change.
#[test]
fn what_check_prints_resolves_to_what_it_promises() {
    let start = Instant::now();
    let mut bench = match Bench::new(&Knowledge::builtin().unwrap()) {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    bench.pythons.clear();
    let questions = declared::questions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check"));
    let tally = ask(&bench, &questions);
    print!("{}", told("check", questions.len(), &tally));
    println!("{:.0} s", start.elapsed().as_secs_f64());
    assert!(tally.kept >= 10, "{} resolved", tally.kept);
    let broken = &tally.broken;
    assert!(broken.is_empty(), "{} do not:\n{broken:#?}", broken.len());
}

/// The same for the cases of the folder that `CHECK_CASES` names; prints what came of it. scripts/resolve-check.sh.
#[test]
#[ignore = "needs a folder of cases: scripts/resolve-check.sh"]
fn what_check_prints_for_a_corpus() {
    let start = Instant::now();
    let cases = std::env::var_os("CHECK_CASES").expect("the folder of cases");
    let bench = Bench::new(&Knowledge::builtin().unwrap()).unwrap();
    let questions = declared::questions(Path::new(&cases));
    let tally = ask(&bench, &questions);
    print!("{}", told("check, over a corpus", questions.len(), &tally));
    tally.broken.iter().for_each(|broken| println!("{broken}"));
    println!("{:.0} s", start.elapsed().as_secs_f64());
    assert!(tally.broken.is_empty(), "{} do not", tally.broken.len());
}

/// Everything; prints what came of it. scripts/resolve-lines.sh.
#[test]
#[ignore = "takes minutes: scripts/resolve-lines.sh"]
fn every_line_resolves_to_what_it_promises() {
    let start = Instant::now();
    let knowledge = Knowledge::builtin().unwrap();
    let bench = Bench::new(&knowledge).unwrap();
    let (wheels, indexes) = bench.indexes.size();
    let pythons = bench.pythons.iter().map(|(python, _)| python.to_string()).collect::<Vec<_>>().join(", ");
    println!("{wheels} stub wheels on {indexes} indexes; pip for Python {pythons}");
    let mut broken = 0;
    for (title, questions) in [
        ("recommend, over the grid", questions::of_recommend(&knowledge, 1)),
        ("doctor, over the patients", questions::of_doctor(&knowledge)),
    ] {
        let questions: Vec<Question> = questions.into_values().collect();
        let tally = ask(&bench, &questions);
        print!("{}", told(title, questions.len(), &tally));
        tally.broken.iter().for_each(|broken| println!("{broken}"));
        broken += tally.broken.len();
    }
    println!("{:.0} s", start.elapsed().as_secs_f64());
    assert!(broken == 0, "{broken} do not");
}
