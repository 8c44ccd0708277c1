//! # uvm-not-ready
//!
//! NVML works, but CUDA returns 999 (unknown error): the unified memory module, nvidia_uvm, is not loaded, has no device node, or stopped
//! working after a suspend.
//!
//! ## How it is decided
//! NVML answers, and cuInit returns 999 for a reason other than a device lost by the container. Whether /dev/nvidia-uvm and the module are
//! present is shown as evidence. Not with Windows' driver (WSL too), which has no such module: `cuda-init-failed` shows the code there.
//!
//! ## How to fix it
//! Load nvidia_uvm and create its device node; after a suspend, reload it.
//!
//! ## In a log
//! `CUDA unknown error - this may be due to an incorrectly set up environment`; `ggml_cuda_init: failed to initialize CUDA:
//! unknown error`.
//!
//! ## Sources
//! NVIDIA/nvidia-docker#106; ggml-org/llama.cpp#7218; ollama docs/gpu.mdx.

use crate::{
    facts::Os,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::driver_os,
        stack::{Asked, refuses},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "uvm-not-ready",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-library-version-mismatch", "compat-lib-shadows-driver"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if driver_os(context) == Some(Os::Windows) {
        return Outcome::NotApplicable;
    }
    refuses(context, Asked::Cuda, &[999], || {
        let node = match context.facts.kernel.has_node("/dev/nvidia-uvm") {
            Some(false) => "/dev/nvidia-uvm does not exist",
            Some(true) => "/dev/nvidia-uvm exists",
            None => "could not check for /dev/nvidia-uvm",
        };
        Draft::new("CUDA driver", "CUDA failed to initialize: the unified memory module (nvidia_uvm) is not ready.")
            .evidence(Evidence::new(node, "/dev").at("/facts/kernel/nodes"))
            .symptom("CUDA unknown error")
    })
}
