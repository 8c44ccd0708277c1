//! Lets torch itself compute, in an environment's own Python: the one probe that runs what it checks, and only where `--framework` asks
//! for it. Each process has a deadline; one that crashes, hangs or spoils the GPU for itself loses the step that it was at, and
//! another goes on behind it.

mod lines;

use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::live::contain::{LONGEST, Limits, Running};
use crate::{
    facts::{ContactOutcome, Environment, Fact, Framework, FrameworkStep, How, Source, StepOutcome},
    system::redact,
};
use lines::{Lines, Stop};

/// The steps, for `python -c`: no file is left anywhere.
const STEPS: &str = include_str!("steps.py");
/// Steps on which all later ones depend: without them there is nothing to continue with.
const VITAL: [&str; 2] = [FrameworkStep::IMPORT, FrameworkStep::DEVICE];
/// After this many steps hung, the next would only cost time too.
const MOST_HANGS: usize = 2;

/// How long Python may take to end after the last step: it has torch and CUDA to put away.
const ENDING: Duration = Duration::from_secs(10);
/// Memory that the steps, torch's compiler among them, never need.
const MEMORY: u64 = 24 << 30;

/// What the steps compute on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The first GPU that torch sees.
    Cuda,
    /// The processor, for tests of the steps themselves.
    Cpu,
}

impl Device {
    const fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Cpu => "cpu",
        }
    }
}

/// Runs all steps in an environment of this machine. `home` is the folder that the facts write as `~`.
pub fn run(environment: &Environment, device: Device, timeout: Duration, home: Option<&Path>) -> Fact<Framework> {
    let python = match &environment.interpreter {
        Fact::Known { value, .. } => expand(value, home),
        Fact::Absent { .. } => return Fact::unknown("it has no interpreter"),
        Fact::Unknown { why } => return Fact::unknown(format!("its interpreter is unknown: {why}")),
    };
    if environment.package("torch").is_none() {
        return Fact::unknown("torch is not installed");
    }
    match Scratch::new().and_then(|scratch| all(&python, &environment.id, device, timeout, home, &scratch)) {
        Ok(framework) => Fact::known(framework, Source::new(How::File, format!("run in {}", environment.id))),
        Err(error) => Fact::unknown(format!("its Python cannot be started: {error}")),
    }
}

/// The path behind a shown one.
fn expand(shown: &str, home: Option<&Path>) -> PathBuf {
    match (shown.strip_prefix("~/").or_else(|| shown.strip_prefix("~\\")), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(shown),
    }
}

