//! # driver-library-missing
//!
//! A driver is installed, but one of its user-space libraries is missing: libcuda, NVML, or the PTX compiler that libcuda loads.
//!
//! ## How it is decided
//! A driver counts as installed if its kernel module is loaded or built, or if NVML is present. Then programs need libcuda (an error),
//! monitoring needs NVML, and libcuda of branch 390 and newer needs `libnvidia-ptxjitcompiler.so.1` for code that has no machine code for
//! the GPU (both warnings). Query results take precedence over files; WSL, and containers that got only one of the two or neither, have
//! rules of their own. `libnvidia-nvvm.so.4` is loaded only for link-time optimization at run time, and `libnvidia-nvvm70.so.4` (575 and
//! newer) only for that of programs built before CUDA 12.0: they are not considered required. On Windows, `nvcuda.dll` and `nvml.dll` are
//! loaded as programs do it, and no files are searched for.
//!
//! ## How to fix it
//! Install the missing part of the driver, of the same version: libnvidia-compute on Ubuntu, libcuda1, libnvidia-ml1 and
//! libnvidia-ptxjitcompiler1 on Debian, nvidia-driver-cuda-libs in NVIDIA's own packages for Fedora and RHEL. On Windows, install the driver
//! again.
//!
//! ## In a log
//! `libcuda.so.1: cannot open shared object file: No such file or directory`; `PTX JIT compiler library not found`; `Could not find module
//! 'nvcuda.dll'`.
//!
//! ## Sources
//! libcuda.so.550.163.01 names the libraries that it loads; NVIDIA's README of the driver, Installed Components;
//! NVIDIA/nvidia-container-toolkit#1875 (nvvm70); cuda.h, CUDA_ERROR_JIT_COMPILER_NOT_FOUND.

use crate::{
    facts::{DriverPart, Fact},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        stack::{Asked, has_no_gpu, in_container, is_windows},
        user_space::{chosen, driver_is_here, evidence, module, was_loaded},
    },
};

/// The first branch whose PTX compiler is a separate library that is always installed.
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
    if is_windows(context) {
        return by_query(context);
    }
    let Some(here) = driver_is_here(context).or_else(|| libcuda_is_here(context)) else {
        return Outcome::NotApplicable;
    };
    match &context.facts.driver_files {
        Fact::Known { .. } => {}
        // Facts saved before this one existed, and those of an assumed driver.
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
        (false, true) => "nvidia-smi and GPU monitoring cannot work",
        (false, false) => "code without machine code for the GPU cannot be compiled",
    };
    let are = if missing.len() == 1 { "is" } else { "are" };
    let severity = match cuda {
        // A driver without a GPU is harmless.
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
            .evidence(Evidence::new(format!("{} not found", part.soname()), &via).at("/facts/driver_files"))
            .cause(part.soname());
    }
    draft.evidence.extend(Asked::Cuda.evidence(context).filter(|_| cuda));
    draft.found()
}

/// On Windows no file is searched for: what the loader found when both were queried decides.
fn by_query(context: &Context<'_>) -> Outcome {
    let (missing, other, severity, effect) = match Asked::BOTH.map(|asked| asked.is_missing(context)) {
        [false, true] => (Asked::Cuda, Asked::Nvml, Severity::Error, "no program can use the GPU"),
        [true, false] => (Asked::Nvml, Asked::Cuda, Severity::Warning, "nvidia-smi and GPU monitoring cannot work"),
        // Without both there is no driver.
        [true, true] => return Outcome::NotApplicable,
        [false, false] if Asked::BOTH.into_iter().all(|asked| asked.contact(context).is_some()) => {
            return Outcome::Holds;
        }
        [false, false] => return Outcome::NotApplicable,
    };
    let name = missing.file(context);
    let mut draft = Draft::new("NVIDIA driver", format!("{name} is missing: {effect}."))
        .severity(if has_no_gpu(context) { Severity::Info } else { severity })
        // The words of Python's ctypes, by which many programs load it.
        .symptom(format!("FileNotFoundError: Could not find module '{name}' (or one of its dependencies)"))
        .cause(name);
    draft.evidence.extend([missing, other].into_iter().filter_map(|asked| asked.evidence(context)));
    draft.found()
}

/// An intact libcuda of an installed driver, if nothing else shows one.
fn libcuda_is_here(context: &Context<'_>) -> Option<Evidence> {
    let (index, file) = chosen(context, DriverPart::Cuda).filter(|(_, file)| file.damage.is_none())?;
    Some(evidence("found", index, file))
}

/// Whether the installed libcuda is new enough to need the separate compiler library.
fn needs_ptx_jit(context: &Context<'_>) -> bool {
    let Some((_, cuda)) = chosen(context, DriverPart::Cuda).filter(|(_, file)| file.damage.is_none()) else {
        return false;
    };
    let version = cuda.version.value().or_else(|| module(context).map(|(version, ..)| version));
    version.is_some_and(|version| version.branch() >= PTX_JIT_FROM)
}
