//! The golden grid: our word on machine code against the table that torch 2.15 carries (`torch/cuda/__init__.py`,
//! `DEVICE_REQUIREMENT`), read out of the real wheel, for every device and every target of the table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{collections::BTreeMap, fs};

use gpucheck::{
    compat::sass_runs,
    facts::{ComputeCapability, CudaVersion, Suffix, Target},
    knowledge::Knowledge,
};

/// What torch says of one target: `_CompatInterval(start=50, exclude={53})` or `_CompatSet({101, 110})`.
#[derive(Debug)]
enum Requirement {
    Interval { start: u32, exclude: Vec<u32> },
    Set(Vec<u32>),
}

impl Requirement {
    fn parse(text: &str) -> Self {
        let set = |text: &str| -> Vec<u32> {
            let inside = text.split_once('{').map_or("", |(_, rest)| rest.split('}').next().unwrap());
            inside.split(',').filter_map(|number| number.trim().parse().ok()).collect()
        };
        match text.trim().strip_prefix("_CompatInterval(start=") {
            Some(rest) => {
                let start = rest.split([',', ')']).next().unwrap().trim().parse().unwrap();
                Self::Interval { start, exclude: set(rest) }
            }
            None => Self::Set(set(text.trim().strip_prefix("_CompatSet(").expect("one of the two kinds"))),
        }
    }

    /// torch's `__contains__`: an interval ends with its major.
    fn contains(&self, device: u32) -> bool {
        match self {
            Self::Interval { start, exclude } => {
                device / 10 == start / 10 && device >= *start && !exclude.contains(&device)
            }
            Self::Set(devices) => devices.contains(&device),
        }
    }
}

/// The entries of a dictionary in the file, from the line that names it to its closing brace.
fn table(source: &str, name: &str) -> BTreeMap<u32, Requirement> {
    source
        .lines()
        .skip_while(|line| !line.starts_with(&format!("{name}:")))
        .skip(1)
        .take_while(|line| !line.starts_with('}') || line.contains('{'))
        .filter_map(|line| {
            let (key, value) = line.split_once(": ")?;
            Some((key.trim().parse().ok()?, Requirement::parse(value)))
        })
        .collect()
}

#[test]
fn every_device_is_judged_as_torch_2_15_judges_it() {
    let folder = common::torch_2_15_0();
    let package = common::site_packages(&folder).join("torch/cuda/__init__.py");
    let source = fs::read_to_string(package).unwrap();
    let before = table(&source, "DEVICE_REQUIREMENT");
    let changes = table(&source, "DEVICE_REQUIREMENT_POST_JETSON_SBSA_UNIFICATION");
    assert!(before.len() >= 20 && changes.len() == 3, "{before:?} {changes:?}");
    let knowledge = Knowledge::builtin().unwrap();
    let mut judged = 0;
    let mut differences = Vec::new();
    for (cuda, unified) in [(CudaVersion::new(13, 0), false), (CudaVersion::new(13, 2), true)] {
        for (&code, requirement) in &before {
            let requirement = changes.get(&code).filter(|_| unified).unwrap_or(requirement);
            let target = Target { capability: ComputeCapability::from_number(code).unwrap(), suffix: Suffix::Plain };
            for device in knowledge.capabilities() {
                judged += 1;
                let ours = sass_runs(&knowledge, target, device, Some(cuda));
                let theirs = requirement.contains(device.number());
                if ours != theirs {
                    differences.push(format!("CUDA {cuda}: sm_{code} on {device}: torch {theirs}, gpucheck {ours}"));
                }
            }
        }
    }
    assert!(judged > 800, "only {judged} pairs");
    assert!(differences.is_empty(), "{} of {judged}:\n{}", differences.len(), differences.join("\n"));
}
