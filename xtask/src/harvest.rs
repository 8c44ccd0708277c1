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
    facts::{Os, Platform, PythonVersion},
    kb::{self, Evidence, Outcome, WheelTags},
    knowledge::Knowledge,
};

use crate::{fetch, release::Build, rows::TorchFile};

/// Arguments of `cargo xtask harvest`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Wheels as files, or versions: torch==2.16.0 (fetched by pip, for each platform that PyPI has it for, and deleted again)
    wheels: Vec<String>,
    /// Write nothing: say what is stale (wheels: where they and the rows differ; none: what the index has that no row knows)
    #[arg(long)]
    check: bool,
    /// Day of the release, for one that has no row yet
    #[arg(long, value_name = "YYYY-MM-DD")]
    released: Option<String>,
    /// The day that rows are said to be checked on
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<String>,
    /// Python version whose wheels pip fetches
    #[arg(long, default_value = "3.12")]
    python_version: String,
    /// The file
    #[arg(long, default_value = "knowledge/torch.toml")]
    file: PathBuf,
}

#[expect(clippy::print_stdout, reason = "a command line speaks to people")]
fn say(text: &str) {
    println!("{text}");
}

impl Arguments {
    /// Reads and writes.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let knowledge = Knowledge::builtin()?;
        if self.check && self.wheels.is_empty() {
            return stale(&knowledge);
        }
        anyhow::ensure!(!self.wheels.is_empty(), "name wheels, or versions such as torch==2.16.0");
        let text = fs::read_to_string(&self.file).with_context(|| self.file.display().to_string())?;
        let mut file = TorchFile::parse(&text)?;
        let today = self.today.clone().map_or_else(today, Ok)?;
        let mut different = false;
        for wheel in &self.wheels {
            for evidence in self.evidence(wheel)? {
                if self.check {
                    different |= compare(&knowledge, &evidence);
                } else {
                    self.write(&knowledge, &evidence, wheel.contains("=="), &mut file, &today)?;
                }
            }
        }
        if !self.check && file.text() != text {
            fs::write(&self.file, file.text()).with_context(|| self.file.display().to_string())?;
        }
        Ok(ExitCode::from(u8::from(different)))
    }

    /// What a wheel says, or the wheels of a version on every platform.
    fn evidence(&self, wheel: &str) -> anyhow::Result<Vec<Evidence>> {
        let read = |path: &Path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            kb::of_wheel(path, &name, &ArchiveOptions::default()).with_context(|| path.display().to_string())
        };
        if !wheel.contains("==") {
            return Ok(vec![read(Path::new(wheel))?]);
        }
        let mut all = Vec::new();
        for platform in fetch::PLATFORMS {
            let folder = std::env::temp_dir().join(format!("gpucheck-harvest-{}", std::process::id()));
            fs::create_dir_all(&folder)?;
            let result = fetch::wheel(wheel, platform, &self.python_version, &folder).and_then(|path| read(&path));
            fs::remove_dir_all(&folder)?;
            match result {
                Ok(evidence) => all.push(evidence),
                Err(error) => say(&format!("left out: {error:#}")),
            }
        }
        anyhow::ensure!(!all.is_empty(), "no wheel of {wheel} could be fetched");
        Ok(all)
    }

    fn write(
        &self,
        knowledge: &Knowledge,
        evidence: &Evidence,
        from_index: bool,
        file: &mut TorchFile,
        today: &str,
    ) -> anyhow::Result<()> {
        match evidence.name.as_str() {
            "torch" => {
                let build = Build::of(knowledge, evidence).with_context(|| evidence.target.clone())?;
                // Only the index knows for which Pythons there are wheels; one wheel knows of one.
                let ask = from_index || knowledge.torch_release(&build.version).is_none();
                let python =
                    if ask { pythons(&fetch::files("torch")?, &build.version, build.platform) } else { Vec::new() };
                file.put(&build, today, self.released.as_deref(), &python)?;
                say(&format!("written: torch {}+{} on {}", build.version, build.variant, build.platform));
            }
            name @ ("torchvision" | "torchaudio") => {
                let wanted =
                    evidence.requires.iter().filter_map(|line| line.parse::<gpucheck::python::Requirement>().ok());
                let torch =
                    wanted.into_iter().find(|requirement| requirement.name == "torch").as_ref().and_then(kb::pinned);
                let torch =
                    torch.with_context(|| format!("{}: it is pinned to no release of torch", evidence.target))?;
                let version = gpucheck::python::public_version(&evidence.version);
                file.companion(&torch, name, version, today)?;
                say(&format!("written: {name} {version} belongs to torch {torch}"));
            }
            name => anyhow::bail!("{}: {name} has no releases in the knowledge base", evidence.target),
        }
        Ok(())
    }
}

/// The Python versions for which files of a release are there, on a platform, in the order of the rows.
fn pythons(files: &[String], version: &str, platform: Platform) -> Vec<String> {
    let tags = files.iter().filter_map(|file| {
        let name = file.strip_suffix(".whl")?;
        let parts: Vec<&str> = name.split('-').collect();
        let tags = WheelTags::parse(&parts.get(parts.len().checked_sub(3)?..)?.join("-"))?;
        (parts.get(1) == Some(&version) && tags.platform == Some(platform)).then_some(tags.python?)
    });
    let mut found: Vec<PythonVersion> = tags.collect();
    found.sort_by_key(|python| (python.free_threaded, python.major, python.minor));
    found.dedup();
    found.iter().map(ToString::to_string).collect()
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
fn stale(knowledge: &Knowledge) -> anyhow::Result<ExitCode> {
    let files = fetch::files("torch")?;
    let linux: Platform = "linux-x86_64".parse().map_err(anyhow::Error::msg)?;
    let mut versions: BTreeMap<Vec<u64>, &str> = BTreeMap::new();
    for version in files.iter().filter_map(|file| file.split('-').nth(1)) {
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
            let there = pythons(&files, &release.version, build.platform);
            let listed: Vec<String> = release.python_of(build).iter().map(ToString::to_string).collect();
            if there != listed && build.platform.os != Os::Macos {
                let lists = format!("the row lists {}, the index {}", listed.join(" "), there.join(" "));
                tell(format!("torch {} on {}: {lists}", release.version, build.platform));
            }
        }
    }
    if found == 0 {
        say(&format!(
            "{} releases of torch, as the index has them for {linux} and the others",
            knowledge.torch_releases().count()
        ));
    }
    Ok(ExitCode::from(u8::from(found > 0)))
}

/// The day, in UTC.
fn today() -> anyhow::Result<String> {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    // Days of the era that began on 0000-03-01: leap days end their years (the civil calendar by H. Hinnant's days).
    let days = i64::try_from(seconds / 86_400)? + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}
