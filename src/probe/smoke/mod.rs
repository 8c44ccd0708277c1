//! Asks GPUs to compute: each in a child process of its own with a deadline, one after another, because calls into a broken driver hang
//! and crash, and because two at a time would disturb each other's times.

mod bench;
mod check;
mod child;
mod conditions;
mod device;
mod images;
mod kernels;
mod load;
mod random;
mod reporter;
mod target;

use std::{
    collections::BTreeSet,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

pub use child::Work;
pub use device::Wanted;
pub use images::Choice;
pub use random::fresh_seed;

use super::live::contain::{Ended, LONGEST, Limits, Running};
use crate::{
    driver_api::CUresult,
    facts::{ComputeCapability, Contact, ContactOutcome, Environment, Fact, Facts, How, LibraryLoad, Smoke, Source},
    json,
};
use reporter::Progress;
use target::Target;

/// The hidden subcommand that the children run.
pub const COMMAND: &str = "__smoke";
/// After this time a person is told what is being waited for.
const QUIET: Duration = Duration::from_secs(1);
/// How long a process may take to end when it is done: its context is put away.
const ENDING: Duration = Duration::from_secs(5);
/// Memory that the kernels and the loading of a library never need.
const MEMORY: u64 = 8 << 30;
/// What CUDA says where CUDA_VISIBLE_DEVICES names no device.
const NO_DEVICE: u32 = CUresult::CUDA_ERROR_NO_DEVICE as u32;
/// More libraries than any environment has with device code.
const MOST_LIBRARIES: usize = 256;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The devices by number, PCI address or UUID; none means all that CUDA sees.
    pub devices: Vec<String>,
    /// How long one GPU may take, and how long its loading of libraries.
    pub timeout: Duration,
    /// Where random inputs begin.
    pub seed: u64,
    /// Which images to try.
    pub image: Choice,
    /// Also load code of the selected environment's libraries.
    pub load: bool,
}

/// Runs the kernels on each device. `home` is what paths in the facts show as `~`.
///
/// # Errors
/// When a device is named that there is not.
pub fn smoke(facts: &Facts, options: &Options, home: Option<&Path>) -> anyhow::Result<Fact<Vec<Smoke>>> {
    let targets = target::targets(facts, &options.devices)?;
    let via = Source::new(How::Cuda, "the kernels of gpucheck");
    if !facts.cuda.value().is_some_and(Contact::is_ready) {
        return Ok(Fact::absent(Source::new(How::Cuda, "cuInit")));
    }
    let libraries = if options.load { libraries(facts, home) } else { Vec::new() };
    let mut loaded: BTreeSet<Option<ComputeCapability>> = BTreeSet::new();
    let mut runs = Vec::new();
    for target in &targets {
        let work =
            Work { device: target.wanted.clone(), seed: options.seed, image: options.image, libraries: Vec::new() };
        let (mut run, address) = attempt(&work, target, options.timeout);
        if let (Some(uuid), ContactOutcome::Failed { code: NO_DEVICE, .. }) = (&target.visible, &run.answer) {
            anyhow::bail!("--device {uuid}: CUDA does not list this device (nvidia-smi -L shows all of them)");
        }
        run.gpu = target.gpu.clone().or_else(|| target::at(facts, address.as_deref())).unwrap_or_default();
        let capability = run.device.as_ref().and_then(|device| device.capability);
        // The same architecture gives the same answers.
        if !libraries.is_empty() && run.is_whole() && loaded.insert(capability) {
            let files = libraries.iter().map(|library| library.file.clone()).collect();
            let (load, _) = attempt(&Work { libraries: files, ..work }, target, options.timeout);
            run.libraries = named(load, &libraries);
        }
        runs.push(run);
    }
    Ok(Fact::known(runs, via))
}

