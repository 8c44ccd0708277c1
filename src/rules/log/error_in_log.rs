//! # error-in-log
//!
//! A log contains an error whose text is known. Where the log shows by itself what causes it, or another finding explains it, that
//! finding is reported; this one is about the texts of which the cause is not to be seen, and about errors that say nothing about
//! compatibility.
//!
//! ## How it is decided
//! Lines of the log are held against all texts of `errors.toml`, `failures.toml` and the known problems of packages. A text that has one
//! cause only is reported as that, as are texts about an architecture, by the GPU and the toolkit that the log names; of a text with several
//! causes, one for which the log has a sign. Findings from the same facts, as on a machine, come first: a text that they explain is
//! folded under them. What is left is shown with what the text means.
//!
//! ## How to fix it
//! Run `gpucheck` on the machine on which the error occurred, or add the output of `python -m torch.utils.collect_env` and `nvidia-smi` to
//! the log.
//!
//! ## In a log
//! `RuntimeError: CUDA error: no kernel image is available for execution on the device`
//!
//! ## Sources
//! `knowledge/errors.toml`, `knowledge/failures.toml` and `knowledge/packages/`, with the source of each row.

use std::collections::BTreeMap;

use crate::{
    facts::{CudaVersion, Meaning, PtxIsa, Symptom},
    finding::{Evidence, Remedy, Severity},
    knowledge::{Knowledge, TextRow},
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope, find, slug,
        symptom::{Conclusion, capability, conclude, is_possible, row, rows},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "error-in-log",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[],
    judge,
};

/// Lines that one finding shows.
const MOST_LINES: usize = 4;
/// Lines of unknown errors that are shown.
const MOST_UNKNOWN: usize = 3;
/// Letters of a line that a heading shows.
const HEADING: usize = 90;

fn judge(context: &Context<'_>) -> Outcome {
    let symptoms = &context.facts.symptoms;
    if symptoms.is_empty() {
        return Outcome::NotApplicable;
    }
    let rows = rows(context.knowledge);
    let mut groups: Vec<Group<'_, '_>> = Vec::new();
    for (number, symptom) in symptoms.iter().enumerate() {
        for meaning in &symptom.means {
            let Some(row) = row(&rows, meaning) else { continue };
            let conclusion = conclude(context, row, meaning);
            let same = |group: &&mut Group<'_, '_>| match (&group.conclusion, &conclusion) {
                (Conclusion::Finding(a), Conclusion::Finding(b)) => a == b,
                (a, b) => a == b && group.rows.iter().any(|other| other.id == row.id),
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.add(number, symptom, row, meaning),
                None => {
                    let mut group =
                        Group { conclusion, rows: Vec::new(), lines: Vec::new(), captured: BTreeMap::new() };
                    group.add(number, symptom, row, meaning);
                    groups.push(group);
                }
            }
        }
    }
    if groups.is_empty() {
        return unknown(symptoms);
    }
    Outcome::Findings(groups.iter().map(|group| group.draft(context)).collect())
}

