//! What is asked of the judge: each row of a package, as an environment that has this package alone, on every generation of GPUs.

use std::{collections::BTreeMap, sync::Mutex, thread, time::Instant};

use anyhow::Context as _;
use gpucheck::{
    facts::{Build, ComputeCapability, Cpu, DriverVersion, Fact, Facts, How, Os, Package, Platform, Source},
    judge::{self, Assumed, Machine, NeedsQuestion},
    knowledge::{Knowledge, PackageBuild, Published},
    python,
    report::needs::{NeedsSystem, SubjectOf},
};

/// The GPUs of PCs and servers, one for each compute capability that packages have code for.
const DESKTOP: [&str; 11] = ["6.0", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "10.3", "12.0"];
/// Those of [`DESKTOP`] that people have under Windows: of the others no row knows a driver for it.
const WINDOWS: [&str; 9] = ["6.0", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "12.0"];
/// Machines with an ARM processor.
const ARM: [&str; 5] = ["Jetson AGX Orin", "GH200", "GB200", "Jetson Thor", "GB10"];

/// What the judge says of a version on a GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It runs.
    Runs {
        /// The lowest driver; nothing where none is too old.
        driver: Option<DriverVersion>,
        /// The last driver branch that supports the GPU.
        until_branch: Option<u32>,
        /// Whether the driver has to compile its PTX first.
        from_ptx: bool,
        /// Whether it may ask for a newer driver: the row does not say which CUDA release it is built with.
        at_least: bool,
    },
    /// It does not.
    Fails,
    /// Nobody knows.
    Unknown,
}

/// A row: versions that are alike.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which row it is of: variants of one row share it, and a newer row has a higher one.
    pub row: usize,
    /// The first version, or what the range begins with.
    pub from: String,
    /// The last version, or what the range ends before.
    pub to: String,
    /// What the judge says, by GPU in the order of [`gpus`].
    pub outcomes: Vec<Outcome>,
}

/// Versions of one distribution on one platform, the oldest first.
#[derive(Debug, Clone)]
pub struct Column {
    /// The page that it is on: the package.
    pub page: String,
    /// The distribution, or the variant.
    pub name: String,
    /// Whether it is one of several builds of the same versions: of torch by its CUDA release, of others by that of the torch beside them.
    pub variant: bool,
    /// For which platform.
    pub platform: Platform,
    /// The rows.
    pub entries: Vec<Entry>,
}

/// The GPUs that are asked about on a platform, as `--gpu` takes them.
pub fn gpus(platform: Platform) -> &'static [&'static str] {
    match (platform.os, platform.cpu) {
        (Os::Windows, _) => &WINDOWS,
        (_, Cpu::Aarch64) => &ARM,
        (_, Cpu::X86_64) => &DESKTOP,
    }
}

/// A question whose answer becomes an entry.
struct Job {
    page: String,
    column: String,
    variant: bool,
    platform: Platform,
    row: usize,
    cuda_known: bool,
    from: String,
    to: String,
    facts: Facts,
}

/// Asks about every row whose code is known.
pub fn columns(knowledge: &Knowledge) -> anyhow::Result<Vec<Column>> {
    let jobs: Vec<Job> = torch(knowledge)?.into_iter().chain(packages(knowledge)?).collect();
    let answers = all(knowledge, &jobs)?;
    let mut columns: Vec<Column> = Vec::new();
    for (job, outcomes) in jobs.into_iter().zip(answers) {
        let Job { page, column: name, variant, platform, row, from, to, .. } = job;
        let entry = Entry { row, from, to, outcomes };
        let same = |one: &&mut Column| one.page == page && one.name == name && one.platform == platform;
        match columns.iter_mut().find(same) {
            Some(column) => column.entries.push(entry),
            None => columns.push(Column { page, name, variant, platform, entries: vec![entry] }),
        }
    }
    // What the judge does not judge (NVIDIA's own libraries, which serve what loads them) has no line.
    columns.retain(|column| {
        let mut outcomes = column.entries.iter().flat_map(|entry| &entry.outcomes);
        outcomes.any(|outcome| matches!(outcome, Outcome::Runs { .. }))
    });
    Ok(columns)
}

