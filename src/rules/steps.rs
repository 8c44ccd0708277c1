//! What the rules about `--framework` share: the run in the current environment, its bad steps grouped by reason, and how both are shown.

use super::{Context, Draft, Outcome, shared::label, stack};
use crate::{
    facts::{Environment, Fact, Framework, FrameworkStep, StepOutcome},
    finding::Evidence,
    knowledge::{ErrorKind, ErrorRow},
};

/// Steps that one finding lists with their errors; the rest are counted.
const MOST_LISTED: usize = 4;

/// Steps that ended alike.
pub struct Group<'a> {
    /// The steps, each with its number in the run.
    pub steps: Vec<(usize, &'a FrameworkStep)>,
    /// What the knowledge base says about their error.
    pub row: Option<&'a ErrorRow>,
    /// What distinguishes this group from others.
    key: String,
}

/// The run in the environment of the context; not applicable if there was none.
pub fn framework<'a>(context: &Context<'a>) -> Result<&'a Framework, Outcome> {
    match (&context.facts.framework, context.environment) {
        (Fact::Known { value, .. }, Some((_, environment))) if value.environment == environment.id => Ok(value),
        _ => Err(Outcome::NotApplicable),
    }
}

/// A finding for each group of steps that `bad` picks; steps with the same error form a group. The text that `bad` returns is looked up in
/// the knowledge base.
pub fn judge<'a>(
    context: &Context<'a>,
    bad: impl Fn(&'a FrameworkStep) -> Option<String>,
    summary: impl Fn(&Group<'a>, &str) -> String,
) -> Outcome {
    let framework = match framework(context) {
        Ok(framework) => framework,
        Err(outcome) => return outcome,
    };
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (index, step) in framework.steps.iter().enumerate() {
        let Some(text) = bad(step) else { continue };
        let row = context.knowledge.error(&text);
        if row.is_some_and(|row| !is_defect(context, row)) {
            continue;
        }
        let key = row.map_or_else(|| first_line(&text), |row| row.id.clone());
        match groups.iter_mut().find(|group| group.key == key) {
            Some(group) => group.steps.push((index, step)),
            None => groups.push(Group { steps: vec![(index, step)], row, key }),
        }
    }
    if groups.is_empty() {
        return Outcome::Holds;
    }
    let torch = name(context, framework);
    Outcome::Findings(groups.iter().map(|group| draft(context, group, &torch, summary(group, &torch))).collect())
}

/// A busy or full GPU is not a defect, and "no GPU" is not one on a machine without a GPU.
fn is_defect(context: &Context<'_>, row: &ErrorRow) -> bool {
    match row.kind {
        ErrorKind::Defect | ErrorKind::Program => true,
        ErrorKind::NotJudged | ErrorKind::Harmless => false,
        ErrorKind::NoGpu => stack::sees_gpu(context),
    }
}

/// The first step that failed for a reason that is not a defect, and so not a finding: a GPU that is busy, full, or absent.
pub fn refused<'a>(context: &Context<'_>, framework: &'a Framework) -> Option<&'a FrameworkStep> {
    framework.steps.iter().find(|step| {
        let text = match &step.outcome {
            StepOutcome::Failed { error } => format!("{}: {}", error.class, error.message),
            StepOutcome::Died { how, trace } => [std::slice::from_ref(how), trace].concat().join("\n"),
            _ => return false,
        };
        context.knowledge.error(&text).is_some_and(|row| !is_defect(context, row))
    })
}

fn draft(context: &Context<'_>, group: &Group<'_>, torch: &str, mut summary: String) -> Draft {
    if let Some(help) = group.row.and_then(|row| row.help.as_ref()) {
        summary += &format!(" To fix: {help}.");
    }
    let mut draft = Draft::new(torch, summary);
    for (index, step) in group.steps.iter().take(MOST_LISTED) {
        let via = place(&step.outcome).unwrap_or_else(|| environment_name(context));
        draft = draft.evidence(
            Evidence::new(format!("{}: {}", step.name, said(&step.outcome)), via)
                .at(format!("/facts/framework/value/steps/{index}")),
        );
    }
    if let Some(more) = group.steps.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        draft = draft.evidence(Evidence::new(format!("{more} more steps in the same way"), environment_name(context)));
    }
    if let Some(row) = group.row {
        let source = format!("knowledge: {}", context.knowledge.cite_error(row));
        draft = draft.evidence(Evidence::new(format!("this error means: {}", row.meaning), source));
        draft.trace.follows.clone_from(&row.rules);
        return draft.cause(&row.id);
    }
    match group.steps.first() {
        Some((_, step)) => draft.cause(&step.name),
        None => draft,
    }
}

/// torch as the run found it, else as it is installed.
fn name(context: &Context<'_>, framework: &Framework) -> String {
    match (&framework.torch, context.package("torch")) {
        (Some(torch), _) => format!("torch {}", torch.version),
        (None, Some(package)) => label(package),
        (None, None) => "torch".to_owned(),
    }
}

fn environment_name(context: &Context<'_>) -> String {
    context
        .environment
        .map_or_else(String::new, |(_, environment): (usize, &Environment)| format!("run in {}", environment.id))
}

/// Where in Python it happened.
fn place(outcome: &StepOutcome) -> Option<String> {
    match outcome {
        StepOutcome::Failed { error } => error.trace.last().cloned(),
        _ => None,
    }
}

/// What a step ended with, in a line.
pub fn said(outcome: &StepOutcome) -> String {
    match outcome {
        StepOutcome::Passed { detail } => detail.clone().unwrap_or_else(|| "passed".to_owned()),
        StepOutcome::Wrong { what } => what.clone(),
        StepOutcome::Failed { error } => format!("{}: {}", error.class, first_line(&error.message)),
        StepOutcome::Died { how, trace } => match trace.first() {
            Some(line) => format!("the process died: {how} ({line})"),
            None => format!("the process died: {how}"),
        },
        StepOutcome::TimedOut { after_ms, left_running } => {
            let left = left_running.map_or_else(String::new, |pid| format!("; process {pid} cannot be killed"));
            format!("no answer within {} s of the process start{left}", after_ms / 1000)
        }
        StepOutcome::Skipped { why } | StepOutcome::NotRun { why } => format!("not run: {why}"),
    }
}

/// The first line that is not empty.
fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// `lstm`, `conv2d and lstm`, `conv2d, lstm and 3 more steps`.
pub fn names(group: &Group<'_>) -> String {
    let names: Vec<&str> = group.steps.iter().map(|(_, step)| step.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        [one, two, more @ ..] => format!("{one}, {two} and {} more steps", more.len()),
    }
}
