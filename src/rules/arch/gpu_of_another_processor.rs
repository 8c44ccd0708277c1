//! # gpu-of-another-processor
//!
//! The software is built for one kind of processor, and the GPU exists only in machines with another.
//!
//! ## How it is decided
//! Jetson, Grace (GH200, GB200, GB300) and GB10 (DGX Spark) join the GPU to Arm cores: their machines are aarch64. A wheel, a folder or an
//! environment for x86_64 cannot be loaded there, whatever its device code is; nor can one for aarch64 on other machines. What a
//! package is for is read from its tags; a bare library has none, and its header says it. An environment that
//! is on this machine and judged for such a GPU is judged as the same versions installed there: it cannot be copied.
//!
//! ## How to fix it
//! Take the wheel for `linux-aarch64` (`gpucheck scan NAME==VERSION --gpu GB10` reads that one), or make the environment on that machine
//! (`gpucheck recommend --gpu GB10`). If the machine really has another processor, name it with `--platform`.
//!
//! ## In a log
//! `cannot execute binary file: Exec format error`, or `ERROR: torch-….whl is not a supported wheel on this platform`.
//!
//! ## Sources
//! NVIDIA's product pages of Jetson, GH200, GB200, GB300 and DGX Spark; PEP 600 (the processor is a part of the tag).

use crate::{
    facts::{Cpu, Environment, Fact, Gpu, Origin, Package, Platform},
    finding::{Evidence, Severity},
    python::file_name,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        shared::{gpu_name, is_new, label},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-of-another-processor",
    scope: Scope::EnvironmentOnGpu,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some((number, environment)), Some((index, gpu))) = (context.environment, context.gpu) else {
        return Outcome::NotApplicable;
    };
    let there = context.knowledge.gpu_platforms(gpu);
    let Some(of_gpu) = there.first() else { return Outcome::NotApplicable };
    let Fact::Known { value: platform, via } = &environment.platform else { return Outcome::NotApplicable };
    let on_another = there.iter().all(|one| one.cpu != platform.cpu);
    let (built, severity, summary) = match environment.installed_on {
        _ if on_another => {
            (*platform, Severity::Error, format!("{}: it cannot run there.", both(environment, *platform, gpu, of_gpu)))
        }
        // Where nothing is installed there is nothing to copy.
        Some(here) if !is_new(environment) => {
            let summary = format!(
                "{}. The report is about the same versions installed there; the environment itself cannot be copied.",
                both(environment, here, gpu, of_gpu)
            );
            (here, Severity::Warning, summary)
        }
        _ => return Outcome::Holds,
    };
    // A bare file has no name but its path, which must not be a part of what the finding is known by.
    let bare = |package: &Package| package.version.value().is_none();
    let draft = match (&environment.origin, environment.packages.as_slice()) {
        (Origin::Installed, _) => Draft::of_environment(environment, summary),
        (Origin::Artifact(_), [package]) if bare(package) => Draft::of_environment(environment, summary),
        _ => Draft::new(subject(environment), summary),
    };
    draft
        .severity(severity)
        .evidence(Evidence::new(format!("built for {built}"), via).at(format!("/facts/environments/{number}/platform")))
        .evidence(
            Evidence::new(
                format!("{}: its machines are {of_gpu}", gpu_name(gpu)),
                "knowledge: gpus.toml, platforms".to_owned(),
            )
            .at(format!("/facts/gpus/value/{index}")),
        )
        .cause(processor(built.cpu))
        .cause(processor(of_gpu.cpu))
        .found()
}

/// What it is for and what the GPU is in, as the beginning of a sentence.
fn both(environment: &Environment, built: Platform, gpu: &Gpu, of_gpu: &Platform) -> String {
    format!(
        "{} is for {}, and machines with {} are {}",
        subject(environment),
        processor(built.cpu),
        gpu_name(gpu),
        processor(of_gpu.cpu)
    )
}

/// The one package of a wheel, else the environment.
fn subject(environment: &Environment) -> String {
    match (&environment.origin, environment.packages.as_slice()) {
        (Origin::Artifact(_), [package]) => file_name(&label(package)).to_owned(),
        _ => environment.id.clone(),
    }
}

const fn processor(cpu: Cpu) -> &'static str {
    match cpu {
        Cpu::X86_64 => "x86_64",
        Cpu::Aarch64 => "aarch64",
    }
}
