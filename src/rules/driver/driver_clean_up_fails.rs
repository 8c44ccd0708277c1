//! # driver-clean-up-fails
//!
//! A library of the driver answers, and then does not let the program end: its clean-up hangs or crashes.
//!
//! ## How it is decided
//! The process that asks has given its whole answer, which counts. Then it did not end by itself (within 2 s; 5 s where it computed) while
//! its output was still open, or it died by a signal or with an exit code of its own. It is ended; one that cannot be is named.
//!
//! ## How to fix it
//! Another version of the driver; look for what is loaded with it (LD_PRELOAD, tools that watch the GPU).
//!
//! ## In a log
//! A program has printed all its results and does not end; `Segmentation fault` after the last line.
//!
//! ## Sources
//! gpucheck asks each library in a process of its own (docs/probing.md).

use crate::{
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, stack::aftermaths},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-clean-up-fails",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let aftermaths = aftermaths(context);
    if aftermaths.is_empty() {
        return Outcome::NotApplicable;
    }
    let mut evidence = Vec::new();
    let mut who = None;
    for (name, aftermath, pointer) in aftermaths {
        let said = match (aftermath.hung_ms, &aftermath.died) {
            (Some(ms), _) => format!("the process that asked {name} had its answer, and did not end within {ms} ms"),
            (None, Some(how)) => format!("the process that asked {name} had its answer, and ended with {how}"),
            (None, None) => continue,
        };
        who.get_or_insert((name, aftermath.hung_ms.is_some()));
        evidence.push(Evidence::new(said, "gpucheck").at(pointer));
    }
    let Some((name, hangs)) = who else { return Outcome::Holds };
    let what = if hangs { "does not let programs end" } else { "makes programs die at their end" };
    let mut draft = Draft::new("NVIDIA driver", format!("{name} answers and then {what}.")).cause(name).cause(hangs);
    draft.evidence = evidence;
    draft.found()
}
