//! `cargo xtask harvest --check` without wheels: what the index has that no row knows, and the other way round.

use std::{collections::BTreeMap, process::ExitCode};

use gpucheck::{
    facts::PythonVersion,
    knowledge::Knowledge,
    online::{self, Index},
};

/// Says which releases the index has that no row knows, and which rows have another day or other Python versions than it has.
pub fn stale(knowledge: &Knowledge, index: &Index) -> anyhow::Result<ExitCode> {
    let wheels = index.wheels("torch")?;
    let mut versions: BTreeMap<Vec<u64>, &str> = BTreeMap::new();
    for version in wheels.iter().map(|wheel| wheel.version.as_str()) {
        let numbers: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
        versions.extend(numbers.map(|numbers| (numbers, version)));
    }
    let mut found = 0;
    let mut tell = |text: String| {
        found += 1;
        crate::say(&text);
    };
    for version in versions.values().filter(|version| knowledge.is_newer_torch(version)) {
        let day = if online::released(&wheels, version).is_some() { "" } else { " --released YYYY-MM-DD" };
        tell(format!("torch {version} has no row: cargo xtask harvest torch=={version}{day}"));
    }
    for release in knowledge.torch_releases() {
        if !versions.values().any(|version| *version == release.version) {
            tell(format!("torch {} has a row, but is not on the index", release.version));
            continue;
        }
        if let Some(day) = online::released(&wheels, &release.version).filter(|day| *day != release.released) {
            tell(format!("torch {}: the row says released {}, the index {day}", release.version, release.released));
        }
        for build in release.builds.iter().filter(|build| build.pypi_default) {
            let there = online::pythons(&wheels, &release.version, build.platform);
            let listed = release.python_of(build);
            if there != listed {
                let list =
                    |pythons: &[PythonVersion]| pythons.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                let lists = format!("the row lists {}, the index {}", list(listed), list(&there));
                tell(format!("torch {} on {}: {lists}", release.version, build.platform));
            }
        }
    }
    if found == 0 {
        let count = knowledge.torch_releases().count();
        crate::say(&format!("nothing is stale: {count} torch releases match the index"));
    }
    Ok(ExitCode::from(u8::from(found > 0)))
}
