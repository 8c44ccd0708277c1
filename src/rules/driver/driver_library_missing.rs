//! # driver-library-missing
//!
//! A driver is here, and a library of its user space is not: libcuda, NVML, or the compiler of PTX that libcuda loads.
//!
//! ## How it is decided
//! A driver is here when its kernel module is loaded or built, or when NVML is there. Then programs need libcuda (an error), monitoring
//! needs NVML, and libcuda of branch 390 and newer needs `libnvidia-ptxjitcompiler.so.1` for code that has no machine code for the GPU (both
//! warnings). What was asked counts more than files; WSL, and containers that got one of both or nothing, have rules of their own.
//! `libnvidia-nvvm.so.4` is loaded for link-time optimization at run time alone, and `libnvidia-nvvm70.so.4` (575 and newer) for that of
//! programs built before CUDA 12.0: they are not held to be needed.
//!
//! ## How to fix it
//! Install the missing part of the driver, of the same version: libnvidia-compute on Ubuntu, libcuda1, libnvidia-ml1 and
//! libnvidia-ptxjitcompiler1 on Debian, nvidia-driver-cuda-libs in NVIDIA's own packages for Fedora and RHEL.
//!
//! ## In a log
//! `libcuda.so.1: cannot open shared object file: No such file or directory`; `PTX JIT compiler library not found`.
//!
//! ## Sources
//! libcuda.so.550.163.01 names the libraries that it loads; NVIDIA's README of the driver, Installed Components;
//! NVIDIA/nvidia-container-toolkit#1875 (nvvm70); cuda.h, CUDA_ERROR_JIT_COMPILER_NOT_FOUND.

use crate::{
    facts::{DriverPart, Fact},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        stack::{Asked, has_no_gpu, in_container},
        user_space::{chosen, driver_is_here, evidence, module, was_loaded},
    },
};

/// Drivers from here on have the compiler of PTX in a library of its own that is always installed.
const PTX_JIT_FROM: u32 = 390;

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-library-missing",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["container-no-gpu-flag", "container-capability-missing", "compat-lib-shadows-driver"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if context.facts.host.wsl.value().is_some() {
        return Outcome::NotApplicable;
    }
    let Some(here) = driver_is_here(context).or_else(|| libcuda_is_here(context)) else {
        return Outcome::NotApplicable;
    };
    match &context.facts.driver_files {
        Fact::Known { .. } => {}
        // Facts that are older than this one, and those of an assumed driver.
        unknown if *unknown == Fact::default() => return Outcome::NotApplicable,
        Fact::Unknown { why } => return Outcome::Needs(vec![format!("the files of the driver ({why})")]),
        Fact::Absent { .. } => return Outcome::NotApplicable,
    }
    let is_missing = |part: DriverPart| chosen(context, part).is_none() && !was_loaded(context, part);
    let (cuda, nvml) = (is_missing(DriverPart::Cuda), is_missing(DriverPart::Nvml));
    // A container sees the module of its host, whether it was given the libraries or not.
    if cuda && nvml && in_container(context) {
        return Outcome::NotApplicable;
    }
    let ptx_jit = is_missing(DriverPart::PtxJit) && needs_ptx_jit(context);
    let missing: Vec<_> = [(DriverPart::Cuda, cuda), (DriverPart::Nvml, nvml), (DriverPart::PtxJit, ptx_jit)]
        .into_iter()
        .filter_map(|(part, is_missing)| is_missing.then_some(part))
        .collect();
    if missing.is_empty() {
        return Outcome::Holds;
    }
    let names = missing.iter().map(|part| part.soname()).collect::<Vec<_>>().join(", ");
    let effect = match (cuda, nvml) {
        (true, _) => "no program can use the GPU",
        (false, true) => "nvidia-smi and what watches GPUs cannot work",
        (false, false) => "code without machine code for the GPU cannot be compiled",
    };
    let are = if missing.len() == 1 { "is" } else { "are" };
    let severity = match cuda {
        // A driver without a GPU is nobody's trouble.
        _ if has_no_gpu(context) => Severity::Info,
        true => Severity::Error,
        false => Severity::Warning,
    };
    let symptom = match (cuda, nvml) {
        (true, _) => "libcuda.so.1: cannot open shared object file: No such file or directory",
        (false, true) => "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system",
        (false, false) => "PTX JIT compiler library not found",
    };
    let mut draft = Draft::new("NVIDIA driver", format!("{names} {are} missing: {effect}."))
        .severity(severity)
        .symptom(symptom)
        .evidence(here);
    let via = context.facts.driver_files.via().map(ToString::to_string).unwrap_or_default();
    for part in missing {
        draft = draft
            .evidence(Evidence::new(format!("{} is not there", part.soname()), &via).at("/facts/driver_files"))
            .cause(part.soname());
    }
    draft.evidence.extend(Asked::Cuda.evidence(context).filter(|_| cuda));
    draft.found()
}

/// A whole libcuda of an installed driver, where nothing else shows one.
fn libcuda_is_here(context: &Context<'_>) -> Option<Evidence> {
    let (index, file) = chosen(context, DriverPart::Cuda).filter(|(_, file)| file.damage.is_none())?;
    Some(evidence("is there", index, file))
}

/// Whether the libcuda that is there is new enough to need the compiler's own library.
fn needs_ptx_jit(context: &Context<'_>) -> bool {
    let Some((_, cuda)) = chosen(context, DriverPart::Cuda).filter(|(_, file)| file.damage.is_none()) else {
        return false;
    };
    let version = cuda.version.value().or_else(|| module(context).map(|(version, ..)| version));
    version.is_some_and(|version| version.branch() >= PTX_JIT_FROM)
}
