//! The package index that pip and uv are configured with: which files it has, and what a wheel there holds, read by ranges.

use std::{collections::BTreeMap, env};

use anyhow::Context as _;
use gpucheck::{
    binary::ArchiveOptions,
    facts::{Platform, PythonVersion},
    probe,
    remote::{self, Client, Config, File, HttpSource},
    system::{Root, Surroundings},
    verify::{self, Evidence, WheelTags},
};

/// Size of the pieces in which further data is fetched.
const AHEAD: u64 = 4 << 20;

/// The index, and what is needed to ask it.
pub struct Index {
    config: Config,
    client: Client,
}

impl Index {
    /// The index of `--index-url`, or the configured one.
    ///
    /// # Errors
    /// When none is configured, or a URL is invalid.
    pub fn open(index_url: Option<&str>) -> anyhow::Result<Self> {
        let surroundings = Surroundings::of_process();
        let root = Root::new(None, surroundings.home.as_deref())?;
        let here = probe::here(&root, &surroundings);
        let prefixes: Vec<_> =
            here.pythons.iter().map(|python| (python.prefix.clone(), python.site_packages.clone())).collect();
        let config = Config::of(&root, &surroundings, None, (index_url, &[]), &prefixes)?;
        anyhow::ensure!(!config.indexes.is_empty(), "no package index is configured: name one with --index-url");
        let client = Client::new(config.settings.clone())?;
        Ok(Self { config, client })
    }

    /// The wheels of a package that were not withdrawn.
    ///
    /// # Errors
    /// When the index cannot be asked, or does not have the package.
    pub fn wheels(&self, package: &str) -> anyhow::Result<Vec<Wheel>> {
        let mut wheels = Vec::new();
        for index in &self.config.indexes {
            let files = remote::files(&self.client, &index.url, package)?.unwrap_or_default();
            wheels.extend(files.into_iter().filter_map(Wheel::of));
        }
        anyhow::ensure!(!wheels.is_empty(), "the index has no wheel of {package}");
        Ok(wheels)
    }

    /// What a wheel contains. All code is read: a sample is not enough for a row.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, wheel: &Wheel) -> anyhow::Result<Evidence> {
        let source = HttpSource::open(&self.client, &wheel.file.url, AHEAD)?;
        let name = &wheel.file.listed.name;
        let evidence = verify::of_wheel_source(&source, name, name, &ArchiveOptions::default());
        // After a fault of the network the rest of the file seems damaged.
        match source.failure() {
            Some(failure) => Err(failure).with_context(|| name.clone()),
            None => evidence.with_context(|| name.clone()),
        }
    }
}

/// A wheel on the index.
pub struct Wheel {
    /// Version as its file name has it.
    pub version: String,
    /// What it is for.
    pub tags: WheelTags,
    /// Whether it is for any system: others without a platform are for systems that gpucheck has no rows for.
    any: bool,
    file: File,
}

impl Wheel {
    fn of(file: File) -> Option<Self> {
        let name = gpucheck::python::WheelName::parse(&file.listed.name)?;
        let any = name.tags().ends_with("-any");
        let tags = WheelTags::parse(&name.tags())?;
        (file.listed.yanked.is_none()).then_some(Self { version: name.version, tags, any, file })
    }
}

/// One wheel for each platform of a version: that for this Python, else for any.
pub fn one_for_each_platform<'w>(wheels: &'w [Wheel], version: &str, python: PythonVersion) -> Vec<&'w Wheel> {
    let mut chosen: BTreeMap<Option<Platform>, &Wheel> = BTreeMap::new();
    for wheel in wheels.iter().filter(|wheel| wheel.version == version && (wheel.any || wheel.tags.platform.is_some()))
    {
        let best = chosen.entry(wheel.tags.platform).or_insert(wheel);
        if wheel.tags.python == Some(python) {
            *best = wheel;
        }
    }
    chosen.into_values().collect()
}

/// The Python versions with wheels of a version on a platform, in the order of the rows.
pub fn pythons(wheels: &[Wheel], version: &str, platform: Platform) -> Vec<String> {
    let there = wheels.iter().filter(|wheel| wheel.version == version && wheel.tags.platform == Some(platform));
    let mut found: Vec<PythonVersion> = there.filter_map(|wheel| wheel.tags.python).collect();
    found.sort_by_key(|python| (python.free_threaded, python.major, python.minor));
    found.dedup();
    found.iter().map(ToString::to_string).collect()
}

/// The numbers of a version, for their order.
pub fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// The day on which the first wheel of a version was uploaded; nothing where the index does not tell it, as HTML pages do not.
pub fn released(wheels: &[Wheel], version: &str) -> Option<String> {
    let of = wheels.iter().filter(|wheel| wheel.version == version);
    let day =
        of.filter_map(|wheel| wheel.file.listed.uploaded.as_deref()?.split_once('T')).map(|(day, _)| day).min()?;
    let shape: String = day.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    (shape == "0000-00-00").then(|| day.to_owned())
}

/// The day in UTC, as `SOURCE_DATE_EPOCH` or the clock has it.
///
/// # Errors
/// When the clock stands before 1970.
pub fn today() -> anyhow::Result<String> {
    let told = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<u64>().ok());
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map(|since| since.as_secs());
    let seconds = told.map_or_else(now, Ok)?;
    Ok(date(i64::try_from(seconds / 86_400)?))
}

/// The date of a day, counted from 1970-01-01, in the Gregorian calendar. Years are counted from March, so that a leap day ends one.
fn date(day: i64) -> String {
    let day = day + 719_468;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + later)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        for (day, expected) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (19_782, "2024-02-29"),
            (20_783, "2026-11-26"),
            (47_540, "2100-02-28"),
        ] {
            assert_eq!(date(day), expected);
        }
    }
}
