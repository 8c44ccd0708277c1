//! When no build works: why, and what would.

use std::collections::BTreeSet;

use super::Case;
use crate::{
    compat,
    facts::{ComputeCapability, Environment, Gpu, Package},
    finding::Fix,
    knowledge::python_range,
    rules::{
        code::{Terms, on_code},
        gpu_name, label,
    },
};

/// A fix without commands that says why there is none.
pub(super) fn fix(case: &Case<'_>, environment: &Environment, gpus: &[Gpu]) -> Fix {
    said(reason(case, environment, gpus))
}

/// What packages require of torch excludes every build that runs here; `serving` is the nearest that would.
pub(super) fn excluded(asked: &[(&Package, String)], gpus: &[Gpu], serving: Option<&str>) -> Fix {
    let pins: Vec<String> =
        asked.iter().map(|(by, requirement)| format!("{requirement} (required by {})", label(by))).collect();
    let by: BTreeSet<&str> = asked.iter().map(|(by, _)| by.name.as_str()).collect();
    let by: Vec<&str> = by.into_iter().collect();
    let (pins, by, names) = (pins.join(" and "), by.join(" and "), names(gpus));
    let way = serving.map_or_else(String::new, |serving| {
        format!(
            ". torch {serving} does: use a release of {by} that allows it, a container image of its publisher, or lift the constraint and \
             test"
        )
    });
    said(format!("no torch that meets {pins} runs on {names}{way}"))
}

/// A package exists for other Pythons than the torch that serves.
pub(super) fn bound(gpus: &[Gpu], package: &Package, range: &str, torch: &str) -> Fix {
    let names = names(gpus);
    said(format!(
        "no environment serves both: torch with code for {names} exists for Python {torch}, and {} only for Python {range}",
        label(package)
    ))
}

fn names(gpus: &[Gpu]) -> String {
    let names: Vec<String> = gpus.iter().map(gpu_name).collect();
    if names.is_empty() { "this machine".to_owned() } else { names.join(" and ") }
}

/// No build of the torch that was asked for; `nearest` is one that would run here.
pub(super) fn asked(gpus: &[Gpu], asked: &str, known: bool, nearest: Option<&str>) -> Fix {
    let way = nearest.map_or_else(String::new, |nearest| format!("; the nearest that runs there is torch {nearest}"));
    let names = names(gpus);
    said(match known {
        true => format!("no build of {asked} runs on {names} with this driver, system and Python{way}"),
        false => format!("no row knows a release that is {asked}{way}"),
    })
}

/// A fix without lines that says why there is none.
pub(super) fn said(summary: String) -> Fix {
    Fix { summary, impossible: true, ..Fix::default() }
}

fn reason(case: &Case<'_>, environment: &Environment, gpus: &[Gpu]) -> String {
    let Some(&platform) = environment.platform.value().or(case.enriched.host.platform.value()) else {
        return "cannot choose a build: the system is unknown (--os)".to_owned();
    };
    let names = names(gpus);
    let capabilities: Vec<ComputeCapability> = gpus.iter().filter_map(|gpu| gpu.capability.value().copied()).collect();
    let knowledge = case.knowledge;
    let mut releases: Vec<_> = knowledge.torch_releases().collect();
    releases.reverse();
    let serving = releases.iter().find_map(|release| {
        let build = release.builds.iter().filter(|build| build.platform == platform).find(|build| {
            let Some(code) = build.cuda().and(knowledge.torch_code(build)) else { return false };
            let driver = compat::DriverSupport::default();
            let terms = Terms::new(knowledge, &driver, build.cuda());
            capabilities.iter().all(|&gpu| on_code(&terms, &code, gpu).works())
        })?;
        Some((*release, build))
    });
    let Some((release, build)) = serving else {
        let (first, last) = (releases.last(), releases.first());
        let range = first
            .zip(last)
            .map_or_else(String::new, |(first, last)| format!(" from {} to {}", first.version, last.version));
        return format!("no official build of torch{range} has code for {names} on {platform}");
    };
    let version = build.full_version(release);
    let driver = build
        .cuda()
        .and_then(|cuda| knowledge.runtime_floor(cuda, case.driver_os()))
        .map_or_else(String::new, |floor| format!(", driver {} or newer", floor.driver));
    let glibc = release.glibc_of(build).map_or_else(String::new, |glibc| format!(", glibc {glibc} or newer"));
    let python = python_range(release.python_of(build));
    format!("the last build with code for {names} is torch {version}, for Python {python}{driver}{glibc}")
}
