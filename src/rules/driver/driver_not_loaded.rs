//! # driver-not-loaded
//!
//! The machine has an NVIDIA GPU, but the driver's kernel module is not loaded: no program can use the GPU.
//!
//! ## How it is decided
//! NVML reports that the driver is not loaded (code 9), or NVIDIA's module is not among the kernel's loaded modules. Without a GPU on the
//! bus it is only informational: the libraries are installed but have no device.
//!
//! ## How to fix it
//! Load the module, or reinstall the driver for the running kernel. On Windows: reinstall the driver.
//!
//! ## In a log
//! `NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver`; `Driver Not Loaded`; `Found no NVIDIA driver
//! on your system`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); NVIDIA/open-gpu-kernel-modules, kernel-open/nvidia/nv.c.

use crate::{
    facts::{Fact, Os},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::driver_os,
        stack::{Asked, has_no_gpu, on_the_bus},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-not-loaded",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[
        "nouveau-conflict",
        "secure-boot-blocks-module",
        "bios-above-4g-decoding",
        "container-no-gpu-flag",
    ],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let by_nvml = Asked::Nvml.code(context) == Some(9);
    // If a library answers, the module is loaded, whatever a container shows of the kernel.
    let answered = Asked::BOTH.into_iter().any(|asked| asked.is_ready(context));
    let by_kernel = context.facts.kernel.version.is_absent() && on_the_bus(context) && !answered;
    if !by_nvml && !by_kernel {
        return if context.facts.kernel.version.value().is_some() { Outcome::Holds } else { Outcome::NotApplicable };
    }
    let built = match &context.facts.kernel.installed {
        Fact::Known { value, .. } => format!(" Version {value} is built for this kernel, but not loaded."),
        Fact::Absent { .. } => " No module is built for the running kernel.".to_owned(),
        Fact::Unknown { .. } => String::new(),
    };
    // Windows' driver is one piece for whoever looks at it.
    let of_windows = driver_os(context) == Some(Os::Windows);
    let what = if of_windows { "the NVIDIA driver" } else { "the kernel module of the NVIDIA driver" };
    let mut draft = Draft::new("NVIDIA driver", format!("{what} is not loaded.{built}"))
        .symptom("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver");
    draft.evidence.extend(Asked::Nvml.evidence(context).filter(|_| by_nvml));
    if let Fact::Absent { via } = &context.facts.kernel.version {
        draft = draft.evidence(Evidence::new("no nvidia module is loaded", via).at("/facts/kernel/version"));
    }
    if has_no_gpu(context) {
        draft = draft.severity(Severity::Info);
    }
    draft.found()
}
