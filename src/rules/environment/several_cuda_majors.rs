//! # several-cuda-majors
//!
//! The environment contains NVIDIA's runtime packages for several CUDA major versions. That works as long as no two own the same file and
//! each program loads only one of them, but it takes gigabytes of disk space and is a common source of mixed libraries.
//!
//! ## How it is decided
//! By the names of the packages: `nvidia-cublas-cu12` is for CUDA 12; packages without a suffix are for the major version of their own
//! version number.
//!
//! ## How to fix it
//! Remove those that no package requires.
//!
//! ## In a log
//! Nothing by itself.
//!
//! ## Sources
//! File lists and METADATA of the nvidia packages.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    facts::{Environment, Package},
    finding::{Evidence, Severity},
    python::Requirement,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        extension::{major, torch_cuda_major},
        shared::label,
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "several-cuda-majors",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &["files-overwritten", "nccl-symbol-mismatch", "extension-cuda-major-mismatch"],
    remedies: &[],
    judge,
};

/// The CUDA major version that a runtime package belongs to.
fn cuda_of(package: &Package) -> Option<u64> {
    const BARE: [&str; 3] = ["nvidia-cublas", "nvidia-cuda-runtime", "nvidia-cuda-nvrtc"];
    let name = package.name.strip_prefix("nvidia-")?;
    match name.rsplit_once("-cu") {
        Some((_, digits)) => digits.parse().ok().filter(|major| (10..100).contains(major)),
        None => major(package.version.value()?).filter(|_| BARE.contains(&package.name.as_str())),
    }
}

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let mut by_major: BTreeMap<u64, Vec<&Package>> = BTreeMap::new();
    for package in &environment.packages {
        if let Some(major) = cuda_of(package) {
            by_major.entry(major).or_default().push(package);
        }
    }
    if by_major.is_empty() {
        return Outcome::NotApplicable;
    }
    if by_major.len() < 2 {
        return Outcome::Holds;
    }
    let majors: Vec<String> = by_major.keys().map(|major| format!("CUDA {major}")).collect();
    let torch = torch_cuda_major(context).map(u64::from);
    let idle: Vec<&Package> = by_major
        .iter()
        .filter(|(major, _)| torch != Some(**major))
        .flat_map(|(_, packages)| packages.iter().copied())
        .filter(|package| !required(environment, &package.name))
        .collect();
    let names = |packages: &[&Package]| packages.iter().map(|p| p.name.clone()).collect::<BTreeSet<_>>();
    let unused = match idle.is_empty() {
        true => String::new(),
        false => format!("; nothing requires {}", names(&idle).into_iter().collect::<Vec<_>>().join(", ")),
    };
    let mut draft = Draft::of_environment(
        environment,
        format!("NVIDIA's runtime packages for {} are installed side by side{unused}.", majors.join(" and ")),
    );
    for (major, packages) in &by_major {
        draft = draft.cause(major);
        if let Some(first) = packages.first() {
            let fact = format!("CUDA {major}: {} and {} more", label(first), packages.len() - 1);
            let fact = if packages.len() == 1 { format!("CUDA {major}: {}", label(first)) } else { fact };
            draft = draft.evidence(Evidence::new(fact, &first.at).at(context.pointer(&first.name)));
        }
    }
    draft.found()
}

fn required(environment: &Environment, name: &str) -> bool {
    let lines = environment.packages.iter().flat_map(|package| &package.requires);
    lines.filter_map(|line| line.parse::<Requirement>().ok()).any(|requirement| requirement.name == name)
}