/// Lines with the same cause.
struct Group<'r, 'k> {
    conclusion: Conclusion<'k>,
    rows: Vec<&'r TextRow<'k>>,
    lines: Vec<(usize, &'r Symptom)>,
    /// Values that the first row takes out of its lines.
    captured: BTreeMap<String, String>,
}

impl<'r, 'k> Group<'r, 'k> {
    fn add(&mut self, number: usize, symptom: &'r Symptom, row: &'r TextRow<'k>, meaning: &Meaning) {
        // A line that was put together from pieces says nothing more than the piece with the text, whichever comes first.
        let told = |(_, other): &(usize, &Symptom)| symptom.text.contains(&other.text);
        if let Some(whole) = self.lines.iter_mut().find(|(_, other)| other.text.contains(&symptom.text)) {
            *whole = (number, symptom);
        } else if !self.lines.iter().any(told) {
            self.lines.push((number, symptom));
        }
        if self.rows.first().is_none_or(|first| first.id == row.id) {
            for (name, value) in &meaning.captured {
                self.captured.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        if self.rows.iter().all(|other| other.id != row.id) {
            self.rows.push(row);
        }
    }

    fn draft(&self, context: &Context<'_>) -> Draft {
        let knowledge = context.knowledge;
        let first = self.rows.first().copied();
        let meaning = &filled(first.map_or("", |row| row.meaning), &self.captured);
        let heading = self.lines.first().map(|(_, symptom)| heading(&symptom.text)).unwrap_or_default();
        let summary = match &self.conclusion {
            Conclusion::NotOurs => format!("This is not a compatibility problem: {meaning}."),
            Conclusion::Harmless => format!("This is harmless: {meaning}."),
            Conclusion::Open => format!("The log does not show what causes this: {meaning}."),
            Conclusion::Finding(of) if is_guess(of, first) => {
                format!("{} On WSL the usual cause is {of}, but nothing in this log proves it.", sentence(meaning))
            }
            Conclusion::Finding(_) => sentence(meaning),
        };
        let mut draft = Draft { local: true, ..Draft::new(heading, summary) };
        draft.trace.help = first.and_then(|row| row.help).map(|help| filled(help, &self.captured));
        for (number, symptom) in self.lines.iter().take(MOST_LINES) {
            draft = draft.evidence(line(*number, symptom));
        }
        if let Some(row) = first {
            let source = format!("knowledge: {}", row.source);
            draft = draft.evidence(Evidence::new(format!("this text means: {meaning}"), source));
        }
        if let Some((isa, cuda)) = self.ptx(knowledge) {
            let fact =
                format!("PTX {isa} is what CUDA {cuda} writes: the driver has to be one for CUDA {cuda} or newer");
            draft = draft.evidence(Evidence::new(fact, "knowledge: cuda.toml"));
        }
        for row in &self.rows {
            draft.trace.follows.extend(row.rules.iter().map(|slug| (*slug).to_owned()));
            draft = draft.cause(&row.id);
        }
        match &self.conclusion {
            Conclusion::Finding(of) => {
                let rule = find(of).map(|entry| entry.rule);
                draft.slug = Some(slug(of));
                // What a rule only mentions on a machine has broken something here.
                let severity = rule.map_or(Severity::Error, |rule| rule.severity);
                draft.severity = Some(match severity {
                    _ if is_guess(of, first) => Severity::Warning,
                    Severity::Info => Severity::Error,
                    severity => severity,
                });
                // The rule itself, where the facts suffice for it, says more.
                draft.trace.follows.push((*of).to_owned());
                draft
                    .trace
                    .follows
                    .extend(rule.iter().flat_map(|rule| rule.consequence_of).map(|slug| (*slug).to_owned()));
                draft.trace.remedies.push(Remedy::Advice);
            }
            Conclusion::Harmless => {
                draft.slug = first.and_then(|row| row.finding).map(slug);
                draft.severity = Some(Severity::Info);
            }
            Conclusion::NotOurs => draft.severity = Some(Severity::Info),
            Conclusion::Open => {
                let all = self.rows.iter().flat_map(|row| row.rules.iter().copied());
                let more: Vec<&str> = all.filter(|slug| is_possible(context, slug)).take(4).collect();
                if !more.is_empty() {
                    draft.summary += &format!(" Possible causes: {}.", more.join(", "));
                }
            }
        }
        draft
    }
}

impl Group<'_, '_> {
    /// The version of PTX that the text says is too new for the driver, and the CUDA release that writes it.
    fn ptx(&self, knowledge: &Knowledge) -> Option<(PtxIsa, CudaVersion)> {
        if self.conclusion != Conclusion::Finding("driver-too-old-for-ptx") {
            return None;
        }
        let isa = self.captured.get("isa")?.parse::<PtxIsa>().ok()?;
        Some((isa, knowledge.ptx_cuda(isa)?))
    }
}

/// Whether a cause is only the usual one on such a system, and the text has others: what to do about it must not sound certain.
fn is_guess(of: &str, row: Option<&TextRow<'_>>) -> bool {
    of == "wsl-linux-driver-installed" && row.is_some_and(|row| row.finding != Some(of))
}

/// Errors of which no row knows: they are shown, and nothing is said of them.
fn unknown(symptoms: &[Symptom]) -> Outcome {
    let errors = symptoms.iter().enumerate().filter(|(_, symptom)| {
        let text = symptom.text.to_lowercase();
        // Tables of nvidia-smi are full of `Default`.
        ["error", "exception", "failed", "fatal", " fault", "aborted", "killed", "panicked"]
            .iter()
            .any(|word| text.contains(word))
    });
    let errors: Vec<(usize, &Symptom)> = errors.collect();
    let Some((_, last)) = errors.last() else { return Outcome::Holds };
    let summary = "No text that gpucheck knows is in this log, so that it is unknown what causes this.";
    let mut draft = Draft { local: true, ..Draft::new(heading(&last.text), summary) }.severity(Severity::Info);
    for (number, symptom) in errors.iter().rev().take(MOST_UNKNOWN) {
        draft = draft.evidence(line(*number, symptom));
    }
    draft.cause("unknown").found()
}

fn line(number: usize, symptom: &Symptom) -> Evidence {
    let place = symptom.at.as_ref().map_or_else(String::new, |at| format!("line {}", at.line));
    Evidence::new(shortened(&symptom.text, 300), place).at(format!("/facts/symptoms/{number}"))
}

fn heading(text: &str) -> String {
    shortened(text, HEADING)
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// A meaning with the values of the text.
fn filled(meaning: &str, captured: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = meaning;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = behind.split_once('}') else { break };
        let value = captured.get(name).map_or("(not shown)", String::as_str);
        // Programs write a capability as `86` or `(12, 0)`; `compute_86` is the name of an architecture.
        let number =
            ["cc", "least", "most"].contains(&name) && value.starts_with(|c: char| c.is_ascii_digit() || c == '(');
        match number.then(|| capability(value)).flatten() {
            Some(capability) => out += &capability.to_string(),
            None => out += value,
        }
        rest = after;
    }
    out += rest;
    out.truncate(out.trim_end_matches('.').len());
    out
}

/// A fragment as a sentence.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
