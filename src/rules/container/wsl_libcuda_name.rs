//! # wsl-libcuda-name
//!
//! Inside WSL the loader finds the driver as libcuda.so.1 but not as libcuda.so: programs that load it by the name without a version fail;
//! others work.
//!
//! ## How it is decided
//! The CUDA driver answers, but loading `libcuda.so` in the same process finds nothing: the loader's cache keeps one name for each soname.
//!
//! ## How to fix it
//! Add /usr/lib/wsl/lib to LD_LIBRARY_PATH, or load libcuda.so.1 in the program.
//!
//! ## In a log
//! `OSError: libcuda.so: cannot open shared object file: No such file or directory`.
//!
//! ## Sources
//! microsoft/WSL#8587; ldconfig(8).

use crate::{
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, stack::Asked},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "wsl-libcuda-name",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["wsl-libcuda-not-found", "wsl-linux-driver-installed"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(contact) = Asked::Cuda.contact(context).filter(|_| context.facts.host.wsl.value().is_some()) else {
        return Outcome::NotApplicable;
    };
    match contact.plain_name.value() {
        Some(true) => Outcome::Holds,
        Some(false) => {
            let path = contact.library.value().map_or("the loader", |library| library.path.as_str());
            Draft::new("WSL", "the loader finds libcuda.so.1 but not libcuda.so: programs that load the latter fail.")
                .evidence(Evidence::new("no libcuda.so next to it", path).at("/facts/cuda/plain_name"))
                .symptom("libcuda.so: cannot open shared object file: No such file or directory")
                .found()
        }
        None => Outcome::NotApplicable,
    }
}
