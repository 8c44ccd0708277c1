//! Which file of a package is meant: the newest version that fits, and of its wheels the one that pip would take.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use pep440_rs::{Operator, Version, VersionSpecifiers};

use super::index::File;
use crate::python::{self, Requirement, WheelName, WheelTarget};

/// The file that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The file.
    pub file: File,
    /// What its name says.
    pub wheel: WheelName,
}

/// Why there is none, with what there is instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    /// The package has no file at all.
    Nothing,
    /// No version fits; the nearest ones, newest last.
    Version(Vec<String>),
    /// The versions that fit have no wheels, but source code.
    SourceOnly(String),
    /// The version has wheels, but none for this platform and Python: what they are for.
    Platform {
        /// The newest version that fits.
        version: String,
        /// What was requested.
        target: String,
        /// What there is.
        has: Vec<String>,
    },
    /// Every file that fits was withdrawn.
    Yanked(String),
}

struct Candidate {
    version: Version,
    wheel: Option<WheelName>,
    file: File,
}

/// Picks a file. Pre-releases are taken where the requirement names one or nothing else is there; withdrawn files only where one
/// version is named with `==`.
///
/// # Errors
/// When there is none, with what there is.
pub fn choose(files: Vec<File>, requirement: &Requirement, target: &WheelTarget) -> Result<Chosen, NotFound> {
    let mut all: Vec<Candidate> = files.into_iter().filter_map(|file| candidate(file, requirement)).collect();
    if all.is_empty() {
        return Err(NotFound::Nothing);
    }
    let accepted = |candidate: &Candidate| requirement.accepts(&candidate.version.to_string()) == Some(true);
    let pinned =
        requirement.specifiers.iter().any(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual));
    let early = requirement.specifiers.iter().any(|one| one.version().any_prerelease());
    let versions: BTreeSet<Version> = all.iter().map(|candidate| candidate.version.clone()).collect();
    all.retain(accepted);
    if all.is_empty() {
        return Err(NotFound::Version(nearest(&versions, requirement)));
    }
    if !early && all.iter().any(|candidate| !candidate.version.any_prerelease()) {
        all.retain(|candidate| !candidate.version.any_prerelease());
    }
    if !pinned && all.iter().any(|candidate| candidate.file.listed.yanked.is_some()) {
        let newest = newest(&all);
        all.retain(|candidate| candidate.file.listed.yanked.is_none());
        if all.is_empty() {
            return Err(NotFound::Yanked(newest));
        }
    }
    let newest = newest(&all);
    let fits = |candidate: &Candidate| {
        let wheel = candidate.wheel.as_ref()?;
        let python_fits = candidate.file.listed.requires_python.as_deref().is_none_or(|text| takes(text, target));
        let rank = target.rank(wheel).filter(|_| python_fits)?;
        let withdrawn = candidate.file.listed.yanked.is_some();
        Some((Reverse(withdrawn), candidate.version.clone(), Reverse(rank), wheel.build.clone()))
    };
    if let Some(best) = all.iter().filter(|candidate| fits(candidate).is_some()).max_by_key(|candidate| fits(candidate))
        && let Some(wheel) = best.wheel.clone()
    {
        return Ok(Chosen { file: best.file.clone(), wheel });
    }
    let of_newest = all.iter().filter(|candidate| public(&candidate.version) == newest);
    let wheels: Vec<&WheelName> = of_newest.filter_map(|candidate| candidate.wheel.as_ref()).collect();
    if wheels.is_empty() {
        return Err(NotFound::SourceOnly(newest));
    }
    Err(NotFound::Platform { has: kinds(&wheels), version: newest, target: target.to_string() })
}

/// The newest version, without its local part: builds of one version differ only there.
fn newest(candidates: &[Candidate]) -> String {
    candidates.iter().map(|candidate| &candidate.version).max().map(public).unwrap_or_default()
}

fn public(version: &Version) -> String {
    version.clone().without_local().to_string()
}

