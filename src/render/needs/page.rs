//! What something needs, for people: in a terminal, and as Markdown.

use std::fmt::Write as _;

use super::{asked, ranges};
use crate::{
    facts::ComputeCapability,
    finding::{Finding, Severity},
    render::{Screen, escape::escaped},
    report::needs::{Decides, GpuClass, LackingGpus, Needs, NeedsOf, ServedGpus, SubjectOf, SystemNeeds},
    text::Paint,
};

/// Products of a group that are named without `-v`.
const NAMED: usize = 6;

/// For a terminal or a file.
pub(super) fn human(needs: &Needs, screen: &Screen) -> String {
    let mut page = Page { out: String::new(), screen };
    for subject in &needs.subjects {
        page.subject(subject);
    }
    page.out
}

struct Page<'s> {
    out: String,
    screen: &'s Screen,
}

impl Page<'_> {
    fn subject(&mut self, subject: &NeedsOf) {
        let kind = kind(subject.kind);
        let _ = writeln!(self.out, "{} ({kind})\n", Paint::Strong.on(&subject.name, self.screen.color));
        for system in &subject.systems {
            self.system(system);
        }
        if let Some(gate) = &subject.gate {
            self.line(0, Paint::Dim, "", &format!("The image itself requires: {gate}"));
        }
        for finding in &subject.findings {
            let (mark, paint) = mark(finding);
            self.line(0, paint, mark, &format!("{}: {}", finding.rule, finding.summary));
        }
        for feature in &subject.features {
            let why = feature.why.as_ref().map_or(String::new(), |why| format!(": {why}"));
            let text = format!("feature {} ({}){why}", feature.name, feature.machine);
            let (mark, paint) = match feature.answer {
                crate::report::needs::FeatureAnswer::Runs => ("✓", Paint::Good),
                crate::report::needs::FeatureAnswer::Driver => ("!", Paint::Warning),
                crate::report::needs::FeatureAnswer::Fails => ("✗", Paint::Error),
                crate::report::needs::FeatureAnswer::Unknown => ("?", Paint::Dim),
            };
            self.line(0, paint, mark, &text);
        }
        if !(subject.findings.is_empty() && subject.features.is_empty() && subject.gate.is_none()) {
            self.out.push('\n');
        }
    }

    fn system(&mut self, system: &SystemNeeds) {
        let all = asked(system);
        let said = Paint::Strong.on(headline(system), self.screen.color);
        let _ = writeln!(self.out, "{:<9}{said}", system.system.label());
        for group in &system.served {
            self.served(group, &all);
        }
        if !self.screen.quiet {
            for group in &system.unknown {
                self.lacking(group, &all, "?", Paint::Dim);
            }
            for group in &system.not_served {
                self.lacking(group, &all, "✗", Paint::Error);
            }
        }
        for open in &system.open {
            self.line(2, Paint::Dim, "?", &format!("could not be read, and may ask for more: {open}"));
        }
        self.out.push('\n');
    }

    fn served(&mut self, group: &ServedGpus, all: &[ComputeCapability]) {
        self.line(2, Paint::Good, "✓", &format!("{}{}", capabilities(&group.gpus, all), self.products(&group.gpus)));
        self.line(4, Paint::Dim, "", &driver(group));
        if let Some(why) = group.why.as_ref().filter(|_| self.screen.verbose > 0) {
            self.line(4, Paint::Dim, "", &format!("with an older one: {why}"));
        }
    }

    fn lacking(&mut self, group: &LackingGpus, all: &[ComputeCapability], mark: &str, paint: Paint) {
        self.line(2, paint, mark, &format!("{}{}", capabilities(&group.gpus, all), self.products(&group.gpus)));
        self.line(4, Paint::Dim, "", &group.why);
    }

    fn products(&self, gpus: &[GpuClass]) -> String {
        products(gpus, if self.screen.verbose > 0 { usize::MAX } else { NAMED })
    }

    /// A text behind a mark, wrapped and indented under itself.
    fn line(&mut self, indent: usize, paint: Paint, mark: &str, text: &str) {
        let inside = indent + if mark.is_empty() { 0 } else { 2 };
        for (index, line) in self.screen.lines(inside, text).iter().enumerate() {
            let _ = match (index, mark) {
                (0, mark) if !mark.is_empty() => {
                    writeln!(self.out, "{:indent$}{} {line}", "", paint.on(mark, self.screen.color))
                }
                _ => writeln!(self.out, "{:inside$}{line}", ""),
            };
        }
    }
}

