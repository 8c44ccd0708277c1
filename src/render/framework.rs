//! What `--framework` did, for people: a line for each step.

use std::borrow::Cow;

use super::Screen;
use crate::{
    facts::{Fact, Framework, FrameworkStep, StepOutcome},
    report::Report,
    rules::{Family, said},
    text::Paint,
};

/// A step as a line: mark, name, what it ended with.
pub(super) struct Shown<'a> {
    pub mark: &'static str,
    pub paint: Paint,
    pub name: Cow<'a, str>,
    pub text: String,
}

/// The heading and the lines; nothing where it was not asked for.
pub(super) fn lines<'a>(report: &'a Report, screen: &Screen) -> Option<(String, Vec<Shown<'a>>)> {
    match &report.facts.framework {
        Fact::Known { value, .. } => Some((heading(value), steps(value, is_judged(report), screen))),
        fact => Framework::obstacle(fact).map(|why| (format!("not run: {why}"), Vec::new())),
    }
}

/// Whether a rule counts it against the software: a full GPU is not a defect, and neither is a missing one.
fn is_judged(report: &Report) -> bool {
    let ours = |slug: &&str| Family::of(slug) == Some(Family::Framework);
    report.findings.iter().any(|finding| ours(&finding.rule) || finding.consequences.iter().any(ours))
}

fn heading(framework: &Framework) -> String {
    let mut parts = Vec::new();
    if let Some(torch) = &framework.torch {
        parts.push(format!("torch {}", torch.version));
        parts.extend(torch.cudnn.map(|version| format!("cuDNN {}", cudnn(version))));
        parts.extend(torch.name.clone());
    }
    let processes =
        if framework.processes > 1 { format!(", {} processes", framework.processes) } else { String::new() };
    parts.push(format!("{:.1} s{processes}", framework.micros as f64 / 1e6));
    parts.join(", ")
}

/// 90501 is 9.5.1, 8907 is 8.9.7.
fn cudnn(version: u64) -> String {
    let major = if version >= 90000 { 10000 } else { 1000 };
    format!("{}.{}.{}", version / major, version % major / 100, version % 100)
}

/// One line each; steps that were not run for one reason are one line.
fn steps<'a>(framework: &'a Framework, judged: bool, screen: &Screen) -> Vec<Shown<'a>> {
    let mut shown = Vec::new();
    let mut not_run: Vec<(&str, usize)> = Vec::new();
    for step in &framework.steps {
        if let StepOutcome::NotRun { why } = &step.outcome {
            match not_run.iter_mut().find(|(known, _)| known == why) {
                Some((_, count)) => *count += 1,
                None => not_run.push((why, 1)),
            }
            continue;
        }
        let (mark, paint) = match &step.outcome {
            StepOutcome::Passed { .. } => ("✓", Paint::Good),
            StepOutcome::Skipped { .. } | StepOutcome::NotRun { .. } => ("·", Paint::Dim),
            _ if !judged => ("·", Paint::Dim),
            _ => ("✗", Paint::Error),
        };
        let mut text = text(step, screen);
        if step.outcome.is_bad() && !judged {
            let why = if step.name == FrameworkStep::DEVICE { "no GPU" } else { "not counted" };
            text = format!("{why}: {text}");
        }
        shown.push(Shown { mark, paint, name: Cow::from(&step.name), text });
    }
    for (why, count) in not_run {
        let plural = if count == 1 { "step" } else { "steps" };
        let name = Cow::from(format!("{count} more {plural}"));
        shown.push(Shown { mark: "·", paint: Paint::Dim, name, text: format!("not run: {why}") });
    }
    shown
}

fn text(step: &FrameworkStep, screen: &Screen) -> String {
    let time = match step.micros {
        micros if micros >= 1_000_000 => format!("{:.1} s", micros as f64 / 1e6),
        micros => format!("{:.1} ms", micros as f64 / 1e3),
    };
    let mut text = match &step.outcome {
        StepOutcome::Passed { detail: Some(detail) } => format!("{time}, {detail}"),
        StepOutcome::Passed { detail: None } => time,
        other => said(other),
    };
    if screen.verbose > 0 {
        for warning in &step.warnings {
            text += &format!("; warning: {}", warning.lines().next().unwrap_or_default());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_cudnn_are_read() {
        assert_eq!((cudnn(90501).as_str(), cudnn(8907).as_str(), cudnn(92101).as_str()), ("9.5.1", "8.9.7", "9.21.1"));
    }
}
