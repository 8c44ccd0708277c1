//! # installer-refuses
//!
//! The tool that installs stops at this line: it cannot read it, or it will not do what it says. Nothing of the file or the command is
//! installed, whatever else it asks for.
//!
//! ## How it is decided
//! pip reads each line of a requirements file by PEP 508, and stops at the first that it cannot read: two requirements on a line, a version
//! without an operator, a marker that is none, an option that it does not know. It stops at a wheel that is named by its file, too, when the
//! wheel's tags do not fit the Python and the system of the environment.
//!
//! ## How to fix it
//! Write one requirement on a line, as `name==version`; take the wheel for this Python and this system.
//!
//! ## In a log
//! `ERROR: Invalid requirement: 'torch 2.7.1'`; `ERROR: flash_attn-2.7.4.post1+cu12torch2.6cxx11abiFALSE-cp310-cp310-linux_x86_64.whl is not
//! a supported wheel on this platform.`
//!
//! ## Sources
//! pip's reference of the requirements file format; PEP 508; the specification of platform compatibility tags.

use crate::{
    facts::{Environment, GapWeight, Origin, PythonVersion, Request, RequestRole, Resolver, Step},
    finding::{Evidence, Severity},
    python::{Marker, WheelName, WheelPlatform, WheelTarget},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, shared::marker_environment},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "installer-refuses",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

/// More findings of this kind are not told apart.
const MOST: usize = 20;

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, environment)) = context.environment else { return Outcome::NotApplicable };
    if environment.steps.is_empty() && environment.gaps.is_empty() {
        return Outcome::NotApplicable;
    }
    let gaps = environment.gaps.iter().enumerate().filter(|(_, gap)| gap.weight == GapWeight::Refused);
    let unread = gaps.map(|(gap, said)| {
        Draft::of_environment(environment, format!("{}.", said.what))
            .evidence(Evidence::new(&said.what, "declared").at(format!("/facts/environments/{index}/gaps/{gap}")))
            .cause(&said.what)
    });
    // A page shows the files of every system and Python.
    let is_page = match &environment.origin {
        Origin::Declared(file) => {
            [".md", ".mdx", ".markdown", ".rst"].iter().any(|end| file.to_ascii_lowercase().ends_with(end))
        }
        _ => false,
    };
    let wheels = wheels(environment).filter(|_| !is_page).map(|(step, request, file, why)| {
        let pointer = format!("/facts/environments/{index}/steps/{step}/requests/{request}");
        Draft::new(file.clone(), format!("The installer refuses {file}: {why}."))
            .evidence(Evidence::new(&file, "declared").at(pointer))
            .symptom(format!("ERROR: {file} is not a supported wheel on this platform."))
            .cause(&file)
    });
    let drafts: Vec<Draft> = unread.chain(wheels).take(MOST).collect();
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}

/// Wheels that are named by their files and do not fit the environment: where they are asked for, the file, and why.
fn wheels(environment: &Environment) -> impl Iterator<Item = (usize, usize, String, String)> {
    let markers = marker_environment(environment);
    let applies = move |step: &Step, request: &Request| {
        let extras: Vec<&str> = step.extras.iter().map(String::as_str).collect();
        let marker = request.asked.marker.as_deref().and_then(|text| text.parse::<Marker>().ok());
        marker.is_none_or(|marker| marker.eval_with(&markers, &extras) == Some(true))
    };
    let steps = environment
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.resolver != Resolver::Lock && step.resolver != Resolver::Conda);
    let all = steps.flat_map(|(number, step)| {
        step.requests.iter().enumerate().map(move |(request, one)| (number, step, request, one))
    });
    all.filter(|(.., one)| one.role == RequestRole::Wanted).filter_map(move |(number, step, request, one)| {
        let source = one.asked.source.as_deref()?;
        let file = source.split(['?', '#']).next()?.rsplit(['/', '\\']).next()?.replace("%2B", "+").replace("%2b", "+");
        let wheel = WheelName::parse(&file)?;
        let why = refusal(environment, &wheel).filter(|_| applies(step, one))?;
        Some((number, request, file, why))
    })
}

/// Why a wheel cannot be installed in an environment; nothing where it can, or where too little is known of the environment.
fn refusal(environment: &Environment, wheel: &WheelName) -> Option<String> {
    let platform = *environment.platform.value()?;
    let fits = |python: Option<PythonVersion>| {
        WheelTarget { platform: WheelPlatform::of(platform, None), python, abi: None }.rank(wheel).is_some()
    };
    if !fits(None) {
        return Some(format!("its tags are {}, and the system is {platform}", wheel.tags()));
    }
    let python = *environment.python.value()?;
    (!fits(Some(python))).then(|| format!("its tags are {}, and the environment has Python {python}", wheel.tags()))
}
