//! # secure-boot-blocks-module
//!
//! Secure Boot is enabled, and the NVIDIA module that was built for this kernel is not loaded: most likely it is not signed with a key that
//! the firmware trusts.
//!
//! ## How it is decided
//! A GPU is on the bus, no nvidia module is loaded, one is built for the running kernel, and the firmware's SecureBoot variable
//! is 1.
//!
//! ## How to fix it
//! Enroll the key that signs the module (this needs a restart and console access), use your distribution's signed module, or disable Secure
//! Boot.
//!
//! ## In a log
//! `modprobe: ERROR: could not insert 'nvidia': Key was rejected by service`.
//!
//! ## Sources
//! NVIDIA/nvidia-installer, kernel.c; acidanthera/bugtracker#2237.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{in_container, on_the_bus},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "secure-boot-blocks-module",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["nouveau-conflict"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let kernel = &context.facts.kernel;
    if !kernel.version.is_absent() || !on_the_bus(context) || in_container(context) {
        return Outcome::NotApplicable;
    }
    match (kernel.secure_boot.value(), &kernel.installed) {
        (Some(true), Fact::Known { value, via }) => Draft::new(
            "NVIDIA driver",
            "Secure Boot keeps the NVIDIA kernel module from loading: its key is not trusted.",
        )
        .evidence(
            Evidence::new(format!("module {value} is built for this kernel but not loaded"), via)
                .at("/facts/kernel/installed"),
        )
        .evidence(
            Evidence::new(
                "Secure Boot is enabled",
                kernel.secure_boot.via().map(ToString::to_string).unwrap_or_default(),
            )
            .at("/facts/kernel/secure_boot"),
        )
        .symptom("modprobe: ERROR: could not insert 'nvidia': Key was rejected by service")
        .found(),
        _ => Outcome::NotApplicable,
    }
}