/// One child, and what it told; with the PCI address of its device.
fn attempt(work: &Work, target: &Target, timeout: Duration) -> (Smoke, Option<String>) {
    let mut ended = match start(work, target, timeout) {
        Ok(mut running) => {
            if !running.listen(Instant::now() + QUIET) && io::stderr().is_terminal() {
                let what = if work.libraries.is_empty() { "computing" } else { "loading the libraries' code" };
                let on = target
                    .gpu
                    .as_ref()
                    .or(target.visible.as_ref())
                    .map_or_else(String::new, |gpu| format!(" on {gpu}"));
                // Nothing can be done when that fails.
                let _ = writeln!(io::stderr().lock(), "gpucheck: {what}{on} …");
            }
            running.end()
        }
        Err(error) => {
            let what = format!("the smoke test process could not be started: {error}");
            return (Smoke { answer: ContactOutcome::Garbled { what }, ..Smoke::new("", work.seed) }, None);
        }
    };
    let lines = ended.output.split(|byte| *byte == b'\n').rev();
    let last = lines.filter_map(|line| json::read::<Progress>(line).ok()).next();
    let Some(Progress { done, address, mut smoke }) = last else {
        let answer = ended.how.err().unwrap_or(ContactOutcome::Garbled { what: "empty output".to_owned() });
        return (Smoke { answer, asked: work.asked(), ..Smoke::new("", work.seed) }, None);
    };
    if !done {
        smoke.answer = answer(&mut ended);
    }
    smoke.aftermath = ended.aftermath;
    (smoke, address)
}

/// What became of a child that did not come to its end.
fn answer(ended: &mut Ended) -> ContactOutcome {
    let how = std::mem::replace(&mut ended.how, Ok(()));
    how.err().unwrap_or(ContactOutcome::Garbled { what: "it ended before it was done".to_owned() })
}

fn start(work: &Work, target: &Target, timeout: Duration) -> io::Result<Running> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(COMMAND).args(work.arguments());
    // Compiling PTX is timed, and leaves nothing in the user's cache; loading is loading, not a promise to load later.
    command.env("CUDA_CACHE_DISABLE", "1").env("CUDA_MODULE_LOADING", "EAGER");
    if let Some(uuid) = &target.visible {
        command.env("CUDA_VISIBLE_DEVICES", uuid);
    }
    let limits = Limits { answer: timeout, ending: ENDING, memory: MEMORY, output: LONGEST };
    let is_last = |line: &[u8]| json::read::<Progress>(line).is_ok_and(|progress| progress.done);
    Running::start(&mut command, limits, is_last)
}

/// A library whose code is loaded.
struct Candidate {
    environment: String,
    package: String,
    path: String,
    file: PathBuf,
}

/// The libraries of the selected environment that hold device code.
fn libraries(facts: &Facts, home: Option<&Path>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for environment in facts.environments.iter().filter(|environment| environment.selected) {
        for package in &environment.packages {
            let with_code = |library: &&crate::facts::Library| {
                library.code.value().is_some_and(|code| code.modules.iter().any(|group| !group.images.is_empty()))
            };
            for library in package.libraries.iter().filter(with_code) {
                if let Some(file) = file(environment, &package.at, &library.path, home) {
                    found.push(Candidate {
                        environment: environment.id.clone(),
                        package: package.name.clone(),
                        path: library.path.clone(),
                        file,
                    });
                }
            }
        }
    }
    found.truncate(MOST_LIBRARIES);
    found
}

/// Where a library is: beside the package's metadata, or in the environment's own folder (conda).
fn file(environment: &Environment, at: &str, path: &str, home: Option<&Path>) -> Option<PathBuf> {
    let prefix = match (environment.id.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(&environment.id),
    };
    let site = prefix.join(at).parent().map(Path::to_owned);
    [site, Some(prefix)].into_iter().flatten().map(|folder| folder.join(path)).find(|file| file.is_file())
}

/// The child's loads under the libraries' names. One that it did not survive gets what became of it.
fn named(load: Smoke, libraries: &[Candidate]) -> Vec<LibraryLoad> {
    let survived = load.is_whole();
    let last = load.libraries.len().saturating_sub(1);
    let name = |(index, loaded): (usize, LibraryLoad)| {
        let library = libraries.get(loaded.path.parse::<usize>().ok()?)?;
        let lost = !survived && index == last && matches!(loaded.answer, ContactOutcome::Garbled { .. });
        let answer = if lost { load.answer.clone() } else { loaded.answer };
        Some(LibraryLoad {
            environment: library.environment.clone(),
            package: library.package.clone(),
            path: library.path.clone(),
            answer,
            ..loaded
        })
    };
    load.libraries.into_iter().enumerate().filter_map(name).collect()
}
