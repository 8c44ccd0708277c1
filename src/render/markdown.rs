//! Markdown, for an issue, a pull request or a page: what the report for people says, with the lines to paste in code blocks.

use std::fmt::Write;

use super::{Screen, escape::escaped, matrix as grid, scan as page};
use crate::{
    finding::{Command, Finding, Severity},
    report::{Body, CellStatus, CommandName, Matrix, Report, SubjectKind, scan::Scan},
    text::Paint,
};

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    match &report.body {
        Body::Scan(scan) => return scanned(scan, report),
        Body::Matrix { matrix } => table(&mut out, matrix),
        Body::Doctor | Body::Installed { .. } => {
            let _ = writeln!(out, "## gpucheck {}\n", report.command);
            if report.command == CommandName::Check {
                for line in super::check::environments(report) {
                    let _ = writeln!(out, "- {} **{}**: {}", line.mark, escaped(&line.name), escaped(&line.text));
                }
                out.push('\n');
                out += &super::installed::markdown(report.installed());
                return with_findings(out, report);
            }
            for subject in &report.subjects {
                let label = if subject.label == SubjectKind::More { "also" } else { subject.label.label() };
                let _ = writeln!(out, "- **{label}**: {}", escaped(&subject.text));
            }
            checked(&mut out, report);
            out.push('\n');
        }
    }
    with_findings(out, report)
}

/// The page with its last part: what was found, and what could not be decided.
fn with_findings(mut out: String, report: &Report) -> String {
    let links = report.command == CommandName::Explain;
    for finding in &report.findings {
        one(&mut out, finding);
        if links && finding.severity >= Severity::Warning {
            let _ = writeln!(out, "More: `{}`\n", finding.docs);
        }
    }
    for undecided in &report.checks.unknown {
        let _ = writeln!(out, "- not decided: `{}` needs {}", undecided.rule, escaped(&undecided.needs.join("; ")));
    }
    out.trim_end().to_owned() + "\n"
}

/// The lines of the installation check and the steps of torch, each a point of its own.
fn checked(out: &mut String, report: &Report) {
    for (name, text) in super::readiness::points(&report.readiness) {
        let _ = writeln!(out, "- {name}: {}", escaped(&text));
    }
    let screen = Screen { width: None, color: false, verbose: 0, quiet: false };
    if let Some((heading, steps)) = super::framework::lines(report, &screen) {
        let _ = writeln!(out, "- **Framework**: {}", escaped(&heading));
        for step in steps {
            let _ = writeln!(out, "  - {} {} {}", step.mark, escaped(&step.name), escaped(&step.text));
        }
    }
}

/// The page for people as it is, whose columns only hold in a block, and the findings as elsewhere.
fn scanned(scan: &Scan, report: &Report) -> String {
    let screen = Screen { width: Some(120), color: false, verbose: 0, quiet: false };
    let mut out = format!("## gpucheck scan\n\n{}\n", block("text", page::render(scan, &screen).trim_end()));
    for finding in &report.findings {
        one(&mut out, finding);
    }
    out += &escaped(&page::gate(scan, report, &screen));
    out.trim_end().to_owned() + "\n"
}

