//! Environment variables: the value with which the rules pass, or none at all.

use super::{
    Case, Change, Plan, add, has_remedy,
    plan::VISIBLE,
    prove::{self, After},
};
use crate::{
    compat::arch_list,
    facts::{ComputeCapability, Suffix},
    finding::{Finding, Remedy},
    knowledge::{ParserRow, UnreadRow},
    python,
};

const ARCH_LIST: &str = "TORCH_CUDA_ARCH_LIST";
const LOADER_PATH: &str = "LD_LIBRARY_PATH";
const SWITCHES: [&str; 2] = ["CUDA_FORCE_PTX_JIT", "CUDA_DISABLE_PTX_JIT"];

/// Adds to findings about variables what to set them to.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Variables)) {
        let plans = match finding.subject.as_str() {
            ARCH_LIST => arch_list_plans(case),
            VISIBLE => visible_plans(case),
            LOADER_PATH => vec![Plan {
                unproven: vec!["whether other programs in this shell need the variable".to_owned()],
                ..unset(LOADER_PATH)
            }],
            subject if unread(case, subject).is_some() => unread_plans(case, subject),
            subject => SWITCHES.iter().filter(|name| **name == subject).map(|name| unset(name)).collect(),
        };
        let passed = plans.into_iter().find_map(|plan| {
            let after = After::of(case, &plan);
            (!after.keeps(finding) && after.new.is_empty()).then_some((plan, after))
        });
        if let Some((plan, after)) = passed {
            add(finding, &prove::fix(case, plan, &after, Remedy::Variables, None));
        }
    }
}

/// The entries before the one that does not exist, else none of them: unset, every GPU is visible.
fn visible_plans(case: &Case<'_>) -> Vec<Plan> {
    let entries = case.variables().get(VISIBLE).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let entries = entries.unwrap_or_default();
    let shorter = (1..entries.len()).rev().filter_map(|count| Some(entries.get(..count)?.join(","))).map(|kept| Plan {
        summary: "list only GPUs that exist".to_owned(),
        changes: vec![Change::Variable(VISIBLE.into(), Some(kept))],
        ..Plan::default()
    });
    shorter.chain([unset(VISIBLE)]).collect()
}

fn unset(name: &str) -> Plan {
    let changes = vec![Change::Variable(name.to_owned().into(), None)];
    Plan { summary: format!("unset {name}"), changes, ..Plan::default() }
}

/// What is known of a variable that nothing reads.
fn unread<'k>(case: &Case<'k>, name: &str) -> Option<&'k UnreadRow> {
    case.knowledge.unread_variables().iter().find(|row| row.name == name)
}

/// The value under the name that is read, then the variable unset: its effect may no longer be wanted.
fn unread_plans(case: &Case<'_>, name: &str) -> Vec<Plan> {
    let instead = unread(case, name).and_then(|row| row.instead.clone());
    let value = case.variables().get(name).cloned();
    let renamed = instead.zip(value).map(|(instead, value)| Plan {
        summary: format!("set {instead}, which is read, instead of {name}"),
        changes: vec![Change::Variable(name.to_owned().into(), None), Change::Variable(instead.into(), Some(value))],
        ..Plan::default()
    });
    renamed.into_iter().chain([unset(name)]).collect()
}

/// The list with what torch refuses left out and the GPUs added.
fn arch_list_plans(case: &Case<'_>) -> Vec<Plan> {
    let plan = |summary: &str, value: String| Plan {
        summary: format!("{summary}, then rebuild the extensions"),
        changes: vec![Change::Variable(ARCH_LIST.into(), Some(value))],
        unproven: vec!["extensions whose build files set architectures ignore the variable".to_owned()],
        ..Plan::default()
    };
    let longer = arch_list_value(case, true)
        .map(|value| plan("set a list that torch accepts and that includes these GPUs", value));
    // Some packages cannot be built for several generations at once.
    let own = arch_list_value(case, false).map(|value| plan("set a list of only these GPUs", value));
    longer.into_iter().chain(own).collect()
}

/// The list with the GPUs in it; `keep` what it had, too.
fn arch_list_value(case: &Case<'_>, keep: bool) -> Option<String> {
    let text = case.variables().get(ARCH_LIST)?;
    let torch = case.environment?.package("torch")?;
    let version = torch.build.value().map(|build| &build.version).or(torch.version.value())?;
    let parser = case.knowledge.arch_list_parser(python::public_version(version))?;
    // A value may be refused for its spelling alone: `sm_120` and `8.9,12.0` say what they mean.
    let respelled: Vec<String> = text.split([',', ';', ' ']).filter(|part| !part.is_empty()).map(respell).collect();
    let mut values: Vec<String> = arch_list(&respelled.join(";"), parser)?
        .into_iter()
        .filter(|item| keep && item.code.is_some())
        .map(|item| item.text)
        .collect();
    for gpu in case.enriched.gpus.value().into_iter().flatten() {
        let Some(capability) = gpu.capability.value().map(ComputeCapability::to_string) else { continue };
        let there = values.iter().any(|value| value.trim_end_matches("+PTX") == capability);
        if !there && knows(parser, &capability) {
            values.push(capability);
        }
    }
    (!values.is_empty()).then(|| values.join(";"))
}

fn knows(parser: &ParserRow, value: &str) -> bool {
    parser.values.iter().any(|known| known == value)
}

/// `sm_120a` and `120a` as `12.0a`; anything else as it is.
fn respell(part: &str) -> String {
    let (bare, ptx) = part.strip_suffix("+PTX").map_or((part, ""), |bare| (bare, "+PTX"));
    match bare.parse::<crate::facts::Target>() {
        Ok(target) if target.suffix != Suffix::Family && !bare.contains('.') => {
            format!("{}{}{ptx}", target.capability, target.suffix.letter())
        }
        _ => part.to_owned(),
    }
}
