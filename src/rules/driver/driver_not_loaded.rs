//! # driver-not-loaded
//!
//! A GPU of NVIDIA's is in the machine and its kernel module is not loaded: no program can use it.
//!
//! ## How it is decided
//! NVML answers that the driver is not loaded (code 9), or the kernel lists its modules and NVIDIA's is not among them. Without a
//! GPU on the bus it is only worth knowing: the libraries are there and have nothing to talk to.
//!
//! ## How to fix it
//! Load the module, or install the driver again for the running kernel.
//!
//! ## In a log
//! `NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver`; `Driver Not Loaded`; `Found no NVIDIA driver
//! on your system`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); NVIDIA/open-gpu-kernel-modules, kernel-open/nvidia/nv.c.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, has_no_gpu, on_the_bus},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-not-loaded",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["nouveau-conflict", "secure-boot-blocks-module", "container-no-gpu-flag"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let by_nvml = Asked::Nvml.code(context) == Some(9);
    // A library that answers has a module behind it, whatever a container shows of the kernel.
    let answered = Asked::BOTH.into_iter().any(|asked| asked.is_ready(context));
    let by_kernel = context.facts.kernel.version.is_absent() && on_the_bus(context) && !answered;
    if !by_nvml && !by_kernel {
        return if context.facts.kernel.version.value().is_some() { Outcome::Holds } else { Outcome::NotApplicable };
    }
    let built = match &context.facts.kernel.installed {
        Fact::Known { value, .. } => format!(" Version {value} is built for this kernel, but not loaded."),
        Fact::Absent { .. } => " None is built for the running kernel.".to_owned(),
        Fact::Unknown { .. } => String::new(),
    };
    let mut draft =
        Draft::new("NVIDIA driver", format!("the kernel module of the NVIDIA driver is not loaded.{built}"))
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
