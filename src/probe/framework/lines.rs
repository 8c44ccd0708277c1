//! What the processes report, line by line. Lines that are not JSON come from a crash: they are kept for the step that it ended.

use gpucheck_ground::Order as _;
use serde::Deserialize;

use crate::{
    facts::{FrameworkStep, FrameworkTorch, PythonError, StepOutcome},
    json,
};

/// Lines of a crash that are kept, and how much of each.
const MOST_NOISE: usize = 12;
const LONGEST_NOISE: usize = 200;
/// More steps or warnings than this are not ours.
const MOST_STEPS: usize = 64;

/// What was reported so far, over all processes.
#[derive(Debug, Default)]
pub struct Lines {
    /// torch's description of itself.
    pub torch: Option<FrameworkTorch>,
    /// The steps that have ended.
    pub steps: Vec<FrameworkStep>,
    /// The step that has begun and not ended.
    pub open: Option<String>,
    names: Vec<String>,
    noise: Vec<String>,
}

/// Why a process stopped telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All steps are done.
    End,
    /// A step has spoilt the GPU for its process.
    Spoilt,
    /// It did not say.
    Nothing,
}

/// A line; each has some of these.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    steps: Option<Vec<String>>,
    start: Option<String>,
    step: Option<String>,
    state: String,
    detail: Option<String>,
    error: Option<PythonError>,
    micros: u64,
    warnings: Vec<String>,
    torch: Option<FrameworkTorch>,
    spoilt: Option<String>,
    end: bool,
}

/// Whether a process has reported everything that it will report.
pub fn is_last(text: &[u8]) -> bool {
    json::read::<Line>(text).is_ok_and(|line| line.end || line.spoilt.is_some())
}

impl Lines {
    /// Takes the output of one process.
    pub fn read(&mut self, output: &[u8]) -> Stop {
        self.noise.clear();
        let mut stop = Stop::Nothing;
        for text in String::from_utf8_lossy(output).lines() {
            match serde_json::from_str::<Line>(text) {
                Ok(line) => stop = self.line(line).unwrap_or(stop),
                Err(_) if self.noise.len() < MOST_NOISE => self.noise.push(shortened(text)),
                Err(_) => {}
            }
        }
        stop
    }

    fn line(&mut self, line: Line) -> Option<Stop> {
        if let Some(names) = line.steps.filter(|names| self.names.is_empty() && names.len() <= MOST_STEPS) {
            self.names = names;
        }
        self.torch = line.torch.or(self.torch.take());
        self.open = line.start.or(self.open.take());
        if let Some(name) = line.step.filter(|_| self.steps.len() < MOST_STEPS) {
            self.open = None;
            let why = || line.detail.clone().unwrap_or_default();
            let outcome = match (line.state.as_str(), line.error) {
                ("passed", _) => StepOutcome::Passed { detail: line.detail },
                ("skipped", _) => StepOutcome::Skipped { why: why() },
                ("wrong", _) => StepOutcome::Wrong { what: why() },
                (_, Some(error)) => StepOutcome::Failed { error },
                _ => return None,
            };
            self.steps.push(FrameworkStep { name, outcome, micros: line.micros, warnings: line.warnings });
        }
        match (line.end, line.spoilt) {
            (true, _) => Some(Stop::End),
            (false, Some(_)) => Some(Stop::Spoilt),
            _ => None,
        }
    }

    /// Names of the steps that need not be run again.
    pub fn done(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.name.as_str()).collect()
    }

    /// What a crash left in the last process.
    pub fn noise(&self) -> Vec<String> {
        self.noise.iter().filter(|line| !line.trim().is_empty()).cloned().collect()
    }

    /// The steps in their order; those that were not tried say why.
    pub fn in_order(&mut self, why: &str) -> Vec<FrameworkStep> {
        let mut steps = std::mem::take(&mut self.steps);
        let not_run = |name: &String| FrameworkStep {
            name: name.clone(),
            outcome: StepOutcome::NotRun { why: why.to_owned() },
            micros: 0,
            warnings: Vec::new(),
        };
        let missing: Vec<_> = self.names.iter().filter(|name| steps.iter().all(|step| step.name != **name)).collect();
        steps.extend(missing.into_iter().map(not_run));
        let place = |step: &FrameworkStep| self.names.iter().position(|name| *name == step.name);
        steps.order_by_key(|step| place(step).unwrap_or(usize::MAX));
        steps
    }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_NOISE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_crash_leaves_its_step_open() {
        let mut lines = Lines::default();
        let stop = lines.read(
            b"{\"steps\": [\"import\", \"device\", \"conv2d\"]}\n{\"start\": \"import\"}\n{\"step\": \"import\", \"state\": \"passed\", \"micros\": 5}\n\
              {\"start\": \"conv2d\"}\nFatal Python error: Segmentation fault\n\n  File \"x.py\", line 3 in conv2d\n",
        );
        assert_eq!((stop, lines.open.as_deref()), (Stop::Nothing, Some("conv2d")));
        assert_eq!(lines.noise(), ["Fatal Python error: Segmentation fault", "  File \"x.py\", line 3 in conv2d"]);
        assert_eq!(lines.done(), ["import"]);
        let steps = lines.in_order("x");
        assert_eq!(steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["import", "device", "conv2d"]);
        assert_eq!(steps[1].outcome, StepOutcome::NotRun { why: "x".to_owned() });
    }

    #[test]
    fn the_end_and_a_spoilt_context_are_told_apart() {
        assert_eq!(Lines::default().read(b"{\"end\": true}\n"), Stop::End);
        assert_eq!(
            Lines::default().read(b"{\"step\": \"x\", \"state\": \"failed\"}\n{\"spoilt\": \"x\"}\n"),
            Stop::Spoilt
        );
        assert_eq!(Lines::default().read(b""), Stop::Nothing);
    }

    proptest! {
        #[test]
        fn anything_is_taken(output in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut lines = Lines::default();
            lines.read(&output);
            lines.in_order("x");
        }
    }
}
