//! # driver-clean-up-fails
//!
//! A driver library answers, but then keeps the program from exiting cleanly: its clean-up hangs or crashes.
//!
//! ## How it is decided
//! The process that queries the library has returned its complete answer, which counts. Then it did not exit on its own (within 2 s; 5 s if
//! it ran kernels) while its output was still open, or it was killed by a signal or exited with an error code. gpucheck kills it; a process
//! that cannot be killed is named.
//!
//! ## How to fix it
//! Try another driver version; check what else is loaded into the process (LD_PRELOAD, GPU monitoring tools).
//!
//! ## In a log
//! A program has printed all its results but does not exit; `Segmentation fault` after the last line.
//!
//! ## Sources
//! gpucheck queries each library in a separate process (docs/probing.md).

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
            (Some(ms), _) => format!("the process that queried {name} got its answer but did not exit within {ms} ms"),
            (None, Some(how)) => format!("the process that queried {name} got its answer but ended with {how}"),
            (None, None) => continue,
        };
        who.get_or_insert((name, aftermath.hung_ms.is_some()));
        evidence.push(Evidence::new(said, "gpucheck").at(pointer));
    }
    let Some((name, hangs)) = who else { return Outcome::Holds };
    let what = if hangs { "keeps programs from exiting" } else { "crashes programs on exit" };
    let mut draft = Draft::new("NVIDIA driver", format!("{name} answers, but then {what}.")).cause(name).cause(hangs);
    draft.evidence = evidence;
    draft.found()
}
