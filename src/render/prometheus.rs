//! Prometheus' text format, for node_exporter's textfile collector: what is wrong by rule, severity and cause, how much was judged, and how
//! old the knowledge is. Names keep their meaning; the age of something is left to whoever asks, as a moment in seconds since 1970.

use std::{collections::BTreeMap, time::SystemTime};

use crate::{
    finding::{Finding, Severity},
    report::{KnowledgeStamp, Report, Verdict},
    text,
};

/// Each verdict in its word.
const VERDICTS: [(Verdict, &str); 4] =
    [(Verdict::Ok, "ok"), (Verdict::Warning, "warning"), (Verdict::Error, "error"), (Verdict::Unknown, "unknown")];

/// The metrics of one machine's report, or of those of several targets, each with its name.
pub(super) fn render(reports: &[(Option<&str>, &Report)], now: SystemTime) -> String {
    let mut page = Page::default();
    for (target, report) in reports {
        let target: Vec<(&str, &str)> = target.iter().map(|target| ("target", *target)).collect();
        for (verdict, word) in VERDICTS {
            let is = u8::from(report.verdict == verdict);
            page.add(VERDICT, &[&target, &[("verdict", word)]], f64::from(is));
        }
        let mut counts: BTreeMap<[&str; 3], f64> = BTreeMap::new();
        for finding in &report.findings {
            *counts.entry(of(finding)).or_default() += 1.0;
        }
        for ([rule, severity, fingerprint], count) in counts {
            let labels = [("rule", rule), ("severity", severity), ("fingerprint", fingerprint)];
            page.add(FINDINGS, &[&target, &labels], count);
        }
        if let Some(gpus) = report.facts.gpus.value() {
            page.add(GPUS, &[&target], gpus.len() as f64);
        }
        page.add(CHECKS, &[&target, &[("state", "ran")]], report.checks.ran as f64);
        page.add(CHECKS, &[&target, &[("state", "undecided")]], report.checks.unknown.len() as f64);
    }
    if let Some((_, report)) = reports.first() {
        page.stamp(&report.knowledge, report.version, report.elapsed_ms, now);
    }
    page.written()
}

/// Rule, severity and fingerprint of a finding.
pub(super) fn of(finding: &Finding) -> [&str; 3] {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    [finding.rule, severity, &finding.fingerprint]
}

/// Name and meaning of a metric.
pub(super) type Metric = (&'static str, &'static str);

const VERDICT: Metric = ("gpucheck_verdict", "Whether this is the verdict.");
const FINDINGS: Metric = ("gpucheck_findings", "Findings with this rule, severity and cause.");
const GPUS: Metric = ("gpucheck_gpus", "GPUs that were judged; left out where it could not be looked.");
const CHECKS: Metric = ("gpucheck_checks", "Judgements that were made, and rules that could not decide.");
const INFO: Metric = ("gpucheck_info", "Version of gpucheck, and hash of the rows that it judged by.");
const KNOWLEDGE: Metric = ("gpucheck_knowledge_timestamp_seconds", "The newest day on which a row was checked.");
const RUN: Metric = ("gpucheck_run_timestamp_seconds", "When it was judged.");
const DURATION: Metric = ("gpucheck_run_duration_seconds", "How long that took.");

/// Metrics, the samples of each together.
#[derive(Default)]
pub(super) struct Page {
    metrics: Vec<(Metric, String)>,
}

impl Page {
    /// Adds a sample.
    pub fn add(&mut self, metric: Metric, labels: &[&[(&str, &str)]], value: f64) {
        let labels: Vec<String> =
            labels.iter().copied().flatten().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let line = format!("{}{labels} {value}\n", metric.0);
        match self.metrics.iter_mut().find(|(known, _)| known.0 == metric.0) {
            Some((_, lines)) => *lines += &line,
            None => self.metrics.push((metric, line)),
        }
    }

    /// Adds what every answer has.
    pub fn stamp(&mut self, knowledge: &KnowledgeStamp, version: &str, elapsed_ms: f64, now: SystemTime) {
        self.add(INFO, &[&[("version", version), ("knowledge", &knowledge.hash)]], 1.0);
        if let Some(days) = text::days(&knowledge.date) {
            self.add(KNOWLEDGE, &[], (days * 86_400) as f64);
        }
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.add(RUN, &[], now as f64);
        self.add(DURATION, &[], (elapsed_ms / 1000.0 * 1e6).round() / 1e6);
    }

    /// As text.
    pub fn written(self) -> String {
        let one =
            |((name, help), lines): (Metric, String)| format!("# HELP {name} {help}\n# TYPE {name} gauge\n{lines}");
        self.metrics.into_iter().map(one).collect()
    }
}

/// The value of a label: visible, and without what would end it.
fn escaped(value: &str) -> String {
    text::visible(value).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_metric_are_together_and_labels_end_nowhere_else() {
        let mut page = Page::default();
        page.add(("a", "First."), &[&[("x", "1\"} 5\nb 1")]], 1.0);
        page.add(("b", "Second."), &[], 0.5);
        page.add(("a", "First."), &[&[("x", "\\"), ("y", "ü")]], 1_796_083_199.0);
        let expected = "# HELP a First.\n# TYPE a gauge\na{x=\"1\\\"} 5\\\\nb 1\"} 1\na{x=\"\\\\\",y=\"ü\"} 1796083199\n\
                        # HELP b Second.\n# TYPE b gauge\nb 0.5\n";
        assert_eq!(page.written(), expected);
    }
}
