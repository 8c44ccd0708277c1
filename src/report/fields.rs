//! Every piece of text of a report that a page is made of, so that all of it can be made visible before the page is written: a line
//! break or an escape sequence in a file's name must not become one of the page.
//!
//! The fields of each type are listed whole: a new one does not compile until it is listed, too.

use std::collections::BTreeMap;

use super::{
    Body, Cause, Cell, Change, Cured, EnvironmentChange, Fleet, FleetFix, FleetUndecided, InstallFor, Installed, Kept,
    KnowledgeStamp, MachineCell, MachineReport, MachineRow, MachineTable, Machines, Matrix, Mended, Moved,
    MovedPackage, Nodes, PageStatement, Pool, Report, RunsOn, ServesAll, Subject, Suppressed, Table, TargetChange,
    Trait, TraitValue, UnreadReport,
    needs::{Feature, GpuClass, LackingGpus, Needs, NeedsOf, ServedGpus, SystemNeeds},
    scan::{
        BaselineChange, BundleSummary, Compared, Delta, Diff, Gate, GpuChange, LibraryChange, Need, PackageChange,
        Remote, Run, Scan, Scanned, Unread,
    },
};
use crate::{
    facts::{
        CodeObjects, Damage, Fact, Framework, FrameworkStep, FrameworkTorch, Library, Location, PythonError, Source,
        StepOutcome,
    },
    finding::{Evidence, Excerpt, FileChange, Finding, Fix},
    knowledge::{Online, OnlineFile},
    readiness::{Line, Readiness},
    rules::Undecided,
    text,
};

/// Makes every field of the report visible that a page shows.
pub(crate) fn make_visible(report: &mut Report) {
    report.each(&mut |field| {
        if field.contains(text::is_hidden) {
            *field = text::visible(field).into_owned();
        }
    });
}

/// The same for what something needs.
pub(crate) fn make_needs_visible(needs: &mut Needs) {
    needs.each(&mut |field| {
        if field.contains(text::is_hidden) {
            *field = text::visible(field).into_owned();
        }
    });
}

/// The same for what is said of a fleet.
pub(crate) fn make_fleet_visible(fleet: &mut Fleet) {
    fleet.each(&mut |field| {
        if field.contains(text::is_hidden) {
            *field = text::visible(field).into_owned();
        }
    });
}

/// The same for what several machines have.
pub(crate) fn make_all_visible(machines: &mut Machines) {
    machines.each(&mut |field| {
        if field.contains(text::is_hidden) {
            *field = text::visible(field).into_owned();
        }
    });
}

/// A type with text in it.
trait Fields {
    /// Calls `change` with each piece of text.
    fn each(&mut self, change: &mut dyn FnMut(&mut String));
}

impl Fields for String {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(self);
    }
}

impl<T: Fields> Fields for Option<T> {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(|value| value.each(change));
    }
}

impl<T: Fields> Fields for Vec<T> {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(|value| value.each(change));
    }
}

impl Fields for BTreeMap<String, String> {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        *self = std::mem::take(self)
            .into_iter()
            .map(|(mut key, mut value)| {
                change(&mut key);
                change(&mut value);
                (key, value)
            })
            .collect();
    }
}

impl<T: Fields> Fields for Fact<T> {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Known { value, via } => {
                value.each(change);
                via.each(change);
            }
            Self::Absent { via } => via.each(change),
            Self::Unknown { why } => why.each(change),
        }
    }
}

impl Fields for StepOutcome {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Passed { detail } => detail.each(change),
            Self::Wrong { what } => what.each(change),
            Self::Failed { error } => error.each(change),
            Self::Died { how, trace } => {
                how.each(change);
                trace.each(change);
            }
            Self::TimedOut { after_ms: _, left_running: _ } => {}
            Self::Skipped { why } | Self::NotRun { why } => why.each(change),
        }
    }
}

/// Lists the fields of types: those with text, then those that hold none.
macro_rules! fields {
    ($($type:ident { $($text:ident),* ; $($other:ident),* })+) => {
        $(impl Fields for $type {
            fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
                let Self { $($text,)* $($other: _,)* } = self;
                $($text.each(change);)*
            }
        })+
    };
}

