//! `cargo xtask harvest`: reads wheels and writes or updates rows.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Args;
use gpucheck::{
    binary::ArchiveOptions,
    facts::PythonVersion,
    knowledge::Knowledge,
    online::{self, Index, Wheel},
    python,
    verify::{self, Build, Evidence, Outcome},
};

use crate::{companions, package, rows::TorchFile, stale::stale};

/// Arguments of `cargo xtask harvest`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Wheels as files, or versions on the index: torch==2.16.0 (read by HTTP ranges, one wheel for each platform). For packages
    /// other than torch, torchvision and torchaudio, the row is printed
    wheels: Vec<String>,
    /// Write nothing; report what is stale (with wheels: where they differ from the rows; without: what the index has that no row lists)
    #[arg(long)]
    check: bool,
    /// Release date, for a release without a row [default: when its first file was uploaded, if the index says so]
    #[arg(long, value_name = "YYYY-MM-DD")]
    released: Option<String>,
    /// torch release that torchvision or torchaudio belongs to [default: the one it is pinned to, else the one uploaded on the same day]
    #[arg(long, value_name = "VERSION")]
    torch: Option<String>,
    /// Package index [default: the one configured for pip or uv]; PyTorch's own for other CUDA variants
    #[arg(long, value_name = "URL")]
    index_url: Option<String>,
    /// Python version whose wheels are read
    #[arg(long, default_value = "3.12")]
    python_version: PythonVersion,
    /// File to update
    #[arg(long, default_value = "knowledge/torch.toml")]
    file: PathBuf,
}

/// Packages whose versions are in torch.toml.
const RELEASES: [&str; 3] = ["torch", "torchvision", "torchaudio"];

/// A package's facts; of one that came from the index also for which Pythons it is there on that platform, and since when.
struct Found {
    evidence: Evidence,
    pythons: Vec<PythonVersion>,
    released: Option<String>,
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
        let today = online::today()?;
        let mut different = false;
        let mut told = Vec::new();
        for wheel in &self.wheels {
            let all = self.find(&knowledge, wheel)?;
            let of = |found: &Found| !RELEASES.contains(&found.evidence.name.as_str());
            if !self.check && all.iter().any(of) {
                let evidence: Vec<Evidence> = all.into_iter().map(|found| found.evidence).collect();
                told.push(package::rows(&knowledge, &evidence, &today)?);
                continue;
            }
            for found in all {
                if self.check {
                    different |= compare(&knowledge, &found.evidence);
                } else {
                    told.push(self.put(&knowledge, &found, &mut file, &today)?);
                }
            }
            if let Some(version) = wheel.strip_prefix("torch==").filter(|_| !self.check) {
                let index = Index::open(self.index_url.as_deref())?;
                told.extend(companions::of_release(&index, &mut file, version, self.python_version, &today)?);
            }
        }
        if !self.check && file.text() != text {
            fs::write(&self.file, file.text()).with_context(|| self.file.display().to_string())?;
        }
        if self.check && !different {
            told.push("all facts agree with their rows".to_owned());
        }
        told.iter().for_each(|line| crate::say(line));
        Ok(ExitCode::from(u8::from(different)))
    }

    /// A wheel that is a file, or the wheels of a version on the index.
    fn find(&self, knowledge: &Knowledge, wheel: &str) -> anyhow::Result<Vec<Found>> {
        let Some((package, version)) = wheel.split_once("==") else {
            let path = Path::new(wheel);
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let evidence =
                verify::of_wheel(path, &name, &ArchiveOptions::default()).with_context(|| wheel.to_owned())?;
            return Ok(vec![Found { evidence, pythons: Vec::new(), released: None }]);
        };
        let name = python::normalize(package);
        if !RELEASES.contains(&name.as_str()) {
            package::file(knowledge, &name)?;
        }
        let index = Index::open(self.index_url.as_deref())?;
        let wheels = index.wheels(package)?;
        let chosen = online::one_for_each_platform(&wheels, version, self.python_version);
        anyhow::ensure!(!chosen.is_empty(), "the index has no wheel of {wheel} for a platform with rows");
        let released = online::released(&wheels, version);
        let read = |wheel: &&Wheel| {
            let evidence = index.read(wheel)?;
            let on = |platform| online::pythons(&wheels, version, platform);
            let pythons = evidence.platform.map(on).unwrap_or_default();
            Ok(Found { evidence, pythons, released: released.clone() })
        };
        chosen.iter().map(read).collect()
    }

    /// Puts what was found into the rows, and says what that was.
    fn put(&self, knowledge: &Knowledge, found: &Found, file: &mut TorchFile, today: &str) -> anyhow::Result<String> {
        let Found { evidence, pythons, released } = found;
        match evidence.name.as_str() {
            "torch" => {
                let build = Build::of(knowledge, evidence).with_context(|| evidence.target.clone())?;
                let released = self.released.as_deref().or(released.as_deref());
                file.put(&build, today, released, pythons)?;
                Ok(format!("torch {}+{} on {}: written", build.version, build.variant, build.platform))
            }
            name @ ("torchvision" | "torchaudio") => {
                let version = python::public_version(&evidence.version);
                let (torch, why) = match &self.torch {
                    Some(torch) => (torch.clone(), "as --torch says".to_owned()),
                    None => {
                        online::torch_of(evidence, released.as_deref(), &|day| file.release_of(day).map(str::to_owned))?
                    }
                };
                file.companion(&torch, name, version, today)?;
                Ok(format!("{name} {version} belongs to torch {torch} ({why}): written"))
            }
            name => anyhow::bail!("{}: {name} has no releases in the knowledge base", evidence.target),
        }
    }
}

/// Says where rows and a wheel differ.
fn compare(knowledge: &Knowledge, evidence: &Evidence) -> bool {
    let verified = verify::verify(knowledge, evidence);
    let mut different = false;
    for check in verified.checks.iter().filter(|check| matches!(check.outcome, Outcome::Disagree | Outcome::NoRow)) {
        different = true;
        let row = check.row.as_deref().unwrap_or("nothing");
        crate::say(&format!("{}: {}: the row says {row}, the wheel {}", verified.target, check.fact, check.package));
    }
    different
}
