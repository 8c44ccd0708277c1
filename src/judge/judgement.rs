//! One judgement: facts are enriched once and judged once, and what came of it is handed on to whatever follows.

use std::time::Instant;

use crate::{
    enrich::enrich,
    facts::{DriverVersion, Facts},
    finding::Finding,
    fix::{self, Before},
    knowledge::Knowledge,
    readiness::readiness,
    report::{
        Body, Checks, CommandName, Examined, KnowledgeStamp, Report, SCHEMA, Verdict, runs_on, statements, subjects,
    },
    resolve::resolve,
    rules::{self, Judged, Verdicts},
};

/// Facts, and what the rules say of them.
pub struct Judgement<'k> {
    /// The command that asks.
    command: CommandName,
    /// What was seen.
    facts: Facts,
    /// The same with what the knowledge base claims.
    pub enriched: Facts,
    knowledge: &'k Knowledge,
    judged: Judged,
    /// What the rules said, none of it folded.
    verdicts: Verdicts,
    /// When the command began.
    start: Instant,
}

impl<'k> Judgement<'k> {
    /// Enriches facts, and runs the rules over them.
    pub fn of(command: CommandName, facts: Facts, knowledge: &'k Knowledge, judged: Judged, start: Instant) -> Self {
        let enriched = enrich(&facts, knowledge);
        let verdicts = rules::run(&enriched, knowledge, judged);
        Self { command, facts, enriched, knowledge, judged, verdicts, start }
    }

    /// What is wrong, without what would remove it.
    pub fn findings(&self) -> Vec<Finding> {
        resolve(&self.verdicts.findings, &self.enriched)
    }

    /// The rows that it rests on.
    pub fn knowledge(&self) -> &'k Knowledge {
        self.knowledge
    }

    /// Whether something that matters could not be decided.
    pub fn is_undecided(&self) -> bool {
        !self.verdicts.unknown.is_empty()
    }

    /// The report, without what would remove the findings.
    pub fn without_fixes(self) -> Report {
        let findings = self.findings();
        self.report(findings)
    }

    /// The report, each finding with what would remove it.
    pub fn with_fixes(self) -> Report {
        self.with_fixes_for(&|_| 0)
    }

    /// The same, where more than the rules depends on the driver: `refused` counts what would not run with one of this version.
    pub fn with_fixes_for(self, refused: &(dyn Fn(&DriverVersion) -> usize + Sync)) -> Report {
        let Self { facts, enriched, knowledge, verdicts, .. } = &self;
        let mut findings = resolve(&verdicts.findings, enriched);
        fix::attach(&mut findings, &Before { facts, enriched, knowledge, verdicts, refused });
        self.report(findings)
    }

    /// The report of facts that were made up to ask about something else: how many rules ran is all that is told of what they say.
    pub fn of_made_up(mut self) -> Report {
        self.verdicts.unknown.clear();
        self.report(Vec::new())
    }

    fn report(self, findings: Vec<Finding>) -> Report {
        let Self { command, mut facts, enriched, knowledge, judged, verdicts, start } = self;
        // That an image is not known is found out by looking for it, and is no less a thing that nobody has read.
        for (read, with) in facts.environments.iter_mut().zip(&enriched.environments) {
            read.gaps.clone_from(&with.gaps);
        }
        let ready =
            if command == CommandName::Scan { Vec::new() } else { readiness(&enriched, knowledge, judged, &findings) };
        Report {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            knowledge: KnowledgeStamp::of(knowledge),
            command,
            verdict: match Verdict::of(&findings, !verdicts.unknown.is_empty()) {
                Verdict::Ok if command == CommandName::Doctor && Examined::of(&enriched) == Examined::Nothing => {
                    Verdict::Unknown
                }
                verdict => verdict,
            },
            labels: Default::default(),
            subjects: subjects(&enriched, knowledge),
            statements: statements(&enriched, knowledge),
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
                unmatched: Vec::new(),
            },
            elapsed_ms: start.elapsed().as_secs_f64() * 1000.0,
        }
    }
}
