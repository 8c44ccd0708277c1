//! One line for places with no room for more: a container's termination log, the reason why a node is drained, a health check.

use crate::{
    finding::Severity,
    report::{Body, CellStatus, Examined, Report, Verdict},
    text,
};

/// Bytes of the line, its end included. Kubernetes cuts a termination message at 4096 bytes and Slurm shows some dozen letters of a
/// reason; both keep 200.
pub(super) const LONGEST: usize = 200;

/// The worst finding, ended by a newline.
pub(super) fn render(report: &Report) -> String {
    text::in_short(&said(report), LONGEST - 1) + "\n"
}

/// What the line says, however long.
pub(super) fn said(report: &Report) -> String {
    let worst = report.findings.first().filter(|finding| finding.severity == Severity::Error);
    let unmet = report.scan().and_then(|scan| scan.gate.as_ref()).filter(|gate| !gate.met).map(|gate| {
        match (gate.reasons.first(), worst, gate.unknown.first(), gate.nothing_in.first()) {
            (Some(reason), ..) => format!("gpucheck: not met: {reason}"),
            (None, Some(finding), ..) => format!("gpucheck: not met: {}: {}", finding.rule, finding.summary),
            (None, None, Some(why), _) => format!("gpucheck: unknown: {why}"),
            (None, None, None, Some(target)) => format!("gpucheck: not met: no device code in {target}"),
            (None, None, None, None) => "gpucheck: not met".to_owned(),
        }
    });
    if let Some(unmet) = unmet {
        return unmet;
    }
    if let Body::Matrix { matrix } = &report.body {
        let cells =
            || matrix.gpus.iter().flat_map(|table| &table.cells).filter(|cell| cell.status != CellStatus::NoWheel);
        let works = cells().filter(|cell| cell.status == CellStatus::Works).count();
        return format!("gpucheck: {works} of {} builds run", cells().count());
    }
    let needs = |report: &Report| {
        let mut needs: Vec<&str> =
            report.checks.unknown.iter().flat_map(|one| &one.needs).map(String::as_str).collect();
        needs.dedup();
        needs.join("; ")
    };
    match (report.verdict, report.findings.first()) {
        (Verdict::Error | Verdict::Warning, Some(finding)) => {
            let word = if report.verdict == Verdict::Error { "error" } else { "warning" };
            let same = report.findings.iter().filter(|other| other.severity == finding.severity).count();
            // The count comes before the sentence, which may be cut.
            let more = if same > 1 { format!(" (and {} more)", same - 1) } else { String::new() };
            format!("gpucheck: {word}: {}{more}: {}", finding.rule, finding.summary)
        }
        (Verdict::Error, None) => "gpucheck: error".to_owned(),
        (Verdict::Warning, None) => "gpucheck: warning".to_owned(),
        (Verdict::Unknown, _) if Examined::of(&report.facts) == Examined::Nothing => {
            "gpucheck: nothing to check: no GPU, no driver and no GPU software".to_owned()
        }
        (Verdict::Unknown, _) if report.checks.unknown.is_empty() => "gpucheck: unknown".to_owned(),
        (Verdict::Unknown, _) => format!("gpucheck: unknown: not decided without {}", needs(report)),
        (Verdict::Ok, _) if report.checks.ran == 0 => "gpucheck: nothing to check".to_owned(),
        (Verdict::Ok, _) => format!("gpucheck: ok: no problems found in {} checks", report.checks.ran),
    }
}
