//! What is wrong on how many machines, in Prometheus' text format: for the one place that puts the reports together.

use std::time::SystemTime;

use crate::{
    render::prometheus::{Metric, Page, of},
    report::Fleet,
};

const NODES: Metric = ("gpucheck_fleet_nodes", "Nodes with this verdict.");
const ODD: Metric = ("gpucheck_fleet_odd_nodes", "Nodes that are not like the others.");
const UNREAD: Metric = ("gpucheck_fleet_unread_reports", "Reports that could not be read.");
const FINDINGS: Metric = ("gpucheck_fleet_finding_nodes", "Nodes with findings of this rule, severity and cause.");

pub(super) fn render(fleet: &Fleet, now: SystemTime) -> String {
    let mut page = Page::default();
    let counts = &fleet.counts;
    for (word, count) in
        [("ok", counts.ok), ("warning", counts.warning), ("error", counts.error), ("unknown", counts.unknown)]
    {
        page.add(NODES, &[&[("verdict", word)]], count as f64);
    }
    page.add(ODD, &[], fleet.odd() as f64);
    page.add(UNREAD, &[], counts.unread as f64);
    for cause in &fleet.causes {
        let [rule, severity, fingerprint] = of(&cause.finding);
        let labels = [("rule", rule), ("severity", severity), ("fingerprint", fingerprint)];
        page.add(FINDINGS, &[&labels], cause.nodes.count as f64);
    }
    page.stamp(&fleet.knowledge, fleet.version, fleet.elapsed_ms, now);
    page.written()
}
