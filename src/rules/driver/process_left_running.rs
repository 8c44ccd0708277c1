//! # process-left-running
//!
//! A queried library left a process running after the query had ended.
//!
//! ## How it is decided
//! The process that queried the library has ended, but another one still holds its output open: a daemon that the library started in a
//! session of its own. Processes in the same process group are killed; a daemon is not, because it may be meant to stay. A process that is
//! stuck in a driver call that never returns cannot be killed at all.
//!
//! ## How to fix it
//! Check what it is (`ps -fp PID`), and kill it if it is not wanted.
//!
//! ## In a log
//! Nothing; a shell or pipeline that waits for the program's output does not return.
//!
//! ## Sources
//! gpucheck queries each library in a separate process (docs/probing.md).

use crate::{
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, stack::aftermaths},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "process-left-running",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let mut left: Vec<(&str, &[u32], String)> = aftermaths(context)
        .into_iter()
        .map(|(name, aftermath, pointer)| (name, aftermath.left_running.as_slice(), pointer))
        .collect();
    if let Some(framework) = context.facts.framework.value() {
        left.push(("torch", &framework.left_running, "/facts/framework/value/left_running".to_owned()));
    }
    if left.is_empty() {
        return Outcome::NotApplicable;
    }
    left.retain(|(_, processes, _)| !processes.is_empty());
    let numbers = |processes: &[u32]| processes.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let Some((first, ..)) = left.first() else { return Outcome::Holds };
    let all = left.iter().map(|(_, processes, _)| numbers(processes)).collect::<Vec<_>>().join(", ");
    let (noun, verb) = if all.contains(',') { ("processes", "are") } else { ("process", "is") };
    let mut draft =
        Draft::new("NVIDIA driver", format!("{noun} {all} {verb} still running, left behind by {first}.")).cause(first);
    for (name, processes, pointer) in left {
        let said = format!("after querying {name}: {}", numbers(processes));
        draft = draft.evidence(Evidence::new(said, "/proc").at(pointer));
    }
    draft.found()
}