/// As Markdown.
pub(super) fn markdown(needs: &Needs) -> String {
    let mut out = String::new();
    for subject in &needs.subjects {
        let _ = writeln!(out, "### What {} needs\n", escaped(&subject.name));
        for system in &subject.systems {
            let all = asked(system);
            let _ = writeln!(out, "**{}**: {}\n", system.system.label(), escaped(&headline(system)));
            if system.missing.is_some() {
                continue;
            }
            out += "| GPUs | driver | decided by |\n| --- | --- | --- |\n";
            for group in &system.served {
                let gpus = format!("{}{}", capabilities(&group.gpus, &all), products(&group.gpus, usize::MAX));
                let ptx = if group.from_ptx { " (compiles PTX)" } else { "" };
                let (driver, why) = (range(group), group.why.as_deref().unwrap_or_default());
                let decided = format!("{}{ptx}: {why}", group.decided_by.label());
                let decided = decided.trim_end_matches(": ");
                let _ = writeln!(out, "| {} | {} | {} |", escaped(&gpus), escaped(&driver), escaped(decided));
            }
            for (groups, word) in [(&system.unknown, "unknown"), (&system.not_served, "none")] {
                for group in groups {
                    let gpus = format!("{}{}", capabilities(&group.gpus, &all), products(&group.gpus, usize::MAX));
                    let _ = writeln!(out, "| {} | {word} | {} |", escaped(&gpus), escaped(&group.why));
                }
            }
            out.push('\n');
            for open in &system.open {
                let _ = writeln!(out, "- could not be read, and may ask for more: {}", escaped(open));
            }
        }
        for finding in &subject.findings {
            let _ = writeln!(out, "- **{}**: {}", finding.rule, escaped(&finding.summary));
        }
    }
    out
}

/// The lowest driver in a sentence.
fn headline(system: &SystemNeeds) -> String {
    let read = if system.open.is_empty() && system.unknown.is_empty() { "" } else { ", as far as was read" };
    match (&system.missing, &system.driver, system.served.is_empty()) {
        (Some(missing), ..) => format!("nothing to judge: {missing}"),
        (None, Some(driver), _) => format!("needs driver {driver} or newer{read}"),
        (None, None, false) => format!("no driver is too old{read}"),
        (None, None, true) if system.unknown.is_empty() => "serves no GPU".to_owned(),
        (None, None, true) => "not known".to_owned(),
    }
}

fn kind(kind: SubjectOf) -> &'static str {
    match kind {
        SubjectOf::Environment => "environment",
        SubjectOf::Declared => "asked for",
        SubjectOf::Package => "package",
        SubjectOf::Image => "image",
    }
}

fn mark(finding: &Finding) -> (&'static str, Paint) {
    match finding.severity {
        Severity::Error => ("✗", Paint::Error),
        Severity::Warning => ("!", Paint::Warning),
        Severity::Info => ("i", Paint::Dim),
    }
}

/// `7.5 to 9.0, 12.0`.
fn capabilities(gpus: &[GpuClass], all: &[ComputeCapability]) -> String {
    let of = |(from, to): &(ComputeCapability, ComputeCapability)| match from == to {
        true => from.to_string(),
        false => format!("{from} to {to}"),
    };
    ranges(gpus, all).iter().map(of).collect::<Vec<_>>().join(", ")
}

/// ` (V100, T4 and 3 more)`; nothing where no product has a name.
fn products(gpus: &[GpuClass], most: usize) -> String {
    let names: Vec<&str> = gpus.iter().flat_map(|gpu| &gpu.products).map(String::as_str).collect();
    // Of each capability one, so that none is left out for the products of another.
    let first = gpus.iter().filter_map(|gpu| gpu.products.first()).map(String::as_str);
    match (names.len(), most) {
        (0, _) => String::new(),
        (count, most) if count <= most => format!(" ({})", names.join(", ")),
        (count, most) => {
            let shown: Vec<&str> = first.take(most).collect();
            format!(" ({} and {} more)", shown.join(", "), count - shown.len())
        }
    }
}

/// The drivers of a group: `525.60.13 or newer, up to R580`.
fn range(group: &ServedGpus) -> String {
    let least =
        group.driver.as_ref().map_or_else(|| "of any version".to_owned(), |driver| format!("{driver} or newer"));
    match group.until_branch {
        Some(last) => format!("{least}, up to R{last}"),
        None => least,
    }
}

fn driver(group: &ServedGpus) -> String {
    let ptx = if group.from_ptx { "; compiles PTX on the first start" } else { "" };
    match group.decided_by {
        Decides::Nothing => format!("driver {}{ptx}", range(group)),
        decides => format!("driver {}: {}{ptx}", range(group), decides.label()),
    }
}