/// Wheels and source archives of the package; eggs and installers are nothing that is read.
fn candidate(file: File, requirement: &Requirement) -> Option<Candidate> {
    let name = file.listed.name.as_str();
    if let Some(wheel) = WheelName::parse(name) {
        let version = wheel.version.parse().ok().filter(|_| wheel.name == requirement.name)?;
        return Some(Candidate { version, wheel: Some(wheel), file });
    }
    let stem = [".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().find_map(|end| name.strip_suffix(end))?;
    let (_, version) = stem.rsplit_once('-').filter(|(name, _)| python::normalize(name) == requirement.name)?;
    Some(Candidate { version: version.parse().ok()?, wheel: None, file })
}

/// Whether `Requires-Python` takes the target's Python; what cannot be read shuts nothing out, as with pip.
fn takes(requires: &str, target: &WheelTarget) -> bool {
    let (Some(python), Ok(specifiers)) = (target.python, requires.parse::<VersionSpecifiers>()) else { return true };
    // The last release of that series: `>=3.9.1` concerns patch releases that are no longer used.
    let version = Version::new([u64::from(python.major), u64::from(python.minor), 99]);
    let bare = Version::new([u64::from(python.major), u64::from(python.minor)]);
    specifiers.contains(&version) || specifiers.contains(&bare)
}

/// The versions around the one that was asked for, and the newest.
fn nearest(versions: &BTreeSet<Version>, requirement: &Requirement) -> Vec<String> {
    let wanted = requirement.specifiers.iter().next().map(|one| one.version().clone());
    let mut near: BTreeSet<&Version> = BTreeSet::new();
    if let Some(wanted) = wanted {
        near.extend(versions.range(..&wanted).rev().take(2));
        near.extend(versions.range(&wanted..).take(2));
    }
    near.extend(versions.iter().rev().find(|version| !version.any_prerelease()).or_else(|| versions.last()));
    near.into_iter().map(Version::to_string).collect()
}

/// What wheels are for: `Linux x86_64 (Python 3.9, 3.10, 3.13t)`.
fn kinds(wheels: &[&WheelName]) -> Vec<String> {
    let mut kinds: BTreeMap<String, BTreeSet<(u64, bool, String)>> = BTreeMap::new();
    for wheel in wheels {
        let platform = wheel.platforms.first().map(String::as_str).unwrap_or_default();
        for tag in &wheel.pythons {
            let digits = tag.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let (major, minor) = digits.split_at_checked(1).unwrap_or((digits, ""));
            let free = wheel.abis.iter().any(|abi| abi.len() > 2 && abi.starts_with("cp") && abi.ends_with('t'));
            let stable = wheel.abis.iter().any(|abi| abi == "abi3");
            let text = match minor {
                "" => major.to_owned(),
                minor => {
                    format!("{major}.{minor}{}{}", if free { "t" } else { "" }, if stable { " and newer" } else { "" })
                }
            };
            let order = minor.parse().unwrap_or(0);
            kinds.entry(platform.to_owned()).or_default().insert((order, free, text));
        }
    }
    let line = |(platform, pythons): (String, BTreeSet<(u64, bool, String)>)| {
        let list: Vec<String> = pythons.into_iter().map(|(_, _, text)| text).collect();
        format!("{platform} (Python {})", list.join(", "))
    };
    kinds.into_iter().map(line).collect()
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("the index lists no wheels for it"),
            Self::Version(near) => write!(f, "no such version; available: {} …", near.join(", ")),
            Self::SourceOnly(version) => write!(
                f,
                "version {version} has no wheel, only source code: the GPUs it runs on depend on where it is built"
            ),
            Self::Platform { version, target, has } => write!(
                f,
                "version {version} has no wheel for {target}; available: {} (choose with --platform and --python-version)",
                has.join(", ")
            ),
            Self::Yanked(version) => {
                write!(f, "all matching versions, up to {version}, were yanked by their authors: name one with ==")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::{Listed, Url};

    fn file(name: &str, requires_python: &str, yanked: bool) -> File {
        let listed = Listed {
            name: name.to_owned(),
            requires_python: Some(requires_python.to_owned()).filter(|text| !text.is_empty()),
            yanked: yanked.then(String::new),
            ..Listed::default()
        };
        File { listed, url: Url::parse("https://host/x").unwrap() }
    }

    fn target(platform: &str, python: &str) -> WheelTarget {
        WheelTarget { platform: platform.parse().unwrap(), python: python.parse().ok(), abi: None }
    }

    fn pick(requirement: &str, platform: &str, python: &str, names: &[&str]) -> Result<String, String> {
        let files = names.iter().map(|name| match name.strip_prefix('!') {
            Some(name) => file(name, "", true),
            None => file(name, if name.contains("-9-") { ">=3.12" } else { "" }, false),
        });
        choose(files.collect(), &requirement.parse().unwrap(), &target(platform, python))
            .map(|chosen| chosen.file.listed.name)
            .map_err(|error| error.to_string())
    }

    const FILES: [&str; 10] = [
        "a-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "a-1.0-cp311-cp311-win_amd64.whl",
        "a-1.0+cu128-cp311-cp311-win_amd64.whl",
        "a-1.1-cp311-cp311-manylinux_2_28_x86_64.whl",
        "a-1.1-2-cp311-cp311-manylinux_2_28_x86_64.whl",
        "a-1.1-py3-none-any.whl",
        "a-2.0rc1-py3-none-any.whl",
        "!a-1.5-py3-none-any.whl",
        "a-9-py3-none-any.whl",
        "a-1.6.tar.gz",
    ];

    #[test]
    fn the_wheel_that_pip_takes() {
        let pick = |requirement, platform| pick(requirement, platform, "3.11", &FILES);
        assert_eq!(pick("a", "linux-x86_64").as_deref(), Ok("a-1.1-2-cp311-cp311-manylinux_2_28_x86_64.whl"));
        assert_eq!(pick("A==1.0", "win_amd64").as_deref(), Ok("a-1.0+cu128-cp311-cp311-win_amd64.whl"));
        assert_eq!(pick("a==1.1", "win_amd64").as_deref(), Ok("a-1.1-py3-none-any.whl"));
        assert_eq!(pick("a==1.5", "win_amd64").as_deref(), Ok("a-1.5-py3-none-any.whl"), "withdrawn, but named");
        assert_eq!(pick("a>=2.0rc1,<3", "win_amd64").as_deref(), Ok("a-2.0rc1-py3-none-any.whl"));
    }

    #[test]
    fn what_there_is_instead() {
        let pick = |requirement, platform| pick(requirement, platform, "3.11", &FILES).unwrap_err();
        assert_eq!(pick("a==1.2", "linux-x86_64"), "no such version; available: 1.0+cu128, 1.1, 1.5, 1.6, 9 …");
        assert_eq!(
            pick("a==1.0", "linux-aarch64"),
            "version 1.0 has no wheel for Python 3.11 on Linux aarch64; available: manylinux_2_28_x86_64 (Python 3.11), \
             win_amd64 (Python 3.11) (choose with --platform and --python-version)"
        );
        assert!(pick("a==1.6", "linux-x86_64").starts_with("version 1.6 has no wheel, only source code"));
        assert!(pick("a==9", "linux-x86_64").contains("any (Python 3)"));
        assert_eq!(pick("b", "linux-x86_64"), "the index lists no wheels for it");
        assert_eq!(choose(Vec::new(), &"a".parse().unwrap(), &target("linux", "3.11")), Err(NotFound::Nothing));
        let only = super::tests::pick("a<2", "linux", "3.11", &["!a-1.5-py3-none-any.whl"]).unwrap_err();
        assert!(only.contains("yanked") && only.contains("1.5"), "{only}");
    }
}