fn all(
    python: &Path,
    environment: &str,
    device: Device,
    timeout: Duration,
    home: Option<&Path>,
    scratch: &Scratch,
) -> io::Result<Framework> {
    let start = Instant::now();
    let mut told = Lines::default();
    let mut processes = 0;
    let mut hangs = 0;
    let mut left_running = Vec::new();
    let why = loop {
        let before = told.steps.len();
        let order = serde_json::json!({ "device": device.name(), "done": told.done() }).to_string();
        let mut command = Command::new(python);
        command.args(["-c", STEPS, &order]).envs(scratch.variables()).env("PYTHONDONTWRITEBYTECODE", "1");
        let limits = Limits { answer: timeout, ending: ENDING, memory: MEMORY, output: LONGEST };
        let ended = Running::start(&mut command, limits, lines::is_last)?.end();
        left_running.extend(ended.aftermath.left_running.iter().copied());
        processes += 1;
        let stop = told.read(&ended.output);
        // The step that it was at, when it did not end by itself.
        let lost = told.open.take();
        if let Some(name) = &lost {
            let outcome = match &ended.how {
                Err(ContactOutcome::TimedOut { after_ms, left_running }) => {
                    hangs += 1;
                    StepOutcome::TimedOut { after_ms: *after_ms, left_running: *left_running }
                }
                Err(ContactOutcome::TooMuchMemory { limit }) => {
                    let how = format!("it used more than {} GiB of memory and was stopped", limit >> 30);
                    StepOutcome::Died { how, trace: told.noise() }
                }
                Err(ContactOutcome::Crashed { how }) => StepOutcome::Died { how: how.clone(), trace: told.noise() },
                _ => StepOutcome::Died { how: "it exited without reporting anything".to_owned(), trace: told.noise() },
            };
            told.steps.push(FrameworkStep { name: name.clone(), outcome, micros: 0, warnings: Vec::new() });
        }
        let failed = |name: &str| told.steps.iter().any(|step| step.name == name && !passed(step));
        if let Some(vital) = VITAL.into_iter().find(|name| failed(name)) {
            break if vital == FrameworkStep::IMPORT {
                "torch cannot be imported"
            } else {
                "torch found no GPU that it can use"
            };
        }
        match (stop, lost) {
            (Stop::End, _) => break "",
            _ if hangs >= MOST_HANGS => break "two earlier steps did not respond",
            (Stop::Spoilt, _) | (_, Some(_)) => {}
            (Stop::Nothing, None) if told.steps.len() > before => {}
            (Stop::Nothing, None) if before > 0 => break "torch did not restart",
            // It reported nothing at all: this Python cannot run the steps.
            (Stop::Nothing, None) => return Err(io::Error::other(said_nothing(&ended.how))),
        }
    };
    let mut steps = told.in_order(why);
    let real = home.and_then(|home| std::fs::canonicalize(home).ok());
    let homes: Vec<&Path> = home.into_iter().chain(real.as_deref()).collect();
    steps.iter_mut().for_each(|step| redact_step(step, &homes));
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(Framework { environment: environment.to_owned(), torch: told.torch, steps, processes, micros, left_running })
}

fn passed(step: &FrameworkStep) -> bool {
    matches!(step.outcome, StepOutcome::Passed { .. })
}

fn said_nothing(how: &Result<(), ContactOutcome>) -> String {
    match how {
        Err(ContactOutcome::Crashed { how }) => format!("it exited with {how} before the first step"),
        Err(ContactOutcome::TimedOut { .. }) => "it did not respond".to_owned(),
        Err(ContactOutcome::TooMuchMemory { limit }) => format!("it used more than {} GiB of memory", limit >> 30),
        _ => "it exited before the first step".to_owned(),
    }
}

/// Paths of the user's home and secrets in URLs stay out of the facts.
fn redact_step(step: &mut FrameworkStep, homes: &[&Path]) {
    let hide = |text: &mut String| *text = redact::variable("", text, homes.iter().copied());
    step.warnings.iter_mut().for_each(hide);
    match &mut step.outcome {
        StepOutcome::Failed { error } => {
            hide(&mut error.message);
            error.trace.iter_mut().for_each(hide);
        }
        StepOutcome::Died { trace, .. } => trace.iter_mut().for_each(hide),
        StepOutcome::Passed { detail: Some(text) }
        | StepOutcome::Wrong { what: text }
        | StepOutcome::Skipped { why: text }
        | StepOutcome::NotRun { why: text } => hide(text),
        StepOutcome::Passed { detail: None } | StepOutcome::TimedOut { .. } => {}
    }
}

/// A folder for what torch.compile writes: a compiler that is missing must not be hidden by the user's cache, nor fill it. Nobody can
/// guess its name, and it is gone when this is dropped.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> io::Result<Self> {
        tempfile::Builder::new().prefix("gpucheck-framework-").tempdir().map(Self)
    }

    fn variables(&self) -> [(&'static str, PathBuf); 3] {
        [
            ("TORCHINDUCTOR_CACHE_DIR", self.0.path().join("inductor")),
            ("TRITON_CACHE_DIR", self.0.path().join("triton")),
            // Its workers would outlive a process that is ended.
            ("TORCHINDUCTOR_COMPILE_THREADS", PathBuf::from("1")),
        ]
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
