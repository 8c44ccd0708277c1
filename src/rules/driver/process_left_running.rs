//! # process-left-running
//!
//! A library that was asked has left a process running, which nobody waits for.
//!
//! ## How it is decided
//! The process that asks has ended, and another still holds its output: a daemon that the library started in a session of its own. What
//! is in the group of the process is ended with it; a daemon is not, as it may be meant to stay. A process inside a call of the driver that
//! never returns cannot be ended at all.
//!
//! ## How to fix it
//! Look at what it is (`ps -fp PID`), and end it if it is not wanted.
//!
//! ## In a log
//! Nothing; a shell or a pipeline behind a program does not come back.
//!
//! ## Sources
//! gpucheck asks each library in a process of its own (docs/probing.md).

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
    let (noun, verb) = if all.contains(',') { ("processes", "run") } else { ("process", "runs") };
    let mut draft = Draft::new("NVIDIA driver", format!("{noun} {all} still {verb}, left by {first}.")).cause(first);
    for (name, processes, pointer) in left {
        let said = format!("after {name} was asked: {}", numbers(processes));
        draft = draft.evidence(Evidence::new(said, "/proc").at(pointer));
    }
    draft.found()
}
