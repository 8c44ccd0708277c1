//! `gpucheck scan`: which GPUs can this code run on?

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::{
    network::NetworkOptions,
    options::{Assume, Show, Sources},
    output,
    paths::ensure_listable,
    progress,
    targets::{deliver, each},
};
use crate::{
    exit::Exit,
    facts::{CodeTarget, Fact, Facts, Library, Platform, PythonVersion, Source},
    files,
    judge::{self, Machine, Question, System},
    knowledge::Knowledge,
    rules,
    scan::{self, Against, Baseline, Collected, Depth, FetchOptions, Progress, Reader, ScanTarget},
    system::{Root, Surroundings},
};

/// A baseline of more libraries than any package has is shorter.
const MAX_BASELINE: u64 = 8 << 20;

/// Arguments of `gpucheck scan`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Libraries (.so .dll .pyd .a .o), cubins, fatbins, PTX, wheels and conda packages, folders; the URL of a wheel,
    /// NAME==VERSION, or the name of a known package for its newest version
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<PathBuf>,
    /// Also search each file for code outside the named sections (reads whole files)
    #[arg(long, env = "GPUCHECK_DEEP", value_parser = clap::builder::FalseyValueParser::new())]
    deep: bool,
    /// Read only the beginning of each library in wheels and conda packages: the base set
    #[arg(long, env = "GPUCHECK_QUICK", conflicts_with = "deep", value_parser = clap::builder::FalseyValueParser::new())]
    quick: bool,
    /// Targets that every library with device code must contain: sm_80,sm_90, or in the syntax of TORCH_CUDA_ARCH_LIST
    /// ("8.0;9.0+PTX") or CMake ("80-real;90") (exit code 1 if one does not)
    #[arg(long, value_name = "ARCH", env = "GPUCHECK_REQUIRE")]
    require: Vec<String>,
    /// Reviewed TOML file that lists what each library contains; exit code 1 if a library, a target or a share of the fatbins is lost
    #[arg(long, value_name = "FILE", env = "GPUCHECK_BASELINE")]
    baseline: Option<PathBuf>,
    /// Write what the libraries contain to the --baseline file
    #[arg(long, requires = "baseline", conflicts_with = "quick")]
    update_baseline: bool,
    /// Show what the second target gained and lost compared to the first: --diff OLD NEW
    #[arg(long)]
    diff: bool,
    /// With --diff: exit code 1 if the second target lost a library, a target or a GPU
    #[arg(long, value_name = "WHAT", requires = "diff")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    assume: Assume,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
}

/// What makes the exit code of `--diff` 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A library, a target or a GPU that the second target no longer has
    Lost,
}

impl Arguments {
    /// Reads, judges, reports.
    pub fn run(mut self) -> anyhow::Result<Exit> {
        self.assume.platform = self.network.machine();
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        let (old, targets) = match (self.diff, self.targets.as_slice()) {
            (false, targets) => (None, targets),
            (true, [old, new]) => (Some(std::slice::from_ref(old)), std::slice::from_ref(new)),
            (true, targets) => anyhow::bail!("--diff takes two targets, the old and the new; {} given", targets.len()),
        };
        ensure_listable(self.targets.iter().map(PathBuf::as_path))?;
        let required = scan::required(knowledge, &self.require)?;
        let surroundings = Surroundings::of_process();
        let root = Root::new(None, surroundings.home.as_deref())?;
        // Errors in it are reported before a long read, and a file that is not a baseline is never overwritten.
        let kept = self.baseline.as_ref().map(|path| self.kept(path, &root)).transpose()?;
        let machines = self.assume.machines(!self.diff && self.baseline.is_none(), knowledge)?;
        self.suits(&machines)?;
        let old = machines.first().zip(old).map(|(machine, old)| self.collect(old, &root, machine, knowledge));
        // Of a comparison there is one machine alone.
        let (mut old, mut kept) = (old.transpose()?, kept);
        let mut met = true;
        let mut all_read: Vec<(Place, Collected)> = Vec::new();
        let reports = each(&machines, |machine| {
            let place = Place::of(machine, knowledge);
            let read = match all_read.iter().find(|(other, _)| *other == place) {
                Some((_, read)) => read.clone(),
                None => self.collect(targets, &root, machine, knowledge)?,
            };
            if machines.len() > 1 && !all_read.iter().any(|(other, _)| *other == place) {
                all_read.push((place, read.clone()));
            }
            let kept = kept.take();
            let made = match &kept {
                Some(kept) if self.update_baseline => {
                    Some(Baseline::of(knowledge, &kept.file, &read, Some(kept), &required)?)
                }
                _ => None,
            };
            let name = scan::units(&read).into_iter().next().map(|unit| unit.name);
            let question = Question {
                facts: facts(machine, knowledge, &read, required.clone(), made.as_ref().or(kept.as_ref()))?,
                every_gpu: every_gpu(machine),
                old: old.take(),
                against: kept.map(|baseline| Against { baseline, depth: self.depth(), written: made.is_some() }),
                nothing_lost: self.fail_on == Some(FailOn::Lost),
                system: scan::system_libraries(knowledge, &read.bundles, &root, &surroundings),
                start,
            };
            let report = judge::scan(knowledge, question, read);
            if let (Some(made), Some(path), Some(name)) = (made, &self.baseline, name) {
                output::save("the baseline", path, &made.text(&name))?;
            }
            met &= report.scan().and_then(|scan| scan.gate.as_ref()).is_none_or(|gate| gate.met);
            Ok(report)
        })?;
        deliver(knowledge, reports, None, &self.show, start)?;
        Ok(if met { Exit::Ok } else { Exit::Found })
    }