fields! {
    Source { at; how }
    KnowledgeStamp { date, hash, overlays, online; }
    Online { indexes, files, failed; requests, bytes, measured }
    OnlineFile { file, package, version; platform, size, bytes, requests }
    Subject { id, text, notes; label }
    RunsOn { environment, gpu, subject; how }
    Undecided { needs; rule }
    Suppressed { rule, reason, location; }
    Location { path; line, column }
    Evidence { fact, source, pointer; }
    // What is pasted holds nothing that is hidden: its types see to it.
    Fix { summary, changes, no_line, needs, unproven, remains, result, gpus, notes; edits, commands, proof, impossible, moves }
    FileChange { path, old, new; line }
    Finding {
        subject, environment, gpus, location, excerpt, summary, evidence, symptom, fixes, fingerprint, docs;
        rule, severity, consequences, trace
    }
    PageStatement { environment, location, text, today, source; standing }
    Installed { environment, of, packages, satisfied, new, stays, mended; before }
    MovedPackage { name, before, after, by; gone }
    Kept { name, version, by; }
    Cured { subject, summary; rule, severity }
    Readiness { environment, gpu, lines; }
    Line { label, value, why, source; key, answer, rule, basis }
    Matrix { platform, torch, gpus; cuda, never_built }
    Table { gpu, name, cells; }
    Needs { knowledge, subjects; schema, version, command, verdict, elapsed_ms }
    NeedsOf { name, systems, findings, gate, features; kind }
    SystemNeeds { served, unknown, not_served, open, missing; system, driver }
    GpuClass { products; capability }
    ServedGpus { gpus, why; driver, until_branch, decided_by, rule, from_ptx }
    LackingGpus { gpus, why; rule }
    // Its name has letters that hide nothing: whoever makes one sees to it.
    Feature { machine, why; name, answer }
    Fleet {
        knowledge, pools, causes, fixes, undecided, healthy, repeated, unread, left_out;
        schema, version, command, verdict, counts, elapsed_ms
    }
    Nodes { names; count, unnamed }
    Pool { name, nodes, traits; }
    Trait { values; what }
    TraitValue { value, nodes; odd }
    Cause { finding, first, nodes; mended_by }
    FleetFix { fix, first, nodes; lines_differ, rules, wholly }
    FleetUndecided { needs, nodes; rules }
    UnreadReport { name, why; }
    Machines { knowledge, targets, table, change, serves_all; schema, version, command, verdict, elapsed_ms }
    MachineReport { target, report; }
    MachineTable { rows; kind }
    MachineRow { name, cells; all }
    Change { base, commit, environments, mended, unread; worse, unchanged, remain }
    EnvironmentChange { name, moved, targets; presence }
    Moved { name, before, after; what, worse }
    TargetChange { target; before, after, rule, worse }
    Mended { subject, environment, summary, location, targets, accepted; rule, severity }
    MachineCell { reason; status, rule }
    // Lines to paste hold nothing that is hidden: their type sees to it.
    InstallFor { targets; commands }
    ServesAll { text, not, build, install, unproven; answer }
    Cell { torch, reason, source; cuda, status, rule, commands }
    Damage { what; offset }
    CodeObjects { damage; fatbins, sass, ptx, relocatable, other, hidden, modules, bytes, extent }
    Library { path, needed, glibc, code; container, cpu }
    Scan { libraries, packages, diff, baseline, gate, unread, remote; sizes }
    Scanned { library, package, runs_on; profile }
    Run { gpu, why; capability, how, works, verdict }
    BundleSummary {
        id, name, version, tags, at, decided_by, runs_on, needs;
        kind, size, libraries, with_code, base, partial, ptx, compression, sampled, relocatable, other, hidden, sizes
    }
    Need { library, needed_by, by, distributions; status }
    Diff { packages; sampled }
    PackageChange { name, old, new, delta, libraries; size, unchanged }
    LibraryChange { path, renamed_from, delta; presence }
    Delta {
        needs_gained, needs_lost, gpus;
        gained, lost, became_partial, became_base, gained_partial, lost_partial, ptx_isa, compression, code_bytes
    }
    GpuChange { products; capability, old, new, worked, works }
    Compared { file, losses, remarks; written, libraries }
    BaselineChange { package, library, text; kind, target, now, baseline }
    Gate { gpus, reasons, unknown, nothing_in, baseline; required, met, sampled, nothing_lost }
    Unread { path, why; matters }
    Remote { target, url, file, index, not_looked_into; size, bytes, index_bytes, requests, sampled, downloaded }
    Framework { environment, torch, steps; processes, left_running, micros }
    FrameworkTorch { version, name, capability; cuda, cudnn, available, devices }
    FrameworkStep { name, outcome, warnings; micros }
    PythonError { class, message, trace; }
}

impl Fields for Excerpt {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        // What is hidden takes more columns when it is shown; a tab is one blank.
        let letters: Vec<char> = self.text.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
        let index = |column: u32| usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX).min(letters.len());
        let (start, end) = (index(self.column), index(self.end_column).max(index(self.column)));
        let part = |range: std::ops::Range<usize>| letters.get(range).unwrap_or_default().iter().collect::<String>();
        let mut parts = [part(0..start), part(start..end), part(end..letters.len())];
        parts.iter_mut().for_each(&mut *change);
        let [before, own, after] = parts;
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.column = count(&before).saturating_add(1);
        self.end_column = self.column.saturating_add(count(&own));
        self.text = before + &own + &after;
    }
}

impl Fields for Body {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Doctor => {}
            Self::Installed { installed } => installed.each(change),
            Self::Scan(scan) => scan.each(change),
            Self::Matrix { matrix } => matrix.each(change),
        }
    }
}

impl Fields for Report {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self {
            schema: _,
            version: _,
            knowledge,
            command: _,
            verdict: _,
            labels,
            subjects,
            // Of the facts themselves a page shows what torch did; all else comes to it as text of the fields here.
            facts,
            body,
            findings,
            runs_on,
            readiness,
            statements,
            checks,
            elapsed_ms: _,
        } = self;
        facts.framework.each(change);
        knowledge.each(change);
        labels.each(change);
        subjects.each(change);
        body.each(change);
        findings.each(change);
        runs_on.each(change);
        readiness.each(change);
        statements.each(change);
        checks.unknown.each(change);
        checks.suppressed.each(change);
        checks.unmatched.each(change);
    }
}