/// Builds of torch that are known to be published.
fn torch(knowledge: &Knowledge) -> anyhow::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for (row, release) in knowledge.torch_releases().enumerate() {
        for build in &release.builds {
            let known = build.sass.as_ref().is_some_and(|sass| !sass.is_empty());
            if build.platform.os == Os::Macos || build.published == Published::Expected || !known {
                continue;
            }
            let mut facts = environment(build.platform);
            let version = build.full_version(release);
            let package = facts.environments.first_mut().context("an environment")?;
            package.packages.push(Package {
                build: Fact::known(Build { version: version.clone(), cuda: build.cuda() }, source()),
                ..package_of("torch", &version)
            });
            jobs.push(Job {
                page: "torch".to_owned(),
                column: build.variant.clone(),
                variant: true,
                row,
                cuda_known: true,
                platform: build.platform,
                from: release.version.clone(),
                to: release.version.clone(),
                facts,
            });
        }
    }
    Ok(jobs)
}

/// Rows of packages.
fn packages(knowledge: &Knowledge) -> anyhow::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for file in knowledge.package_files() {
        let head = &file.package;
        for (number, row) in file.build.iter().enumerate() {
            let Some(version) = a_version(row) else { continue };
            let (from, to) = ends(row);
            let names = if row.of.is_empty() { std::slice::from_ref(&head.name) } else { row.of.as_slice() };
            // Without a platform a row is about all: the most usual one stands for them.
            let linux = ["linux-x86_64".parse::<Platform>().map_err(anyhow::Error::msg)?];
            let platforms = if row.platforms.is_empty() { linux.as_slice() } else { row.platforms.as_slice() };
            for platform in platforms.iter().copied().filter(|platform| platform.os != Os::Macos) {
                for name in names {
                    let mut ask = |column: String, variable: Option<(&String, &str)>| -> anyhow::Result<()> {
                        let mut facts = environment(platform);
                        if let Some((variable, value)) = variable {
                            facts.env_vars.insert(variable.clone(), value.to_owned());
                        }
                        let one = facts.environments.first_mut().context("an environment")?;
                        one.packages.push(package_of(name, &version));
                        let (page, from, to) = (head.name.clone(), from.clone(), to.clone());
                        let variant = variable.is_some();
                        let cuda_known = row.cuda.is_some();
                        jobs.push(Job { page, column, variant, platform, row: number, cuda_known, from, to, facts });
                        Ok(())
                    };
                    match &head.override_variable {
                        // It has a library for each CUDA release, and takes the one of torch's.
                        Some(variable) => {
                            for digits in row.variants.iter().flat_map(|variant| &variant.cuda) {
                                ask(with_cuda(digits), Some((variable, digits)))?;
                            }
                        }
                        None if row.sass.is_some() => ask(name.clone(), None)?,
                        None => {}
                    }
                }
            }
        }
    }
    Ok(jobs)
}

/// `128` is CUDA 12.8.
fn with_cuda(digits: &str) -> String {
    let (major, minor) = digits.split_at(digits.len().saturating_sub(1));
    format!("CUDA {major}.{minor}")
}

/// A machine with one environment, in which nothing is installed.
fn environment(platform: Platform) -> Facts {
    let mut facts = Facts::default();
    facts.host.platform = Fact::known(platform, source());
    let mut environment = judge::hypothetical(&facts, None);
    environment.selected = true;
    facts.environments.push(environment);
    facts
}

fn package_of(name: &str, version: &str) -> Package {
    Package {
        version: Fact::known(python::public_version(version).to_owned(), source()),
        at: "atlas".to_owned(),
        ..Package::unknown(name, "not asked")
    }
}

fn source() -> Source {
    Source::new(How::Knowledge, "atlas")
}

/// A version of a row: the newest that was seen, else one that its range names and has.
fn a_version(row: &PackageBuild) -> Option<String> {
    let named = row.versions.split(',').map(bound).map(|(_, version)| version);
    let named = named.flat_map(|version| [version.to_owned(), format!("{version}.0"), format!("{version}.1")]);
    let mut all = row.newest.iter().cloned().chain(named);
    all.find(|version| python::in_range(&row.versions, version) == Some(true))
}

/// Operator and version of one clause of a range.
fn bound(clause: &str) -> (&str, &str) {
    let clause = clause.trim();
    let at = clause.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(clause.len());
    let (operator, version) = clause.split_at(at);
    (operator.trim(), version.trim_end_matches(".*"))
}

