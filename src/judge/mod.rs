//! From facts, and from what was scanned, to a report: what every command that judges has in common, and what a program calls that brings
//! its own facts.

mod gates;
mod matrix;
mod scan;

use std::time::Instant;

use crate::{
    enrich::enrich,
    facts::{Environment, Fact, Facts, Origin, PythonVersion, Source},
    fix,
    knowledge::Knowledge,
    readiness::readiness,
    report::{Body, Checks, CommandName, Examined, KnowledgeStamp, Report, SCHEMA, Verdict, runs_on, subjects},
    resolve::resolve,
    rules::{self, Judged},
};

pub use matrix::Grid;
pub use scan::{Question, scan};

/// Runs the rules over the facts, searches the fixes and puts the report together. `start` is when the command began.
pub fn judge(command: CommandName, facts: Facts, knowledge: &Knowledge, judged: Judged, start: Instant) -> Report {
    let enriched = enrich(&facts, knowledge);
    let verdicts = rules::run(&enriched, knowledge, judged);
    let mut findings = resolve(verdicts.findings, &enriched);
    fix::attach(&mut findings, &facts, knowledge);
    let ready =
        if command == CommandName::Scan { Vec::new() } else { readiness(&enriched, knowledge, judged, &findings) };
    Report {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        knowledge: KnowledgeStamp {
            date: knowledge.date.clone(),
            hash: knowledge.hash.to_owned(),
            overlays: knowledge.overlays.clone(),
        },
        command,
        verdict: match Verdict::of(&findings, !verdicts.unknown.is_empty()) {
            Verdict::Ok if command == CommandName::Doctor && Examined::of(&enriched) == Examined::Nothing => {
                Verdict::Unknown
            }
            verdict => verdict,
        },
        labels: Default::default(),
        subjects: subjects(&enriched, knowledge),
        runs_on: runs_on(&enriched, knowledge, judged),
        readiness: ready,
        facts,
        body: Body::Doctor,
        findings,
        checks: Checks {
            ran: verdicts.ran,
            not_applicable: verdicts.not_applicable,
            unknown: verdicts.unknown,
            suppressed: Vec::new(),
        },
        elapsed_ms: start.elapsed().as_secs_f64() * 1000.0,
    }
}

/// An environment that is not there yet, on the system of these facts.
pub fn hypothetical(facts: &Facts, python: Option<PythonVersion>) -> Environment {
    Environment {
        id: "new environment".to_owned(),
        origin: Origin::Hypothetical,
        selected: true,
        found_by: "there is none yet".to_owned(),
        active: true,
        interpreter: Fact::unknown("there is none yet"),
        python: match python {
            Some(python) => Fact::known(python, Source::option(format!("--python-version {python}"))),
            None => Fact::unknown("there is none yet (--python-version)"),
        },
        platform: facts.host.platform.clone(),
        manager: Fact::unknown("there is none yet"),
        packages: Vec::new(),
        system_libraries: Default::default(),
        unlisted: Vec::new(),
        elsewhere: Vec::new(),
    }
}
