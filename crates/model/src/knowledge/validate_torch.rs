//! What `torch.toml` must hold beyond its types: releases in order, builds that do not contradict themselves.

use std::collections::BTreeSet;

use super::{
    Basis, Published, TorchBuild, TorchFile, TorchRelease,
    problem::{Places, Problem},
    torch_conda,
    validate::{Table, is_date},
};
use crate::facts::{Platform, PythonVersion, Target};

/// `torch.toml`
pub fn torch(file: &TorchFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "release", &file.sources);
    for (index, row) in file.release.iter().enumerate() {
        release(&mut table, index, row);
        builds(&mut table, index, row, file);
        let before = index.checked_sub(1).and_then(|before| file.release.get(before));
        if before.is_some_and(|before| numbers(&before.version) > numbers(&row.version)) {
            table.fault(index, "version", format!("{} must come before the release above it", row.version));
        }
    }
    table.unique("version", file.release.iter().enumerate().map(|(index, row)| (index, row.version.as_str())));
    let mut problems = table.problems;
    let mut table = Table::new(places, "nightly", &file.sources);
    for (index, row) in file.nightly.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if row.index != format!("whl/nightly/{}", row.variant) {
            table.fault(index, "index", format!("the index of {} must be whl/nightly/{}", row.variant, row.variant));
        }
        if !is_list(&row.sass) || !is_list(&row.ptx) {
            table.fault(index, "sass", "targets must be unique and in ascending order");
        }
    }
    let key = |row: &super::NightlyRow| format!("{} on {}", row.variant, row.platform);
    table.apart(
        "versions",
        file.nightly.iter().enumerate().map(|(index, row)| (index, key(row), row.versions.as_str())),
    );
    problems.append(&mut table.problems);
    problems.append(&mut torch_conda::conda(file, places));
    problems
}

fn release(table: &mut Table<'_>, index: usize, row: &TorchRelease) {
    table.provenance(index, &row.source, &row.verified);
    if numbers(&row.version).is_none() {
        table.fault(index, "version", format!("'{}' is not a release such as 2.7.1", row.version));
    }
    if !is_date(&row.released) {
        table.fault(index, "released", format!("'{}' is not a date such as 2026-11-21", row.released));
    } else if row.released > row.verified {
        table.fault(index, "verified", "the row was verified before the release date");
    }
    if !is_python_list(&row.python) {
        table.fault(index, "python", "Python versions must be unique and in ascending order, free-threaded ones last");
    }
    if let Some(list) = &row.companions_python
        && (!is_python_list(list) || list == &row.python || list.iter().any(|python| !row.python.contains(python)))
    {
        table.fault(
            index,
            "companions_python",
            "it must list a part of the release's Python versions, in the same order",
        );
    }
    let built = |platform: &Platform| row.builds.iter().any(|build| build.platform == *platform);
    for (place, platform) in row.companions_without_variant.iter().enumerate() {
        if !built(platform) || row.companions_without_variant.iter().take(place).any(|other| other == platform) {
            table.fault(
                index,
                "companions_without_variant",
                format!("{platform}: no build is for it, or it is listed twice"),
            );
        }
    }
}

/// Whether a list is not empty, ascending, and has free-threaded versions last.
fn is_python_list(list: &[PythonVersion]) -> bool {
    let key = |python: &PythonVersion| (python.free_threaded, python.major, python.minor);
    !list.is_empty() && list.windows(2).all(|pair| matches!(pair, [a, b] if key(a) < key(b)))
}

/// Whether targets must be unique and in ascending order.
fn is_list(targets: &[Target]) -> bool {
    targets.windows(2).all(|pair| matches!(pair, [a, b] if a < b))
}

/// The numbers of a release; nothing when it is another kind of version.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

fn builds(table: &mut Table<'_>, index: usize, row: &TorchRelease, file: &TorchFile) {
    let (mut seen, mut defaults) = (BTreeSet::new(), BTreeSet::new());
    for (inner, build) in row.builds.iter().enumerate() {
        let name = format!("{} on {}", build.variant, build.platform);
        let mut fault = |field: &str, message: &str| {
            table.fault_inside(index, "builds", inner, field, format!("build {name}: {message}"));
        };
        if !seen.insert((&build.variant, build.platform)) {
            fault("variant", "it is listed twice");
        }
        if build.pypi_default && !defaults.insert(build.platform) {
            fault("pypi_default", "another build is already the default on this platform");
        }
        for key in build.source.iter().filter(|key| !file.sources.contains_key(*key)) {
            fault("source", &format!("source '{key}' is not in [sources]"));
        }
        if build.source.is_empty() {
            fault("source", "it needs a source");
        }
        if build.python.as_ref().is_some_and(|list| !is_python_list(list)) {
            fault("python", "Python versions must be unique and in ascending order, free-threaded ones last");
        }
        if build.index != format!("whl/{}", build.variant) {
            fault("index", &format!("its index must be whl/{}", build.variant));
        }
        if build.pypi_default && build.published != Published::Pypi {
            fault("published", "the default build must be published on PyPI");
        }
        code(build, &mut fault);
    }
}

/// The code of a build, or why it is not known.
fn code(build: &TorchBuild, fault: &mut dyn FnMut(&str, &str)) {
    let lists = [("sass", &build.sass), ("ptx", &build.ptx), ("partial", &build.partial)];
    for (field, list) in lists {
        if list.as_ref().is_some_and(|list| !is_list(list)) {
            fault(field, "targets must be unique and in ascending order");
        }
    }
    if build.variant == "cpu" {
        if lists.iter().any(|(_, list)| list.is_some()) || build.toolkit.is_some() || build.cudnn.is_some() {
            fault("variant", "a build without CUDA cannot have code, a toolkit or cuDNN");
        }
        return;
    }
    if build.cuda().is_none() {
        fault("variant", "a variant must be cpu, or cu followed by a CUDA release");
    }
    if build.sass.as_ref().is_some_and(Vec::is_empty) {
        fault("sass", "a build with CUDA has machine code; omit the list if it is unknown");
    }
    if build.sass.is_some() == matches!(build.basis, Basis::None | Basis::NoGpuCode) {
        fault("basis", "code must be listed if there is a basis for it, and only then");
    }
    if build.unknown.is_none() && (build.sass.is_none() || build.ptx.is_none()) {
        fault("variant", "its code or PTX is not listed: explain why under `unknown`");
    }
    if build.unknown.is_some() && build.sass.is_some() && build.ptx.is_some() {
        fault("unknown", "nothing about its code is unknown");
    }
    if build.partial.is_some() && build.basis != Basis::Measured {
        fault("partial", "it can only be known from reading the wheel");
    }
    let general = build.sass.iter().flatten();
    if let Some(both) = general.into_iter().find(|target| build.partial.iter().flatten().any(|other| other == *target))
    {
        fault("partial", &format!("{both} is already in the general part"));
    }
}