    /// Whether these machines can be asked about.
    fn suits(&self, machines: &[Machine]) -> anyhow::Result<()> {
        if machines.len() < 2 {
            return Ok(());
        }
        for (option, given) in [("--diff", self.diff), ("--baseline", self.baseline.is_some())] {
            anyhow::ensure!(!given, "{option} compares releases and cannot be combined with several targets");
        }
        let nameless = machines.iter().find(|machine| machine.assumed.gpus.is_empty());
        anyhow::ensure!(nameless.is_none(), "scan does not examine this machine: each target must name its GPUs");
        Ok(())
    }

    /// The baseline as it is; one that is to be written need not be there yet.
    fn kept(&self, path: &Path, root: &Root) -> anyhow::Result<Baseline> {
        let shown = root.shown(path);
        match files::whole(path, MAX_BASELINE) {
            Ok(text) => Baseline::read(&shown, &text),
            Err(error) if self.update_baseline && error.kind() == ErrorKind::NotFound => Baseline::read(&shown, ""),
            Err(error) => Err(error).with_context(|| format!("cannot read the baseline {shown}")),
        }
    }

    /// Reads targets, with a progress line on standard error if that takes long.
    fn collect(
        &self,
        targets: &[PathBuf],
        root: &Root,
        machine: &Machine,
        knowledge: &Knowledge,
    ) -> anyhow::Result<Collected> {
        let read = Progress::default();
        let depth = self.depth();
        let mut reader = Reader::new(depth, &read);
        let network = self.network.network(&machine.assumed, knowledge);
        let wish = FetchOptions { depth, knowledge, progress: &read };
        progress::while_shown(&read, self.show.quiet, || {
            // What has a row is a package, and not a mistyped file: its newest version is meant.
            let is_package = |name: &str| network.index_url.is_some() || knowledge.knows_package(name);
            targets.iter().try_for_each(|word| match ScanTarget::parse(word, &is_package)? {
                ScanTarget::Local(path) => reader.read(&path, &root.shown(&path)),
                ScanTarget::Address(url) => network.address(&url, &wish).map(|fetched| reader.add_fetched(fetched)),
                ScanTarget::Package(wanted) => {
                    let fetched = network.package(&wanted, &word.display().to_string(), &wish);
                    fetched.map(|fetched| reader.add_fetched(fetched))
                }
            })
        })?;
        Ok(reader.finish())
    }

    fn depth(&self) -> Depth {
        Depth { deep: self.deep, quick: self.quick }
    }
}

/// What decides which wheel of a name is read.
#[derive(PartialEq, Eq)]
struct Place(Option<System>, Option<Platform>, Option<PythonVersion>);

impl Place {
    fn of(machine: &Machine, knowledge: &Knowledge) -> Self {
        let assumed = &machine.assumed;
        Self(assumed.system, assumed.wheel_platform(knowledge), assumed.python)
    }
}

/// Whether the question is not one GPU but which: `--gpu all`, or only a driver.
fn every_gpu(machine: &Machine) -> bool {
    let gpus = &machine.assumed.gpus;
    gpus.iter().any(|gpu| gpu.eq_ignore_ascii_case("all")) || (gpus.is_empty() && machine.assumed.driver.is_some())
}

/// What the rules look at: the libraries, where something is required of them, and the GPUs that were named.
fn facts(
    machine: &Machine,
    knowledge: &Knowledge,
    read: &Collected,
    required: Vec<CodeTarget>,
    baseline: Option<&Baseline>,
) -> anyhow::Result<Facts> {
    // What is scanned may be for another machine: nothing of this one counts.
    let mut facts = Facts { gpus: Fact::unknown("not requested (--gpu)"), ..Facts::default() };
    let mut assumed = machine.assumed.clone();
    if every_gpu(machine) {
        assumed.gpus.clear();
    }
    assumed.apply(&mut facts, knowledge)?;
    // Without a question the rules run only where they report what is wrong in any case.
    let vendored = |library: &Library| rules::is_driver_library(&library.path) || rules::is_cuda_runtime(&library.path);
    let copies = read.bundles.iter().flat_map(|bundle| &bundle.libraries).any(vendored);
    if !required.is_empty() || copies || facts.gpus.value().is_some_and(|gpus| !gpus.is_empty()) {
        facts.excused = baseline.map(|baseline| baseline.excused(knowledge, read, &required)).unwrap_or_default();
        facts.required = required;
        // The platform of the scanned files stands in for a system that was not given.
        let platform = read.bundles.first().and_then(scan::Bundle::platform);
        if facts.host.platform.is_unknown() && read.bundles.iter().all(|bundle| bundle.platform() == platform) {
            facts.host.platform = platform
                .map_or(facts.host.platform, |platform| Fact::known(platform, Source::file("the scanned files")));
        }
        facts.environments = read.bundles.iter().map(|bundle| bundle.environment(&facts)).collect();
    }
    Ok(facts)
}