/// One finding.
pub(super) fn one(out: &mut String, finding: &Finding) {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "information",
    };
    let _ = writeln!(out, "### {severity}: `{}`, {}\n", finding.rule, escaped(&finding.subject));
    let _ = writeln!(out, "{}\n", escaped(&finding.summary));
    if let Some(location) = &finding.location {
        let _ = writeln!(out, "- location: {}", escaped(&location.to_string()));
        if let Some(excerpt) = &finding.excerpt {
            let screen = Screen { width: Some(120), color: false, verbose: 0, quiet: false };
            let shown = super::excerpt::excerpt(location.line, excerpt, Paint::Error, &screen);
            let _ = writeln!(out, "\n{}", block("text", shown.trim_end()));
        }
    }
    for evidence in &finding.evidence {
        let _ = writeln!(out, "- {} ({})", escaped(&evidence.fact), escaped(&evidence.source));
    }
    if let Some(symptom) = &finding.symptom {
        let _ = writeln!(out, "- you would see: `{}`", symptom.replace('`', "'"));
    }
    for fix in &finding.fixes {
        let _ = writeln!(out, "\n{}:", escaped(&fix.summary));
        for edit in &fix.edits {
            let language = if edit.file == "Dockerfile" { "dockerfile" } else { "toml" };
            let _ = write!(out, "\n{}:\n\n{}", escaped(edit.file), block(language, edit.as_str()));
        }
        let changed: Vec<&str> = fix.changes.iter().map(|change| change.path.as_str()).collect();
        for (number, change) in fix.changes.iter().enumerate() {
            if changed.get(..number).is_none_or(|before| !before.contains(&change.path.as_str())) {
                let _ = writeln!(out, "\n{}:\n", escaped(&change.path));
            }
            let marked =
                |mark: char, lines: &[String]| lines.iter().map(|line| format!("{mark}{line}")).collect::<Vec<_>>();
            let lines = [marked('-', &change.old), marked('+', &change.new)].concat();
            let _ = write!(out, "{}", block("diff", &lines.join("\n")));
        }
        lines(out, &fix.commands);
        if let Some(why) = &fix.no_line {
            let _ = writeln!(out, "- nothing to paste: {}", escaped(why));
        }
        for unproven in &fix.unproven {
            let _ = writeln!(out, "- not verified: {}", escaped(unproven));
        }
        for remains in &fix.remains {
            let _ = writeln!(out, "- afterwards: {}", escaped(remains));
        }
        for note in &fix.notes {
            let _ = writeln!(out, "- note: {}", escaped(note));
        }
    }
    out.push('\n');
}

pub(super) fn lines(out: &mut String, commands: &[Command]) {
    if let Some(first) = commands.first() {
        let language = match first.tool {
            "powershell" => "powershell",
            "cmd" => "bat",
            _ => "sh",
        };
        let text: Vec<&str> = commands.iter().map(|command| command.line.as_str()).collect();
        let _ = write!(out, "\n{}", block(language, &text.join("\n")));
    }
}

/// A block whose fence is longer than every run of backticks in it, so that nothing in it ends it (CommonMark 4.5).
fn block(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{text}\n{fence}\n")
}

fn table(out: &mut String, matrix: &Matrix) {
    let columns = grid::columns(matrix);
    for table in &matrix.gpus {
        let _ = writeln!(out, "## {} on {}\n", escaped(&table.name), escaped(&matrix.platform));
        if columns.is_empty() {
            continue;
        }
        let head: Vec<String> = columns.iter().map(|cuda| format!("CUDA {cuda}")).collect();
        let _ = writeln!(out, "| torch | {} |", head.join(" | "));
        let _ = writeln!(out, "| --- |{}", " :---: |".repeat(columns.len()));
        for torch in &matrix.torch {
            let cells: Vec<&str> = columns
                .iter()
                .map(|&cuda| grid::cell(table, torch, cuda).map_or("", |cell| grid::mark(cell.status).0))
                .collect();
            let _ = writeln!(out, "| {} | {} |", escaped(torch), cells.join(" | "));
        }
        out.push('\n');
        for (status, text, builds) in grid::reasons(table) {
            let _ = writeln!(out, "- {} {}: {}", grid::mark(status).0, escaped(&builds.join(", ")), escaped(&text));
        }
        if table.cells.iter().any(|cell| cell.status == CellStatus::NoWheel) {
            let _ = writeln!(out, "- {} no such wheel", grid::mark(CellStatus::NoWheel).0);
        }
        out.push('\n');
    }
    if let Some(text) = grid::never_built(matrix) {
        let _ = writeln!(out, "{}.", escaped(&text));
    }
}
