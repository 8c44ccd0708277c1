//! # compat-lib-shadows-driver
//!
//! A libcuda that does not belong to the installed driver is loaded instead of the driver's own: from a forward-compatibility package or a
//! copy inside an image.
//!
//! ## How it is decided
//! cuInit returns 803, and the library that the loader picked is in a compat folder or has a different version than the kernel module.
//!
//! ## How to fix it
//! Make sure that the loader finds the driver's own libcuda first.
//!
//! ## In a log
//! `Error 803: system has unsupported display driver / cuda driver combination`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); gpustack/gpustack#4678; NVIDIA/nvidia-docker#1256.

use crate::{
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, refuses},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "compat-lib-shadows-driver",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-library-version-mismatch"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    refuses(context, Asked::Cuda, &[803], || {
        let cuda = Asked::Cuda.short(context);
        let module = context.facts.kernel.version.value();
        let module = module.map(|version| format!(" (kernel module {version})")).unwrap_or_default();
        let draft =
            Draft::new("CUDA driver", format!("the loaded {cuda} does not match the installed driver{module}."))
                .symptom("Error 803: system has unsupported display driver / cuda driver combination");
        match Asked::Cuda.contact(context).and_then(|contact| contact.library.value()) {
            Some(library) => {
                let version = library.version.value().map(|version| format!(" {version}")).unwrap_or_default();
                let fact = format!("the loader picked {cuda}{version}");
                draft.evidence(Evidence::new(fact, &library.path).at("/facts/cuda/library"))
            }
            None => draft,
        }
    })
}