/// The ends of a row's versions, for people.
fn ends(row: &PackageBuild) -> (String, String) {
    let clauses: Vec<(&str, &str)> = row.versions.split(',').map(bound).collect();
    let of =
        |operators: &[&str]| clauses.iter().find(|(operator, _)| operators.contains(operator)).map(|(_, one)| *one);
    let exact = of(&["==", "==="]);
    let from = exact.or_else(|| of(&[">=", ">", "~="])).map_or_else(|| "the first".to_owned(), str::to_owned);
    let to = match (&row.newest, exact, of(&["<="]), of(&["<"])) {
        (Some(newest), ..) => newest.clone(),
        (_, Some(last), ..) | (_, _, Some(last), _) => last.to_owned(),
        (_, _, _, Some(end)) => format!("before {end}"),
        _ => "today".to_owned(),
    };
    (from, to)
}

/// The answers to all questions, on all processors.
fn all(knowledge: &Knowledge, jobs: &[Job]) -> anyhow::Result<Vec<Vec<Outcome>>> {
    let next = Mutex::new(jobs.iter().enumerate());
    let answers = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let taken = next.lock().map(|mut next| next.next());
            let Ok(Some((at, job))) = taken else { return };
            let answer = one(knowledge, job);
            if let Ok(mut answers) = answers.lock() {
                answers.insert(at, answer);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let answers = answers.into_inner().ok().context("a thread ended early")?;
    anyhow::ensure!(answers.len() == jobs.len(), "a thread ended early");
    answers.into_values().collect()
}

fn one(knowledge: &Knowledge, job: &Job) -> anyhow::Result<Vec<Outcome>> {
    let asked = gpus(job.platform);
    let assumed = Assumed {
        gpus: asked.iter().map(|gpu| (*gpu).to_owned()).collect(),
        platform: Some(job.platform),
        ..Assumed::default()
    };
    let machine = Machine::of(assumed);
    let systems = [if job.platform.os == Os::Windows { NeedsSystem::Windows } else { NeedsSystem::Linux }];
    let start = Instant::now();
    let question = NeedsQuestion { knowledge, machine: &machine, systems: &systems, features: &[], start };
    let needs = judge::needs_of_environment(&question, &job.facts, SubjectOf::Environment)?;
    let mut said: BTreeMap<ComputeCapability, Outcome> = BTreeMap::new();
    for system in &needs.systems {
        for group in &system.served {
            let runs = Outcome::Runs {
                driver: group.driver.clone(),
                until_branch: group.until_branch,
                from_ptx: group.from_ptx,
                at_least: !job.cuda_known,
            };
            said.extend(group.gpus.iter().map(|gpu| (gpu.capability, runs.clone())));
        }
        let fails = system.not_served.iter().flat_map(|group| &group.gpus);
        said.extend(fails.map(|gpu| (gpu.capability, Outcome::Fails)));
    }
    let of = |gpu: &&str| {
        let capability = knowledge.find_gpu(gpu)?.capability;
        Ok(said.get(&capability).cloned().unwrap_or(Outcome::Unknown))
    };
    asked.iter().map(of).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_are_read() {
        let knowledge = Knowledge::builtin().unwrap();
        let row = knowledge.package_files().find_map(|file| file.build.first()).unwrap();
        let of = |versions: &str, newest: Option<&str>| {
            let row = PackageBuild { versions: versions.to_owned(), newest: newest.map(str::to_owned), ..row.clone() };
            let (from, to) = ends(&row);
            (from, to, a_version(&row).unwrap())
        };
        let three = |from: &str, to: &str, one: &str| (from.to_owned(), to.to_owned(), one.to_owned());
        assert_eq!(of(">=0.43.3,<0.45", Some("0.44.1")), three("0.43.3", "0.44.1", "0.44.1"));
        assert_eq!(of(">=0.43.3,<0.45", None), three("0.43.3", "before 0.45", "0.43.3"));
        assert_eq!(of("==0.42.0", None), three("0.42.0", "0.42.0", "0.42.0"));
        assert_eq!(of("<2", Some("1.9")), three("the first", "1.9", "1.9"));
    }
}
