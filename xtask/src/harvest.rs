//! `cargo xtask harvest`: reads wheels and writes or updates rows.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Args;
use gpucheck::{
    binary::ArchiveOptions,
    facts::PythonVersion,
    kb::{self, Evidence, Outcome},
    knowledge::Knowledge,
    python,
};

use crate::{
    fetch::{self, Index, Wheel},
    release::Build,
    rows::TorchFile,
};

/// Arguments of `cargo xtask harvest`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Wheels as files, or versions on the index: torch==2.16.0 (read by HTTP ranges, one wheel for each platform)
    wheels: Vec<String>,
    /// Write nothing: say what is stale (wheels: where they and the rows differ; none: what the index has that no row knows)
    #[arg(long)]
    check: bool,
    /// Day of the release, for one that has no row yet
    #[arg(long, value_name = "YYYY-MM-DD")]
    released: Option<String>,
    /// The index instead of the one that pip and uv are configured with: PyTorch's own for other CUDA variants
    #[arg(long, value_name = "URL")]
    index_url: Option<String>,
    /// Python version whose wheels are read
    #[arg(long, default_value = "3.12")]
    python_version: PythonVersion,
    /// The file
    #[arg(long, default_value = "knowledge/torch.toml")]
    file: PathBuf,
}

#[expect(clippy::print_stdout, reason = "a command line speaks to people")]
fn say(text: &str) {
    println!("{text}");
}

/// A package's facts, and for which Pythons the index has it on that platform, where it came from the index.
struct Found {
    evidence: Evidence,
    pythons: Vec<String>,
}

impl Arguments {
    /// Reads and writes.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let knowledge = Knowledge::builtin()?;
        if self.wheels.is_empty() {
            anyhow::ensure!(self.check, "name wheels, or versions such as torch==2.16.0");
            return stale(&knowledge, &Index::open(self.index_url.as_deref())?);
        }
        let text = fs::read_to_string(&self.file).with_context(|| self.file.display().to_string())?;
        let mut file = TorchFile::parse(&text)?;
        let today = fetch::today()?;
        let mut different = false;
        for wheel in &self.wheels {
            for found in self.find(wheel)? {
                if self.check {
                    different |= compare(&knowledge, &found.evidence);
                } else {
                    self.write(&knowledge, &found, &mut file, &today)?;
                }
            }
        }
        if !self.check && file.text() != text {
            fs::write(&self.file, file.text()).with_context(|| self.file.display().to_string())?;
        }
        Ok(ExitCode::from(u8::from(different)))
    }

    /// A wheel that is a file, or the wheels of a version on the index.
    fn find(&self, wheel: &str) -> anyhow::Result<Vec<Found>> {
        let Some((package, version)) = wheel.split_once("==") else {
            let path = Path::new(wheel);
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let evidence = kb::of_wheel(path, &name, &ArchiveOptions::default()).with_context(|| wheel.to_owned())?;
            return Ok(vec![Found { evidence, pythons: Vec::new() }]);
        };
        let index = Index::open(self.index_url.as_deref())?;
        let wheels = index.wheels(package)?;
        let chosen = fetch::one_for_each_platform(&wheels, version, self.python_version);
        anyhow::ensure!(!chosen.is_empty(), "the index has no wheel of {wheel} for a platform with rows");
        let read = |wheel: &&Wheel| {
            let evidence = index.read(wheel)?;
            let on = |platform| fetch::pythons(&wheels, version, platform);
            Ok(Found { pythons: evidence.platform.map(on).unwrap_or_default(), evidence })
        };
        chosen.iter().map(read).collect()
    }

    fn write(&self, knowledge: &Knowledge, found: &Found, file: &mut TorchFile, today: &str) -> anyhow::Result<()> {
        let Found { evidence, pythons } = found;
        match evidence.name.as_str() {
            "torch" => {
                let build = Build::of(knowledge, evidence).with_context(|| evidence.target.clone())?;
                file.put(&build, today, self.released.as_deref(), pythons)?;
                say(&format!("written: torch {}+{} on {}", build.version, build.variant, build.platform));
            }
            name @ ("torchvision" | "torchaudio") => {
                let wanted = evidence.requires.iter().filter_map(|line| line.parse::<python::Requirement>().ok());
                let torch = wanted.into_iter().find(|requirement| requirement.name == "torch");
                let torch = torch.as_ref().and_then(kb::pinned);
                let torch =
                    torch.with_context(|| format!("{}: it is pinned to no release of torch", evidence.target))?;
                let version = python::public_version(&evidence.version);
                file.companion(&torch, name, version, today)?;
                say(&format!("written: {name} {version} belongs to torch {torch}"));
            }
            name => anyhow::bail!("{}: {name} has no releases in the knowledge base", evidence.target),
        }
        Ok(())
    }
}

/// Says where rows and a wheel differ.
fn compare(knowledge: &Knowledge, evidence: &Evidence) -> bool {
    let verified = kb::verify(knowledge, evidence);
    let mut different = false;
    for check in verified.checks.iter().filter(|check| check.outcome != Outcome::Agree) {
        different = true;
        let row = check.row.as_deref().unwrap_or("nothing");
        say(&format!("{}: {}: the row says {row}, the wheel {}", verified.target, check.fact, check.package));
    }
    different
}

/// Says which releases the index has that no row knows, and which rows list other Python versions than it has.
fn stale(knowledge: &Knowledge, index: &Index) -> anyhow::Result<ExitCode> {
    let wheels = index.wheels("torch")?;
    let mut versions: BTreeMap<Vec<u64>, &str> = BTreeMap::new();
    for version in wheels.iter().map(|wheel| wheel.version.as_str()) {
        let numbers: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
        versions.extend(numbers.map(|numbers| (numbers, version)));
    }
    let mut found = 0;
    let mut tell = |text: String| {
        found += 1;
        say(&text);
    };
    for version in versions.values().filter(|version| knowledge.is_newer_torch(version)) {
        tell(format!("torch {version} has no row: cargo xtask harvest torch=={version} --released YYYY-MM-DD"));
    }
    for release in knowledge.torch_releases() {
        if !versions.values().any(|version| *version == release.version) {
            tell(format!("torch {} has a row, and the index does not have it", release.version));
            continue;
        }
        for build in release.builds.iter().filter(|build| build.pypi_default) {
            let there = fetch::pythons(&wheels, &release.version, build.platform);
            let listed: Vec<String> = release.python_of(build).iter().map(ToString::to_string).collect();
            if there != listed {
                let lists = format!("the row lists {}, the index {}", listed.join(" "), there.join(" "));
                tell(format!("torch {} on {}: {lists}", release.version, build.platform));
            }
        }
    }
    if found == 0 {
        say(&format!(
            "nothing is stale: {} releases of torch are as the index has them",
            knowledge.torch_releases().count()
        ));
    }
    Ok(ExitCode::from(u8::from(found > 0)))
}
