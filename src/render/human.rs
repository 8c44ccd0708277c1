//! For people: a line for each subject, then the findings, worst first, then one verdict line. Commands to paste are never wrapped.

use std::fmt::Write;

use super::Screen;
use crate::{
    finding::{Command, FileChange, Finding, Fix, Moves, Proof, Severity},
    report::{Body, CommandName, Examined, Report, Subject, SubjectKind, Verdict},
    rules::code::Execution,
    text::Paint,
};

const LABEL: usize = 14;

pub(super) fn render(report: &Report, screen: &Screen) -> String {
    let mut page = Page::new(screen);
    match &report.body {
        Body::Matrix { matrix } => return super::matrix::render(matrix, screen),
        Body::Scan(scan) => {
            page.out = super::scan::render(scan, screen);
            if !page.out.is_empty() {
                page.out.push('\n');
            }
            for finding in &report.findings {
                page.finding(finding);
            }
            page.out += &super::scan::gate(scan, report, screen);
            return page.out.trim_end().to_owned() + "\n";
        }
        Body::Doctor | Body::Installed { .. } => {}
    }
    if !screen.quiet {
        for subject in &report.subjects {
            page.subject(subject, report);
        }
        page.out += &super::readiness::render(&report.readiness, screen);
        page.framework(report);
        page.out.push('\n');
    }
    if report.command == CommandName::Recommend {
        page.recommendation(report);
        return page.out;
    }
    page.links = report.command == CommandName::Explain;
    for finding in &report.findings {
        page.finding(finding);
    }
    page.undecided(report);
    page.verdict(report);
    page.out
}

pub(super) struct Page<'s> {
    pub out: String,
    screen: &'s Screen,
    /// Lines to paste that have been shown: one plan often fixes several findings, and is written once.
    shown: Vec<Vec<Command>>,
    /// The same of lines that change.
    changed: Vec<Vec<FileChange>>,
    /// Notes that have been shown.
    noted: Vec<String>,
    /// Whether each finding that asks for something names its page.
    links: bool,
}

impl<'s> Page<'s> {
    /// An empty one.
    pub fn new(screen: &'s Screen) -> Self {
        Self { out: String::new(), screen, shown: Vec::new(), changed: Vec::new(), noted: Vec::new(), links: false }
    }

    /// A text behind a mark, wrapped.
    pub fn point(&mut self, paint: Paint, mark: &str, text: &str) {
        for (index, line) in self.screen.lines(2, text).iter().enumerate() {
            let mark = if index == 0 { mark } else { " " };
            let _ = writeln!(self.out, "{} {line}", paint.on(mark, self.screen.color));
        }
    }

