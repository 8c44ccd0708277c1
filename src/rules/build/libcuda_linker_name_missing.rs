//! # libcuda-linker-name-missing
//!
//! The driver is there as `libcuda.so.1`, which programs load, but not as `libcuda.so`, which a linker asks for: what is compiled at run time
//! and linked with `-lcuda` fails.
//!
//! ## How it is decided
//! No folder of the loader and none of LIBRARY_PATH has `libcuda.so`, and Triton in the environment is older than 3.6: it links its launchers
//! with `-lcuda`, for `torch.compile` too. Later ones ask the linker for `libcuda.so.1` itself.
//!
//! ## How to fix it
//! Make a link `libcuda.so` beside `libcuda.so.1`, or add the folder `lib64/stubs` of a CUDA toolkit to LIBRARY_PATH. The stub is for linking
//! only: it must not be on LD_LIBRARY_PATH.
//!
//! ## In a log
//! `/usr/bin/ld: cannot find -lcuda`; `AssertionError: libcuda.so cannot found!`.
//!
//! ## Sources
//! triton/common/build.py of 2.1.0, triton/backends/nvidia/driver.py of 3.0.0, 3.5.0, 3.6.0 and 3.9.0; pytorch/pytorch#94585.

use crate::{
    facts::{Fact, Os},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
        stack::Asked,
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "libcuda-linker-name-missing",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["wsl-libcuda-name"],
    remedies: &[Remedy::Advice],
    judge,
};

/// The first release of Triton that links `libcuda.so.1` by its file name.
const FIRST_WITHOUT: (u64, u64) = (3, 6);

fn judge(context: &Context<'_>) -> Outcome {
    let Some(triton) = context.package("triton") else { return Outcome::NotApplicable };
    let linux = context.facts.host.platform.value().is_some_and(|platform| platform.os == Os::Linux);
    if !linux || context.facts.host.wsl.value().is_some() || !Asked::Cuda.is_ready(context) {
        return Outcome::NotApplicable;
    }
    let Some(release) = triton.version.value().and_then(|version| release(version)) else {
        return Outcome::NotApplicable;
    };
    let Fact::Absent { via } = &context.facts.linker_name else {
        return if context.facts.linker_name.is_unknown() { Outcome::NotApplicable } else { Outcome::Holds };
    };
    if release >= FIRST_WITHOUT {
        return Outcome::Holds;
    }
    let summary = format!(
        "{} links with -lcuda, and no folder has libcuda.so, only libcuda.so.1: torch.compile and Triton kernels fail.",
        label(triton)
    );
    Draft::new(label(triton), summary)
        .evidence(Evidence::new("no libcuda.so", via).at("/facts/linker_name"))
        .evidence(package_evidence(context, triton))
        .symptom("/usr/bin/ld: cannot find -lcuda")
        .found()
}

/// Major and minor version.
fn release(version: &str) -> Option<(u64, u64)> {
    let mut numbers = version.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
