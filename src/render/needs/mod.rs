//! What something needs, in the formats that it can be written in: for people, for programs, and for those who choose machines.

mod k8s;
mod nvidia_require;
mod page;
mod slurm;

use gpucheck_ground::Order as _;

use super::{Format, Screen, json, online};
use crate::{
    facts::ComputeCapability,
    report::{
        make_needs_visible,
        needs::{GpuClass, Needs, NeedsOf, NeedsSystem, SystemNeeds},
    },
    text,
};

/// Formats of `needs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum NeedsFormat {
    /// For people, in a terminal or a file
    #[default]
    Human,
    /// For programs; the contract is in docs/json.md
    Json,
    /// For an issue or a page
    Markdown,
    /// Node affinity of Kubernetes, on the labels of GPU Feature Discovery
    K8s,
    /// Constraint of Slurm, by the features of the site (--slurm-feature)
    Slurm,
    /// Value of NVIDIA_REQUIRE_CUDA, for NVIDIA's container runtime
    NvidiaRequire,
}

/// The answer as text.
///
/// # Errors
/// Where the format can say nothing of it: it serves no GPU on Linux.
pub fn render(mut needs: Needs, format: NeedsFormat, screen: &Screen) -> anyhow::Result<String> {
    if format == NeedsFormat::Json {
        return json::render(&needs);
    }
    make_needs_visible(&mut needs);
    let page = match format {
        NeedsFormat::Human => {
            online::last(page::human(&needs, screen), needs.knowledge.online.as_ref(), Format::Human, screen)
        }
        NeedsFormat::Markdown => {
            online::last(page::markdown(&needs), needs.knowledge.online.as_ref(), Format::Markdown, screen)
        }
        NeedsFormat::K8s => k8s::render(&needs)?,
        NeedsFormat::Slurm => slurm::render(&needs),
        NeedsFormat::NvidiaRequire => nvidia_require::render(&needs)?,
        NeedsFormat::Json => String::new(),
    };
    Ok(text::guard(&page, screen.color && format == NeedsFormat::Human).into_owned())
}

/// What is needed on Linux, for formats that choose machines.
fn on_linux(subject: &NeedsOf) -> anyhow::Result<&SystemNeeds> {
    let linux = subject.systems.iter().find(|one| one.system == NeedsSystem::Linux);
    linux
        .filter(|one| !one.served.is_empty())
        .ok_or_else(|| anyhow::anyhow!("{}: nothing is known to run on Linux (--format human says why)", subject.name))
}

/// GPUs by ranges: neighbours among all capabilities that were asked about, from one to another.
fn ranges(gpus: &[GpuClass], all: &[ComputeCapability]) -> Vec<(ComputeCapability, ComputeCapability)> {
    let place = |capability: ComputeCapability| all.iter().position(|other| *other == capability);
    let mut ranges: Vec<(ComputeCapability, ComputeCapability)> = Vec::new();
    for gpu in gpus {
        let next = ranges.last().and_then(|(_, end)| all.get(place(*end)? + 1));
        match ranges.last_mut().filter(|_| next == Some(&gpu.capability)) {
            Some((_, end)) => *end = gpu.capability,
            None => ranges.push((gpu.capability, gpu.capability)),
        }
    }
    ranges
}

/// Every capability that was asked about, oldest first.
fn asked(system: &SystemNeeds) -> Vec<ComputeCapability> {
    let served = system.served.iter().flat_map(|group| &group.gpus);
    let others = system.unknown.iter().chain(&system.not_served).flat_map(|group| &group.gpus);
    let mut all: Vec<ComputeCapability> = served.chain(others).map(|gpu| gpu.capability).collect();
    all.order();
    all.dedup();
    all
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::needs::{Decides, Feature, FeatureAnswer, LackingGpus, ServedGpus, SubjectOf};

    pub(in crate::render) fn gpus(list: &[(u16, u8)]) -> Vec<GpuClass> {
        let of = |(major, minor): &(u16, u8)| GpuClass {
            capability: ComputeCapability::new(*major, *minor),
            products: vec![format!("GPU {major}.{minor}")],
        };
        list.iter().map(of).collect()
    }

    pub(in crate::render) fn served(driver: &str, until: Option<u32>, list: &[(u16, u8)]) -> ServedGpus {
        ServedGpus {
            gpus: gpus(list),
            driver: driver.parse().ok(),
            until_branch: until,
            decided_by: Decides::Runtime,
            why: Some("it is built for CUDA 12".to_owned()),
            rule: None,
            from_ptx: false,
        }
    }

    /// A subject with these GPUs, and one that it does not serve.
    pub(in crate::render) fn subject(served: Vec<ServedGpus>) -> NeedsOf {
        let lacking = LackingGpus { gpus: gpus(&[(5, 0)]), why: "no code".to_owned(), rule: None };
        let feature = |name: &str, answer, why: Option<&str>| Feature {
            name: name.to_owned(),
            machine: "A100".to_owned(),
            answer,
            why: why.map(str::to_owned),
        };
        NeedsOf {
            name: "x".to_owned(),
            kind: SubjectOf::Environment,
            systems: vec![SystemNeeds {
                system: NeedsSystem::Linux,
                driver: served.first().and_then(|group| group.driver.clone()),
                served,
                unknown: Vec::new(),
                not_served: vec![lacking],
                open: Vec::new(),
                missing: None,
            }],
            findings: Vec::new(),
            gate: None,
            features: vec![
                feature("a100", FeatureAnswer::Runs, None),
                feature("v100", FeatureAnswer::Fails, Some("no code")),
                feature("h100", FeatureAnswer::Driver, Some("it needs driver 525.60.13 or newer")),
                feature("x", FeatureAnswer::Unknown, Some("not read")),
            ],
        }
    }

    #[test]
    fn neighbours_are_ranges() {
        let all: Vec<_> = gpus(&[(5, 0), (7, 5), (8, 0), (8, 6), (9, 0)]).iter().map(|gpu| gpu.capability).collect();
        let shown = |list: &[(u16, u8)]| -> Vec<String> {
            ranges(&gpus(list), &all).iter().map(|(from, to)| format!("{from}-{to}")).collect()
        };
        assert_eq!(shown(&[(7, 5), (8, 0), (9, 0)]), ["7.5-8.0", "9.0-9.0"]);
        assert_eq!(shown(&[(5, 0), (7, 5), (8, 0), (8, 6), (9, 0)]), ["5.0-9.0"]);
        assert!(shown(&[]).is_empty());
    }
}