    /// A block of text behind a label, wrapped and indented under itself.
    pub fn labelled(&mut self, indent: usize, label: &str, paint: Paint, text: &str) {
        let margin = indent + LABEL;
        for (index, line) in self.screen.lines(margin, text).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let padding = " ".repeat(LABEL.saturating_sub(label.chars().count()).max(usize::from(!label.is_empty())));
            let label = if label.is_empty() { String::new() } else { paint.on(label, self.screen.color).to_string() };
            let text = format!("{:indent$}{label}{padding}{line}", "");
            let _ = writeln!(self.out, "{}", text.trim_end());
        }
    }

    fn subject(&mut self, subject: &Subject, report: &Report) {
        self.labelled(0, subject.label.label(), Paint::Strong, &subject.text);
        if self.screen.verbose > 0 {
            for note in &subject.notes {
                self.labelled(0, "", Paint::Dim, note);
            }
        }
        for runs in report
            .runs_on
            .iter()
            .filter(|runs| subject.label == SubjectKind::Gpu && Some(&runs.gpu) == subject.id.as_ref())
        {
            let mark = match runs.how {
                Execution::None => Paint::Error.on("✗", self.screen.color),
                Execution::Unknown => Paint::Dim.on("?", self.screen.color),
                _ => Paint::Good.on("✓", self.screen.color),
            };
            let text = match runs.how {
                Execution::None => format!("cannot run {}", runs.subject),
                Execution::Unknown => format!("{}: unknown", runs.subject),
                how => format!("runs {} ({how})", runs.subject),
            };
            let _ = writeln!(self.out, "{:LABEL$}{mark} {text}", "");
        }
    }

    /// What torch did when it was run.
    fn framework(&mut self, report: &Report) {
        let Some((heading, steps)) = super::framework::lines(report, self.screen) else { return };
        self.labelled(0, "Framework", Paint::Strong, &heading);
        for step in steps {
            let mark = step.paint.on(step.mark, self.screen.color).to_string();
            let _ = write!(self.out, "{:LABEL$}{mark} ", "");
            let screen =
                Screen { width: self.screen.width.map(|width| width.saturating_sub(LABEL + 2)), ..*self.screen };
            super::readiness::column(
                &mut self.out,
                &step.name,
                Paint::Dim,
                super::readiness::NAME,
                &step.text,
                &screen,
            );
        }
    }

    pub fn finding(&mut self, finding: &Finding) {
        self.cause(finding);
        for (index, fix) in finding.fixes.iter().enumerate() {
            let label = match fix.impossible {
                true => "no fix",
                false if index == 0 => "fix",
                false => "or",
            };
            self.fix(label, fix);
        }
        if self.screen.verbose > 0 || self.links && finding.severity >= Severity::Warning {
            self.labelled(2, "more", Paint::Dim, &finding.docs);
        }
        self.out.push('\n');
    }

    /// What is wrong and what it rests on, without what removes it.
    pub fn cause(&mut self, finding: &Finding) {
        let (mark, paint) = match finding.severity {
            Severity::Error => ("✗", Paint::Error),
            Severity::Warning => ("!", Paint::Warning),
            Severity::Info => ("·", Paint::Dim),
        };
        let color = self.screen.color;
        let place = finding.location.as_ref().map(|at| format!("{at} ")).unwrap_or_default();
        let _ = writeln!(
            self.out,
            "{} {}{}: {}",
            paint.on(mark, color),
            Paint::Strong.on(place, color),
            paint.on(finding.rule, color),
            Paint::Strong.on(&finding.subject, color)
        );
        if let (Some(at), Some(excerpt)) = (&finding.location, &finding.excerpt) {
            self.out += &super::excerpt::excerpt(at.line, excerpt, paint, self.screen);
        }
        self.labelled(2, "cause", Paint::Dim, &finding.summary);
        for (index, evidence) in finding.evidence.iter().enumerate() {
            let label = if index == 0 { "evidence" } else { "" };
            self.labelled(2, label, Paint::Dim, &format!("{} [{}]", evidence.fact, evidence.source));
        }
        if let Some(symptom) = &finding.symptom {
            self.labelled(2, "you would see", Paint::Dim, symptom);
        }
        if !finding.consequences.is_empty() {
            self.labelled(2, "explains", Paint::Dim, &finding.consequences.join(", "));
        }
    }

    /// What `recommend` answers: the lines, or why there are none.
    fn recommendation(&mut self, report: &Report) {
        let plain = |finding: &&Finding| finding.severity < Severity::Warning;
        let fixes: Vec<&Fix> = report.findings.iter().filter(plain).flat_map(|finding| &finding.fixes).collect();
        for finding in report.findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
            self.finding(finding);
        }
        for (index, fix) in fixes.iter().enumerate() {
            let build = fix.result.as_ref().unwrap_or(&fix.summary);
            let alone = match (fix.gpus.as_slice(), &fix.result) {
                ([], _) | (_, None) => String::new(),
                (gpus, Some(_)) => format!("for {} alone: ", gpus.join(" and ")),
            };
            let build = &(alone + build);
            let first = index == 0 || !fix.gpus.is_empty();
            match (fix.needs.as_slice(), !fix.is_written()) {
                ([], false) => self.labelled(0, if first { "install" } else { "or" }, Paint::Good, build),
                // What only a person can do: rows say it, and no line does it.
                ([], true) if !fix.impossible && fix.no_line.is_none() => {
                    self.labelled(0, if first { "take" } else { "or" }, Paint::Good, &fix.summary);
                }
                ([], true) => self.labelled(0, "✗ impossible", Paint::Error, &fix.summary),
                (needs, _) => {
                    let text = format!("no build works with this setup. With {}: {build}", needs.join(" and "));
                    self.labelled(0, "✗ impossible", Paint::Error, &text);
                }
            }
            self.lines(fix);
        }
    }

    /// What a fix writes into files, its commands, and what was not verified.
    fn lines(&mut self, fix: &Fix) {
        for change in &fix.changes {
            self.out += &super::excerpt::change(change, self.screen);
        }
        for edit in &fix.edits {
            self.labelled(2, "write", Paint::Dim, &format!("into {}:", edit.file));
            for line in edit.as_str().lines() {
                let text = format!("      {}", Paint::Command.on(line, self.screen.color));
                let _ = writeln!(self.out, "{}", text.trim_end());
            }
        }
        if !fix.edits.is_empty() && !fix.commands.is_empty() {
            self.labelled(2, "then", Paint::Dim, "run:");
        }
        for command in &fix.commands {
            let _ = writeln!(self.out, "      {}", Paint::Command.on(&command.line, self.screen.color));
        }
        if let Some(why) = &fix.no_line {
            let label = if fix.moves == Moves::default() { "no command" } else { "no change" };
            self.labelled(2, label, Paint::Warning, &format!("nothing to paste: {why}"));
        }
        for unproven in &fix.unproven {
            self.labelled(2, "not verified", Paint::Dim, unproven);
        }
        for remains in &fix.remains {
            self.labelled(2, "afterwards", Paint::Warning, remains);
        }
        for note in &fix.notes {
            if !self.noted.contains(note) {
                self.labelled(2, "note", Paint::Dim, note);
                self.noted.push(note.clone());
            }
        }
    }

    /// What removes something; lines that were shown before are not shown again.
    pub fn fix(&mut self, label: &str, fix: &Fix) {
        let again = !fix.commands.is_empty() && fix.edits.is_empty() && self.shown.contains(&fix.commands);
        if again || !fix.changes.is_empty() && self.changed.contains(&fix.changes) {
            self.labelled(2, label, Paint::Good, &format!("as above: {}", fix.summary));
            return;
        }
        self.shown.push(fix.commands.clone());
        self.changed.push(fix.changes.clone());
        let basis = match fix.proof {
            Proof::Binary => " (verified by the same rules)",
            Proof::Knowledge => " (verified against the knowledge base)",
            Proof::None => "",
        };
        self.labelled(2, label, Paint::Good, &format!("{}{basis}", fix.summary));
        self.lines(fix);
    }

    /// Undecided rules, grouped by the missing information: one option often decides several rules.
    pub fn undecided(&mut self, report: &Report) {
        let mut by_need: Vec<(String, Vec<&str>)> = Vec::new();
        for undecided in &report.checks.unknown {
            let need = undecided.needs.join("; ");
            match by_need.iter_mut().find(|(known, _)| *known == need) {
                Some((_, rules)) => rules.push(undecided.rule),
                None => by_need.push((need, vec![undecided.rule])),
            }
        }
        for (need, rules) in &by_need {
            self.point(Paint::Dim, "?", &format!("not decided without {need}: {}", rules.join(", ")));
        }
        if !by_need.is_empty() {
            self.out.push('\n');
        }
    }

    fn verdict(&mut self, report: &Report) {
        let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
        let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let counts = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")]
            .into_iter()
            .filter(|&(n, _)| n > 0)
            .map(|(n, noun)| plural(n, noun))
            .collect::<Vec<_>>()
            .join(", ");
        let checks = plural(report.checks.ran, "check");
        let (paint, mark, text) = match report.verdict {
            Verdict::Error => (Paint::Error, "✗", counts),
            Verdict::Warning => (Paint::Warning, "!", counts),
            Verdict::Ok if report.command == CommandName::Explain => {
                (Paint::Strong, "·", "no compatibility problem found in this log".to_owned())
            }
            Verdict::Unknown if report.command == CommandName::Explain => {
                (Paint::Warning, "?", "gpucheck does not know the errors in this log".to_owned())
            }
            Verdict::Ok | Verdict::Unknown if counts.is_empty() && Examined::of(&report.facts) == Examined::Nothing => {
                // `smoke` computes here, and takes no GPU's name for a GPU.
                let text = match report.command {
                    CommandName::Smoke => "nothing to test: found no GPU and no NVIDIA driver".to_owned(),
                    _ => {
                        "nothing to check: found no GPU, no NVIDIA driver and no GPU software. Name a GPU (--gpu \"RTX \
                          5090\"), or a project or environment (gpucheck doctor PATH)"
                            .to_owned()
                    }
                };
                (Paint::Strong, "·", text)
            }
            Verdict::Ok if Examined::of(&report.facts) == Examined::NoGpu => {
                let hint = if report.command == CommandName::Smoke { "" } else { ": name one (--gpu \"RTX 5090\")" };
                let text = format!("{checks} found nothing wrong, but there is no GPU to check against{hint}");
                (Paint::Strong, "·", text)
            }
            Verdict::Ok if Examined::of(&report.facts) == Examined::NoSoftware => {
                let text =
                    "no software for this GPU is installed: `gpucheck recommend` shows what to install".to_owned();
                (Paint::Strong, "·", text)
            }
            Verdict::Ok => (Paint::Good, "✓", format!("no problems found ({checks})")),
            Verdict::Unknown if counts.is_empty() => {
                (Paint::Warning, "?", "no problems found, but not everything could be checked".to_owned())
            }
            Verdict::Unknown => (Paint::Warning, "?", format!("{counts}, and not everything could be checked")),
        };
        for (index, line) in self.screen.lines(2, &text).iter().enumerate() {
            let line = format!("{} {line}", if index == 0 { mark } else { " " });
            let _ = writeln!(self.out, "{}", paint.on(line, self.screen.color));
        }
    }
}
